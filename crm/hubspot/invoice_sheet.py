"""HubSpot's invoices: kept as what HubSpot says of them, to be compared with those of QuickBooks."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from crm.hubspot import noting
from crm.hubspot.sheets import Done, Sheet
from crm.imports.cells import Row
from crm.imports.plans import CREATES, SAME, UPDATES
from crm.imports.values import Unfit
from crm.models import HubspotClaim, ImportSlice


class InvoiceSheet(Sheet):
    """A row is a claim; nothing of ours is changed by it until it is found in QuickBooks."""

    def go(self, part: ImportSlice, rows: Sequence[Row], *, write: bool) -> Done:
        """Decide on the rows, and with ``write`` do it."""
        done = Done()
        ids = [key for key in part.keys if key]
        before = {
            each.hubspot_id: each
            for each in HubspotClaim.objects.filter(source=HubspotClaim.Source.INVOICE, hubspot_id__in=ids)
        }
        claims: dict[str, HubspotClaim] = {}
        for place, row in enumerate(rows):
            number = self.text(row, "number")
            title = number or self.text(row, "id")
            try:
                claim = self._claim(row)
            except Unfit as problem:
                done.refuse(place, row, title, str(problem))
                continue
            old = before.get(claim.hubspot_id)
            same = old is not None and all(getattr(old, name) == getattr(claim, name) for name in noting.CLAIM_COLUMNS)
            act = SAME if same else UPDATES if old is not None else CREATES
            done.count(act, row, title, [
                (_("Amount"), f"{claim.amount:f} {claim.currency}" if claim.amount is not None else ""),
                (_("Status"), claim.status), (_("Recipient"), claim.recipient or claim.customer),
            ])  # fmt: skip
            claims[claim.hubspot_id] = claim
        if write:
            noting.claim(list(claims.values()))
        return done

    def _claim(self, row: Row) -> HubspotClaim:
        pk, number = self.keys([row])[0], self.text(row, "number")
        if not pk:
            raise Unfit(_("The record ID is missing."))
        if not number:
            raise Unfit(_("The invoice has no number, so it can't be found in QuickBooks."))
        amount = self.number(row, "amount")
        return HubspotClaim(
            source=HubspotClaim.Source.INVOICE, hubspot_id=pk, number=number[:60],
            amount=round(amount, 2) if amount is not None else None, currency=self.currency(row),
            status=self.text(row, "status")[:60], due_on=self.day(row, "due_on"),
            recipient=self.text(row, "recipient")[:500], customer=self.text(row, "customer")[:500],
            deal_ids=self.ids(row, "deals"), company_ids=self.ids(row, "companies"),
            contact_ids=self.ids(row, "contacts"), job=self.job,
        )  # fmt: skip

    def undo(self, part: ImportSlice) -> tuple[int, list[list[Any]]]:
        """No record of ours was changed; what was said is forgotten by who compared it with QuickBooks."""
        return len(part.keys) - len(part.errors), []
