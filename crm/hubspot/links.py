"""Associations by HubSpot's ids: made in bulk as soon as both records are here, and taken back with their import."""

import datetime
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from core.events import Draft, emit_many
from core.models import Origin
from crm.models import (
    Association,
    Company,
    Contact,
    Deal,
    DealContact,
    HubspotImport,
    HubspotLink,
    HubspotRecord,
    Import,
    Quote,
)
from crm.models.records import Record
from crm.services import bulk, changes

BATCH = 500
_MODELS: dict[str, type[Record]] = {"contact": Contact, "company": Company, "deal": Deal, "quote": Quote}


class Open(NamedTuple):
    """A link whose two records are here, by their ids."""

    pk: int
    first: int
    second: int
    job_id: int | None


def resolve(batch: HubspotImport, until: float) -> bool:
    """Associate what can be associated by now; whether it is done before the time is over."""
    for kinds, act in _WAYS.items():
        for rows in _batches(kinds):
            with transaction.atomic():
                made = act(batch, kinds, rows)
                _note(batch, rows, made)
            if time.monotonic() > until:
                return False
    return True


def _batches(kinds: tuple[str, str]) -> Iterator[list[Open]]:
    while rows := _open(*kinds):
        yield rows


def _open(first: str, second: str) -> list[Open]:
    """The next links between these kinds, the primary ones first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.id, f.record_id, t.record_id, l.job_id FROM crm_hubspotlink l "
            "JOIN crm_hubspotrecord f ON f.object_type = l.from_type AND f.hubspot_id = l.from_id "
            "JOIN crm_hubspotrecord t ON t.object_type = l.to_type AND t.hubspot_id = l.to_id "
            "WHERE NOT l.done AND l.from_type = %s AND l.to_type = %s "
            'ORDER BY l."primary" DESC, l.id LIMIT %s',
            [first, second, BATCH],
        )
        return [Open(*row) for row in cursor.fetchall()]


def _note(batch: HubspotImport, rows: Sequence[Open], made: dict[int, str]) -> None:
    HubspotLink.objects.bulk_update(
        [
            HubspotLink(
                pk=row.pk, done=True, done_by=batch, made=made.get(row.pk, ""), from_record=row.first,
                to_record=row.second,
            )
            for row in rows
        ],
        ["done", "done_by", "made", "from_record", "to_record"],
    )  # fmt: skip
    batch.links += len(made)
    batch.save(update_fields=["links"])


def _told(row: Open) -> dict[str, Any]:
    return {"import": row.job_id}


def _locked(kind: str, ids: Sequence[int]) -> dict[int, Any]:
    rows: Any = _MODELS[kind]._default_manager.filter(pk__in=ids, archived_at=None).order_by("pk")
    return {each.pk: each for each in rows.defer("search").select_for_update(of=("self",))}


def _column(batch: HubspotImport, kinds: tuple[str, str], rows: Sequence[Open]) -> dict[int, str]:
    """Fill the column of the first record where it is empty; further companies become associations."""
    kind, other = kinds
    firsts = _locked(kind, [row.first for row in rows])
    others: Any = _MODELS[other]._default_manager.all()
    seconds = others.defer("search").in_bulk({row.second for row in rows})
    made: dict[int, str] = {}
    filled: dict[int, Open] = {}
    more: list[Open] = []
    for row in rows:
        record = firsts.get(row.first)
        if record is None or row.second not in seconds or seconds[row.second].archived_at is not None:
            continue
        held = filled[row.first].second if row.first in filled else getattr(record, f"{other}_id")
        if held is None:
            filled[row.first] = row
        elif held != row.second and kind != "quote":
            more.append(row)
    by_job: dict[int | None, list[Open]] = {}
    for row in filled.values():
        made[row.pk] = other
        by_job.setdefault(row.job_id, []).append(row)
    for job_id, chosen in by_job.items():
        seen = {row.first: [(other, row.second)] for row in chosen}
        bulk.update_many(
            [(firsts[row.first], changes.differing(firsts[row.first], {f"{other}_id": row.second})) for row in chosen],
            by=batch.owner, origin=Origin.IMPORT, now=timezone.now(), about=lambda record, seen=seen: seen[record.pk],  # type: ignore[misc]
            data={"import": job_id},
        )  # fmt: skip
    return made | _associate(batch, kinds, more, firsts, seconds)


def _associate(
    batch: HubspotImport, kinds: tuple[str, str], rows: Sequence[Open], firsts: Any, seconds: Any
) -> dict[int, str]:
    kind, other = kinds
    there = Association.objects.filter(
        from_type=kind, to_type=other, from_id__in=[row.first for row in rows], removed_at=None, label=None
    )
    known = set(there.values_list("from_id", "to_id"))
    new = [row for row in rows if (row.first, row.second) not in known]
    Association.objects.bulk_create(
        [
            Association(from_type=kind, from_id=row.first, to_type=other, to_id=row.second, by=batch.owner)
            for row in new
        ],
        ignore_conflicts=True,
    )
    drafts = [
        Draft(
            "association.added", kind, row.first, [(other, row.second)],
            {
                "title": str(firsts[row.first]), "other": str(seconds[row.second]), "label": "",
                "ends": [[kind, row.first], [other, row.second]], **_told(row),
            },
        )
        for row in new
    ]  # fmt: skip
    emit_many(drafts, by=batch.owner, origin=Origin.IMPORT)
    return {row.pk: "association" for row in new}


def _deal_contacts(batch: HubspotImport, kinds: tuple[str, str], rows: Sequence[Open]) -> dict[int, str]:
    """Put contacts on deals; the first one of a deal gets its invoices."""
    deals = _locked("deal", [row.first for row in rows])
    contacts = Contact.objects.filter(archived_at=None).defer("search").in_bulk({row.second for row in rows})
    held = list(DealContact.objects.filter(deal_id__in=deals).values_list("deal_id", "contact_id", "primary"))
    there = {(deal, contact) for deal, contact, _primary in held}
    with_primary = {deal for deal, _contact, primary in held if primary}
    new: list[DealContact] = []
    made: dict[int, str] = {}
    drafts = []
    for row in rows:
        if row.first not in deals or row.second not in contacts or (row.first, row.second) in there:
            continue
        new.append(DealContact(deal_id=row.first, contact_id=row.second, primary=row.first not in with_primary))
        there.add((row.first, row.second))
        with_primary.add(row.first)
        made[row.pk] = "deal_contact"
        name = str(contacts[row.second])
        drafts.append(
            Draft("deal.contact_added", "deal", row.first, [("contact", row.second)], {"contact": name, **_told(row)})
        )
    DealContact.objects.bulk_create(new)
    emit_many(drafts, by=batch.owner, origin=Origin.IMPORT)
    return made


_WAYS: dict[tuple[str, str], Callable[[HubspotImport, tuple[str, str], Sequence[Open]], dict[int, str]]] = {
    ("contact", "company"): _column, ("deal", "company"): _column, ("deal", "contact"): _deal_contacts,
    ("quote", "deal"): _column, ("quote", "company"): _column, ("quote", "contact"): _column,
}  # fmt: skip


def undo(batch: HubspotImport, until: float) -> bool:
    """Take back the associations that ``batch`` made; whether that is done before the time is over.

    Those of files of another import wait for their records again; those of its own files are forgotten.
    """
    while True:
        with transaction.atomic():
            links = list(HubspotLink.objects.filter(done_by=batch).order_by("-pk")[:BATCH])
            if not links:
                break
            _take_back(batch, links, timezone.now())
            HubspotLink.objects.filter(pk__in=[each.pk for each in links]).update(
                done=False, done_by=None, made="", from_record=None, to_record=None
            )
        if time.monotonic() > until:
            return False
    HubspotLink.objects.filter(job__batch=batch).delete()
    return True


def _take_back(batch: HubspotImport, links: Sequence[HubspotLink], now: datetime.datetime) -> None:
    for kinds in _WAYS:
        kind, other = kinds
        mine = [each for each in links if (each.from_type, each.to_type) == kinds and each.made == other]
        records = _locked(kind, [each.from_record for each in mine if each.from_record])
        back: dict[int | None, list[tuple[Record, changes.Changes]]] = {}
        for each in mine:
            record = records.get(each.from_record or 0)
            if record is not None and getattr(record, f"{other}_id") == each.to_record:
                back.setdefault(each.job_id, []).append((record, {f"{other}_id": (each.to_record, None)}))
        for job_id, changed in back.items():
            bulk.update_many(changed, by=batch.owner, origin=Origin.IMPORT, now=now, data={"import": job_id})
    for each in links:
        if each.from_record is None or each.to_record is None:
            continue
        if each.made == "deal_contact":
            _take_off(each.from_record, each.to_record)
        elif each.made == "association":
            Association.objects.filter(
                from_type=each.from_type, from_id=each.from_record, to_type=each.to_type, to_id=each.to_record,
                label=None, removed_at=None,
            ).update(removed_at=now)  # fmt: skip


def _take_off(deal_id: int, contact_id: int) -> None:
    held = DealContact.objects.filter(deal_id=deal_id, contact_id=contact_id).first()
    if held is None:
        return
    held.delete()
    heir = DealContact.objects.filter(deal_id=deal_id).order_by("pk").first() if held.primary else None
    if heir is not None:
        DealContact.objects.filter(pk=heir.pk).update(primary=True)


def forget(job: Import) -> None:
    """Records that this file brought are ones of HubSpot's no more: it may bring them in again.

    What it said of invoices is forgotten by who compared it with QuickBooks, once that is taken back.
    """
    HubspotRecord.objects.filter(job=job).delete()
