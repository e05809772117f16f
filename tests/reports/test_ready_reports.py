"""Ready reports over the recorded sample company, against numbers worked out by hand.

By hand means: out of the company's 31 invoices and 16 payments as a printed list, added up on paper. The simulator
moves the company's dates with the calendar, so here they are moved back: the last invoice is of 20 November 2026, and
today is Monday, 23 November. QuickBooks itself says that the company is owed 5,281.52: the sums have to come to it.
"""

import datetime
from decimal import Decimal

import pytest
from django.db.models import F, Max
from django.utils import timezone

from accounts.models import Role, User
from core import company as profiles
from crm.models import Company, Deal, Pipeline, Stage
from invoices.models import Invoice, Payment
from invoices.services import billing
from qbo_connector.models import ApiUsage, Connection
from reports.models import DaySum, HealthSample
from reports.ready import all_ready, money, registry
from reports.rollups import health, refresh
from tests.makers import user
from tests.quickbooks import enable, sync_company

TODAY = datetime.date(2026, 11, 23)
WHOLE = {"period": "custom", "from": "2026-08-01", "to": "2026-11-30"}


def amounts(*texts):
    """Amounts as reports give them."""
    return tuple(Decimal(text) for text in texts)


def cells(result):
    """The lines of a result by their first cell."""
    return {row.cells[0]: tuple(row.cells[1:]) for row in result.rows}


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(profiles, "today", lambda now=None: TODAY)


@pytest.fixture
def boss(db):
    return user("Admin", "boss@example.com")


@pytest.fixture
def sample(us_company, boss):
    """The sample company as of 23 November 2026; Rita looks after two of its overdue invoices."""
    enable(us_company)
    sync_company(us_company)
    late = Invoice.objects.aggregate(last=Max("issued_on"))["last"] - datetime.date(2026, 11, 20)
    Invoice.objects.update(issued_on=F("issued_on") - late, due_on=F("due_on") - late)
    Payment.objects.update(received_on=F("received_on") - late)
    rita = user("Sales rep", "rita@example.com")
    Invoice.objects.filter(number__in=["1024", "1028"]).update(owner=rita)
    stage = Stage.objects.create(pipeline=Pipeline.objects.create(name="Sales"), name="Won", status="won")
    for name, won, amount, number in (
        ("Birdhouse", datetime.date(2026, 10, 1), 500, "1025"),
        ("Melton's garden", datetime.date(2026, 10, 20), 800, "1007"),
        ("Unbilled", datetime.date(2026, 11, 2), 900, ""),
    ):
        closed = datetime.datetime.combine(won, datetime.time(12), tzinfo=datetime.UTC)
        deal = Deal.objects.create(
            name=name, stage=stage, status="won", amount=amount, currency="USD", closed_at=closed, owner=rita
        )
        if number:
            Invoice.objects.filter(number=number).update(deal=deal)
            billing.recompute_deals([deal.pk])
    refresh.refresh()
    return rita


