"""A sweep gets to every record, however many of them stay as they are."""

import pytest
from django.core.cache import cache

from accounts.models import User
from invoices.models import Invoice, InvoiceEdit
from invoices.services import edit
from qbo_connector.models import Connection
from sync.models import Link
from sync.publish import invoice_changes
from sync.publish.turns import in_turn
from sync.services import settings as settings_service
from tests import makers
from tests.quickbooks import sync_company

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rep(db: None) -> User:
    return makers.user("Admin")


def test_the_next_rows_follow_and_it_begins_again(db: None) -> None:
    cache.clear()
    ids = [makers.user(email=f"{number}@turns.example").pk for number in range(5)]
    rows = User.objects.filter(pk__in=ids)

    turns = [in_turn("test", rows, limit=2) for _turn in range(4)]

    assert turns == [ids[:2], ids[2:4], [ids[4], ids[0]], ids[1:3]]


def test_a_read_only_company_with_many_edits_keeps_no_other_waiting(us_company: Connection, rep: User) -> None:
    sync_company(us_company)
    many = list(Invoice.objects.filter(connection=us_company, voided=False).order_by("pk")[:4])
    for invoice in many:
        edit.edit_invoice(invoice, by=rep, message="Ours")
    settings_service.set_read_only(us_company, on=True, by=rep)
    for pk in invoice_changes.unplanned_changes(limit=2):
        invoice_changes.plan_wish(pk)
    for pk in invoice_changes.unplanned_changes(limit=2):
        invoice_changes.plan_wish(pk)

    assert invoice_changes.unplanned_changes() == []
    assert Link.objects.filter(object_type="invoice", outcome="pending").count() == 4
    assert InvoiceEdit.objects.count() == 4

    settings_service.set_read_only(us_company, on=False, by=rep)
    assert set(invoice_changes.unplanned_changes()) == {invoice.pk for invoice in many}
