"""Associations by HubSpot's ids: made in bulk as soon as both records are here; ``unlinking`` takes them back."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from core.events import Draft, emit_many
from core.models import Origin
from crm.models import Association, Company, Contact, Deal, DealContact, HubspotImport, Quote
from crm.models.records import Record
from crm.services import bulk, changes

BATCH = 500
MODELS: dict[str, type[Record]] = {"contact": Contact, "company": Company, "deal": Deal, "quote": Quote}


class Open(NamedTuple):
    """A link whose two records are here, by their ids."""

    pk: int
    first: int
    second: int
    job_id: int | None


def resolve(batch: HubspotImport, until: float) -> bool:
    """Associate what can be associated by now; whether it is done, or was stopped, before the time is over."""
    for kinds, act in _WAYS.items():
        for rows in _batches(kinds):
            if rows:
                with transaction.atomic():
                    if not _goes_on(batch):
                        return True
                    _note(batch, rows, act(batch, kinds, rows))
            if time.monotonic() > until:
                return False
    return True


def _goes_on(batch: HubspotImport) -> bool:
    """Renew the lease, unless the import was stopped; whoever stops it waits for what is being written."""
    mine = HubspotImport.objects.filter(pk=batch.pk, state=HubspotImport.State.RUNNING)
    return bool(mine.update(worked_at=timezone.now()))


def _batches(kinds: tuple[str, str]) -> Iterator[list[Open]]:
    """The links between these kinds, the primary ones first; those with a record that is not here are left out."""
    for primary in (True, False):
        last = 0
        while page := _page(kinds, last, primary=primary):
            last = page[-1][0]
            yield [Open(pk, first, second, job_id) for pk, first, second, job_id in page if first and second]


def _page(kinds: tuple[str, str], last: int, *, primary: bool) -> list[tuple[int, int | None, int | None, int | None]]:
    """The links behind the one with the id ``last``, done ones apart, with the ids of their records."""
    with connection.cursor() as cursor:
        # The page is cut before its records are looked up: what this costs does not grow with what is left.
        cursor.execute(
            "WITH page AS MATERIALIZED (SELECT id, from_type, from_id, to_type, to_id, job_id FROM crm_hubspotlink "
            'WHERE NOT done AND from_type = %s AND to_type = %s AND "primary" = %s AND id > %s ORDER BY id LIMIT %s) '
            "SELECT page.id, f.record_id, t.record_id, page.job_id FROM page "
            "LEFT JOIN crm_hubspotrecord f ON f.object_type = page.from_type AND f.hubspot_id = page.from_id "
            "LEFT JOIN crm_hubspotrecord t ON t.object_type = page.to_type AND t.hubspot_id = page.to_id "
            "ORDER BY page.id",
            [*kinds, primary, last, BATCH],
        )
        return list(cursor.fetchall())


def _note(batch: HubspotImport, rows: Sequence[Open], made: dict[int, str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE crm_hubspotlink AS l SET done = true, done_by_id = %s, made = v.made, from_record = v.first, "
            "to_record = v.second FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[]) "
            "AS v(id, made, first, second) WHERE l.id = v.id",
            [
                batch.pk,
                [row.pk for row in rows],
                [made.get(row.pk, "") for row in rows],
                [row.first for row in rows],
                [row.second for row in rows],
            ],
        )
    HubspotImport.objects.filter(pk=batch.pk).update(links=F("links") + len(made))


def _told(row: Open) -> dict[str, Any]:
    return {"import": row.job_id}


def locked(kind: str, ids: Sequence[int]) -> dict[int, Any]:
    """Records of a kind that are in no archive, by id, locked in the order of their ids."""
    rows: Any = MODELS[kind]._default_manager.filter(pk__in=ids, archived_at=None).order_by("pk")
    return {each.pk: each for each in rows.defer("search").select_for_update(of=("self",))}


def _column(batch: HubspotImport, kinds: tuple[str, str], rows: Sequence[Open]) -> dict[int, str]:
    """Fill the column of the first record where it is empty; further companies become associations."""
    kind, other = kinds
    firsts = locked(kind, [row.first for row in rows])
    others: Any = MODELS[other]._default_manager.all()
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
    deals = locked("deal", [row.first for row in rows])
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


PAIRS_OF_COLUMNS = (
    ("contact", "company"),
    ("deal", "company"),
    ("quote", "deal"),
    ("quote", "company"),
    ("quote", "contact"),
)
_WAYS: dict[tuple[str, str], Callable[[HubspotImport, tuple[str, str], Sequence[Open]], dict[int, str]]] = {
    **dict.fromkeys(PAIRS_OF_COLUMNS, _column), ("deal", "contact"): _deal_contacts,
}  # fmt: skip
