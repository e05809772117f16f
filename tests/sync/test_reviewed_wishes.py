"""Wishes that can't be carried out at once: refused ends, read-only mode, invoices that were let go, directions."""

from decimal import Decimal

import pytest

from accounts.models import User
from invoices.models import InvoiceEdit
from invoices.services import edit, endings
from qbo_connector.models import Connection
from sync.enums import Direction, Exclusion, Outcome, SyncObject
from sync.models import Link
from sync.publish import invoice_changes
from sync.services import settings as settings_service
from tests import makers
from tests.makers import deal_of, requested_invoice
from tests.quickbooks import QuickBooks, drain_until_settled, sync_company
from tests.sync.test_edit_invoice import carry_over, edited, invoice_of, remote

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rep(db: None) -> User:
    return makers.user("Admin")


@pytest.fixture
def company(us_company: Connection) -> Connection:
    sync_company(us_company)
    return us_company


def test_an_edit_given_up_for_a_void_that_is_refused_does_not_stay_in_the_crm(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice = invoice_of(company)
    before = (invoice.message, invoice.total)
    line = invoice.lines.filter(kind="item").first()
    edit.edit_invoice(invoice, by=rep, message="Never sent", lines=[edited(line, unit_price=Decimal(1))])
    endings.void(invoice, by=rep)
    quickbooks.fault(method="POST", path="/invoice", action="fault", code="6210", status=400, times=1)

    carry_over(company)
    endings.withdraw(invoice, by=rep)
    carry_over(company)

    invoice.refresh_from_db()
    assert (invoice.message, invoice.total) == before
    assert remote(quickbooks, company)["CustomerMemo"]["value"] == before[0]


def test_read_only_mode_keeps_what_was_planned_and_not_sent_back(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice, before = invoice_of(company), remote(quickbooks, company)
    edit.edit_invoice(invoice, by=rep, message="Later")
    invoice_changes.plan_wish(invoice.pk)

    settings_service.set_read_only(company, on=True, by=rep)
    carry_over(company)

    assert remote(quickbooks, company) == before
    link = Link.objects.get(object_type="invoice", object_id=invoice.pk)
    assert (link.outcome, InvoiceEdit.objects.count()) == (Outcome.PENDING, 1)

    settings_service.set_read_only(company, on=False, by=rep)
    carry_over(company)

    assert remote(quickbooks, company)["CustomerMemo"]["value"] == "Later"
    link.refresh_from_db()
    assert (link.outcome, link.reason) == (Outcome.IN_SYNC, "")


def test_an_invoice_that_was_let_go_is_not_changed_in_quickbooks(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice = invoice_of(company)
    Link.objects.filter(object_type="invoice", object_id=invoice.pk).update(
        outcome=Outcome.EXCLUDED, exclusion=Exclusion.UNLINKED
    )

    with pytest.raises(edit.NotEditable):
        edit.edit_invoice(invoice, by=rep, message="Unseen")


def test_a_change_that_waits_is_not_dropped_when_invoices_flow_in_only_from_then_on(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice = invoice_of(company)
    edit.edit_invoice(invoice, by=rep, message="Asked for before")
    settings_service.change(company, SyncObject.INVOICE, {"direction": Direction.IN}, by=rep)

    carry_over(company)

    invoice.refresh_from_db()
    there = remote(quickbooks, company)["CustomerMemo"]["value"]
    assert invoice.message == there


def test_read_only_mode_holds_a_new_invoice(quickbooks: QuickBooks, company: Connection, rep: User) -> None:
    settings_service.set_read_only(company, on=True, by=rep)
    count = len(quickbooks.objects(company.realm_id, "Invoice"))
    invoice = requested_invoice(deal_of("Cool Cars", rep), rep)
    drain_until_settled(company)

    link = Link.objects.get(object_type="invoice", object_id=invoice.pk)
    assert (link.outcome, "Read-only" in link.reason) == (Outcome.PENDING, True)
    assert len(quickbooks.objects(company.realm_id, "Invoice")) == count

    settings_service.set_read_only(company, on=False, by=rep)
    drain_until_settled(company)

    link.refresh_from_db()
    assert (link.outcome, link.reason) == (Outcome.IN_SYNC, "")
    assert len(quickbooks.objects(company.realm_id, "Invoice")) == count + 1
