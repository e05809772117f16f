"""The search over everything: what finds what, who sees it, and what it costs."""

import datetime
from decimal import Decimal

import pytest
from django.db import connection as database
from django.urls import reverse
from django.utils import timezone

from core import finding, recent, registry
from core.models import RecentRecord
from core.views import search as views
from crm.models import Company, Contact, Deal, Product, Quote, Task
from crm.services import pipelines
from invoices.enums import CreditKind
from invoices.models import CreditDocument, Invoice, Payment
from tests.invoices.conftest import user_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def records(connection, rep):
    """One record of each kind."""
    stage = pipelines.ensure_default().stages.first()
    company = Company.objects.create(name="Acme Gardens", domain="acme.com", email="hi@acme.com", phone="020 7946 0958")
    today = datetime.date(2026, 3, 1)
    return {
        "company": company,
        "contact": Contact.objects.create(
            first_name="John", last_name="Smith", email="john@acme.com", mobile="+1 (650) 555-0143", company=company
        ),
        "deal": Deal.objects.create(name="Patio", stage=stage, amount=Decimal("1200.50"), company=company),
        "product": Product.objects.create(name="Rock Fountain", sku="RF-77"),
        "quote": Quote.objects.create(title="Patio offer", number="Q-00012", amount=Decimal(900)),
        "invoice": Invoice.objects.create(
            connection=connection,
            number="INV-1042",
            customer_name="Sonnenschein Family Store",
            issued_on=today,
            currency="USD",
            total=Decimal("362.07"),
            balance=Decimal("12.34"),
        ),
        "payment": Payment.objects.create(
            connection=connection,
            customer_name="Sonnenschein",
            amount=Decimal("55.5"),
            currency="USD",
            reference="4711",
        ),
        "creditmemo": CreditDocument.objects.create(
            connection=connection, kind=CreditKind.CREDIT_MEMO, number="CM-9", total=Decimal(77), currency="USD"
        ),
        "task": Task.objects.create(title="Phone the gardener", created_by=rep),
    }


def found(user, text, *, archived=False):
    """The kinds and ids that a text finds, the best kind first."""
    return {kind: [match.pk for match in matches] for kind, matches in _raw(user, text, archived).items()}


def _raw(user, text, archived=False):
    return views._found(user, text, most=20, archived=archived)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("acme gar", "company"),
        ("john@acme.com", "contact"),
        ("smith jo", "contact"),
        ("JOHN SM", "contact"),
        ("acme.com", "company"),
        ("555-0143", "contact"),
        ("+16505550143", "contact"),
        ("650.555.0143", "contact"),
        ("+44 20 7946 0958", "company"),
        ("0958", "company"),
        ("1,200.50", "deal"),
        ("$1200.5", "deal"),
        ("RF-77", "product"),
        ("rf-77", "product"),
        ("fount", "product"),
        ("Q-12", "quote"),
        ("00012", "quote"),
        ("12", "quote"),
        ("INV-1042", "invoice"),
        ("inv 1042", "invoice"),
        ("inv1042", "invoice"),
        ("#1042", "invoice"),
        ("1042", "invoice"),
        ("362.07", "invoice"),
        ("12.34", "invoice"),
        ("sonn", "invoice"),
        ("4711", "payment"),
        ("55.50", "payment"),
        ("cm9", "creditmemo"),
        ("77", "creditmemo"),
        ("gardener", "task"),
        ("a", "company"),
    ],
)
def test_everything_is_found_by_what_people_know_of_it(rep, records, text, kind):
    assert records[kind].pk in found(rep, text)[kind]


@pytest.mark.parametrize("text", ["ABC-1042", "acme berlin", "999.99", "zzz", "1234-9999"])
def test_what_does_not_fit_is_not_found(rep, records, text):
    assert found(rep, text) == {}


def test_exact_matches_come_first_then_beginnings_then_words_then_what_is_newer(rep):
    older = timezone.now() - datetime.timedelta(days=3)
    word = Company.objects.create(name="Big Oak")
    begins = Company.objects.create(name="Oakland", updated_at=older)
    exact = Company.objects.create(name="oak", updated_at=older)
    newer = Company.objects.create(name="Old Oak", updated_at=timezone.now() + datetime.timedelta(minutes=1))

    assert found(rep, "Oak")["company"] == [exact.pk, begins.pk, newer.pk, word.pk]


def test_among_equals_what_was_opened_lately_comes_first(rep):
    opened = Company.objects.create(name="Oak One", updated_at=timezone.now() - datetime.timedelta(days=9))
    newer = Company.objects.create(name="Oak Two")
    recent.note_opened(rep.pk, "company", opened.pk)

    assert found(rep, "oak")["company"] == [opened.pk, newer.pk]


def test_archived_and_done_ones_are_found_only_when_asked_for(rep, records):
    Contact.objects.update(archived_at=timezone.now())
    Task.objects.update(done_at=timezone.now())

    assert "contact" not in found(rep, "john")
    assert "task" not in found(rep, "gardener")
    assert found(rep, "john", archived=True)["contact"] == [records["contact"].pk]
    assert found(rep, "gardener", archived=True)["task"] == [records["task"].pk]


