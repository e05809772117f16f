"""Owners to choose from."""

from django.contrib.auth import get_user_model


def owner_choices() -> list[tuple[str, str]]:
    """Active users as (id, name), for filters and pickers."""
    rows = get_user_model()._default_manager.filter(is_active=True).order_by("name", "pk")
    return [(str(pk), name or email) for pk, name, email in rows.values_list("pk", "name", "email")]
