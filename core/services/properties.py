"""Changing which custom properties there are. Values of records are changed by the services of the records."""

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.access import needs
from core.audit import differences
from core.enums import PropertyKind
from core.events import emit
from core.models import PropertyDefinition, PropertyGroup
from core.ordering import put_in_order
from core.properties import schema, usage
from core.properties.objects import objects, uses_of
from core.properties.values import BadValue, canonical

MOST_INDEXED = 10
MOST_PROPERTIES = 500
KEPT_DAYS = 30
UNIQUE_KINDS = (PropertyKind.TEXT, PropertyKind.NUMBER, PropertyKind.DATE, PropertyKind.DATETIME, PropertyKind.USER)
CHOICE_KINDS = (PropertyKind.CHOICE, PropertyKind.CHOICES)
NUMBER_KINDS = (PropertyKind.NUMBER, PropertyKind.CURRENCY)
# An index over lists or long texts would sort nothing.
INDEXED_KINDS = tuple(kind for kind in PropertyKind if kind not in (PropertyKind.CHOICES, PropertyKind.LONG_TEXT))
FIELDS = (
    "label", "kind", "group", "description", "required", "unique", "default", "currency", "lowest", "highest",
    "indexed",
)  # fmt: skip


class PropertyRefused(Exception):
    """The change can't be made; the message says why and ``field`` which part of it."""

    field = "label"


class NameNeeded(PropertyRefused):
    """A property without a label."""


class LabelTaken(PropertyRefused):
    """Another property of the object has this label."""


class TooManyProperties(PropertyRefused):
    """The object has as many properties as it may have."""


class KindFixed(PropertyRefused):
    """Records have values, which another kind could not hold."""

    field = "kind"


class NotUnique(PropertyRefused):
    """Records share values, or the kind knows no uniqueness."""

    field = "unique"


class TooManyIndexed(PropertyRefused):
    """The object has as many indexed properties as it may have."""

    field = "indexed"


class DefaultUnfit(PropertyRefused):
    """The default is no value of the property."""

    field = "default"


class RangeUnfit(PropertyRefused):
    """The lowest value is above the highest one."""

    field = "highest"


class StillUsed(PropertyRefused):
    """Records or settings use it; ``records`` says how many, ``uses`` where else."""

    def __init__(self, records: int, uses: Sequence[str] = ()) -> None:
        self.records, self.uses = records, list(uses)
        super().__init__(ngettext("%d record uses it.", "%d records use it.", records) % records)


@needs("core.manage_properties")
@transaction.atomic
def create(object_type: str, *, by: Any, label: str, kind: str, choices: Sequence[str] = (), **values: Any) -> Any:
    """A new property at the end of the object's form. Raises PropertyRefused in one of its forms."""
    hold(object_type)
    mine = PropertyDefinition.objects.filter(object_type=object_type)
    if mine.filter(deleted_at=None).count() >= MOST_PROPERTIES:
        raise TooManyProperties(_("An object has at most %d properties.") % MOST_PROPERTIES)
    wanted = {**_known(values), "label": label, "kind": PropertyKind(kind)}
    last = mine.aggregate(last=Max("position"))["last"] or 0
    default = wanted.pop("default", None)
    row = PropertyDefinition(
        object_type=object_type, key=_free_key(object_type, label), position=last + 1, created_by=by
    )
    _fill(row, wanted)
    _insert(row)
    for position, text in enumerate(choices):
        row.choices.create(label=text.strip()[:120], position=position)
    _set_default(row, default)
    schema.forget()
    emit("property.created", row, by=by, title=row.label, object=object_type, kind=row.kind)
    return row


@needs("core.manage_properties")
@transaction.atomic
def change(row: PropertyDefinition, *, by: Any, **values: Any) -> PropertyDefinition:
    """Change the given columns (FIELDS). Nothing where nothing differs. Raises PropertyRefused in one of its forms."""
    hold(row.object_type)
    fresh = PropertyDefinition.objects.select_for_update().get(pk=row.pk, deleted_at=None)
    wanted = _known(values)
    if "kind" in wanted and wanted["kind"] != fresh.kind and (used := usage.records_with(fresh)):
        text = ngettext(
            "%d record has a value, so the kind can't change. Create another property instead.",
            "%d records have values, so the kind can't change. Create another property instead.",
            used,
        )
        raise KindFixed(text % used)
    before = {name: getattr(fresh, name) for name in wanted}
    # A default of another kind is none of this one.
    default = wanted.pop("default", fresh.default if wanted.get("kind", fresh.kind) == fresh.kind else None)
    _fill(fresh, wanted)
    _set_default(fresh, default)
    changed = sorted(name for name, old in before.items() if getattr(fresh, name) != old)
    if not changed:
        return fresh
    if "unique" in changed and fresh.unique:
        _require_distinct(fresh)
    _update(fresh, [*changed, "default"])
    schema.forget()
    changes = differences.since({name: before[name] for name in changed}, fresh)
    emit("property.changed", fresh, by=by, title=fresh.label, object=fresh.object_type, fields=changed, changes=changes)
    return fresh


