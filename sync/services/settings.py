"""Change the settings of an object: validated in sentences, previewed by a dry run, in force at once."""

import copy
import datetime
from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import needs
from core.conditions import problems_of, setting
from core.events import emit
from core.plain import plain
from qbo_connector.models import Connection
from qbo_connector.outbox import plan
from sync import matching
from sync.dry_run import Report, dry_run
from sync.enums import (
    BackFill,
    CustomerIs,
    Direction,
    Generation,
    Incoming,
    Matching,
    RecordType,
    Removal,
    SyncObject,
    Winner,
    WithoutEmail,
)
from sync.filters import condition_for
from sync.mapping import catalogue
from sync.mapping import fields as known
from sync.models import ConnectionSettings, FieldMapping, MatchKey, ObjectSettings
from sync.policies import record_types
from sync.publish import names
from sync.services import again

CHOICES: dict[str, Any] = {
    "direction": Direction,
    "incoming": Incoming,
    "removal": Removal,
    "winner": Winner,
    "matching": Matching,
    "without_email": WithoutEmail,
    "customer_is": CustomerIs,
    "back_fill": BackFill,
}
TEXTS = ("display_name_template", "display_name_suffix", "income_account")
EDITABLE = (*CHOICES, *TEXTS, "matching_fields", "filter_in", "filter_out", "back_fill_since")
# What only matters for objects that are going to be created in QuickBooks.
_NAMING = frozenset(TEXTS)


