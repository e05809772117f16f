"""The conflict queue: what it shows, filters, and decisions about one field, one record, everything that fits."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.models import Company
from crm.services import companies
from invoices.models import Invoice
from qbo_connector.models import Connection
from sync.conflict_lines import fingerprint
from sync.enums import Outcome, Winner
from sync.models import Conflict, Link
from tests.books import Books

PAGE, RESOLVE = "sync:conflicts", "sync:conflict-resolve"


def stored(number: int = 1, *, object_type: str = "company", **values) -> Conflict:
    """A conflict that was found, without its books."""
    connection, _new = Connection.objects.get_or_create(
        realm_id="1", environment="sandbox", defaults={"company_name": "Stored Books"}
    )
    pk = Company.objects.create(name=f"Company {number}").pk if object_type == "company" else number
    link = Link.objects.create(
        connection=connection,
        entity="Customer",
        qbo_id=str(number),
        object_type=object_type,
        object_id=pk,
        outcome=Outcome.CONFLICT,
    )
    given = {"crm_field": "phone", "qbo_field": "PrimaryPhone", "base": "1", "crm": "2", "quickbooks": "3", **values}
    return Conflict.objects.create(link=link, **given)


def in_conflict(books: Books, by, count: int = 1) -> list[Company]:
    """Companies whose phone and notes both sides changed."""
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
        books.act(
            "Customer", number, PrimaryPhone={"FreeFormNumber": "books"}, WebAddr={"URI": "https://books.example"}
        )
    books.sync()
    assert Conflict.objects.filter(resolved_at=None).count() == 2 * count
    return found


def seen(field: str = "phone") -> str:
    row = Conflict.objects.filter(resolved_at=None, crm_field=field).earliest("pk")
    return f"{row.pk}:{fingerprint(row)}"


def page(browser, **query) -> str:
    response = browser.get(reverse(PAGE), query)
    assert response.status_code == 200
    return response.content.decode()


def decide(browser, **data) -> str:
    return browser.post(reverse(RESOLVE), data, follow=True).content.decode()


def test_the_queue_shows_both_values_with_who_and_when(ops, books: Books) -> None:
    (company,) = in_conflict(books, ops.user)

    shown = page(ops)

    for told in (company.name, "Phone", "before", ">crm", "books", "Ops", "All 2 fields of it", "2 fields to decide"):
        assert told in shown, told


def test_one_field_is_decided(ops, books: Books) -> None:
    (company,) = in_conflict(books, ops.user)

    told = decide(ops, seen=seen(), side="quickbooks")

    assert "1 conflict is decided." in told
    company.refresh_from_db()
    assert company.phone == "books"
    assert Conflict.objects.get(resolved_at=None).crm_field == "website"


def test_one_record_is_decided_whole(ops, books: Books) -> None:
    first, second = in_conflict(books, ops.user, count=2)
    link = Link.objects.get(object_type="company", object_id=first.pk)

    told = decide(ops, record=link.pk, side="quickbooks")

    assert "2 conflicts are decided." in told
    assert set(Conflict.objects.filter(resolved_at=None).values_list("link__object_id", flat=True)) == {second.pk}


def test_everything_that_fits_the_filter_is_decided(ops, books: Books) -> None:
    in_conflict(books, ops.user, count=2)

    told = decide(ops, all="1", query="field=phone", side="quickbooks")

    assert "2 conflicts are decided." in told
    assert set(Company.objects.values_list("phone", flat=True)) == {"books"}
    assert set(Conflict.objects.filter(resolved_at=None).values_list("crm_field", flat=True)) == {"website"}


def test_a_value_that_nobody_saw_is_not_overwritten(ops, books: Books) -> None:
    (company,) = in_conflict(books, ops.user)
    shown = seen()
    Conflict.objects.filter(crm_field="phone").update(quickbooks="renewed")

    told = decide(ops, seen=shown, side="quickbooks")

    assert "1 changed meanwhile and was left alone" in told
    company.refresh_from_db()
    assert company.phone == "crm"
    assert Conflict.objects.filter(resolved_at=None).count() == 2


def test_a_whole_record_is_decided_by_what_was_seen_of_it(ops, books: Books) -> None:
    (company,) = in_conflict(books, ops.user)
    lines = ops.get(reverse(PAGE)).context["queue"].lines
    Conflict.objects.filter(crm_field="website").update(quickbooks="https://renewed.example")

    told = decide(ops, record=lines[0].row.link_id, seen=lines[0].record_seen, side="quickbooks")

    assert "1 conflict is decided." in told
    assert "1 changed meanwhile and was left alone" in told
    assert Conflict.objects.get(resolved_at=None).crm_field == "website"
    company.refresh_from_db()
    assert (company.phone, company.website) == ("books", "https://own.example")


def test_a_record_that_changed_meanwhile_is_told(ops, books: Books) -> None:
    (company,) = in_conflict(books, ops.user)
    shown = seen()
    companies.update(company, by=ops.user, phone="crm again")

    told = decide(ops, seen=shown, side="quickbooks")

    assert "1 changed meanwhile and was left alone" in told
    company.refresh_from_db()
    assert company.phone == "crm again"


@pytest.mark.django_db
def test_deciding_twice_says_so(ops) -> None:
    row = stored()
    shown = seen()
    Conflict.objects.filter(pk=row.pk).update(resolved_at=timezone.now())

    assert "It was decided meanwhile." in decide(ops, seen=shown, side="crm")
    assert ops.post(reverse(RESOLVE), {"seen": shown, "side": "x"}).status_code == 400
    assert "Nothing is waiting for a decision there." in decide(ops, seen="nonsense", side="crm")


@pytest.mark.django_db
def test_filters_by_company_object_field_age_and_record(ops) -> None:
    old = stored(1)
    Conflict.objects.filter(pk=old.pk).update(created_at=timezone.now() - datetime.timedelta(days=8))
    new = stored(2, crm_field="billing_address", crm={"line1": "1 High St", "city": "Bath"}, quickbooks=None)
    line = stored(3, object_type="invoice", crm_field="line:4:quantity", base="1", crm="2.50", quickbooks="3")

    def found(**query) -> set[int]:
        return {each.row.pk for each in ops.get(reverse(PAGE), query).context["queue"].lines}

    assert found() == {old.pk, new.pk, line.pk}
    assert found(age="7") == {old.pk}
    assert found(field="billing_address") == {new.pk}
    assert found(field="line:quantity") == {line.pk}
    assert found(object="invoice") == {line.pk}
    assert found(company=old.link.connection_id, object=["company"]) == {old.pk, new.pk}
    assert found(company="x") == set()
    assert found(record=f"company:{new.link.object_id}") == {new.pk}
    shown = page(ops)
    for told in ("1 High St", "Bath", "Line 4, Quantity", "2.5", "Line: Quantity"):
        assert told in shown, told
    assert "No conflict fits the filter" in page(ops, field="nothing")


@pytest.mark.django_db
def test_without_conflicts_it_says_so(ops) -> None:
    assert "No conflicts" in page(ops)


@pytest.mark.django_db
def test_amounts_are_for_those_who_may_see_invoices(ops, sign_in) -> None:
    stored(3, object_type="invoice", crm_field="number")
    role = ops.user.role
    role.permissions = [name for name in role.permissions if name != "invoices.view"]
    role.save()

    assert "No conflicts" in page(ops)


@pytest.mark.django_db
def test_seeing_and_deciding_need_their_permissions(rep, sign_in) -> None:
    row = stored()
    manager = sign_in("Sales manager")

    assert rep.get(reverse(PAGE)).status_code == 403
    assert "Keep this" not in page(manager)
    assert manager.post(reverse(RESOLVE), {"seen": seen(), "side": "crm"}).status_code == 403
    row.refresh_from_db()
    assert row.resolved_at is None


@pytest.mark.django_db
def test_pages_go_by_key_and_cost_the_same(ops, django_assert_max_num_queries) -> None:
    stored(1)
    page(ops)
    with django_assert_max_num_queries(10) as one:
        page(ops)
    for number in range(2, 32):
        stored(number)
    with django_assert_max_num_queries(len(one) + 1) as many:
        first = ops.get(reverse(PAGE), {"size": "25"}).context["queue"]
    assert (len(first.lines), first.count) == (25, 31)
    assert len(many) <= len(one) + 1
    second = ops.get(reverse(PAGE), {"size": "25", "cursor": first.page.next}).context["queue"]
    assert len(second.lines) == 6
    assert {each.row.pk for each in first.lines}.isdisjoint(each.row.pk for each in second.lines)


@pytest.mark.django_db
def test_an_invoice_in_conflict_leads_to_its_place_in_the_queue(ops, rep) -> None:
    row = stored(1)
    invoice = Invoice.objects.create(
        connection=row.link.connection,
        external_id="7",
        number="7",
        issued_on="2026-11-01",
        currency="USD",
        tracked=True,
    )
    Link.objects.filter(pk=row.link_id).update(
        entity="Invoice", object_type="invoice", object_id=invoice.pk, qbo_id="7"
    )
    address = f"{reverse(PAGE)}?record=invoice:{invoice.pk}"

    seen_by_ops = ops.get(reverse("invoices:invoice-detail", args=[invoice.pk])).content.decode()
    seen_by_rep = rep.get(reverse("invoices:invoice-detail", args=[invoice.pk])).content.decode()

    assert address in seen_by_ops
    assert "Changed here and in QuickBooks" in seen_by_rep
    assert address not in seen_by_rep