@needs("core.manage_properties")
@transaction.atomic
def delete(row: PropertyDefinition, *, by: Any, confirmed: bool = False) -> PropertyDefinition:
    """Take the property away; its values stay for 30 days. Raises StillUsed unless unused or ``confirmed``."""
    fresh = PropertyDefinition.objects.select_for_update().get(pk=row.pk)
    if fresh.deleted_at is not None:
        return fresh
    used, uses = usage.records_with(fresh), uses_of([fresh.pk]).get(fresh.pk, [])
    if (used or uses) and not confirmed:
        raise StillUsed(used, uses)
    fresh.deleted_at = timezone.now()
    fresh.save(update_fields=["deleted_at"])
    schema.forget()
    emit("property.deleted", fresh, by=by, title=fresh.label, object=fresh.object_type, records=used)
    return fresh


@needs("core.manage_properties")
@transaction.atomic
def restore(row: PropertyDefinition, *, by: Any) -> PropertyDefinition:
    """Bring a deleted property back with its values. Raises LabelTaken, TooManyIndexed, TooManyProperties."""
    hold(row.object_type)
    fresh = PropertyDefinition.objects.select_for_update().get(pk=row.pk)
    if fresh.deleted_at is None:
        return fresh
    _require_label(fresh)
    _require_index_room(fresh)
    fresh.deleted_at = None
    fresh.save(update_fields=["deleted_at"])
    schema.forget()
    emit("property.restored", fresh, by=by, title=fresh.label, object=fresh.object_type)
    return fresh


@needs("core.manage_properties")
@transaction.atomic
def reorder(object_type: str, ids: Sequence[int], *, by: Any) -> None:
    """Put the properties with these ids into this order; others keep their places behind them."""
    hold(object_type)
    _tell_order(PropertyDefinition.objects.filter(object_type=object_type, deleted_at=None), "label", ids, by=by)
    schema.forget()


def expired(now: datetime.datetime | None = None) -> Any:
    """Deleted properties whose days of grace are over."""
    return PropertyDefinition.objects.filter(
        deleted_at__lt=(now or timezone.now()) - datetime.timedelta(days=KEPT_DAYS)
    )


def group_named(object_type: str, name: str) -> PropertyGroup | None:
    """The object's group of this name, made where there is none; None for an empty name."""
    text = " ".join(name.split())[:120]
    if not text:
        return None
    found = PropertyGroup.objects.filter(object_type=object_type, name__iexact=text).first()
    if found is not None:
        return found
    last = PropertyGroup.objects.filter(object_type=object_type).aggregate(last=Max("position"))["last"] or 0
    return PropertyGroup.objects.create(object_type=object_type, name=text, position=last + 1)


@needs("core.manage_properties")
@transaction.atomic
def rename_group(group: PropertyGroup, name: str, *, by: Any) -> PropertyGroup:
    """Give a group another name. Raises LabelTaken, NameNeeded."""
    text = " ".join(name.replace("\x00", "").split())[:120]
    if not text:
        raise NameNeeded(_("Give the group a name."))
    same = PropertyGroup.objects.filter(object_type=group.object_type, name__iexact=text).exclude(pk=group.pk)
    if same.exists():
        raise LabelTaken(_("There is a group “%s” already.") % text)
    former = PropertyGroup.objects.select_for_update().get(pk=group.pk).name
    PropertyGroup.objects.filter(pk=group.pk).update(name=text)
    group.refresh_from_db()
    schema.forget()
    changes = differences.between({"name": former}, {"name": text})
    emit("property.group_changed", group, by=by, title=text, object=group.object_type, changes=changes)
    return group


@needs("core.manage_properties")
@transaction.atomic
def reorder_groups(object_type: str, ids: Sequence[int], *, by: Any) -> None:
    """Put the groups with these ids into this order; others keep their places behind them."""
    hold(object_type)
    _tell_order(PropertyGroup.objects.filter(object_type=object_type), "name", ids, by=by)
    schema.forget()


