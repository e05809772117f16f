"""Field mappings of a company: add, edit, switch off, delete; tried on a real record before they are saved."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.access import needs
from core.events import emit
from core.plain import plain
from core.properties import PREFIX, remembered
from qbo_connector.mirror import read
from qbo_connector.models import Connection
from sync import records, snapshots
from sync.enums import Direction, RecordType, Transform, Winner
from sync.mapping import catalogue, engine
from sync.mapping.engine import Mapped, Unfit
from sync.mapping.fields import ADDRESS, CHOICE, ENTITY_OF, TEXT, Field, misfit
from sync.mapping.values import from_quickbooks, in_crm
from sync.merge import Rule, merge
from sync.models import FieldMapping, Link
from sync.policies import OBJECT_OF, policy_of
from sync.services import again

EDITABLE = ("crm_field", "qbo_field", "direction", "winner", "default", "transform", "enabled")
# What a company or product can't be without.
_NAMES = {RecordType.COMPANY: "name", RecordType.PRODUCT: "name"}


class BadMapping(ValueError):
    """A mapping that can't be; ``problems`` has a sentence for each field of its form."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__(" ".join(problems.values()))


class Standard(Exception):
    """A standard mapping can be switched off, not deleted."""


@dataclass(frozen=True)
class Tried:
    """What a mapping would do to a real record: both sides before and after, as plain values, or why it can't."""

    crm_before: Any = None
    crm_after: Any = None
    quickbooks_before: Any = None
    quickbooks_after: Any = None
    problem: str = ""
    conflict: bool = False


@dataclass
class Draft:
    """A mapping as it would be, with the fields of both sides."""

    row: FieldMapping
    crm: Field | None
    qbo: Field | None
    problems: dict[str, str] = field(default_factory=dict)


def options(connection: Connection, record_type: RecordType) -> tuple[list[Field], list[Field]]:
    """The fields to choose from: the CRM's and QuickBooks'."""
    return (
        list(catalogue.crm_fields(record_type).values()),
        list(catalogue.quickbooks_fields(connection.pk, record_type).values()),
    )


@needs("sync.configure")
@transaction.atomic
def add(connection: Connection, record_type: RecordType, *, by: Any, **values: Any) -> FieldMapping:
    """A new mapping: ``crm_field``, ``qbo_field`` and what else of EDITABLE is given. Raises BadMapping.

    It is applied to linked records at once, from the mirror.
    """
    row = FieldMapping(connection=connection, record_type=str(record_type))
    _checked(row, values).save()
    emit("sync.mapping_added", connection, by=by, **_told(row))
    apply_again(row, by=by)
    return row


@needs("sync.configure")
@transaction.atomic
def change(mapping: FieldMapping, *, by: Any, **values: Any) -> FieldMapping:
    """Edit a mapping, or switch it off and on (``enabled``). A standard one keeps its fields. Raises BadMapping."""
    row = FieldMapping.objects.select_for_update().get(pk=mapping.pk)
    before = {name: getattr(row, name) for name in EDITABLE}
    if row.standard and any(values.get(name, before[name]) != before[name] for name in ("crm_field", "qbo_field")):
        raise BadMapping({"crm_field": _("A standard mapping keeps its fields. Switch it off and add another.")})
    _checked(row, values)
    changed = {name: [before[name], getattr(row, name)] for name in EDITABLE if before[name] != getattr(row, name)}
    if not changed:
        return row
    row.failing_since, row.problem = None, ""
    row.failures.all().delete()
    row.save()
    emit("sync.mapping_changed", row.connection, by=by, changes=changed, **_told(row))
    _forget(row, {row.crm_field, str(before["crm_field"])}, by=by, apply=row.enabled)
    return row


@needs("sync.configure")
@transaction.atomic
def delete(mapping: FieldMapping, *, by: Any) -> None:
    """Delete a mapping that somebody added; values on both sides stay. Raises Standard."""
    row = FieldMapping.objects.select_for_update().select_related("connection").get(pk=mapping.pk)
    if row.standard:
        raise Standard(row.pk)
    row.delete()
    emit("sync.mapping_deleted", row.connection, by=by, **_told(row))
    _forget(row, {row.crm_field}, by=by, apply=False)


