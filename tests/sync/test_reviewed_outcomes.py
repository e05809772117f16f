"""What the links of invoices say after writes, and what settings do to invoices again and again."""

import pytest

from accounts.models import User
from core.models import Event
from invoices.models import Invoice, InvoiceEdit
from invoices.services import edit, endings
from qbo_connector.models import Connection, MirrorObject
from qbo_connector.outbox import drain
from sync import settle
from sync.enums import Outcome, Removal, SyncObject, Winner
from sync.models import FieldMapping, Link, ObjectSettings
from sync.publish import invoice_changes
from sync.reconcile import run
from sync.services import again, objects
from tests import makers
from tests.quickbooks import QuickBooks, drain_until_settled, read_company, sync_company
from tests.sync.test_edit_invoice import carry_over, change_there, invoice_of, remote

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rep(db: None) -> User:
    return makers.user("Admin")


@pytest.fixture
def company(us_company: Connection) -> Connection:
    sync_company(us_company)
    return us_company


def outcome_of(invoice: Invoice) -> str:
    return Link.objects.get(object_type="invoice", object_id=invoice.pk).outcome


def test_a_conflict_stays_one_when_the_other_fields_were_sent(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    FieldMapping.objects.filter(connection=company, record_type="invoice").update(winner=Winner.ASK)
    invoice = invoice_of(company)
    edit.edit_invoice(invoice, by=rep, message="Ours", private_note="Only ours")
    change_there(quickbooks, company, CustomerMemo={"value": "Theirs"})
    sync_company(company)
    assert outcome_of(invoice) == Outcome.CONFLICT

    drain_until_settled(company)

    assert remote(quickbooks, company)["PrivateNote"] == "Only ours"
    assert outcome_of(invoice) == Outcome.CONFLICT


def test_a_deleted_invoice_does_not_count_as_in_sync(quickbooks: QuickBooks, company: Connection, rep: User) -> None:
    ObjectSettings.objects.filter(connection=company, sync_object="invoice").update(removal=Removal.DELETE)
    invoice = Invoice.objects.filter(connection=company, applications=None).first()
    assert invoice is not None
    endings.delete(invoice, by=rep)
    invoice_changes.plan_wish(invoice.pk)
    for unit in drain.lease_units(company.pk):
        unit()

    run.reconcile(company)
    settle.settle_all(settle.unsettled())

    assert not Invoice.objects.filter(pk=invoice.pk).exists()
    assert not Link.objects.filter(object_type="invoice", object_id=invoice.pk).exists()


def test_a_voided_invoice_that_is_deleted_here_does_not_come_and_go(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    ObjectSettings.objects.filter(connection=company, sync_object="invoice").update(removal=Removal.DELETE)
    invoice = Invoice.objects.filter(connection=company, applications=None).first()
    assert invoice is not None
    endings.void(invoice, by=rep)
    carry_over(company)
    assert not Invoice.objects.filter(pk=invoice.pk).exists()
    events = Event.objects.filter(object_type="invoice").count()

    MirrorObject.objects.filter(connection=company, entity="Invoice").update(unread=True)
    run.reconcile(company)

    assert Event.objects.filter(object_type="invoice").count() == events


def test_a_change_that_waits_survives_deleting_the_sync(quickbooks: QuickBooks, company: Connection, rep: User) -> None:
    invoice = invoice_of(company)
    edit.edit_invoice(invoice, by=rep, message="Waiting")
    objects.delete_sync(company, SyncObject.INVOICE, keep_links=False, by=rep)
    objects.turn_on(company, SyncObject.INVOICE, by=rep)
    again.look_again(company, [SyncObject.INVOICE])
    change_there(quickbooks, company, BillEmail={"Address": "books@example.com"})
    read_company(company)
    run.reconcile(company)

    invoice.refresh_from_db()
    assert (invoice.message, InvoiceEdit.objects.count()) == ("Waiting", 1)
