"""The price book, what recurs, and what line items take from both."""

import datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from core.company import profile
from core.models import Event
from crm import public, terms
from crm.models import Deal, DealLine, Price, Product
from crm.queries import prices as queries
from crm.services import deal_lines, prices, products, quotes
from crm.services.lines import BadLine, LineValues

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 6, 15)


def at(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def test_the_price_of_a_day_in_a_currency(product, rep):
    Product.objects.filter(pk=product.pk).update(unit_price=Decimal(100), currency="USD")
    product.refresh_from_db()
    prices.add(product, currency="EUR", amount=Decimal(90), by=rep)
    prices.add(product, currency="EUR", amount=Decimal(80), valid_from=at("2026-06-01"), by=rep)
    prices.add(
        product, currency="USD", amount=Decimal(70), valid_from=at("2026-06-10"), valid_until=at("2026-06-20"), by=rep
    )

    found = [
        queries.price_in(product, currency, on)
        for currency, on in (
            ("EUR", DAY), ("EUR", at("2026-05-31")), ("USD", DAY), ("USD", at("2026-06-21")), ("GBP", DAY),
        )
    ]  # fmt: skip

    assert found == [Decimal(80), Decimal(90), Decimal(70), Decimal(100), None]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"currency": "EUR", "amount": Decimal(-1)}, "amount"),
        ({"currency": "USD", "amount": Decimal(1)}, "currency"),
        ({"currency": "EUR", "amount": Decimal(1), "valid_from": DAY, "valid_until": at("2026-06-01")}, "valid_until"),
        ({"currency": "GBP", "amount": Decimal(1)}, "valid_from"),
    ],
)
def test_a_price_that_makes_no_sense_is_refused(product, rep, values, field):
    prices.add(product, currency="GBP", amount=Decimal(9), by=rep)

    with pytest.raises(prices.BadPrice) as refused:
        prices.add(product, by=rep, **values)

    assert refused.value.field == field
    assert Price.objects.count() == 1


def test_the_database_keeps_one_price_from_a_day_on(product):
    Price.objects.create(product=product, currency="EUR", amount=1)

    with pytest.raises(IntegrityError), transaction.atomic():
        Price.objects.create(product=product, currency="EUR", amount=2)


def test_a_new_line_takes_price_and_period_of_today_and_keeps_them(client, product, deal, rep):
    client.force_login(rep)
    products.update(product, by=rep, billing_period="month", billing_count=12)
    Deal.objects.filter(pk=deal.pk).update(currency="EUR")
    price = prices.add(product, currency="EUR", amount=Decimal("49.50"), by=rep)

    row = client.get(reverse("crm:deal-line-row", args=[deal.pk]), {"product": product.pk}).content.decode()

    assert 'value="49.5"' in row
    assert '<option value="month" selected>Monthly</option>' in row
    sent = {
        "key": "a", "product": product.pk, "name": product.name, "description": "", "quantity": "2",
        "unit_price": "49.50", "discount_percent": "", "billing_period": "month", "billing_count": "12",
    }  # fmt: skip
    client.post(reverse("crm:deal-lines", args=[deal.pk]), sent)
    prices.change(price, amount=Decimal(60), valid_until=None, by=rep)
    line = DealLine.objects.get()
    assert (line.unit_price, line.billing_period, line.billing_count) == (Decimal("49.50"), "month", 12)
    refused = client.post(reverse("crm:deal-lines", args=[deal.pk]), {**sent, "billing_count": "x"})
    assert refused.status_code == 422


def test_one_time_and_recurring_totals_stand_apart_on_deal_and_quote(client, deal, rep):
    client.force_login(rep)
    lines = [
        LineValues("Setup", unit_price=Decimal(500)),
        LineValues("Care", Decimal(2), Decimal(50), billing_period="month", billing_count=12),
        LineValues("Hosting", unit_price=Decimal(120), billing_period="year"),
    ]
    deal_lines.set_lines(deal, lines, by=rep)
    quote = quotes.create_from_deal(deal, by=rep)

    printed = public.printed(quote)

    assert [(each.label, each.total) for each in printed.periods] == [
        ("One-time", "$500.00"), ("Per month", "$100.00"), ("Per year", "$120.00"),
    ]  # fmt: skip
    assert printed.lines[1].description.endswith("Billed monthly, 12 times")
    assert printed.total == "$720.00"
    page = client.get(reverse("crm:deal-detail", args=[deal.pk])).content.decode()
    assert "Per month" in page
    assert "Billed monthly, 12 times" in page
    assert terms.totals([LineValues("Setup")], "USD") == []


def test_a_period_that_does_not_exist_is_refused(deal, rep):
    for values in ({"billing_period": "week"}, {"billing_count": 3}, {"billing_period": "month", "billing_count": 0}):
        with pytest.raises(BadLine):
            deal_lines.set_lines(deal, [LineValues("Care", **values)], by=rep)

    assert not deal.lines.exists()


def test_the_product_page_shows_edits_and_removes_prices(client, product, rep, django_assert_num_queries):
    client.force_login(rep)
    add = reverse("crm:price-create", args=[product.pk])
    assert client.post(add, {"currency": "EUR", "amount": "12.5", "valid_from": "2026-01-01"}).status_code == 302
    assert client.post(add, {"currency": "EUR", "amount": "13", "valid_from": "2026-01-01"}).status_code == 422
    card = reverse("crm:product-prices-card", args=[product.pk])
    assert "€12.50" in client.get(card).content.decode()
    with django_assert_num_queries(6) as one:
        client.get(card)
    for month in range(2, 12):
        prices.add(product, currency="EUR", amount=Decimal(month), valid_from=datetime.date(2027, month, 1), by=rep)
    with django_assert_num_queries(len(one)):
        client.get(card)
    price = Price.objects.get(valid_from="2026-01-01")
    client.post(reverse("crm:price-edit", args=[price.pk]), {"amount": "14"})
    price.refresh_from_db()
    assert price.amount == 14
    client.post(reverse("crm:price-remove", args=[price.pk]))
    assert not Price.objects.filter(pk=price.pk).exists()
    told = Event.objects.filter(name__startswith="product.price_").values_list("name", flat=True)
    assert {"product.price_added", "product.price_changed", "product.price_removed"} == set(told)
    assert "took the price" in client.get(reverse("crm:product-detail", args=[product.pk])).content.decode()


def test_what_was_sold_of_a_product(client, product, deal, rep, stages):
    client.force_login(rep)
    line = LineValues("Care", Decimal(3), Decimal(10), discount_percent=Decimal(10), product_id=product.pk)
    deal_lines.set_lines(deal, [line], by=rep)

    (found,) = queries.sold(product.pk)

    assert (found.currency, found.status, found.deals, found.amount) == (deal.currency, "open", 1, Decimal(27))
    assert "$27.00" in client.get(reverse("crm:product-sold-card", args=[product.pk])).content.decode()


def test_new_products_start_in_the_companys_currency(client, rep):
    client.force_login(rep)
    profile()
    type(profile()).objects.update(currency="CHF")

    assert 'value="CHF"' in client.get(reverse("crm:product-create")).content.decode()