def _tell_order(rows: Any, name: str, ids: Sequence[int], *, by: Any) -> None:
    """Put rows into an order, with an event where that changes anything."""
    before = list(rows.order_by("position", "pk").values_list(name, flat=True))
    put_in_order(rows, ids)
    after = rows.order_by("position", "pk")
    changes = differences.between({"order": before}, {"order": list(after.values_list(name, flat=True))})
    if changes and (first := after.first()) is not None:
        emit("property.ordered", first, by=by, title=str(first), object=first.object_type, changes=changes)


@needs("core.manage_properties")
@transaction.atomic
def delete_group(group: PropertyGroup, *, by: Any) -> None:
    """Take a group away; its properties stay, without a group."""
    emit("property.group_deleted", group, by=by, title=group.name, object=group.object_type)
    group.delete()
    schema.forget()


def hold(object_type: str) -> None:
    """One change of an object's properties at a time: labels, keys and the number of indexes stay consistent.

    Whoever looks at a property before it is changed takes this first, so that the two don't wait for each other.
    """
    if object_type not in objects:
        raise KeyError(object_type)
    usage.hold(f"properties of {object_type}")


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(values) - set(FIELDS):
        raise TypeError(", ".join(sorted(unknown)))
    return dict(values)


def _fill(row: PropertyDefinition, wanted: Mapping[str, Any]) -> None:
    """Set the columns and drop what the kind does not have."""
    for name, value in wanted.items():
        setattr(row, name, value)
    row.label = " ".join(str(row.label).replace("\x00", "").split())
    row.description = str(row.description).replace("\x00", "").strip()[:500]
    if row.kind not in NUMBER_KINDS:
        row.lowest = row.highest = None
    if row.kind != PropertyKind.CURRENCY:
        row.currency = ""
    if row.kind == PropertyKind.CHECKBOX:
        row.required = False  # an unticked box is an answer
    if row.lowest is not None and row.highest is not None and row.lowest > row.highest:
        raise RangeUnfit(_("The highest value is below the lowest one."))
    if row.unique and row.kind not in UNIQUE_KINDS:
        raise NotUnique(_("Values of this kind can't be unique."))
    if row.indexed and row.kind not in INDEXED_KINDS:
        row.indexed = False
    _require_label(row)
    _require_index_room(row)


def _require_label(row: PropertyDefinition) -> None:
    if not row.label or len(row.label) > 120:
        raise NameNeeded(_("Give the property a name of at most 120 characters."))
    same = PropertyDefinition.objects.filter(object_type=row.object_type, label__iexact=row.label, deleted_at=None)
    if same.exclude(pk=row.pk).exists():
        raise LabelTaken(_("There is a property “%s” already.") % row.label)


def _require_index_room(row: PropertyDefinition) -> None:
    if not row.indexed:
        return
    others = PropertyDefinition.objects.filter(object_type=row.object_type, indexed=True, deleted_at=None)
    if others.exclude(pk=row.pk).count() >= MOST_INDEXED:
        raise TooManyIndexed(_("At most %d properties of an object can be fast to sort.") % MOST_INDEXED)


def _require_distinct(row: PropertyDefinition) -> None:
    if shared := usage.shared_values(row):
        text = ngettext(
            "%d value is in several records. Make it differ first.",
            "%d values are in several records. Make them differ first.",
            shared,
        )
        raise NotUnique(text % shared)


def _set_default(row: PropertyDefinition, default: Any) -> None:
    """Bring the default into its stored form; a unique property has none."""
    choices = [{"id": c.pk, "label": c.label, "archived_at": c.archived_at} for c in row.choices.all()]
    try:
        stored = canonical(schema.plain(vars(row) | {"group": "", "choices": choices}), default)
    except BadValue as problem:
        raise DefaultUnfit(str(problem)) from problem
    if stored is not None and row.unique:
        raise DefaultUnfit(_("A default would give all new records the same value, and it has to be unique."))
    if stored != row.default:
        row.default = stored
        PropertyDefinition.objects.filter(pk=row.pk).update(default=stored)


def _free_key(object_type: str, label: str) -> str:
    wanted = re.sub(r"[^a-z0-9]+", "_", slugify(label)).strip("_")[:50] or "property"
    taken = set(
        PropertyDefinition.objects.filter(object_type=object_type, key__istartswith=wanted).values_list(
            "key", flat=True
        )
    )
    return next(key for key in (wanted, *(f"{wanted}_{n}" for n in range(2, len(taken) + 3))) if key not in taken)


def _insert(row: PropertyDefinition) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise LabelTaken(_("There is a property “%s” already.") % row.label) from error


def _update(row: PropertyDefinition, columns: Sequence[str]) -> None:
    if "kind" in columns:
        row.index_ready = False
        columns = [*columns, "index_ready"]
    row.save(update_fields=list(dict.fromkeys(columns)))
