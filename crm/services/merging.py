"""Merge records that are the same: one stays, with the values that were chosen; all that points to the others follows.

One transaction, with the records locked in the order of their ids, so that of two merges at once the second one sees
what the first did. ``crm.services.merging_undo`` takes it back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import merging
from core.access import needs
from core.events import Draft, emit, emit_many
from core.merging import NotNow, Pointer
from core.models import Origin
from core.properties import PREFIX, definitions
from crm.models import Company, Contact, Deal, DealContact, DuplicatePair, Merge, MergedRecord, Product
from crm.models.records import Record
from crm.services import changes, companies, contacts, deal_merging, deals, products

MODELS: dict[str, type[Record]] = {"company": Company, "contact": Contact, "product": Product, "deal": Deal}
SERVICES: dict[str, Any] = {"company": companies, "contact": contacts, "product": products, "deal": deals}
MOST = 5


class Changed(Exception):
    """One of the records was changed, archived or merged since it was looked at."""


def names_of(object_type: str) -> list[str]:
    """The properties of a kind that are chosen in a merge, custom ones behind the others."""
    own = [name for name in SERVICES[object_type].FIELDS if name != "properties"]
    return own + [definition.name for definition in definitions(object_type)]


def locked(object_type: str, ids: Sequence[int]) -> dict[int, Any]:
    """The records with these ids, locked in one order until the transaction ends."""
    rows: Any = MODELS[object_type]._default_manager.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    return {record.pk: record for record in rows.defer("search")}


@needs("crm.merge")
@transaction.atomic
def merge(
    object_type: str,
    winner_id: int,
    loser_ids: Sequence[int],
    *,
    by: Any,
    chosen: Mapping[str, int] | None = None,
    answers: Mapping[str, int] | None = None,
    seen: Mapping[int, str] | None = None,
) -> Merge:
    """Make one record of several. ``chosen`` names for properties whose value is taken, ``answers`` are those to
    ``core.merging`` questions; ``seen`` is when each was changed last as far as the reader knows.

    Raises Changed, core.merging.NotNow and core.properties.BadValues.
    """
    losers = [pk for pk in dict.fromkeys(loser_ids) if pk != winner_id]
    everyone = [winner_id, *losers]
    if not losers or len(everyone) > MOST:
        raise NotNow(_("Choose two to five records to merge."))
    for mover in merging.movers.values():
        mover.begin(object_type, everyone)
    records = locked(object_type, everyone)
    _check(records, everyone, seen or {})
    winner = records[winner_id]
    values = _taken(object_type, records, winner, chosen or {})
    merged = Merge.objects.create(object_type=object_type, winner_id=winner_id, title=str(winner), by=by)
    MergedRecord.objects.bulk_create(
        MergedRecord(merge=merged, object_type=object_type, object_id=pk, title=str(records[pk])) for pk in losers
    )
    undo: dict[str, Any] = {"losers": {}, "movers": {}}
    for pk in losers:
        undo["losers"][str(pk)] = _move(object_type, records[pk], winner_id, by)
    written = SERVICES[object_type].update(winner, by=by, **values)
    for name, mover in merging.movers.items():
        undo["movers"][name] = mover.move(object_type, winner_id, losers, answers or {})
    merged.values, merged.undo, merged.title = _differences(object_type, winner, written), undo, str(written)
    merged.save(update_fields=["values", "undo", "title"])
    DuplicatePair.objects.filter(object_type=object_type, first_id__in=everyone, second_id__in=losers).delete()
    DuplicatePair.objects.filter(object_type=object_type, first_id__in=losers).delete()
    told = [str(records[pk]) for pk in losers]
    emit(f"{object_type}.merged", written, by=by, about=[records[pk] for pk in losers], title=str(written), merged=told)
    return merged


def _check(records: Mapping[int, Record], everyone: Sequence[int], seen: Mapping[int, str]) -> None:
    if len(records) < len(everyone) or any(record.archived_at is not None for record in records.values()):
        raise Changed(_("One of them was archived, merged or deleted meanwhile."))
    if any(seen.get(pk, "") not in ("", version(record)) for pk, record in records.items()):
        raise Changed(_("One of them was changed meanwhile. Look at the values again."))


def version(record: Any) -> str:
    """What tells one state of a record from another."""
    return str(record.updated_at.isoformat())


def _taken(object_type: str, records: Mapping[int, Any], winner: Any, chosen: Mapping[str, int]) -> dict[str, Any]:
    """The values that the winner takes over from others, as its service wants them."""
    values: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    for name in names_of(object_type):
        source = records.get(chosen.get(name, winner.pk))
        if source is None or source.pk == winner.pk:
            continue
        if name.startswith(PREFIX):
            custom[name.removeprefix(PREFIX)] = (source.properties or {}).get(name.removeprefix(PREFIX))
        else:
            values[name] = getattr(source, name)
    return values | ({"properties": custom} if custom else {})


def _move(object_type: str, loser: Any, winner_id: int, by: Any) -> dict[str, Any]:
    """Everything of one loser goes over to the winner, and the loser to the archive."""
    model = MODELS[object_type]
    unique = {each.slot for each in definitions(object_type) if each.unique}
    held = dict(loser.properties or {})
    now = timezone.now()
    # What has to be unique is free for the winner from now on; undoing brings it back.
    left = {slot: value for slot, value in held.items() if slot not in unique}
    model._default_manager.filter(pk=loser.pk).update(archived_at=now, updated_at=now, properties=left)
    moved: dict[str, Any] = {}
    was_primary = deal_merging.only_one_primary(loser, winner_id) if object_type == "deal" else []
    for pointer in merging.pointers_to(model):
        found = merging.move(pointer, object_type, loser.pk, winner_id)
        if found.ids or found.removed:
            moved[pointer.key] = asdict(found)
        tell(pointer, found.ids, loser.pk, winner_id, by)
    primary = _keep_primary(moved, winner_id)
    return {
        "properties": held,
        "pointers": moved,
        "primary": primary,
        "was_primary": was_primary,
        "events": _show_history(object_type, loser.pk, winner_id),
    }


def tell(pointer: Pointer, ids: Sequence[int], old: int, new: int, by: Any) -> None:
    """Records that point elsewhere now have changed: their history says so, and the sync looks at them."""
    if not ids or not issubclass(pointer.model, Record):
        return
    rows: Any = pointer.model._default_manager.filter(pk__in=ids)
    rows.update(updated_at=timezone.now())
    kind = str(pointer.model._meta.model_name)
    drafts = [
        Draft(f"{kind}.changed", kind, record.pk, (), changes.event_data(record, {pointer.column: (old, new)}))
        for record in rows.defer("search")
    ]
    emit_many(drafts, by=by, origin=Origin.PERSON if by is not None else Origin.SYSTEM)


def _keep_primary(moved: Mapping[str, Any], winner_id: int) -> list[int]:
    """Where the loser was a deal's primary contact and the winner was on the deal already, the winner becomes it."""
    removed = moved.get("crm.dealcontact.contact_id", {}).get("removed", [])
    deals = [row["fields"]["deal"] for row in removed if row["fields"]["primary"]]
    rows = DealContact.objects.filter(deal_id__in=deals, contact_id=winner_id)
    ids = list(rows.values_list("pk", flat=True))
    rows.update(primary=True)
    return ids


def _show_history(object_type: str, loser_id: int, winner_id: int) -> list[int]:
    """Show what happened to the loser on the winner's timeline as well."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_eventlink (event_id, object_type, object_id) "
            "SELECT event_id, object_type, %s FROM core_eventlink WHERE object_type = %s AND object_id = %s "
            "ON CONFLICT DO NOTHING RETURNING id",
            [winner_id, object_type, loser_id],
        )
        return [pk for (pk,) in cursor.fetchall()]


def _differences(object_type: str, before: Any, after: Any) -> dict[str, list[Any]]:
    """The winner's changed properties as ``{name: [before, after]}``, relations as ids."""
    columns = [
        changes.column(MODELS[object_type], name).attname
        for name in SERVICES[object_type].FIELDS
        if name != "properties"
    ]
    found = {name: (getattr(before, name), getattr(after, name)) for name in columns}
    found["properties"] = (before.properties or {}, after.properties or {})
    differing = {name: pair for name, pair in found.items() if pair[0] != pair[1]}
    return {name: [old, new] for name, (old, new) in changes.by_property(differing).items()}
