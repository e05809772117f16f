"""Companies outside the US, and those with several currencies."""

import pytest


def test_each_line_needs_a_tax_code_unless_tax_does_not_apply(uk, ca, line):
    sale = {"CustomerRef": {"value": "1"}, "Line": [line(100, "2")]}
    assert uk.refuse("Invoice", sale)["Detail"].endswith("have a VAT rate before you save.")
    assert uk.refuse("Invoice", {"CustomerRef": {"value": "1"}, "Line": [line(100, "2", tax="15")]})["code"] == "610"
    assert uk.refuse("Invoice", {"CustomerRef": {"value": "1"}, "Line": [line(100, "2", tax="TAX")]})["code"] == "2500"
    assert uk.post("Invoice", sale | {"GlobalTaxCalculation": "NotApplicable"})["TotalAmt"] == 100
    assert ca.refuse("Invoice", {"CustomerRef": {"value": "4"}, "Line": [line(1)]})["Detail"].endswith(
        "have a GST/HST rate before you save."
    )


def test_tax_on_top_and_tax_included(uk, line):
    on_top = uk.post("Invoice", {"CustomerRef": {"value": "1"}, "Line": [line(100, "2", tax="5")]})
    assert (on_top["GlobalTaxCalculation"], on_top["TotalAmt"]) == ("TaxExcluded", 120)

    gross = line(100, "2", tax="5", TaxInclusiveAmt=99.99, Qty=3, UnitPrice=33.33)
    inside = uk.post(
        "Invoice", {"CustomerRef": {"value": "1"}, "GlobalTaxCalculation": "TaxInclusive", "Line": [gross]}
    )
    assert inside["TotalAmt"] == 99.99
    assert inside["TxnTaxDetail"]["TotalTax"] == 16.66
    assert inside["Line"][0]["Amount"] == 83.33


def test_two_rates_of_one_code_and_a_discount(ca, line):
    discount = {"DetailType": "DiscountLineDetail", "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10}}
    body = ca.post("Invoice", {"CustomerRef": {"value": "9"}, "Line": [line(500, tax="8"), discount]})

    assert [row["Amount"] for row in body["TxnTaxDetail"]["TaxLine"]] == [22.5, 44.89]
    assert body["TotalAmt"] == 517.39


def test_a_foreign_customer_is_billed_in_its_currency_at_the_newest_known_rate(ca, line):
    sale = {"CustomerRef": {"value": "21"}, "Line": [line(100, tax="7")]}

    body = ca.post("Invoice", sale)

    assert body["CurrencyRef"] == {"value": "USD", "name": "United States Dollar"}
    assert (body["ExchangeRate"], body["HomeTotalAmt"], body["HomeBalance"]) == (1.3188, 131.88, 131.88)
    assert ca.post("Invoice", sale | {"ExchangeRate": 1.5})["HomeTotalAmt"] == 150
    assert ca.refuse("Invoice", sale | {"CurrencyRef": {"value": "CAD"}})["code"] == "6000"
    assert ca.refuse("Customer", {"Id": "21", "SyncToken": "0", "sparse": True, "CurrencyRef": {"value": "EUR"}})[
        "code"
    ] == ("6000")


def test_paying_a_foreign_invoice_moves_the_home_balance(ca):
    line = {"Amount": 250, "LinkedTxn": [{"TxnId": "190", "TxnType": "Invoice"}]}

    ca.post("Payment", {"CustomerRef": {"value": "22"}, "TotalAmt": 250, "Line": [line]})

    invoice = ca.get("Invoice", "190")
    assert (invoice["Balance"], invoice["HomeBalance"]) == (500, 721)


@pytest.mark.parametrize("currency", ["EUR"])
def test_a_company_with_one_currency_refuses_others(us, currency):
    assert us.refuse("Customer", {"DisplayName": "Abroad", "CurrencyRef": {"value": currency}})["code"] == "6000"
