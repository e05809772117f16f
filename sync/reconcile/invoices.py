"""Invoices -> invoices.

With the toggle off, only those that the CRM made or added (tracked ones) are kept up to date. An invoice that was
changed here and is not in QuickBooks yet is merged field by field; all others are what QuickBooks says.
"""

import uuid
from collections.abc import Mapping, Sequence

from django.db.models import Q

from invoices.models import Invoice, InvoiceEdit, InvoiceLine
from invoices.services import from_sync, properties, removals
from invoices.synced import ApplyResult, SyncedInvoice
from qbo_connector.enums import OperationState, Verb
from qbo_connector.mirror.read import Mirrored
from qbo_connector.models import Connection, Operation
from sync import mapping_status
from sync.clock import today
from sync.enums import Exclusion, Outcome, Removal
from sync.invoice_filter import Left, left_out
from sync.invoice_merge import MergedInvoice, merge_invoice
from sync.invoice_properties import NOTHING, coming_in, mapped_properties, sides_of
from sync.mapping.invoice import from_invoice, marked_request_id
from sync.mapping.reading import BadPayload
from sync.models import Link
from sync.policies import Policy
from sync.publish import invoice_changes
from sync.reconcile import after_invoices
from sync.reconcile.batch import Batch, age, links_by_id, new_link, save_links, understood
from sync.reconcile.names import names_for
from sync.reconcile.uncounted import less_uncounted


def apply(batch: Batch) -> None:
    """Create and update invoices for a batch, in one call of the invoice service, and link them."""
    connection, policy = batch.connection, batch.policy
    remove(policy, batch.gone, quiet=batch.quiet)
    living = _not_under_way(batch)
    ids = _known(connection, living)
    names = names_for(connection, living)
    mapped = understood(
        batch,
        living,
        lambda found: from_invoice(found.payload, names, invoice_id=ids.get(found.row.qbo_id), tracked=False),
    )
    mapped = less_uncounted(connection, mapped)
    # Held from here on: what somebody saves meanwhile comes after, and is not overwritten by what was read before.
    held = Invoice.objects.select_for_update(of=("self",)).filter(pk__in=ids.values()).order_by("pk")
    tracked = {pk for pk, is_tracked in held.values_list("pk", "tracked") if is_tracked}
    left = left_out(policy, mapped, ids, tracked) | _unlinked(connection, mapped)
    if policy.settings.removal == Removal.DELETE:
        # They would be deleted again at once.
        new = [(found, row) for found, row in mapped if found.row.qbo_id not in ids]
        left |= {found.row.qbo_id: Left(Exclusion.POLICY) for found, row in new if row.voided}
    wanted = [(found, row) for found, row in mapped if found.row.qbo_id not in left]
    merged = _merged(policy, wanted)
    rows = [merged[row.id].row if row.id in merged else row for _found, row in wanted]
    if rows:
        result = from_sync.apply_invoices(connection.pk, rows, today=today(connection), quiet=batch.quiet)
        _take_properties(batch, policy, wanted, result.ids, merged)
        _link(batch, wanted, result, merged)
        after_invoices.follow(connection, [found for found, _row in wanted], result.ids, quiet=batch.quiet)
        ids_of, payloads = result.ids, [(found.row.qbo_id, found.payload) for found, _row in wanted]
        mapping_status.note_invoices(policy, {ids_of[pk]: payload for pk, payload in payloads if pk in ids_of})
    _exclude(connection, left, ids)
    # What QuickBooks still lacks is planned anew, on top of what it has now.
    for pk in sorted(pk for pk in merged if pk is not None):
        invoice_changes.plan_change(pk)
    voided = [row.external_id for _found, row in wanted if row.voided]
    if voided and policy.settings.removal != Removal.NOTHING:
        _carry_out(policy, voided)