def test_the_sample_company_comes_to_what_was_worked_out_by_hand(sample, boss):
    def run(key, **values):
        return registry.run(key, boss, values)

    # Twenty invoices are open: 1016, 1027 and 1028 (75 + 85 + 81) are 22 and 21 days late, 1024 (156) 42 days.
    aging = run("receivables-aging")
    assert aging.total.cells[1:] == amounts("4884.52", "241", "156", "0", "0", "5281.52")
    assert aging.rows[0].cells == ("Paulsen Medical Supplies", *amounts("954.75", "0", "0", "0", "0", "954.75"))
    assert cells(aging)["Red Rock Diner"] == amounts("70", "0", "156", "0", "0", "226")
    assert cells(run("receivables-aging", by="owner"))["Sales rep"] == amounts("0", "81", "156", "0", "0", "237")
    # On 31 October: 1031 (387) and 1024 (156) late; 1025 with 100 left, and the full 750 and 459 of 1007 and 1021.
    past = run("receivables-aging", as_of="2026-10-31")
    assert past.total.cells[1:] == amounts("1631", "543", "0", "0", "0", "2174")
    assert all(row.drill is None for row in past.rows)

    assert cells(run("overdue-by-owner")) == {
        "Sales rep": (2, Decimal(237), 42, Decimal("34.8")),  # (156 x 42 + 81 x 21) / 237
        "No owner": (2, Decimal(160), 22, Decimal("21.5")),  # (75 x 22 + 85 x 21) / 160
    }

    # The credit memo of 100 is no money: 10,134.14 billed - 4,752.62 collected - 100 = 5,281.52 owed.
    billed = run("billed-collected", **WHOLE)
    assert [row.cells[1:4] for row in billed.rows] == [
        (2, *amounts("401.75", "401.75")),
        (2, *amounts("543", "0")),
        (9, *amounts("2282.80", "651.80")),
        (18, *amounts("6906.59", "3699.07")),
    ]
    assert billed.total.cells[1:4] == (31, *amounts("10134.14", "4752.62"))

    # 543 / 944.75 x 92 days (July to September), 2,174 / 3,227.55 x 92, 5,281.52 / 9,732.39 x 84 (until today).
    outstanding = run("days-sales-outstanding", **WHOLE)
    assert [(row.cells[1], row.cells[3]) for row in outstanding.rows] == [
        amounts("0", "0"), amounts("543", "52.9"), amounts("2174", "62.0"), amounts("5281.52", "45.6")
    ]  # fmt: skip

    # Eleven invoices took 221 days; each has 30, so they were 109 days early together. 0969 took 21 and 76.
    paid = run("days-to-pay", **WHOLE)
    assert paid.total.cells[1:] == (11, Decimal("20.1"), Decimal("-9.9"))
    assert paid.rows[0].cells == ("0969 Ocean View Road", 2, Decimal("48.5"), Decimal("18.5"))
    assert cells(paid)["Amy's Bird Sanctuary"] == (2, Decimal("16.0"), Decimal("-14.0"))

    # Amy pays 14 days early, Sushi 18, 55 Twin Lane 16, Travis 24; 0969 is 19 days late: 477.50 come in January.
    cash = [row.cells[1:] for row in run("expected-cash").rows]
    assert cash[:4] == [
        amounts("1167", "1665.72"), amounts("274.50", "354.50"), amounts("84", "0"), amounts("3756.02", "2783.80")
    ]  # fmt: skip
    assert cash[6] == amounts("0", "477.50")
    assert run("expected-cash").total.cells[1:] == amounts("5281.52", "5281.52")

    # October: one invoiced after 2 days and paid 31 later, one invoiced after 6 and not paid.
    assert [row.cells[1:] for row in run("deal-to-cash", **WHOLE).rows] == [
        (2, 2, 1, *amounts("4", "31", "33")), (1, 0, 0, None, None, None)
    ]  # fmt: skip
    assert [row.cells[1:] for row in run("billed-won", **WHOLE).rows] == [
        (2, *amounts("1300", "955"), 0, Decimal(0)), (1, *amounts("900", "0"), 1, Decimal(900))
    ]  # fmt: skip
    unbilled = run("billed-won", by="deal", **WHOLE)
    assert [row.cells for row in unbilled.rows] == [("Unbilled", "Sales rep", datetime.date(2026, 11, 2), Decimal(900))]

    customers = run("top-customers", **WHOLE)
    assert [row.cells for row in customers.rows[:2]] == [
        ("Cool Cars", 1, *amounts("2369.52", "23.4")),
        ("0969 Ocean View Road", 3, *amounts("1091.25", "10.8")),  # 226.75 + 387 + 477.50
    ]
    assert customers.total.cells[1:3] == (31, Decimal("10134.14"))
    products = run("top-products", **WHOLE)
    assert [row.cells[:4] for row in products.rows[:3]] == [
        ("Rock Fountain", 9, Decimal(9), Decimal(2475)),
        ("Sod", 4, Decimal(90), Decimal("2231.25")),
        ("Design", 4, Decimal("22.5"), Decimal("1687.50")),
    ]

    # Of 1021 220 / 459 is paid, of 1005 50 / 54: 16.30 of 34 and 3.70 of 4 tax.
    assert [row.cells[2:] for row in run("tax-collected", **WHOLE).rows] == [
        amounts("10.50", "10.50"), amounts("22", "0"), amounts("90.80", "44.80"), amounts("324.54", "231.52")
    ]  # fmt: skip

    assert cells(run("invoice-status", **WHOLE)) == {
        "Waiting to be sent": (13, *amounts("4191.52", "4191.52")),
        "Sent to customer": (0, *amounts("0", "0")),
        "Overdue": (4, *amounts("397", "397")),
        "Partial payment": (3, *amounts("1263", "693")),
        "Paid in full": (11, *amounts("4282.62", "0")),
    }


