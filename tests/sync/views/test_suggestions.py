"""Likely matches and duplicates: both sides beside each other, decided one by one and together."""

import pytest
from django.urls import reverse

from crm.models import Company
from crm.services import companies
from sync.models import Link, MatchSuggestion
from tests.books import Books

PAGE, DECIDE, DUPLICATES = (f"sync:{name}" for name in ("suggestions", "suggestion-decide", "duplicates"))


def likely(books: Books, by, count: int = 1) -> list[Company]:
    """Companies of the CRM that share nothing but their name with a customer."""
    made = []
    for number in range(count):
        name = f"Bright Gardens {number}"
        made.append(companies.create(by=by, name=name, email=f"crm{number}@example.com", website="https://own.example"))
        books.customer(name, f"books{number}@example.com", PrimaryPhone={"FreeFormNumber": "555-0100"})
    books.sync()
    assert MatchSuggestion.objects.filter(accepted=None).count() == count
    return made


def page(browser) -> str:
    response = browser.get(reverse(PAGE))
    assert response.status_code == 200
    return response.content.decode()


def test_a_likely_match_shows_both_sides_and_what_would_be_filled(ops, books: Books) -> None:
    likely(books, ops.user)

    shown = page(ops)

    for told in ("Bright Gardens 0", "crm0@example.com", "books0@example.com", "555-0100", "https://own.example"):
        assert told in shown, told
    (line,) = ops.get(reverse(PAGE)).context["found"].lines
    pairs = {pair.label: pair for pair in line.pairs}
    assert (pairs["Phone"].crm, pairs["Phone"].crm_gets) == ("", "555-0100")
    assert (pairs["Website"].quickbooks, pairs["Website"].quickbooks_gets) == ("", "https://own.example")
    assert pairs["E-mail"].crm_gets == "books0@example.com"


def test_confirming_one_links_it(ops, books: Books) -> None:
    (company,) = likely(books, ops.user)
    row = MatchSuggestion.objects.get()

    told = ops.post(reverse(DECIDE), {"suggestion": row.pk, "answer": "accept"}, follow=True).content.decode()

    assert "1 match is confirmed and linked." in told
    assert "No likely matches" in told
    assert Link.objects.get(object_type="company", object_id=company.pk).qbo_id == row.qbo_id
    again = ops.post(reverse(DECIDE), {"suggestion": row.pk, "answer": "accept"}, follow=True).content.decode()
    assert "Nothing is waiting for a decision there." in again


def test_rejecting_all_leaves_them_apart(ops, books: Books) -> None:
    likely(books, ops.user, count=2)

    told = ops.post(reverse(DECIDE), {"all": "1", "answer": "reject"}, follow=True).content.decode()

    assert "2 matches are rejected." in told
    assert not Link.objects.filter(matched_by="confirmed").exists()


def test_confirming_all_leaves_what_is_ambiguous(ops, books: Books) -> None:
    likely(books, ops.user, count=2)
    first = MatchSuggestion.objects.order_by("pk")[0]
    other = companies.create(by=ops.user, name="Another")
    MatchSuggestion.objects.create(
        connection=first.connection,
        entity=first.entity,
        qbo_id=first.qbo_id,
        object_type="company",
        object_id=other.pk,
        rule="name",
    )

    told = ops.post(reverse(DECIDE), {"all": "1", "answer": "accept"}, follow=True).content.decode()

    assert "1 match is confirmed and linked." in told
    assert "2 were left" in told


def test_duplicates_are_listed_with_both_links(ops, books: Books) -> None:
    for name in ("Twin One", "Twin Two"):
        books.customer(name, "same@example.com")
    books.sync()
    for name in ("Crm One", "Crm Two"):
        companies.create(by=ops.user, name=name, email="twice@example.com")

    response = ops.get(reverse(DUPLICATES))

    shown = response.content.decode()
    for told in ("same@example.com", "Twin One", "Twin Two", "Open in QuickBooks", "twice@example.com", "Crm Two"):
        assert told in shown, told
    assert ops.get(reverse(DUPLICATES), {"object": "product"}).status_code == 200
    assert ops.get(reverse(DUPLICATES), {"company": "99999"}).status_code == 404


def test_seeing_and_deciding_need_their_permissions(rep, sign_in, books: Books) -> None:
    likely(books, rep.user)
    row = MatchSuggestion.objects.get()
    manager = sign_in("Sales manager")

    assert rep.get(reverse(PAGE)).status_code == 403
    assert "Not the same" not in page(manager)
    assert manager.post(reverse(DECIDE), {"suggestion": row.pk, "answer": "accept"}).status_code == 403
    assert ops_less(row)


def ops_less(row: MatchSuggestion) -> bool:
    """Nobody decided."""
    row.refresh_from_db()
    return row.accepted is None


@pytest.mark.parametrize("value", ["", "x", "-1", "9" * 40])
def test_nonsense_decides_nothing(ops, value) -> None:
    assert ops.post(reverse(DECIDE), {"suggestion": value, "answer": "accept"}).status_code == 302
    assert ops.post(reverse(DECIDE), {"suggestion": value, "answer": value}).status_code == 400


def test_a_full_page_costs_no_more_statements_than_one_line(ops, books: Books, django_assert_max_num_queries) -> None:
    likely(books, ops.user)
    page(ops)
    with django_assert_max_num_queries(22) as few:
        page(ops)
    likely_more(books, ops.user)
    with django_assert_max_num_queries(len(few) + 1):
        page(ops)


def likely_more(books: Books, by) -> None:
    """Ten more."""
    for number in range(10, 20):
        companies.create(by=by, name=f"More Gardens {number}", email=f"crm{number}@example.com")
        books.customer(f"More Gardens {number}", f"books{number}@example.com")
    books.sync()
    assert MatchSuggestion.objects.filter(accepted=None).count() == 11