def remove(policy: Policy, qbo_ids: Sequence[str], *, quiet: bool) -> None:
    """QuickBooks deleted these invoices: they count for nothing any more, and what the settings say happens to them."""
    if not qbo_ids:
        return
    from_sync.mark_removed(policy.connection.pk, qbo_ids, "invoice", quiet=quiet)
    links = Link.objects.filter(connection=policy.connection, entity="Invoice", qbo_id__in=qbo_ids)
    links.update(outcome=Outcome.BROKEN, reason="This was deleted in QuickBooks.", detail="", exclusion=Exclusion.NONE)
    _carry_out(policy, qbo_ids)
    # What was deleted from here is as it was wished: nothing failed, and nobody has to see to it.
    asked = Operation.objects.filter(
        connection=policy.connection, entity="Invoice", verb=Verb.DELETE, state=OperationState.DONE,
        intent__Id__in=qbo_ids,
    ).values("intent__Id")  # fmt: skip
    links.filter(outcome=Outcome.BROKEN, qbo_id__in=[row["intent__Id"] for row in asked]).delete()


def _carry_out(policy: Policy, qbo_ids: Sequence[str]) -> None:
    removal, connection = policy.settings.removal, policy.connection
    links = Link.objects.filter(connection=connection, entity="Invoice", qbo_id__in=qbo_ids)
    if removal == Removal.ARCHIVE:
        removals.archive(connection.pk, qbo_ids)
    elif removal == Removal.UNLINK:
        links.update(outcome=Outcome.EXCLUDED, exclusion=Exclusion.UNLINKED, reason="", detail="")
        removals.untrack(connection.pk, qbo_ids)
    elif removal == Removal.DELETE:
        removals.delete(connection.pk, qbo_ids)
        links.delete()


def _unlinked(connection: Connection, mapped: Sequence[tuple[Mirrored, SyncedInvoice]]) -> dict[str, Left]:
    """Invoices that were let go stay as they are."""
    rows = Link.objects.filter(
        connection=connection,
        entity="Invoice",
        exclusion=Exclusion.UNLINKED,
        qbo_id__in=[found.row.qbo_id for found, _row in mapped],
    )
    return {qbo_id: Left(Exclusion.UNLINKED) for qbo_id in rows.values_list("qbo_id", flat=True)}


def _not_under_way(batch: Batch) -> list[Mirrored]:
    """The living rows, but for those that a change of ours was sent for: they wait until its answer is noted.

    Before that, a line that we added looks like one more that QuickBooks has.
    """
    sent = Operation.objects.filter(
        connection=batch.connection, entity="Invoice", verb="update", first_sent_at__isnull=False, settled_at=None
    )
    open_or_unsettled = Q(state__in=[OperationState.LEASED, OperationState.UNKNOWN]) | Q(finished_at__isnull=False)
    under_way = set(sent.filter(open_or_unsettled).values_list("intent__Id", flat=True))
    batch.later += [found.row.pk for found in batch.living if found.row.qbo_id in under_way]
    return [found for found in batch.living if found.row.qbo_id not in under_way]


def _merged(policy: Policy, wanted: Sequence[tuple[Mirrored, SyncedInvoice]]) -> dict[int | None, MergedInvoice]:
    """The invoices that were changed here, merged; by id. Two statements, and a third where there are any."""
    by_id = {row.id: row for _found, row in wanted if row.id is not None}
    if invoice_changes.one_way(policy):
        for pk in InvoiceEdit.objects.filter(invoice__in=by_id).order_by("pk").values_list("pk", flat=True):
            invoice_changes.plan_change(pk)  # gives it up
        return {}
    edits = {
        edit.invoice_id: edit
        for edit in InvoiceEdit.objects.filter(invoice__in=by_id).select_related("invoice").order_by("pk")
    }
    lines: dict[int, list[InvoiceLine]] = {pk: [] for pk in edits}
    for line in InvoiceLine.objects.filter(invoice__in=edits):
        lines[line.invoice_id].append(line)
    payloads = {row.id: found.payload for found, row in wanted if row.id is not None and row.id in edits}
    custom = sides_of(policy, payloads)
    found: dict[int | None, MergedInvoice] = {
        pk: merge_invoice(policy, edit, edit.invoice, lines[pk], by_id[pk], custom.get(pk, NOTHING))
        for pk, edit in edits.items()
    }
    for pk, edit in edits.items():
        edit.base = found[pk].base
    InvoiceEdit.objects.bulk_update(edits.values(), ["base"])
    return found


