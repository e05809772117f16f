"""Undo a merge within 30 days: the merged records come back, with all that was theirs and was not changed since."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import merging
from core.access import needs
from core.events import Draft, emit, emit_many
from core.merging import NotNow
from core.models import EventLink, Origin
from core.properties import PREFIX, BadValues, by_slot
from crm.labels import label_of
from crm.models import DealContact, Merge, MergedRecord
from crm.queries import merges
from crm.services import changes, deal_merging
from crm.services.merging import MODELS, SERVICES, locked, tell


def kept(merge: Merge) -> list[str]:
    """What would stay as it is if the merge were undone now, as sentences."""
    kind, winner_id = merge.object_type, merge.winner_id
    told: list[str] = []
    winner = MODELS[kind]._default_manager.filter(pk=winner_id).first()
    if winner is not None:
        told += [_("%s was changed since, and stays.") % _label(kind, name) for name in _changed(merge, winner)]
    pointers = merging.pointers_to(MODELS[kind])
    for held in merge.undo.get("losers", {}).values():
        for pointer in pointers:
            number = merging.stays(pointer, kind, winner_id, held["pointers"].get(pointer.key, {}))
            if number:
                words = ngettext("%(n)d moved on since: %(what)s", "%(n)d moved on since: %(what)s", number)
                told.append(words % {"n": number, "what": pointer.label})
    losers = [int(pk) for pk in merge.undo.get("losers", {})]
    for name, data in merge.undo.get("movers", {}).items():
        if name in merging.movers:
            told += merging.movers[name].kept(kind, winner_id, losers, data)
    return told


@needs("crm.merge")
@transaction.atomic
def undo(merge: Merge, *, by: Any) -> list[str]:
    """Take the merge back; a sentence for each thing that stays as it is. Raises core.merging.NotNow."""
    row = Merge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    if not merges.may_undo(row):
        raise NotNow(_("This merge can't be undone any more."))
    kind, winner_id = row.object_type, row.winner_id
    # The last one first: what it met was the work of those before it.
    losers = list(row.losers.order_by("-pk").values_list("object_id", flat=True))
    for mover in merging.movers.values():
        mover.begin(kind, [winner_id, *losers])
    records = locked(kind, [winner_id, *losers])
    winner = records.get(winner_id)
    if winner is None or len(records) < len(losers) + 1:
        raise NotNow(_("One of these records was deleted for good."))
    if winner.archived_at is not None:
        raise NotNow(_("“%s” is archived or merged. Restore it first, or undo that merge.") % winner)
    told = kept(row)
    restored = _set_back(row, winner, by)
    told += [text for text in restored if text not in told]
    for pk in losers:
        _bring_back(row, records[pk], by)
    for name, data in row.undo["movers"].items():
        if name in merging.movers:
            told += [text for text in merging.movers[name].back(kind, winner_id, losers, data) if text not in told]
    Merge.objects.filter(pk=row.pk).update(undone_at=timezone.now(), undone_by=by)
    MergedRecord.objects.filter(merge=row).update(undone=True)
    winner.refresh_from_db()
    titles = list(row.losers.values_list("title", flat=True))
    emit(f"{kind}.unmerged", winner, by=by, about=[records[pk] for pk in losers], title=str(winner), merged=titles)
    emit_many(
        [Draft(f"{kind}.restored", kind, pk, (), {"title": str(records[pk])}) for pk in losers],
        by=by,
        origin=Origin.PERSON if by is not None else Origin.SYSTEM,
    )
    return told


def _label(kind: str, name: str) -> str:
    if name.startswith(PREFIX):
        definition = by_slot(kind).get(name.removeprefix(PREFIX))
        return definition.label if definition is not None else _("A property")
    return label_of(name)


def _now(record: Any, name: str) -> Any:
    if name.startswith(PREFIX):
        return (record.properties or {}).get(name.removeprefix(PREFIX))
    return changes.column(type(record), _field(record, name)).value_from_object(record)


def _field(record: Any, name: str) -> str:
    return str(next(each.name for each in record._meta.concrete_fields if each.attname == name))


def _as_stored(record: Any, name: str, value: Any) -> Any:
    """A value of the merge's notes, which are JSON, as the column has it."""
    if name.startswith(PREFIX):
        return value
    return changes.column(type(record), _field(record, name)).to_python(value)


def _changed(merge: Merge, winner: Any) -> list[str]:
    """The winner's properties that somebody changed since the merge."""
    return [name for name, (_old, new) in merge.values.items() if _now(winner, name) != _as_stored(winner, name, new)]


def _set_back(merge: Merge, winner: Any, by: Any) -> Sequence[str]:
    values: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    since = set(_changed(merge, winner))
    for name, (old, _new) in merge.values.items():
        if name in since:
            continue
        if name.startswith(PREFIX):
            custom[name.removeprefix(PREFIX)] = old
            continue
        column = changes.column(type(winner), _field(winner, name))
        value = column.to_python(old)
        if column.is_relation and value is not None:
            related: Any = column.related_model
            value = related._default_manager.filter(pk=value).first()
        values[column.name] = value
    try:
        with transaction.atomic():
            SERVICES[merge.object_type].update(winner, by=by, **values, **({"properties": custom} if custom else {}))
    except BadValues as bad:
        # A rule that is newer than the merge: the other values go back at least.
        SERVICES[merge.object_type].update(winner, by=by, **values)
        return [str(bad)]
    return []


def _bring_back(merge: Merge, loser: Any, by: Any) -> None:
    kind, winner_id, held = merge.object_type, merge.winner_id, merge.undo["losers"][str(loser.pk)]
    model = MODELS[kind]
    model._default_manager.filter(pk=loser.pk).update(
        archived_at=None, updated_at=timezone.now(), properties=held["properties"]
    )
    EventLink.objects.filter(pk__in=held["events"]).delete()
    # Before the removed rows are back: a deal has one primary contact.
    DealContact.objects.filter(pk__in=held["primary"]).update(primary=False)
    _find_primary(held["pointers"].get("crm.dealcontact.contact_id", {}).get("removed", []))
    for pointer in merging.pointers_to(model):
        if found := held["pointers"].get(pointer.key):
            gone = merging.back(pointer, kind, loser.pk, winner_id, found)
            tell(pointer, gone, winner_id, loser.pk, by)
    _keep_one_primary(held["primary"])
    deal_merging.primary_again(loser.pk, held.get("was_primary", []))


def _find_primary(removed: Sequence[Any]) -> None:
    """Contacts come back to deals as what they were, unless somebody else is the primary one there by now."""
    for row in removed:
        if row["fields"]["primary"]:
            taken = DealContact.objects.filter(deal=row["fields"]["deal"], primary=True).exists()
            row["fields"]["primary"] = not taken


def _keep_one_primary(ids: Sequence[int]) -> None:
    """A deal whose primary contact could not go back keeps the winner as such."""
    for link in DealContact.objects.filter(pk__in=ids):
        if not DealContact.objects.filter(deal=link.deal_id, primary=True).exists():
            DealContact.objects.filter(pk=link.pk).update(primary=True)
