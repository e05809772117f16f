"""Invoices that are changed here while workers apply, settle and send: no line twice, nobody's change lost."""

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections

from accounts.models import User
from invoices.editing import EditedLine
from invoices.models import Invoice, InvoiceEdit
from invoices.services import edit
from qbo_connector.models import Connection
from qbo_connector.outbox import drain
from sync import settle
from sync.publish import invoice_changes
from sync.reconcile import invoices as reconciling
from sync.reconcile import run
from tests import makers
from tests.quickbooks import QuickBooks, read_company, sync_company
from tests.sync.test_edit_invoice import carry_over, change_there, edited, invoice_of, item_lines, remote

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rep(db: None) -> User:
    return makers.user("Admin")


@pytest.fixture
def company(us_company: Connection) -> Connection:
    sync_company(us_company)
    return us_company


def add_line(invoice: Invoice, rep: User) -> int:
    """Add a line; how many lines for products the invoice has then."""
    lines = list(invoice.lines.filter(kind="item"))
    added = EditedLine(None, lines[0].item_external_id, quantity=Decimal(1), unit_price=Decimal(7), description="New")
    edit.edit_invoice(invoice, by=rep, lines=[*map(edited, lines), added])
    return len(lines) + 1


def send(company: Connection) -> None:
    for operation in drain.lease_units(company.pk):
        operation()


def test_a_new_line_is_sent_once_when_its_answer_is_applied_before_it_is_noted(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    count = add_line(invoice := invoice_of(company), rep)
    invoice_changes.plan_change(invoice.pk)
    send(company)

    run.reconcile(company)
    carry_over(company)

    assert len(item_lines(remote(quickbooks, company))) == count
    assert invoice.lines.filter(kind="item").count() == count
    assert not InvoiceEdit.objects.exists()


def test_a_new_line_is_sent_once_when_somebody_edits_again_before_its_answer_is_noted(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    count = add_line(invoice := invoice_of(company), rep)
    invoice_changes.plan_change(invoice.pk)
    send(company)

    edit.edit_invoice(invoice, by=rep, message="Again")
    assert invoice_changes.plan_wish(invoice.pk) is None
    carry_over(company)

    after = remote(quickbooks, company)
    assert (len(item_lines(after)), after["CustomerMemo"]["value"]) == (count, "Again")


def test_a_new_line_is_sent_once_when_somebody_edits_again_before_its_answer_is_applied(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    count = add_line(invoice := invoice_of(company), rep)
    invoice_changes.plan_change(invoice.pk)
    send(company)
    settle.settle_all(settle.unsettled())

    edit.edit_invoice(invoice, by=rep, message="Again")
    carry_over(company)

    after = remote(quickbooks, company)
    assert (len(item_lines(after)), after["CustomerMemo"]["value"]) == (count, "Again")


def test_what_somebody_saves_while_quickbooks_changes_are_applied_is_kept(
    quickbooks: QuickBooks, company: Connection, rep: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = invoice_of(company)
    change_there(quickbooks, company, PrivateNote="From the books")
    read_company(company)
    editing: list[threading.Thread] = []
    found = reconciling._merged

    def save() -> None:
        edit.edit_invoice(invoice, by=rep, message="From the CRM")
        connections.close_all()

    def meanwhile(*args: Any) -> Any:
        result = found(*args)
        if not editing:
            editing.append(threading.Thread(target=save))
            editing[0].start()
            editing[0].join(1)
        return result

    monkeypatch.setattr(reconciling, "_merged", meanwhile)

    run.reconcile(company)
    editing[0].join(10)
    carry_over(company)

    invoice.refresh_from_db()
    assert (invoice.message, invoice.private_note) == ("From the CRM", "From the books")
    assert remote(quickbooks, company)["CustomerMemo"]["value"] == "From the CRM"