def test_invoices_are_found_by_those_alone_who_may_see_them(client, records):
    looker = user_of("Sales rep", "looker@example.com")
    looker.role = type(looker.role).objects.create(name="Looker", permissions=[])
    looker.save()
    client.force_login(looker)

    for text in ("1042", "362.07", "sonnen", "4711", "cm9"):
        assert {"invoice", "payment", "creditmemo"}.isdisjoint(found(looker, text))
        assert "Sonnenschein" not in client.get(reverse("core:search"), {"q": text, "in": "invoice"}).content.decode()


@pytest.mark.parametrize("text", ["a b", "in", "john sm a", "1", "²", "ß", "王", "a:*", "x & !y", "\\", "100%", "_"])
def test_odd_texts_break_nothing(rep, records, text):
    found(rep, text)


def test_the_palette_costs_the_same_at_one_and_at_thirty_records(client, rep, records, django_assert_max_num_queries):
    client.force_login(rep)
    client.get(reverse("core:palette"), {"q": "acme"})

    def statements(text):
        from django.test.utils import CaptureQueriesContext  # noqa: PLC0415 -- only this test counts by itself

        with CaptureQueriesContext(database) as caught:
            client.get(reverse("core:palette"), {"q": text})
        return len(caught)

    few = statements("acme")
    for number in range(30):
        company = Company.objects.create(name=f"Acme {number}", domain="acme.com")
        Contact.objects.create(first_name="Acme", last_name=str(number), company=company)

    assert statements("acme") == few
    # Session, user and role; what was opened, what matches; the lines of the two kinds that have some.
    assert few <= 8


def test_each_way_of_looking_has_its_index(rep, records):
    """With few rows PostgreSQL reads the table; forbidden to, it has to find an index for every condition."""
    sources = {source.object_type: source.place for source in recent.sources_for(rep)}
    wanted = finding.needle("5550143")
    with database.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for name, place in sources.items():
            part = finding._in_place(name, place, wanted, 10, archived=False)
            cursor.execute(f"EXPLAIN {part}", finding._values(wanted))
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Seq Scan" not in plan, (name, plan)


def test_what_was_opened_last_is_remembered_for_each_person(client, rep, records):
    other = user_of("Ops", "other@example.com")
    client.force_login(rep)
    for kind, page in (
        ("deal", "crm:deal-detail"),
        ("invoice", "invoices:invoice-detail"),
        ("deal", "crm:deal-detail"),
    ):
        client.post(reverse("core:record-opened"), {"path": reverse(page, args=[records[kind].pk])})
    for path in ("/", "/nothing/", "//evil.example/deals/1/", "", "/deals/99999999999999999999/"):
        assert client.post(reverse("core:record-opened"), {"path": path}).status_code == 204

    assert [line.hit.title for line in recent.shown(rep, limit=9)] == [
        "Patio",
        "INV-1042 · Sonnenschein Family Store",
    ]
    assert recent.shown(other, limit=9) == []
    page = client.get(reverse("core:palette")).content.decode()
    assert "Recent" in page
    assert page.index("Patio") < page.index("INV-1042")


def test_only_the_last_twenty_are_kept_and_gone_ones_are_left_out(rep, django_assert_num_queries):
    companies = [Company.objects.create(name=f"Company {number}") for number in range(25)]
    for company in companies:
        with django_assert_num_queries(1):
            recent.note_opened(rep.pk, "company", company.pk)
    companies[-1].delete()

    assert RecentRecord.objects.filter(user=rep).count() == recent.KEPT
    assert [line.hit.title for line in recent.shown(rep, limit=2)] == ["Company 23", "Company 22"]


def test_one_kind_is_paged_through_without_a_gap(client, rep):
    Company.objects.bulk_create([Company(name=f"Oak {number:03}") for number in range(120)])
    client.force_login(rep)
    seen, after = [], ""
    while True:
        page = client.get(reverse("core:search"), {"q": "oak", "in": "company", "after": after})
        seen += [hit.title for hit in page.context["groups"][0].hits]
        if page.context["next"] is None:
            break
        after = page.context["next"]

    assert len(seen) == len(set(seen)) == 120
    everything = client.get(reverse("core:search"), {"q": "oak"})
    assert [(tab["key"], tab["count"]) for tab in everything.context["tabs"]] == [("company", "100+")]
    assert b"<mark>Oak</mark> 0" in everything.content


def test_the_palette_offers_what_the_role_may_do(client, rep, records):
    client.force_login(rep)
    create = client.get(reverse("core:palette"), {"mode": "create"}).content.decode()
    assert "New contact" in create
    assert "Create invoice" in create
    assert "Go to" not in create
    typed = client.get(reverse("core:palette"), {"q": "new dea"}).content.decode()
    assert reverse("crm:deal-create") in typed

    rep.role = type(rep.role).objects.create(name="Looker", permissions=[])
    rep.save()
    assert registry.actions
    nothing = client.get(reverse("core:palette"), {"mode": "create"}).content.decode()
    assert "Your role creates no records." in nothing


def test_a_payment_is_called_by_its_customer_and_what_tells_it_from_their_others():
    checked = Payment(pk=19, customer_name="Sonnenschein", reference="4711", amount=Decimal("55.5"), currency="USD")
    paid_in_cash = Payment(pk=20, customer_name="Sonnenschein", amount=Decimal("55.5"), currency="USD")
    nobodys = Payment(pk=21, amount=Decimal("55.5"), currency="USD")

    assert [str(each) for each in (checked, paid_in_cash, nobodys)] == [
        "Sonnenschein · 4711", "Sonnenschein · $55.50", "$55.50",
    ]  # fmt: skip