def test_what_a_figure_leads_to_are_just_its_invoices(sample, boss, client):
    client.force_login(boss)
    aging = registry.run("receivables-aging", boss, {})
    line = next(row for row in aging.rows if row.cells[0] == "Red Rock Diner")
    paid = next(row for row in registry.run("invoice-status", boss, WHOLE).rows if row.cells[0] == "Paid in full")
    fountain = registry.run("top-products", boss, WHOLE).rows[0]

    def numbers(address):
        page = client.get(address).content.decode()
        return {row.number for row in Invoice.objects.all() if f">{row.number}<" in page}

    assert numbers(line.drill) == {"1024", "1023"}
    assert numbers(line.drills["31-60"]) == {"1024"}
    assert len(numbers(paid.drill)) == 11
    assert len(numbers(fountain.drill)) == 9


def test_every_mark_of_a_ready_report_leads_somewhere(sample, boss, client):
    client.force_login(boss)
    ApiUsage.objects.create(connection=Connection.objects.get(), day=datetime.date(2026, 10, 3), cause="cycle", reads=4)
    health.sample()
    months = {"period": "custom", "from": "2026-10-01", "to": "2026-10-31"}
    for report in all_ready():
        result = registry.run(report.key, boss, WHOLE)
        for series in result.chart.series:
            marks = list(zip(series.values, series.drill or [None] * len(series.values), strict=True))
            assert all(address for value, address in marks if value), (report.key, str(series.name))
    sold = registry.run("deal-to-cash", boss, months).rows[0].drills
    won = registry.run("billed-won", boss, WHOLE).rows[-1]
    billed = registry.run("billed-collected", boss, months).rows[0].drills
    outstanding = registry.run("days-sales-outstanding", boss, months).rows[0]
    expected = registry.run("expected-cash", boss, {}).rows[6].drills["expected"]
    reads = registry.run("reads-used", boss, months).rows[0].drill

    def names(address):
        return [str(row) for row in client.get(address).context["page"].rows]

    def page(address):
        return client.get(address).content.decode()

    assert names(sold["won"]) == names(sold["invoiced"]) == ["Melton's garden", "Birdhouse"]
    assert names(sold["paid"]) == ["Birdhouse"]
    assert names(won.drills["unbilled"]) == ["Unbilled"]
    assert sum(row.amount for row in client.get(billed["collected"]).context["page"].rows) == Decimal("651.80")
    assert "$2,174.00" in page(outstanding.drills["owed"])  # the aging of 31 October
    assert "$477.50" in page(expected)
    assert "0969 Ocean View Road" in page(expected)
    assert "Oct 3, 2026" in page(reads)


