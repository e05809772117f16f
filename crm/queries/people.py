"""Owners to choose from."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Case, QuerySet, Value, When


def owners(_user: Any) -> QuerySet[Any]:
    """Active users with ``label`` and ``place``, as lists take the options of a filter."""
    label = Case(When(name="", then="email"), default="name")
    return get_user_model()._default_manager.filter(is_active=True).annotate(label=label, place=Value(0))
