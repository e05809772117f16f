"""What waits for a person: conflicts and likely matches, decided one by one and all at once."""

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core.models import Event
from core.queries import timeline
from crm.models import Company
from crm.services import companies
from sync.duplicates import duplicates
from sync.enums import Exclusion, Outcome, SyncObject, Winner
from sync.models import Conflict, Link, MatchSuggestion
from sync.services import conflicts, suggestions
from tests.books import Books
from tests.makers import user


@pytest.fixture
def by() -> User:
    return user("Admin")


def in_conflict(books: Books, by: User, count: int = 1) -> list[Company]:
    """Companies whose phone both sides changed, and whose website the CRM changed alone."""
    made = [
        books.customer(f"Customer {number}", f"c{number}@example.com", PrimaryPhone={"FreeFormNumber": "before"})
        for number in range(count)
    ]
    books.sync()
    books.settings(winner=Winner.ASK)
    found = list(Company.objects.order_by("name"))
    for company in found:
        companies.update(company, by=by, phone="crm", website="https://own.example")
    for number in made:
        books.act("Customer", number, PrimaryPhone={"FreeFormNumber": "books"})
    books.sync()
    return found


def test_a_conflict_shows_both_values_with_who_and_when(books: Books, by: User) -> None:
    (company,) = in_conflict(books, by)

    conflict = Conflict.objects.get()
    assert (conflict.base, conflict.crm, conflict.quickbooks) == ("before", "crm", "books")
    assert conflict.crm_changed_by == by
    assert conflict.crm_changed_at is not None
    assert conflict.quickbooks_changed_at is not None
    assert books.link().outcome == Outcome.CONFLICT
    company.refresh_from_db()
    assert company.phone == "crm"
    books.settle()
    customer = books.quickbooks.objects(books.connection.realm_id, "Customer")[0]
    assert customer["PrimaryPhone"]["FreeFormNumber"] == "books"
    assert customer["WebAddr"]["URI"] == "https://own.example"  # what is in no conflict went on
    assert books.link().outcome == Outcome.CONFLICT
    told = [entry.sentence for entry in timeline("company", company.pk, size=20)]
    assert "Phone was changed here and in QuickBooks; somebody has to decide" in " ".join(map(str, told))


@pytest.mark.parametrize(("side", "phone"), [(Winner.CRM, "crm"), (Winner.QUICKBOOKS, "books")])
def test_a_decision_reaches_the_side_that_lost(books: Books, by: User, side: Winner, phone: str) -> None:
    found = in_conflict(books, by, count=3)
    books.settle()

    result = conflicts.resolve(Conflict.objects.all(), side, by=by)

    assert (result.resolved, result.changed, result.sentence) == (3, [], "")
    books.settle()
    customers = books.quickbooks.objects(books.connection.realm_id, "Customer")
    assert {row["PrimaryPhone"]["FreeFormNumber"] for row in customers} == {phone}
    assert set(Company.objects.values_list("phone", flat=True)) == {phone}
    assert set(Link.objects.filter(object_type="company").values_list("outcome", flat=True)) == {Outcome.IN_SYNC}
    decided = Conflict.objects.filter(resolved_by=by, resolution=str(side))
    assert decided.count() == 3
    events = Event.objects.filter(name="sync.conflict_resolved", actor=by)
    assert set(events.values_list("object_id", flat=True)) == {company.pk for company in found}
    # Nothing comes back.
    books.sync()
    books.settle()
    assert not Conflict.objects.filter(resolved_at=None).exists()


def test_what_changed_meanwhile_is_shown_and_not_overwritten(books: Books, by: User) -> None:
    first, second = in_conflict(books, by, count=2)
    companies.update(first, by=by, phone="crm again")

    result = conflicts.resolve(Conflict.objects.all(), Winner.QUICKBOOKS, by=by)

    assert result.resolved == 1
    assert result.sentence == "1 changed meanwhile and were left alone: look at their values once more."
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.phone, second.phone) == ("crm again", "books")
    assert Conflict.objects.get(resolved_at=None).crm == "crm again"


def test_both_sides_coming_to_agree_closes_a_conflict(books: Books, by: User) -> None:
    (company,) = in_conflict(books, by)
    companies.update(company, by=by, phone="books")
    books.act("Customer", books.link().qbo_id, Notes="moved")

    books.sync()

    assert Conflict.objects.get().resolution == "agreed"
    assert books.link().outcome != Outcome.CONFLICT