class BadSettings(ValueError):
    """Settings that can't be; ``problems`` has a sentence for each field."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__(" ".join(problems.values()))


def draft(
    connection: Connection,
    sync_object: SyncObject,
    values: Mapping[str, Any],
    *,
    generation: Generation | None = None,
) -> ObjectSettings:
    """The object's settings with ``values`` (of EDITABLE) put in, validated and not saved. Raises BadSettings.

    ``generation`` is the set-up by whose rules they are checked; the company's own by default.
    """
    stored = ObjectSettings.objects.filter(connection=connection, sync_object=sync_object).first()
    found = copy.copy(stored) if stored else ObjectSettings(sync_object=sync_object)
    found.connection = connection
    problems: dict[str, str] = {}
    for name, value in values.items():
        if name not in EDITABLE:
            raise TypeError(name)
        try:
            setattr(found, name, _read(name, value))
        except ValueError:
            problems[name] = _("“%s” can't be chosen here.") % value
    for check in _CHECKS:
        for name, problem in check(found).items():
            problems.setdefault(name, problem)
    if _is_simple(connection, generation) and found.direction != Direction.IN:
        problems["direction"] = _("The simple sync runs from QuickBooks to the CRM only. Upgrade to change that.")
    if problems:
        raise BadSettings(problems)
    return found


def _read(name: str, value: Any) -> Any:
    if name in CHOICES:
        return str(CHOICES[name](value))
    if name == "back_fill_since":
        if value in (None, ""):
            return None
        return value if isinstance(value, datetime.date) else datetime.date.fromisoformat(str(value))
    if name == "matching_fields":
        return [str(each) for each in value or []]
    if name in ("filter_in", "filter_out"):
        return dict(value or {})
    return str(value)


def _is_simple(connection: Connection, generation: Generation | None) -> bool:
    if generation is not None:
        return generation == Generation.SIMPLE
    return ConnectionSettings.objects.filter(connection=connection, generation=Generation.SIMPLE).exists()


def _check_matching(found: ObjectSettings) -> dict[str, str]:
    if found.matching != Matching.FIELDS:
        return {}
    if not found.matching_fields:
        return {"matching_fields": _("Choose at least one field to match by.")}
    kinds = record_types(SyncObject(found.sync_object))
    rows = FieldMapping.objects.filter(connection=found.connection, record_type__in=kinds, enabled=True)
    mapped = set(rows.values_list("crm_field", flat=True))
    for name in found.matching_fields:
        fields = [catalogue.crm_fields(each).get(name) for each in kinds]
        texts = [field for field in fields if field is not None and field.kind == known.TEXT]
        if not texts:
            return {"matching_fields": _("“%s” is no text that records can be matched by.") % name}
        if name not in mapped:
            told = _("“%s” is mapped to no field of QuickBooks, so nothing could be matched by it. Map it first.")
            return {"matching_fields": told % texts[0].label}
    return {}


def _check_filters(found: ObjectSettings) -> dict[str, str]:
    using = setting(zone=found.connection.time_zone, strict=True)
    problems = {}
    for name in ("filter_in", "filter_out"):
        for record_type in record_types(SyncObject(found.sync_object)):
            condition = condition_for(getattr(found, name), record_type)
            if condition and record_type != RecordType.LINE and (bad := problems_of(condition, record_type, using)):
                problems[name] = " ".join(dict.fromkeys(str(each) for each in bad))
    return problems


def _check_back_fill(found: ObjectSettings) -> dict[str, str]:
    if found.back_fill != BackFill.SINCE:
        return {}
    if found.back_fill_since is None:
        return {"back_fill_since": _("Choose the date from which records take part.")}
    if found.back_fill_since > timezone.localdate():
        return {"back_fill_since": _("The date lies in the future: nothing would take part.")}
    return {}


def _check_names(found: ObjectSettings) -> dict[str, str]:
    problems = {}
    for name, check in (
        ("display_name_template", names.check_template),
        ("display_name_suffix", names.check_suffix),
    ):
        try:
            check(getattr(found, name))
        except names.BadTemplate as problem:
            problems[name] = str(problem)
    return problems


_CHECKS: tuple[Callable[[ObjectSettings], dict[str, str]], ...] = (
    _check_matching,
    _check_filters,
    _check_back_fill,
    _check_names,
)


def preview(connection: Connection, sync_object: SyncObject, values: Mapping[str, Any], *, limit: int = 50) -> Report:
    """What the settings would do to how many records, with the first of them. Writes nothing. Raises BadSettings."""
    return dry_run(connection, sync_object, settings=draft(connection, sync_object, values), limit=limit)


@needs("sync.configure")
@transaction.atomic
def change(
    connection: Connection, sync_object: SyncObject, values: Mapping[str, Any], *, by: Any
) -> dict[str, tuple[Any, Any]]:
    """Change settings, with the event ``sync.settings_changed``; returns old and new value of what differs.

    What the change concerns is looked at again, without asking QuickBooks. Raises BadSettings.
    """
    ObjectSettings.objects.get_or_create(connection=connection, sync_object=sync_object)
    before = ObjectSettings.objects.select_for_update().get(connection=connection, sync_object=sync_object)
    after = draft(connection, sync_object, values)
    changed = {
        name: (plain(getattr(before, name)), plain(getattr(after, name)))
        for name in values
        if plain(getattr(before, name)) != plain(getattr(after, name))
    }
    if not changed:
        return {}
    now = timezone.now()
    after.configured_at = after.configured_at or now
    after.save(update_fields=[*changed, "configured_at"])
    emit(
        "sync.settings_changed",
        connection,
        by=by,
        object=str(sync_object),
        changes={name: list(pair) for name, pair in changed.items()},
    )
    if {"matching", "matching_fields"} & set(changed):
        _forget_keys(after)
    if after.enabled and set(changed) - _NAMING:
        again.request(connection, [sync_object], by=by)
    return changed


def _forget_keys(settings: ObjectSettings) -> None:
    """Drop what is kept of fields that nothing is matched by any more."""
    for record_type in matching.STANDARD.keys() & record_types(SyncObject(settings.sync_object)):
        rows = MatchKey.objects.filter(connection=settings.connection, record_type=record_type)
        rows.exclude(field__in=matching.without_column(settings, record_type)).delete()


@needs("sync.configure")
@transaction.atomic
def set_read_only(connection: Connection, *, on: bool, by: Any) -> None:
    """Write nothing to QuickBooks (what would be, waits and is shown), or go on; what waited is sent then."""
    settings, _new = ConnectionSettings.objects.select_for_update().get_or_create(connection=connection)
    if settings.read_only == on:
        return
    settings.read_only = on
    settings.save(update_fields=["read_only"])
    # What was planned before waits as well.
    Connection.objects.filter(pk=connection.pk).update(holds_writes=on)
    emit("sync.read_only_on" if on else "sync.read_only_off", connection, by=by)
    if not on:
        again.request(connection, list(SyncObject), by=by)
        transaction.on_commit(lambda: plan.call_worker(connection.pk), robust=True)
