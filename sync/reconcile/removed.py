"""Objects that QuickBooks deleted, or merged into another: what happens to their records and links.

Customers and items can't be deleted in QuickBooks. When one is gone, it was merged: its transactions carry the
winner's id from then on.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.services import from_sync
from crm.services.from_sync import SyncedRow
from invoices.models import Invoice
from invoices.services import customers as invoiced
from qbo_connector.models import MirrorObject
from sync import matching, records
from sync.enums import Exclusion, Outcome, RecordType, Removal
from sync.models import Link
from sync.reconcile.batch import Batch, save_links
from sync.reconcile.decide import ARCHIVED
from sync.records import CRM_MODELS

_UPSERT = {
    RecordType.COMPANY: from_sync.upsert_companies,
    RecordType.CONTACT: from_sync.upsert_contacts,
    RecordType.PRODUCT: from_sync.upsert_products,
}


def remove(batch: Batch, record_types: Sequence[RecordType]) -> None:
    """Carry the removal policy out for what is gone; links of merged customers move to the winner first."""
    gone = batch.gone
    if not gone:
        return
    entity = batch.rows[0].row.entity
    links = list(
        Link.objects.filter(connection=batch.connection, entity=entity, qbo_id__in=gone).exclude(
            exclusion=Exclusion.UNLINKED
        )
    )
    winners = _winners(batch, gone) if entity == "Customer" else {}
    moved = _move(batch, links, winners)
    for record_type in record_types:
        left = [link for link in links if link.object_type == record_type and link.pk not in moved]
        _carry_out(batch, record_type, left, winners)


def _winners(batch: Batch, gone: Sequence[str]) -> dict[str, str]:
    """The customers into which others were merged, by the loser's id.

    Told by invoices: what was the loser's is the winner's now. Else by the one active customer of the same e-mail
    address; a shared name can't be, names are unique.
    """
    connection = batch.connection
    ours = dict(
        Invoice.objects.filter(connection=connection, customer_external_id__in=gone)
        .exclude(external_id="")
        .values_list("external_id", "customer_external_id")
    )
    theirs = MirrorObject.objects.filter(connection=connection, entity="Invoice", deleted=False, qbo_id__in=ours)
    votes: dict[str, Counter[str]] = {}
    for qbo_id, party in theirs.values_list("qbo_id", "party_id"):
        if party and party not in gone:
            votes.setdefault(ours[qbo_id], Counter())[party] += 1
    winners = {loser: counted.most_common(1)[0][0] for loser, counted in votes.items()}
    emails = {
        row.row.qbo_id: row.row.email.upper()
        for row in batch.rows
        if row.row.deleted and row.row.email and row.row.qbo_id not in winners
    }
    return {**winners, **_by_email(batch, emails)}


def _by_email(batch: Batch, emails: Mapping[str, str]) -> dict[str, str]:
    if not emails:
        return {}
    living = matching.objects_by_email(batch.connection, "Customer", emails.values())
    return {loser: living[email][0] for loser, email in emails.items() if len(living.get(email, [])) == 1}


def _move(batch: Batch, links: Sequence[Link], winners: Mapping[str, str]) -> set[int]:
    """Move links and invoices to the winners; returns the links that moved.

    A winner that has a record of its own keeps it: nothing is linked twice.
    """
    if not winners:
        return set()
    of_winners = Link.objects.filter(connection=batch.connection, entity="Customer", qbo_id__in=set(winners.values()))
    held = {(qbo_id, kind): pk for qbo_id, kind, pk in of_winners.values_list("qbo_id", "object_type", "object_id")}
    invoiced.move(
        batch.connection.pk,
        winners,
        companies=_replaced(links, winners, held, RecordType.COMPANY),
        contacts=_replaced(links, winners, held, RecordType.CONTACT),
    )
    taken = set(held)
    moved = []
    for link in links:
        winner = winners.get(link.qbo_id, "")
        if winner and (winner, link.object_type) not in taken:
            taken.add((winner, link.object_type))
            link.qbo_id, link.matched_by = winner, "merged"
            link.outcome, link.exclusion = Outcome.IN_SYNC, Exclusion.NONE
            link.reason, link.changed_at = _("Its customer was merged into another in QuickBooks."), timezone.now()
            moved.append(link)
    save_links(moved)
    # The winner is looked at anew, with the record that it has now.
    MirrorObject.objects.filter(
        connection=batch.connection, entity="Customer", qbo_id__in=[link.qbo_id for link in moved]
    ).update(unread=True)
    return {link.pk for link in moved}


def _replaced(
    links: Sequence[Link], winners: Mapping[str, str], held: Mapping[tuple[str, str], int], record_type: RecordType
) -> dict[int, int]:
    """The winners' own records by the losers', of one kind."""
    mine = [link for link in links if link.object_type == record_type and link.qbo_id in winners]
    found = {link.object_id: held.get((winners[link.qbo_id], str(record_type))) for link in mine}
    return {loser: winner for loser, winner in found.items() if winner is not None}


def _carry_out(batch: Batch, record_type: RecordType, links: Sequence[Link], winners: Mapping[str, str]) -> None:
    policy = Removal(batch.policy.settings.removal) if batch.enabled else Removal.NOTHING
    if not links:
        return
    if policy == Removal.DELETE:
        from_sync.delete(CRM_MODELS[record_type], [link.object_id for link in links])
        Link.objects.filter(pk__in=[link.pk for link in links]).delete()
        return
    if policy == Removal.ARCHIVE:
        there = records.values_of(record_type, [link.object_id for link in links], (), lock=True)
        _UPSERT[record_type]([SyncedRow(pk, {"archived": True}) for pk in there], quiet=batch.quiet)
    for link in links:
        _mark(link, policy, merged=link.qbo_id in winners)
    save_links(links)


def _mark(link: Link, policy: Removal, *, merged: bool) -> None:
    what = (
        _("This was merged into another in QuickBooks.") if merged else _("This was deleted or merged in QuickBooks.")
    )
    link.detail, link.changed_at = "", timezone.now()
    if policy == Removal.UNLINK:
        link.outcome, link.exclusion, link.reason = Outcome.EXCLUDED, Exclusion.UNLINKED, what
    elif policy == Removal.ARCHIVE:
        link.outcome, link.exclusion = Outcome.EXCLUDED, Exclusion.POLICY
        link.reason, link.snapshot = f"{what} {_('It was archived here.')}", {**link.snapshot, ARCHIVED: True}
    else:
        link.outcome, link.exclusion, link.reason = Outcome.BROKEN, Exclusion.NONE, what