def _take_properties(
    batch: Batch,
    policy: Policy,
    wanted: Sequence[tuple[Mirrored, SyncedInvoice]],
    ids: Mapping[str, int],
    merged: Mapping[int | None, MergedInvoice],
) -> None:
    """Write the custom properties that are mapped; a value that can't be taken is parked with its reason."""
    if not mapped_properties(policy):
        return
    found = {ids[row.external_id]: mirrored for mirrored, row in wanted if row.external_id in ids}
    values = {
        pk: merged[pk].custom if pk in merged else coming_in(policy, mirrored.payload) for pk, mirrored in found.items()
    }
    for pk, problem in properties.take_over(values, quiet=batch.quiet).items():
        batch.park(found[pk], problem)


def _link(
    batch: Batch,
    wanted: Sequence[tuple[Mirrored, SyncedInvoice]],
    result: ApplyResult,
    merged: Mapping[int | None, MergedInvoice],
) -> None:
    ids = result.ids
    # What is on its way to QuickBooks, or was refused, keeps its outcome: only the answer settles it.
    keep = {pk for pk in merged if pk is not None}
    ending = Invoice.objects.filter(pk__in=ids.values()).exclude(ending="")
    keep |= set(ending.values_list("pk", flat=True)) - {
        ids[row.external_id] for _found, row in wanted if row.voided and row.external_id in ids
    }
    save_links(
        [
            new_link(batch.connection, found, "invoice", ids[found.row.qbo_id], matched_by="invoice")
            for found, _row in wanted
            if found.row.qbo_id in ids and ids[found.row.qbo_id] not in keep
        ],
        new={ids[external_id] for external_id in result.created},
    )


def _exclude(connection: Connection, left: Mapping[str, Left], ids: Mapping[str, int]) -> None:
    """Say on the invoices that are here and left out why that is."""
    known = links_by_id(connection, "Invoice", "invoice", [qbo_id for qbo_id in left if qbo_id in ids])
    changed = []
    for qbo_id, link in known.items():
        reason = left[qbo_id]
        if (link.outcome, link.exclusion, link.reason) != (Outcome.EXCLUDED, reason.exclusion, reason.sentence):
            link.outcome, link.exclusion, link.reason, link.detail = (
                Outcome.EXCLUDED,
                reason.exclusion,
                reason.sentence,
                "",
            )
            changed.append(link)
    if changed:
        Link.objects.bulk_update(changed, ["outcome", "exclusion", "reason", "detail"])


def _known(connection: Connection, living: list[Mirrored]) -> dict[str, int]:
    """Invoices that the CRM has, by QuickBooks id: their own or their link's, else by the marker in the note."""
    qbo_ids = [found.row.qbo_id for found in living]
    links = links_by_id(connection, "Invoice", "invoice", qbo_ids)
    # The links may have been deleted with the sync of invoices; what was changed here is merged all the same.
    ids = dict(Invoice.objects.filter(connection=connection, external_id__in=qbo_ids).values_list("external_id", "pk"))
    ids |= {qbo_id: link.object_id for qbo_id, link in links.items()}
    marked: dict[uuid.UUID, str] = {}
    for found in living:
        if found.row.qbo_id in ids:
            continue
        try:
            intent = uuid.UUID(marked_request_id(found.payload))
        except (ValueError, BadPayload):
            continue
        # A copy made in QuickBooks carries the marker of its original, which was there first.
        marked[intent] = min(marked.get(intent, found.row.qbo_id), found.row.qbo_id, key=age)
    ours = Invoice.objects.filter(connection=connection, request_id__in=marked, external_id="")
    ids |= {marked[request_id]: pk for request_id, pk in ours.values_list("request_id", "pk")}
    return ids
