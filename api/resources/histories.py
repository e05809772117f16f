"""What happened to invoices and payments: their timelines."""

from typing import Any

from api.described import Answer, Call, Operation
from api.listed import Listed
from api.resources.activities import ASKED, TOLD, told_of
from api.resources.invoice_view import INVOICES
from api.resources.payments import PAYMENTS
from api.scopes import INVOICES_READ


def _history(of: Listed) -> Any:
    def read_timeline(call: Call) -> Answer:
        """What happened to it, the newest first."""
        return told_of(call, of.word, of.found(call).pk)

    return read_timeline


def operations() -> list[Operation]:
    """One for each."""
    return [
        Operation("GET", f"{of.path}/{{id}}/timeline", f"read-{of.word}-timeline", of.tag,
                  f"What happened to a{'n' if of.word[0] == 'i' else ''} {of.word}, the newest first", INVOICES_READ,
                  _history(of), {200: TOLD}, ASKED)
        for of in (INVOICES, PAYMENTS)
    ]  # fmt: skip
