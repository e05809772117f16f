"""What a review of the sync's pages and services found."""

import pytest

from crm.services import companies
from invoices.models import Invoice
from sync import exclusions
from sync.enums import Outcome, SyncObject, WithoutEmail
from sync.models import Link, MatchSuggestion
from sync.services import objects, suggestions
from tests.books import Books
from tests.makers import user

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_was_linked_meanwhile_stops_no_other_match(books: Books) -> None:
    for name in ("Bright", "Clear"):
        books.customer(name, f"{name.lower()}@books.example")
        companies.create(by=user("Admin"), name=name, email=f"{name.lower()}@crm.example")
    books.sync()
    first, second = MatchSuggestion.objects.order_by("pk")
    Link.objects.filter(object_type="company", object_id=first.object_id).update(qbo_id="999", exclusion="")

    counted = suggestions.accept_all(MatchSuggestion.objects.all(), by=user("Admin"))

    assert counted == (1, 1)
    second.refresh_from_db()
    assert second.accepted


def test_deleting_the_sync_of_invoices_hides_no_refused_invoice(books: Books) -> None:
    books.sync()
    invoice = Invoice.objects.create(
        connection=books.connection, origin="crm", status="waiting", currency="USD", issued_on="2026-01-01"
    )
    about = {"connection": books.connection, "entity": "Invoice", "object_type": "invoice"}
    Link.objects.create(**about, object_id=invoice.pk, outcome=Outcome.FAILING, reason="The period is closed.")
    Link.objects.create(**about, object_id=invoice.pk + 1, qbo_id="7")

    removed = objects.delete_sync(books.connection, SyncObject.INVOICE, keep_links=False, by=user("Admin"))

    assert removed == 1
    assert Link.objects.get(object_type="invoice").reason == "The period is closed."


def test_looking_for_what_is_left_out_is_bounded_and_goes_on(books: Books) -> None:
    books.settings(enabled=False, without_email=WithoutEmail.EXCLUDED)
    for number in range(5):
        books.customer(f"Silent {number}", "")
    books.sync()
    found, after = exclusions.excluded_objects(books.connection, SyncObject.CONTACT, limit=2)
    names = [each.name for each in found]
    while after:
        found, after = exclusions.excluded_objects(books.connection, SyncObject.CONTACT, limit=2, after=after)
        names += [each.name for each in found]

    assert names == [f"Silent {number}" for number in range(5)]