def test_deciding_many_takes_no_more_statements_than_deciding_one(books: Books, by: User) -> None:
    in_conflict(books, by, count=12)
    books.settle()
    statements = []
    for size in (1, 11):
        wanted = Conflict.objects.filter(resolved_at=None).order_by("pk").values("pk")[:size]
        with CaptureQueriesContext(database) as captured:
            conflicts.resolve(
                Conflict.objects.filter(pk__in=list(wanted.values_list("pk", flat=True))), Winner.QUICKBOOKS, by=by
            )
        statements.append(len(captured))
    assert statements[1] <= statements[0] + 2, statements


def named_alike(books: Books, by: User) -> tuple[Company, str]:
    mine = companies.create(by=by, name="bright gardens", email="else@bright.example", phone="7")
    customer = books.customer()
    books.sync()
    return mine, customer


def test_a_confirmed_match_is_linked_and_merged(books: Books, by: User) -> None:
    mine, customer = named_alike(books, by)

    link = suggestions.accept(MatchSuggestion.objects.get(), by=by)

    assert (link.qbo_id, link.object_id, link.exclusion) == (customer, mine.pk, "")
    mine.refresh_from_db()
    assert (mine.name, mine.email, mine.phone) == ("Bright Gardens", "hello@bright.example", "7")
    assert Company.objects.count() == 1
    assert Event.objects.get(name="sync.match_accepted").data == {"object": "Bright Gardens"}
    assert suggestions.accept(MatchSuggestion.objects.get(), by=by) == link


def test_a_rejected_match_makes_two_records_and_is_not_suggested_again(books: Books, by: User) -> None:
    mine, customer = named_alike(books, by)
    assert not Link.objects.filter(entity="Customer", qbo_id=customer).exists()

    assert suggestions.reject(MatchSuggestion.objects.all(), by=by) == 1

    assert Company.objects.count() == 2
    assert books.link(qbo_id=customer).object_id != mine.pk
    assert not Link.objects.filter(object_id=mine.pk, exclusion=Exclusion.SUGGESTED).exists()
    books.act("Customer", customer, Notes="moved")
    books.sync()
    assert not MatchSuggestion.objects.filter(accepted=None).exists()


def test_nothing_is_linked_twice(books: Books, by: User) -> None:
    mine, customer = named_alike(books, by)
    other = companies.create(by=by, name="Other")
    Link.objects.filter(object_id=mine.pk).delete()
    Link.objects.create(
        connection=books.connection, entity="Customer", qbo_id=customer, object_type="company", object_id=other.pk
    )

    with pytest.raises(suggestions.LinkedMeanwhile):
        suggestions.accept(MatchSuggestion.objects.get(), by=by)

    assert not Link.objects.filter(object_id=mine.pk).exists()


def test_a_suggestion_that_is_overtaken_goes_away(books: Books, by: User) -> None:
    mine, customer = named_alike(books, by)
    companies.update(mine, by=by, email="hello@bright.example")
    books.act("Customer", customer, Notes="moved")

    books.sync()

    assert not MatchSuggestion.objects.exists()
    assert books.link().object_id == mine.pk
    assert books.link().outcome != Outcome.EXCLUDED


def test_several_of_one_name_are_not_accepted_at_once(books: Books, by: User) -> None:
    companies.create(by=by, name="Bright Gardens", email="a@bright.example")
    companies.create(by=by, name="Bright Gardens", email="b@bright.example")
    companies.create(by=by, name="Alone")
    books.customer()
    books.customer("Alone", "alone@example.com")
    books.sync()
    assert MatchSuggestion.objects.count() == 3

    assert suggestions.accept_all(MatchSuggestion.objects.all(), by=by) == (1, 2)

    assert Company.objects.get(name="Alone").email == "alone@example.com"


def test_duplicates_that_stood_in_the_way_are_listed(books: Books, by: User) -> None:
    companies.create(by=by, name="One", email="hello@bright.example")
    companies.create(by=by, name="Two", email="HELLO@bright.example")
    books.customer()
    books.customer("Second in the books", "x@example.com")
    books.customer("Third in the books", "X@example.com")
    books.sync()

    found = {
        (each.side, each.value): [name for _key, name in each.members]
        for each in duplicates(books.connection, SyncObject.CONTACT)
    }

    assert found["quickbooks", "X@EXAMPLE.COM"] == ["Second in the books", "Third in the books"]
    assert found["crm", "HELLO@BRIGHT.EXAMPLE"][:2] == ["One", "Two"]
