"""What the groups of a report are called: people and records by name, choices by their words."""

import datetime
from collections.abc import Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from core.conditions import registry
from core.money import formatted_number
from reports.dates import words
from reports.definition import Group

Named = dict[Any, tuple[str, Any]]


def labels_of(group: Group, keys: Sequence[tuple[Any, str]], user: Any) -> Named:
    """By key, what a group is called and what it is ordered by; a constant number of statements."""
    known = _names(group, [key for key, _text in keys if key not in (None, "")], user)
    return {key: _label(group, key, text, known) for key, text in keys}


def _names(group: Group, keys: Sequence[Any], user: Any) -> dict[str, tuple[int, str]]:
    """The names of people, records and choices by key, with their place among the choices."""
    field, owner = group.of.field, group.of.owner
    if field.options_by_object is not None:
        return _placed(field.options_by_object(user).get(owner, ()))
    if field.options is not None or field.choices:
        return _placed(field.options(user) if field.options is not None else field.choices)
    rows: Any = ()
    if field.kind == "user":
        rows = get_user_model()._default_manager.filter(pk__in=keys)
    elif field.kind == "record" and registry.may_use(field.target, user):
        known = registry.objects[field.target]
        rows = (known.model._default_manager.all() if user is None else known.visible_to(user)).filter(pk__in=keys)
    return {str(row.pk): (0, str(row)) for row in rows}


def _placed(choices: Any) -> dict[str, tuple[int, str]]:
    return {str(key): (place, str(label)) for place, (key, label) in enumerate(choices)}


def _label(group: Group, key: Any, text: str, known: dict[str, tuple[int, str]]) -> tuple[str, Any]:
    kind = group.of.field.kind
    if key is None or key == "":
        return _("(empty)"), (2, "")
    if group.bucket and isinstance(key, datetime.date):
        return words(key, group.bucket), (0, key)
    if kind == "checkbox":
        return (_("Yes"), (0, 0)) if key else (_("No"), (0, 1))
    if kind == "number":
        return formatted_number(key), (0, key)
    if kind == "text":
        return text, (0, text.casefold())
    place, name = known.get(str(key), (1_000_000, f"#{key}" if kind in ("user", "record") else str(key)))
    return name, (0, (place, name.casefold()))