def test_of_one_customer_every_report_counts_its_invoices_alone(sample, boss):
    sushi = Company.objects.get(name="Sushi by Katsuyuki")
    values = {**WHOLE, "company": str(sushi.pk)}

    def total(key, place):
        return registry.run(key, boss, values).total.cells[place]

    # Three invoices over 80, of which the first is paid.
    assert total("receivables-aging", 6) == 160
    assert total("billed-collected", 2) == 240
    assert total("billed-collected", 3) == 80
    assert total("top-products", 3) == 240
    assert total("top-customers", 2) == 240
    assert registry.run("days-sales-outstanding", boss, values).rows[-1].cells[1] == 160


def test_sync_health_is_kept_once_a_day_and_told_over_time(sample, boss):
    health.sample()
    health.sample()

    kept = HealthSample.objects.get()
    result = registry.run("sync-health", boss, {"period": "last_30_days"})
    assert kept.in_sync > 31
    assert kept.day == timezone.now().date()
    if kept.day <= TODAY:
        assert [row.cells[0] for row in result.rows] == [kept.day]


@pytest.fixture
def company(db):
    return Connection.objects.create(environment="simulator", realm_id="1", company_name="Books", home_currency="USD")


def test_reads_are_counted_by_month_and_cause(company, boss):
    for day, cause, reads in ((3, "cycle", 40), (9, "cycle", 2), (9, "pdf", 5)):
        ApiUsage.objects.create(connection=company, day=datetime.date(2026, 10, day), cause=cause, reads=reads)

    result = registry.run("reads-used", boss, WHOLE)

    assert [str(column.label) for column in result.columns] == ["Month", "Regular sync", "PDF preview", "All"]
    assert [row.cells[1:] for row in result.rows] == [(0, 0, 0), (0, 0, 0), (42, 5, 47), (0, 0, 0)]
    assert result.total.cells[1:] == (42, 5, 47)


def invoice(connection, number, **values):
    """An invoice of today."""
    made = {
        "external_id": str(number),
        "number": str(number),
        "customer_external_id": "7",
        "customer_name": "Acme",
        "status": "waiting",
        "total": Decimal(100),
        "balance": Decimal(100),
        "currency": "USD",
        "issued_on": TODAY,
        "due_on": TODAY,
    }
    return Invoice.objects.create(connection=connection, **(made | values))


def test_amounts_are_in_the_crms_currency_at_each_invoices_rate_or_in_one_as_they_are(company, boss):
    london = Connection.objects.create(environment="simulator", realm_id="2", home_currency="GBP")
    invoice(company, 1)
    invoice(company, 2, currency="EUR", exchange_rate=Decimal("1.1055"))
    invoice(company, 3, currency="EUR", exchange_rate=Decimal("1.2"))
    invoice(london, 4, currency="GBP")
    invoice(london, 5, currency="USD", exchange_rate=Decimal("0.8"))
    refresh.refresh()

    converted = registry.run("receivables-aging", boss, {})
    euros = registry.run("billed-collected", boss, {"currency": "EUR"})

    assert converted.total.cells[6] == Decimal("430.55")  # 100 + 110.55 + 120, and the dollars of London as they are
    assert any("1 GBP" in str(note) for note in converted.notes)
    assert euros.total.cells[2] == 200
    assert euros.currency == "EUR"


def test_what_is_open_on_a_day_is_the_same_by_invoice_and_by_day(company, boss):
    for number in range(1, 9):
        issued = TODAY - datetime.timedelta(days=11 * number)
        paid = invoice(company, number, issued_on=issued, balance=Decimal(10 * (number % 3)))
        amount = paid.total - paid.balance
        if number % 4:
            payment = Payment.objects.create(
                connection=company, external_id=f"p{number}", amount=amount, currency="USD",
                received_on=issued + datetime.timedelta(days=7 * (number % 5)),
            )  # fmt: skip
            payment.applications.create(invoice=paid, invoice_external_id=paid.external_id, amount=amount)
    refresh.refresh()

    for day in (TODAY - datetime.timedelta(days=ago) for ago in range(0, 90, 6)):
        aging = registry.run("receivables-aging", boss, {"as_of": day.isoformat()})
        owed = sum(
            (each.billed - each.other - each.applied for each in DaySum.objects.filter(day__lte=day)), Decimal(0)
        )
        assert (aging.total.cells[6] if aging.total else 0) == owed, day


