"""The line items editor."""

from decimal import Decimal

import pytest
from django.urls import reverse

from crm.services import deal_lines, deals, quotes
from crm.services.lines import LineValues

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def typed(*rows):
    """Rows of (name, quantity, price, discount) as the editor posts them."""
    return {
        "key": [f"r{number}" for number in range(len(rows))],
        "product": ["" for _row in rows],
        "description": ["" for _row in rows],
        "name": [row[0] for row in rows],
        "quantity": [row[1] for row in rows],
        "unit_price": [row[2] for row in rows],
        "discount_percent": [row[3] for row in rows],
    }


def test_lines_are_saved_in_the_notation_they_are_typed_in(signed_in, deal):
    answer = signed_in.post(
        reverse("crm:deal-lines", args=[deal.pk]),
        typed(("Design", "2.5", "$1,000.00", "10%"), ("Pump", "", "15", "")),
        headers=HTMX,
    )

    assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")
    assert [(line.name, line.quantity, line.unit_price, line.discount_percent) for line in deal.lines.all()] == [
        ("Design", Decimal("2.5"), Decimal(1000), Decimal(10)),
        ("Pump", Decimal(1), Decimal(15), Decimal(0)),
    ]
    deal.refresh_from_db()
    assert deal.amount == Decimal(2265)


def test_the_editor_starts_with_the_stored_lines(signed_in, rep, deal, product):
    deal_lines.set_lines(deal, [LineValues("Design", Decimal(2), Decimal("75.5"), product_id=product.pk)], by=rep)

    page = signed_in.get(reverse("crm:deal-lines", args=[deal.pk]), {"edit": "1"}, headers=HTMX).content.decode()

    assert 'name="quantity" value="2"' in page
    assert 'name="unit_price" value="75.5"' in page
    assert f'name="product" value="{product.pk}"' in page
    assert "$151.00" in page
    whole = signed_in.get(reverse("crm:deal-lines", args=[deal.pk]), {"edit": "1"}).content.decode()
    assert "<html" in whole


def test_a_row_for_a_product_is_filled_in(signed_in, deal, product):
    address = reverse("crm:deal-line-row", args=[deal.pk])

    page = signed_in.get(address, {"product": product.pk}).content.decode()
    assert 'name="name" value="Design"' in page
    assert 'name="unit_price" value="75"' in page
    empty = signed_in.get(address).content.decode()
    assert 'name="name" value=""' in empty
    assert signed_in.get(address, {"product": 999_999}).status_code == 404


def test_a_price_in_another_currency_is_not_taken_over(signed_in, rep, product):
    deal = deals.create(by=rep, name="Euro deal", currency="EUR")

    page = signed_in.get(reverse("crm:deal-line-row", args=[deal.pk]), {"product": product.pk}).content.decode()

    assert 'name="unit_price" value=""' in page


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("", "1", "1", ""), "Name the product or service."),
        (("Design", "0", "1", ""), "The quantity has to be more than zero"),
        (("Design", "-2", "1", ""), "The quantity has to be more than zero"),
        (("Design", "two", "1", ""), "“two” is not a number."),
        (("Design", "1", "1.2.3", ""), "“1.2.3” is not a number."),
        (("Design", "1,5", "1", ""), "“1,5” is not a number. Type it like 1,234.50."),
        (("Design", "1", "1", "120"), "A discount is between 0 and 100 percent."),
        (("Design", "9" * 20, "1", ""), "This number is too large."),
        (("x" * 201, "1", "1", ""), "A name has at most 200 characters."),
    ],
)
def test_a_bad_line_is_refused_at_its_row_and_everything_typed_stays(signed_in, rep, deal, row, words):
    deal_lines.set_lines(deal, [LineValues("Stored")], by=rep)

    answer = signed_in.post(
        reverse("crm:deal-lines", args=[deal.pk]), typed(("Good one", "3", "7", ""), row), headers=HTMX
    )

    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert 'value="Good one"' in page
    assert f'value="{row[1]}"' in page
    assert [line.name for line in deal.lines.all()] == ["Stored"]


