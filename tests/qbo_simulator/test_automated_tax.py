"""Automated sales tax of the US, and tax amounts that a request names itself."""

import pytest
import requests

from qbo_simulator.server import Simulator
from tests.qbo_simulator.conftest import Api


@pytest.fixture
def automated(tmp_path):
    with Simulator(tmp_path / "automated", companies=["us-ast"], keep_dates=True) as running:
        requests.post(f"{running.url}/_simulator/limits", json={"on": False}, timeout=10)
        yield Api(running.url, "9130350000000005")


def sale(line, **fields):
    return {"CustomerRef": {"value": "1"}, "Line": [line(100, tax="TAX")], **fields}


def test_the_place_of_delivery_decides(automated, line):
    assert automated.get("Preferences", "1")["TaxPrefs"]["PartnerTaxEnabled"] is True
    for state, total in (("CA", 8.75), ("Texas", 8.25), ("OR", 0), ("NJ", 6.63)):
        made = automated.post("Invoice", sale(line, ShipAddr={"Line1": "1 Road", "CountrySubDivisionCode": state}))
        assert made["TxnTaxDetail"]["TotalTax"] == total, state
        assert made["TotalAmt"] == 100 + total
    code = automated.get("TaxCode", made["TxnTaxDetail"]["TxnTaxCodeRef"]["value"])
    assert code["Name"] == "New Jersey automated"
    again = automated.post("Invoice", sale(line, ShipAddr={"Line1": "2 Road", "CountrySubDivisionCode": "NJ"}))
    assert again["TxnTaxDetail"]["TxnTaxCodeRef"] == {"value": code["Id"]}


def test_the_customers_place_counts_where_the_form_has_none_and_free_text_is_read(automated, line):
    assert automated.post("Invoice", sale(line))["TxnTaxDetail"]["TotalTax"] == 8.75
    text = {"Line1": "Amy", "Line2": "1 Road", "Line3": "Austin, TX  73301"}
    assert automated.post("Invoice", sale(line, ShipAddr=text))["TxnTaxDetail"]["TotalTax"] == 8.25


def test_code_and_amount_of_the_client_are_replaced_unless_the_user_allows_them(automated, line):
    asked = {"TxnTaxCodeRef": {"value": "3"}, "TotalTax": 1.23}
    replaced = automated.post("Invoice", sale(line, TxnTaxDetail=asked))
    assert (replaced["TxnTaxDetail"]["TotalTax"], replaced["TotalAmt"]) == (8.75, 108.75)
    assert replaced["TxnTaxDetail"]["TxnTaxCodeRef"]["value"] != "3"

    automated.control("POST", "switches", {"automated_tax_override": True})
    kept = automated.post("Invoice", sale(line, TxnTaxDetail=asked))
    assert kept["TxnTaxDetail"]["TxnTaxCodeRef"] == {"value": "3"}
    assert (kept["TxnTaxDetail"]["TotalTax"], kept["TotalAmt"]) == (1.23, 101.23)
    only_amount = automated.post("Invoice", sale(line, TxnTaxDetail={"TotalTax": 1.23}))
    assert only_amount["TxnTaxDetail"]["TotalTax"] == 8.75


def test_who_is_exempt_pays_nothing(automated, line):
    automated.post("Customer", {"Id": "1", "SyncToken": "0", "sparse": True, "Taxable": False})
    assert automated.post("Invoice", sale(line))["TotalAmt"] == 100


def test_a_given_amount_is_taken_over_where_tax_is_not_automated(us, line):
    code = {"TxnTaxCodeRef": {"value": "3"}}
    made = us.post("Invoice", sale(line, TxnTaxDetail={**code, "TotalTax": 9}))
    detail = made["TxnTaxDetail"]
    assert (detail["TotalTax"], made["TotalAmt"]) == (9, 109)
    assert sum(row["Amount"] for row in detail["TaxLine"]) == 9
    assert us.post("Invoice", sale(line, TxnTaxDetail=code))["TxnTaxDetail"]["TotalTax"] == 9.1
    assert us.post("Invoice", sale(line, TxnTaxDetail={"TotalTax": 0}))["TotalAmt"] == 100
    row = {
        "Amount": 4,
        "DetailType": "TaxLineDetail",
        "TaxLineDetail": {"TaxRateRef": {"value": "3"}, "TaxPercent": 4, "NetAmountTaxable": 100},
    }
    lines = us.post("Invoice", sale(line, TxnTaxDetail={**code, "TotalTax": 4, "TaxLine": [row]}))["TxnTaxDetail"]
    assert (lines["TotalTax"], lines["TaxLine"][0]["TaxLineDetail"]["TaxPercent"]) == (4, 4)
    wrong = {**code, "TotalTax": 5, "TaxLine": [row]}
    assert us.refuse("Invoice", sale(line, TxnTaxDetail=wrong))["code"] == "6000"
    lost = {**code, "TaxLine": [{**row, "TaxLineDetail": {"TaxRateRef": {"value": "99"}}}]}
    assert us.refuse("Invoice", sale(line, TxnTaxDetail=lost))["code"] == "2500"


def test_a_sparse_update_computes_the_tax_anew_unless_the_old_one_is_sent_back(us, line):
    made = us.post("Invoice", sale(line, TxnTaxDetail={"TxnTaxCodeRef": {"value": "2"}}))
    key = {"Id": made["Id"], "sparse": True, "Line": [line(200, tax="TAX")]}
    again = us.post("Invoice", {**key, "SyncToken": "0"})
    assert again["TxnTaxDetail"]["TotalTax"] == 16
    stale = us.post("Invoice", {**key, "SyncToken": "1", "TxnTaxDetail": made["TxnTaxDetail"]})
    assert stale["TxnTaxDetail"]["TotalTax"] == 8
    us.control("POST", "switches", {"given_tax": "compute"})
    anew = us.post("Invoice", {**key, "SyncToken": "2", "TxnTaxDetail": made["TxnTaxDetail"]})
    assert anew["TxnTaxDetail"]["TotalTax"] == 16


def test_given_tax_lines_abroad(uk):
    sold = uk.query("select * from Invoice")["Invoice"][0]
    lines = [line for line in sold["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    detail = {**sold["TxnTaxDetail"]}
    detail["TaxLine"] = [
        {**row, "Amount": row["Amount"] + (0.01 if n == 0 else 0)} for n, row in enumerate(detail["TaxLine"])
    ]
    del detail["TotalTax"]
    body = {"CustomerRef": sold["CustomerRef"], "Line": lines, "TxnTaxDetail": detail}
    made = uk.post("Invoice", body)
    assert made["TotalAmt"] == pytest.approx(sold["TotalAmt"] + 0.01)
