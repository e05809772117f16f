"""Customers merged in QuickBooks: links and invoices move to the winner, whatever has a record keeps it."""

import pytest

from crm.models import Company
from invoices.models import Invoice
from qbo_connector.models import Connection, MirrorObject, ParkedRecord
from sync.enums import Outcome, Removal
from sync.models import Link, ObjectSettings
from sync.reconcile import run
from tests.books import Books
from tests.quickbooks import QuickBooks, read_company, sync_company


def customer_of(invoice: Invoice) -> Link:
    return Link.objects.get(object_type="company", qbo_id=invoice.customer_external_id)


@pytest.mark.parametrize("removal", [Removal.NOTHING, Removal.ARCHIVE])
def test_links_and_invoices_move_to_the_winner(
    us_company: Connection, quickbooks: QuickBooks, removal: Removal
) -> None:
    ObjectSettings.objects.filter(connection=us_company, sync_object="contact").update(removal=removal)
    sync_company(us_company)
    companies = Company.objects.filter(invoices__isnull=False).distinct().order_by("name")
    loser, winner = companies[0], companies[1]
    old = Link.objects.get(object_type="company", object_id=loser.pk).qbo_id
    new = Link.objects.get(object_type="company", object_id=winner.pk).qbo_id
    theirs = list(Invoice.objects.filter(customer_external_id=old).values_list("pk", flat=True))
    assert theirs
    # The winner has no record of its own: its link goes, its record stays.
    Link.objects.filter(qbo_id=new, entity="Customer").delete()
    quickbooks.call("POST", f"objects/{us_company.realm_id}/Customer/{old}", {"operation": "merge", "into": new})

    sync_company(us_company)

    link = Link.objects.get(object_type="company", object_id=loser.pk)
    assert (link.qbo_id, link.outcome, link.matched_by) == (new, Outcome.IN_SYNC, "merged")
    loser.refresh_from_db()
    assert loser.archived_at is None
    assert loser.name == winner.name  # the winner's values have come
    assert set(Invoice.objects.filter(pk__in=theirs).values_list("customer_external_id", flat=True)) == {new}
    assert set(Invoice.objects.get(pk=theirs[0]).companies.all()) == {loser}
    assert not Link.objects.filter(entity="Customer", qbo_id=old).exists()


def test_a_winner_with_a_record_keeps_it_and_gets_the_invoices(us_company: Connection, quickbooks: QuickBooks) -> None:
    sync_company(us_company)
    companies = Company.objects.filter(invoices__isnull=False).distinct().order_by("name")
    loser, winner = companies[0], companies[1]
    old = Link.objects.get(object_type="company", object_id=loser.pk).qbo_id
    new = Link.objects.get(object_type="company", object_id=winner.pk).qbo_id
    theirs = list(Invoice.objects.filter(customer_external_id=old).values_list("pk", flat=True))
    quickbooks.call("POST", f"objects/{us_company.realm_id}/Customer/{old}", {"operation": "merge", "into": new})

    sync_company(us_company)

    link = Link.objects.get(object_type="company", object_id=loser.pk)
    assert (link.outcome, link.reason) == (Outcome.BROKEN, "This was merged into another in QuickBooks.")
    assert Link.objects.get(object_type="company", object_id=winner.pk).qbo_id == new
    assert set(Invoice.objects.get(pk=theirs[0]).companies.all()) == {winner}
    assert not ParkedRecord.objects.exists()


def test_without_invoices_the_same_email_address_tells_the_winner(books: Books) -> None:
    loser = books.customer("Loser", "shared@example.com")
    books.sync()
    company = Company.objects.get()
    winner = books.customer("Winner", "shared@example.com")
    read_company(books.connection)
    books.act("Customer", loser, operation="merge", into=winner)
    read_company(books.connection)

    while not run.reconcile(books.connection):
        pass

    assert books.link().qbo_id == winner
    company.refresh_from_db()
    assert company.name == "Winner"
    assert Company.objects.count() == 1


def test_nothing_is_removed_for_an_object_that_is_merely_missing(books: Books) -> None:
    """Only what QuickBooks reports as gone, or a complete listing proves, counts."""
    books.settings(removal=Removal.DELETE)
    books.customer()
    books.sync()
    MirrorObject.objects.filter(entity="Customer").delete()

    while not run.reconcile(books.connection):
        pass

    assert Company.objects.count() == 1
    assert books.link().outcome == Outcome.IN_SYNC
