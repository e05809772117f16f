"""Taking back the associations that an import from HubSpot made, in bulk."""

import datetime
import time
from collections.abc import Sequence

from django.db import connection, transaction
from django.utils import timezone

from core.models import Origin
from crm.hubspot.links import BATCH, PAIRS_OF_COLUMNS, locked
from crm.models import Association, DealContact, HubspotImport, HubspotLink, HubspotRecord, Import
from crm.models.records import Record
from crm.services import bulk, changes


def undo(batch: HubspotImport, until: float) -> bool:
    """Take back the associations that ``batch`` made; whether that is done before the time is over.

    Those of files of another import wait for their records again; those of its own files are forgotten.
    """
    made = HubspotLink.objects.filter(done_by=batch).order_by("-pk")
    last: int | None = None
    while True:
        with transaction.atomic():
            now = timezone.now()
            HubspotImport.objects.filter(pk=batch.pk).update(worked_at=now)
            links = list((made if last is None else made.filter(pk__lt=last))[:BATCH])
            if not links:
                break
            last = links[-1].pk
            _take_back(batch, links, now)
            HubspotLink.objects.filter(pk__in=[each.pk for each in links]).update(
                done=False, done_by=None, made="", from_record=None, to_record=None
            )
        if time.monotonic() > until:
            return False
    HubspotLink.objects.filter(job__batch=batch).delete()
    return True


def _take_back(batch: HubspotImport, links: Sequence[HubspotLink], now: datetime.datetime) -> None:
    for kind, other in PAIRS_OF_COLUMNS:
        mine = [each for each in links if (each.from_type, each.to_type, each.made) == (kind, other, other)]
        records = locked(kind, [each.from_record for each in mine if each.from_record]) if mine else {}
        back: dict[int | None, list[tuple[Record, changes.Changes]]] = {}
        for each in mine:
            record = records.get(each.from_record or 0)
            if record is not None and getattr(record, f"{other}_id") == each.to_record:
                back.setdefault(each.job_id, []).append((record, {f"{other}_id": (each.to_record, None)}))
        for job_id, changed in back.items():
            bulk.update_many(changed, by=batch.owner, origin=Origin.IMPORT, now=now, data={"import": job_id})
    _take_off([each for each in links if each.made == "deal_contact"])
    _remove([each for each in links if each.made == "association"], now)


def _take_off(links: Sequence[HubspotLink]) -> None:
    """Take contacts off deals; the first of those that stay gets the invoices of a deal that has lost its own."""
    if not links:
        return
    pairs = {(each.from_record, each.to_record) for each in links}
    deals = [each.from_record for each in links if each.from_record]
    held = DealContact.objects.filter(deal_id__in=deals).order_by("deal_id", "pk")
    gone, without = [], set()
    for pk, deal_id, contact_id, primary in held.values_list("pk", "deal_id", "contact_id", "primary"):
        if (deal_id, contact_id) in pairs:
            gone.append(pk)
            without |= {deal_id} if primary else set()
    DealContact.objects.filter(pk__in=gone).delete()
    heirs = DealContact.objects.filter(deal_id__in=without).order_by("deal_id", "pk").distinct("deal_id")
    DealContact.objects.filter(pk__in=list(heirs.values_list("pk", flat=True))).update(primary=True)


def _remove(links: Sequence[HubspotLink], now: datetime.datetime) -> None:
    if not links:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Association._meta.db_table} AS a SET removed_at = %s "  # noqa: S608 -- a name of ours
            "FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::bigint[]) AS v(kind, pk, other, other_pk) "
            "WHERE a.from_type = v.kind AND a.from_id = v.pk AND a.to_type = v.other AND a.to_id = v.other_pk "
            "AND a.label_id IS NULL AND a.removed_at IS NULL",
            [
                now,
                [each.from_type for each in links],
                [each.from_record for each in links],
                [each.to_type for each in links],
                [each.to_record for each in links],
            ],
        )


def forget(job: Import) -> None:
    """Records that this file brought are ones of HubSpot's no more: it may bring them in again.

    What it said of invoices is forgotten by who compared it with QuickBooks, once that is taken back.
    """
    HubspotRecord.objects.filter(job=job).delete()