def test_rows_that_arrive_incompletely_are_refused(signed_in, deal):
    data = typed(("Design", "1", "1", "")) | {"quantity": []}

    answer = signed_in.post(reverse("crm:deal-lines", args=[deal.pk]), data, headers=HTMX)

    assert answer.status_code == 422
    assert "arrived incompletely" in answer.content.decode()
    assert deal.lines.count() == 0


def test_more_lines_than_fit_are_refused(signed_in, deal):
    answer = signed_in.post(
        reverse("crm:deal-lines", args=[deal.pk]), typed(*[("L", "1", "1", "")] * 751), headers=HTMX
    )

    assert answer.status_code == 422
    assert "At most 750 lines fit here." in answer.content.decode()


def test_amounts_are_told_while_somebody_types(signed_in, deal):
    answer = signed_in.post(
        reverse("crm:deal-line-amounts", args=[deal.pk]), typed(("", "2", "10", ""), ("Pump", "3", "1.115", "")),
        headers=HTMX,
    )  # fmt: skip

    page = answer.content.decode()
    assert '<output id="amount-r1" hx-swap-oob="true">$3.35</output>' in page
    assert '<output id="lines-total" aria-live="polite" hx-swap-oob="true">$3.35</output>' in page
    assert deal.lines.count() == 0


def test_lines_of_a_quote_are_fixed_once_it_is_published(signed_in, rep, deal):
    quote = quotes.create_from_deal(deal, by=rep)
    address = reverse("crm:quote-lines", args=[quote.pk])

    assert signed_in.post(address, typed(("Hours", "2", "60", "")), headers=HTMX).status_code == 204
    quotes.publish(quote, by=rep)
    answer = signed_in.post(address, typed(("Other", "1", "1", "")), headers=HTMX)

    assert answer.status_code == 422
    assert "A published quote does not change any more." in answer.content.decode()
    assert [line.name for line in quote.lines.all()] == ["Hours"]


def test_an_archived_deal_keeps_its_lines(signed_in, rep, deal):
    deals.archive(deal, by=rep)

    answer = signed_in.post(reverse("crm:deal-lines", args=[deal.pk]), typed(("A", "1", "1", "")), headers=HTMX)

    assert answer.status_code == 422
    assert "This record is archived." in answer.content.decode()


def test_the_editor_tells_the_tax_of_each_line_and_the_total_with_it(signed_in, rep, deal):
    quote = quotes.create_from_deal(deal, by=rep)
    rows = typed(("Design", "1", "100", ""), ("Book", "1", "50", ""), ("Free", "1", "1", ""))
    data = {**rows, "tax_code": ["20", "5% reduced", ""], "whole_discount": "15.10", "whole_discount_kind": "amount"}

    live = signed_in.post(reverse("crm:quote-line-amounts", args=[quote.pk]), data, headers=HTMX).content.decode()
    signed_in.post(reverse("crm:quote-lines", args=[quote.pk]), data, headers=HTMX)

    # 15.10 off 151: a tenth of each line.
    for shown in ('id="tax-r0" hx-swap-oob="true">$18.00<', 'id="tax-r1" hx-swap-oob="true">$2.25<', "Total: $156.15"):
        assert shown in live
    assert [(line.tax_code, line.tax_rate) for line in quote.lines.all()] == [
        ("20%", Decimal(20)), ("5% reduced", Decimal(5)), ("", None),
    ]  # fmt: skip
    table = signed_in.get(reverse("crm:quote-lines", args=[quote.pk]), headers=HTMX).content.decode()
    for shown in ("$135.90", "Tax: 20% · $18.00", "Tax 5% reduced on $45.00", "$156.15"):
        assert shown in table
    editor = signed_in.get(reverse("crm:quote-lines", args=[quote.pk]), {"edit": "1"}, headers=HTMX).content.decode()
    assert 'value="5% reduced"' in editor
    assert "Total: $156.15" in editor


def test_a_tax_without_a_known_rate_is_said_and_not_reckoned(signed_in, rep, deal):
    quote = quotes.create_from_deal(deal, by=rep)
    data = {**typed(("Design", "1", "100", "")), "tax_code": ["Reduced"], "whole_discount": ""}

    live = signed_in.post(reverse("crm:quote-line-amounts", args=[quote.pk]), data, headers=HTMX).content.decode()

    assert "The rate of Reduced is not known" in live
    assert "Total:" not in live
