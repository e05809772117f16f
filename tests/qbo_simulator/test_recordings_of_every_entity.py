"""Every recorded object, stripped of all that QuickBooks computes, goes in and comes out equal to the recording."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

import qbo_simulator
from qbo_simulator import amounts
from qbo_simulator.api.operations import open_books
from qbo_simulator.application import Application
from qbo_simulator.books import Books
from qbo_simulator.entities import tax_setup
from qbo_simulator.entities.catalogue import entity_named
from qbo_simulator.seed import SAMPLES

HOME = {"us": "USD", "uk": "GBP", "ca": "CAD", "au": "AUD"}
COMPANIES = Path(qbo_simulator.__file__).parent / "companies"
#: Given by the server to each object.
IDENTITY = {"Id", "SyncToken", "MetaData", "domain", "sparse"}
#: Opaque ids, coordinates of addresses, and what only newer versions of the API answer with.
OPAQUE = {"V4IDPseudonym", "ClientEntityId", "Lat", "Long", "CustomExtensions", "ItemAccountRef", "DeferredRevenue"}
#: What QuickBooks works out, by entity; never sent here and compared all the same.
COMPUTED = {
    "Customer": "FullyQualifiedName Level Job IsProject BillWithParent PrintOnCheckName CurrencyRef",
    "Vendor": "CurrencyRef",
    "Employee": "PrintOnCheckName BillableTime",
    "Item": "FullyQualifiedName",
    "Account": "FullyQualifiedName Classification SubAccount CurrencyRef",
    "Term": "Type",
    "Class": "FullyQualifiedName SubClass",
    "Payment": "UnappliedAmt ProcessPayment CurrencyRef",
    "Bill": "TotalAmt VendorAddr APAccountRef CurrencyRef DueDate",
    "BillPayment": "CurrencyRef",
    "Deposit": "TotalAmt TxnTaxDetail CurrencyRef",
    "CreditMemo": "TotalAmt CurrencyRef FreeFormAddress",
    "SalesReceipt": "TotalAmt Balance CurrencyRef",
    "RefundReceipt": "TotalAmt Balance CurrencyRef",
    "Estimate": "TotalAmt CurrencyRef FreeFormAddress",
    "TimeActivity": "Taxable",
    "CompanyCurrency": "Name",
    "ExchangeRate": "TargetCurrencyCode",
    "TaxAgency": "TaxTrackedOnPurchases TaxTrackedOnSales",
}
#: Decided by what happened after the creation.
LATER = {
    "Customer": "Balance BalanceWithJobs DefaultTaxCodeRef",
    "Vendor": "Balance",
    "Account": "CurrentBalance CurrentBalanceWithSubAccounts Level",
    "Item": "Level",
    "Class": "Level",
    "Payment": "LinkedTxn",
    "Bill": "Balance LinkedTxn HomeBalance",
    "CreditMemo": "Balance RemainingCredit",
    "Estimate": "LinkedTxn DeliveryInfo ShipFromAddr",
    "SalesReceipt": "LinkedTxn FreeFormAddress ShipFromAddr EmailStatus",
    "RefundReceipt": "FreeFormAddress ShipFromAddr EmailStatus",
}
LATER["CreditMemo"] += " ShipFromAddr"
#: Removed first, because one name, one link or one day can't be there twice.
_REPLACED = ("Payment", "BillPayment", "Deposit", "ExchangeRate")
_LISTS = (
    "Customer",
    "Vendor",
    "Employee",
    "Item",
    "Account",
    "Term",
    "PaymentMethod",
    "Class",
    "CompanyCurrency",
    "TaxAgency",
)
SALES = ("CreditMemo", "SalesReceipt", "RefundReceipt", "Estimate")


def sample(company: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((COMPANIES / company).glob("*.json")):
        for body in json.loads(path.read_text()):
            yield path.stem, body


CASES = [
    pytest.param(company, entity, body, id=f"{company}-{entity}-{body['Id']}")
    for company in ("us", "uk", "ca", "au")
    for entity, body in sample(company)
    # A bundle can't be made through the API.
    if body.get("Type") != "Group"
    and entity not in ("Invoice", "Preferences", "CompanyInfo", "TaxCode", "TaxRate", "CustomerType")
]


def sent(value: Any, dropped: frozenset[str]) -> Any:
    """A nested value as a client sends it: no Ids of its own, no names of references, no computed parts."""
    if isinstance(value, list):
        return [sent(item, dropped) for item in value if not _subtotal(item)]
    if not isinstance(value, dict):
        return value
    inner = {key: sent(item, dropped) for key, item in value.items() if key not in dropped}
    return {key: item for key, item in inner.items() if not (key == "name" and "value" in inner)}


def _subtotal(value: Any) -> bool:
    return isinstance(value, dict) and value.get("DetailType") == "SubTotalLineDetail"


def comparable(value: Any, dropped: frozenset[str]) -> Any:
    if isinstance(value, list):
        return [comparable(item, dropped) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: comparable(item, dropped) for key, item in value.items() if key not in dropped}


def request_of(company: str, entity: str, body: dict[str, Any]) -> dict[str, Any]:
    left_out = IDENTITY | OPAQUE | set(COMPUTED.get(entity, "").split()) | set(LATER.get(entity, "").split())
    if body.get("CurrencyRef", {}).get("value") != HOME[company]:
        left_out.discard("CurrencyRef")
    nested = frozenset(OPAQUE | {"Id", "LineNum", "LineEx"})
    request = {key: sent(value, nested) for key, value in body.items() if key not in left_out}
    if entity in SALES:
        code = (request.pop("TxnTaxDetail", None) or {}).get("TxnTaxCodeRef")
        if code:
            request["TxnTaxDetail"] = {"TxnTaxCodeRef": code}
        for line in request["Line"]:
            if line["DetailType"] == "DiscountLineDetail":
                del line["Amount"]
    return request


class Undone(Exception):
    """Ends a transaction that is only tried."""


@contextmanager
def tried(app: Application, company: str) -> Iterator[Books]:
    """Books of a company in which nothing stays written."""
    with suppress(Undone), app.store.writing() as tx:
        yield open_books(app, tx, SAMPLES[company].realm, frozenset({"allowduplicatedocnum"}))
        raise Undone


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    running = Application(tmp_path_factory.mktemp("books"), companies=["us", "uk", "ca", "au"], keep_dates=True)
    yield running
    running.close()


def make_room(books: Books, entity: str, body: dict[str, Any]) -> None:
    if entity in _LISTS:
        books.shelf.bury(entity, body["Id"], books.stamp)
    elif entity in _REPLACED:
        for link in body.get("LinkedTxn") or ():
            if link["TxnType"] == "Deposit":
                deposit = books.shelf.get("Deposit", link["TxnId"])
                books.delete(books.shelf.entity("Deposit"), {"Id": deposit["Id"], "SyncToken": deposit["SyncToken"]})
        if entity == "ExchangeRate":
            books.shelf.bury(entity, body["Id"], books.stamp)
        else:
            current = books.shelf.get(entity, body["Id"])
            books.delete(books.shelf.entity(entity), {"Id": body["Id"], "SyncToken": current["SyncToken"]})


@pytest.mark.parametrize(("company", "entity", "body"), CASES)
def test_a_recorded_object_goes_in_and_comes_out_equal(app, company, entity, body):
    with tried(app, company) as books:
        make_room(books, entity, body)
        made = books.create(entity_named(entity), amounts.load(json.dumps(request_of(company, entity, body))))
        created = json.loads(amounts.dump(made))

    ignored = IDENTITY | OPAQUE | set(LATER.get(entity, "").split())
    nested = frozenset(OPAQUE | {"Id"})
    assert {key: comparable(value, nested) for key, value in created.items() if key not in ignored} == {
        key: comparable(value, nested) for key, value in body.items() if key not in ignored
    }


@pytest.mark.parametrize("company", ["us", "uk", "ca", "au"])
def test_preferences_and_company_info_go_in_and_come_out_equal(app, company):
    for entity in ("Preferences", "CompanyInfo"):
        (body,) = json.loads((COMPANIES / company / f"{entity}.json").read_text())
        with tried(app, company) as books:
            made = books.update(entity_named(entity), amounts.load(json.dumps(body)))
            changed = json.loads(amounts.dump(made))
        assert {k: v for k, v in changed.items() if k not in IDENTITY} == {
            k: v for k, v in body.items() if k not in IDENTITY
        }


def test_recorded_tax_codes_and_rates_are_made_by_the_tax_service(app):
    rates = {body["Id"]: body for body in json.loads((COMPANIES / "us" / "TaxRate.json").read_text())}
    codes = [body for body in json.loads((COMPANIES / "us" / "TaxCode.json").read_text()) if body["TaxGroup"]]
    for code in codes:
        used = [rates[row["TaxRateRef"]["value"]] for row in code["SalesTaxRateList"]["TaxRateDetail"]]
        details = [
            {
                "TaxRateName": rate["Name"],
                "RateValue": rate["RateValue"],
                "TaxAgencyId": rate["AgencyRef"]["value"],
                "TaxApplicableOn": "Sales",
            }
            for rate in used
        ]
        with tried(app, "us") as books:
            books.shelf.bury("TaxCode", code["Id"], books.stamp)
            for rate in used:
                books.shelf.bury("TaxRate", rate["Id"], books.stamp)
            answer = tax_setup.make_code(books, {"TaxCode": code["Name"], "TaxRateDetails": details})
            made = json.loads(amounts.dump(books.shelf.get("TaxCode", answer["TaxCodeId"])))
            made_rates = [
                json.loads(amounts.dump(books.shelf.get("TaxRate", row["TaxRateId"])))
                for row in answer["TaxRateDetails"]
            ]
        nested = frozenset({"value"})
        assert comparable({k: v for k, v in made.items() if k not in IDENTITY}, nested) == comparable(
            {k: v for k, v in code.items() if k not in IDENTITY}, nested
        )
        for rate, recorded in zip(made_rates, used, strict=True):
            unlike = IDENTITY | {"Description"}
            assert {k: v for k, v in rate.items() if k not in unlike} == {
                k: v for k, v in recorded.items() if k not in unlike
            }