def test_a_payment_that_is_dated_ahead_leaves_the_invoice_open_until_then(company, boss):
    ahead = invoice(company, 1, balance=Decimal(40))
    payment = Payment.objects.create(
        connection=company, external_id="p", amount=60, currency="USD", received_on=TODAY + datetime.timedelta(days=3)
    )
    payment.applications.create(invoice=ahead, invoice_external_id="1", amount=60)
    refresh.refresh()

    def owed(days):
        day = TODAY + datetime.timedelta(days=days)
        return registry.run("receivables-aging", boss, {"as_of": day.isoformat()}).total.cells[6]

    assert [owed(days) for days in (0, 2, 3, 4)] == [100, 100, 40, 40]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-02-10", "2026-11-03"),
        ("2026-01-01", "2026-06-30"),
        ("2026-05-05", "2026-05-06"),
        ("2026-03-31", "2026-07-01"),
    ],
)
def test_top_customers_are_the_same_out_of_quarters_and_out_of_invoices(company, boss, first, last):
    for number in range(60):
        issued = datetime.date(2026, 1, 1) + datetime.timedelta(days=5 * number)
        euros = {"currency": "EUR", "exchange_rate": Decimal("1.1055")} if number % 3 == 0 else {}
        owner = boss if number % 4 else None
        invoice(company, number, customer_external_id=str(number % 5), issued_on=issued, owner=owner, **euros)
    refresh.refresh()
    days = {"period": "custom", "from": first, "to": last}
    inside = [row for row in Invoice.objects.all() if first <= row.issued_on.isoformat() <= last]

    def slow(rows):
        return len(rows), sum(((row.total * row.exchange_rate).quantize(Decimal("0.01")) for row in rows), Decimal(0))

    whole = registry.run("top-customers", boss, days)
    mine = registry.run("top-customers", boss, {**days, "owner": str(boss.pk)})
    assert (whole.total.cells[1:3] if whole.total else (0, 0)) == slow(inside)
    assert (mine.total.cells[1:3] if mine.total else (0, 0)) == slow([row for row in inside if row.owner_id])
    by_customer = sorted(slow([row for row in inside if row.customer_external_id == str(each)]) for each in range(5))
    assert sorted(row.cells[1:3] for row in whole.rows) == [figures for figures in by_customer if figures[0]]


def test_who_may_not_see_invoices_gets_no_report_about_them(db):
    nobody = User.objects.create_user(
        "nobody@example.com", None, role=Role.objects.create(name="Guest", permissions=["reports.view"])
    )

    assert registry.listed(nobody) == []
    with pytest.raises(registry.NoSuchReport):
        registry.run("receivables-aging", nobody, {})


def test_reports_take_few_statements_and_read_any_address(company, boss, django_assert_max_num_queries):
    for number in range(1, 31):
        invoice(company, number, customer_external_id=str(number), owner=boss)
    refresh.refresh()
    odd = {"period": "custom", "from": "32.1.2026", "to": "0001-01-01", "owner": "x", "currency": "%%s", "by": "?"}

    for report in all_ready():
        with django_assert_max_num_queries(10):
            registry.run(report.key, boss, {})
        for day in ("0001-01-01", "9999-12-31"):
            registry.run(report.key, boss, {"from": day, "to": day, "as_of": day})
        if "period" in report.asks:
            assert "“32.1.2026” is no day" in str(registry.run(report.key, boss, odd).notes[0]), report.key


def test_names_of_customers_come_in_one_statement(company, django_assert_num_queries):
    invoice(company, 1)
    with django_assert_num_queries(1):
        assert money.customers([(company.pk, "7"), (company.pk, "8")]) == {(company.pk, "7"): "Acme"}