@needs("sync.configure")
def apply_again(mapping: FieldMapping, *, by: Any) -> None:
    """Apply a mapping to linked records, from the mirror; ``again.progress`` says how far that is.

    What both sides held before is in no agreement: an empty side is filled, else the winner's value is taken.
    """
    _forget(mapping, {mapping.crm_field}, by=by, apply=True)


def _forget(mapping: FieldMapping, names: set[str], *, by: Any, apply: bool) -> None:
    """Whatever was agreed on with another mapping counts no more. The many links are left to a worker."""
    record_type = RecordType(mapping.record_type)
    snapshots.forget(mapping.connection, record_type, names)
    if apply:
        again.request(mapping.connection, [OBJECT_OF[record_type]], by=by)
    else:
        again.tidy(mapping.connection, OBJECT_OF[record_type], by=by)


def _told(row: FieldMapping) -> dict[str, Any]:
    """The mapping in an event: with its fields as they are called now."""
    draft = _fields_of(row)
    return {
        "record_type": row.record_type,
        "crm": str(draft.crm.label) if draft.crm else row.crm_field,
        "quickbooks": str(draft.qbo.label) if draft.qbo else row.qbo_field,
    }


def _fields_of(row: FieldMapping) -> Draft:
    record_type = RecordType(row.record_type)
    crm = catalogue.crm_fields(record_type).get(row.crm_field)
    found = catalogue.quickbooks_fields(row.connection_id, record_type).get(row.qbo_field)
    return Draft(row, crm, found or catalogue.quickbooks_field(record_type, row.qbo_field))


def _checked(row: FieldMapping, values: Mapping[str, Any]) -> FieldMapping:
    """``row`` with ``values`` put in. Raises BadMapping."""
    for name, value in values.items():
        if name not in EDITABLE:
            raise TypeError(name)
        setattr(row, name, value)
    with remembered():
        draft = _fields_of(row)
    problems = _choices(row) or _field_problems(draft) or _value_problems(draft) or _twins(row)
    if problems:
        raise BadMapping(problems)
    return row


def _choices(row: FieldMapping) -> dict[str, str]:
    problems = {}
    for name, kind in (("direction", Direction), ("winner", Winner), ("transform", Transform)):
        value = getattr(row, name)
        if value not in kind.values and not (name == "winner" and value == ""):
            problems[name] = _("“%s” can't be chosen here.") % value
    return problems


def _field_problems(draft: Draft) -> dict[str, str]:
    if draft.crm is None:
        return {"crm_field": _("Choose a property of the CRM.")}
    if draft.qbo is None:
        return {"qbo_field": _("Choose a field of QuickBooks.")}
    row = draft.row
    if not row.enabled:
        record_type = RecordType(row.record_type)
        if row.standard and _NAMES.get(record_type) == row.crm_field:
            return {"enabled": _("“%s” can't be switched off: a record can't be without it.") % draft.crm.label}
        return {}
    problem = misfit(draft.crm, draft.qbo, Direction(row.direction))
    return {"qbo_field": problem} if problem else {}


def _value_problems(draft: Draft) -> dict[str, str]:
    row, crm, qbo = draft.row, draft.crm, draft.qbo
    assert crm is not None
    assert qbo is not None
    problems = {}
    if row.transform and TEXT not in (crm.kind, qbo.kind):
        problems["transform"] = _("Only texts can be transformed.")
    if not row.default:
        return problems
    for target, direction in ((crm, Direction.OUT), (qbo, Direction.IN)):
        if row.direction == direction:
            continue
        if target.kind == ADDRESS:
            problems["default"] = _("An address can't have a default.")
            continue
        try:
            value = engine.typed(row.default, target)
        except Unfit as problem:
            problems["default"] = str(problem)
            continue
        if isinstance(value, str) and target.limit is not None and len(value) > target.limit:
            problems["default"] = _("%(label)s takes at most %(limit)d characters.") % {
                "label": target.label,
                "limit": target.limit,
            }
    if row.transform and engine.transformed(row.default, row.transform) != row.default and crm.kind != CHOICE:
        problems["default"] = _("The default has to be as the transform would make it.")
    return problems


def _twins(row: FieldMapping) -> dict[str, str]:
    """A CRM field is mapped once, a QuickBooks field is filled from one CRM field: no value has two sources."""
    if not row.enabled:
        same = FieldMapping.objects.filter(
            connection=row.connection, record_type=row.record_type, crm_field=row.crm_field, qbo_field=row.qbo_field
        )
        return {"qbo_field": _("These two are mapped already.")} if same.exclude(pk=row.pk).exists() else {}
    others = FieldMapping.objects.filter(connection=row.connection, record_type=row.record_type).exclude(pk=row.pk)
    if others.filter(crm_field=row.crm_field, qbo_field=row.qbo_field).exists():
        return {"qbo_field": _("These two are mapped already.")}
    enabled = others.filter(enabled=True)
    if enabled.filter(crm_field=row.crm_field).exists():
        return {"crm_field": _("This property is mapped to another field. Switch that mapping off first.")}
    if (
        row.direction != Direction.IN
        and enabled.exclude(direction=Direction.IN).filter(qbo_field=row.qbo_field).exists()
    ):
        return {"qbo_field": _("This field is filled from another property. Switch that mapping off first.")}
    return {}


def preview(mapping: FieldMapping, link: Link, **values: Any) -> Tried:
    """What a mapping (saved or not, with ``values`` put in) would do to a linked record. Writes nothing.

    Raises BadMapping for one that can't be.
    """
    row = copy.copy(mapping)
    _checked(row, values)
    record_type = RecordType(row.record_type)
    policy = policy_of(link.connection, OBJECT_OF[record_type])
    draft = _fields_of(row)
    assert draft.crm is not None
    assert draft.qbo is not None
    rule = Rule(row.crm_field, row.qbo_field, Direction(row.direction), Winner(row.winner or policy.settings.winner))
    mapped = Mapped(row.pk or 0, rule, draft.crm, draft.qbo, Transform(row.transform), row.default)
    objects = read.objects(link.connection_id, ENTITY_OF[record_type]).filter(qbo_id=link.qbo_id)
    mirrored = read.with_payloads(objects[:1])
    ours = records.values_of(record_type, [link.object_id], [row.crm_field])
    if not mirrored or link.object_id not in ours:
        return Tried(problem=_("One of the two sides is gone."))
    return _tried(mapped, record_type, in_crm(ours[link.object_id], [mapped]), mirrored[0].payload)


def _tried(mapped: Mapped, record_type: RecordType, ours: Mapping[str, Any], payload: Mapping[str, Any]) -> Tried:
    name = mapped.rule.crm_field
    theirs, problems = from_quickbooks(record_type, payload, [mapped])
    if problems:
        return Tried(crm_before=plain(ours.get(name)), problem=" ".join(problems.values()))
    # A saved mapping is applied to values that were in no agreement before.
    merged = merge([mapped.rule], base={}, crm=ours, quickbooks=theirs)
    sent, refused = engine.to_quickbooks(merged.to_quickbooks, [mapped], current=payload)
    after = from_quickbooks(record_type, {**payload, **sent}, [mapped])[0] if sent else theirs
    return Tried(
        crm_before=plain(ours.get(name)),
        crm_after=plain(merged.to_crm.get(name, ours.get(name))),
        quickbooks_before=plain(theirs.get(name)),
        quickbooks_after=plain(after.get(name)),
        problem=" ".join(refused.values()),
        conflict=bool(merged.clashes),
    )


def uses_of_properties(definition_ids: list[int]) -> dict[int, list[str]]:
    """Where custom properties are mapped, in words, by id: told before one is deleted. One statement and a few."""
    names = {f"{PREFIX}{pk}": pk for pk in definition_ids}
    found: dict[int, list[str]] = {}
    rows = FieldMapping.objects.filter(crm_field__in=names).select_related("connection").order_by("pk")
    with remembered():
        for row in rows:
            words = {"field": _told(row)["quickbooks"], "company": row.connection}
            told = _("mapped to the QuickBooks field “%(field)s” of “%(company)s”") % words
            found.setdefault(names[row.crm_field], []).append(told)
    return found
