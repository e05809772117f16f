"""Tax agencies, rates and codes: how they come to be."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from qbo_simulator import faults
from qbo_simulator.amounts import decimal_of
from qbo_simulator.entities.lists import ListRules
from qbo_simulator.faults import Refused

if TYPE_CHECKING:
    from qbo_simulator.books import Books

Body = dict[str, Any]
_ON = ("Sales", "Purchase")


@dataclass(frozen=True)
class Rate:
    """A tax rate that is to be made."""

    name: str
    percent: str | Decimal
    agency: str


class TaxAgencyRules(ListRules):
    """Whom tax is owed to; each has an account for that."""

    read_only = ListRules.read_only | {"LastFileDate"}

    def __init__(self) -> None:
        super().__init__("TaxAgency", "DisplayName")

    def complete(self, books: Books, new: Body, old: Body | None) -> None:
        """An agency collects tax on sales; it can't be inactive."""
        new.pop("Active", None)
        new.setdefault("TaxTrackedOnPurchases", not books.company.in_us)
        new.setdefault("TaxTrackedOnSales", True)

    def settle(self, books: Books, new: Body | None, old: Body | None) -> None:
        """A new agency gets its account."""
        if new is None or old is not None:
            return
        name = f"{new['DisplayName']} Payable"[:100]
        if not books.shelf.named(("Account",), name):
            account = {"Name": name, "AccountType": "Other Current Liability", "AccountSubType": "GlobalTaxPayable"}
            books.create(books.shelf.entity("Account"), account)


def agency_named(books: Books, name: str) -> str:
    """Return the Id of the agency of that name, made when there is none."""
    known = books.shelf.named(("TaxAgency",), name)
    if known:
        return known[0][1]
    return str(books.create(books.shelf.entity("TaxAgency"), {"DisplayName": name})["Id"])


def add_rate(books: Books, rate: Rate) -> Body:
    """Store a tax rate and return it. Raises Refused when the name is taken or the agency unknown."""
    if books.shelf.named(("TaxRate",), rate.name):
        raise _taken("rate")
    if books.shelf.get("TaxAgency", rate.agency) is None:
        raise faults.invalid_reference("TaxAgency", rate.agency)
    body = {
        "Name": rate.name,
        "Description": rate.name,
        "Active": True,
        "RateValue": decimal_of(rate.percent),
        "AgencyRef": {"value": rate.agency},
        "SpecialTaxType": "NONE",
        "DisplayType": "ReadOnly",
    }
    return books.put_new("TaxRate", body)


def add_code(books: Books, name: str, *, sales: list[Body], purchases: list[Body]) -> Body:
    """Store a tax code of some rates and return it. Raises Refused when the name is taken."""
    if books.shelf.named(("TaxCode",), name):
        raise _taken("code")
    body = {
        "Name": name,
        "Description": name,
        "Active": True,
        "Taxable": True,
        "TaxGroup": True,
        "SalesTaxRateList": {"TaxRateDetail": [_entry(rate) for rate in sales]},
        "PurchaseTaxRateList": {"TaxRateDetail": [_entry(rate) for rate in purchases]},
    }
    return books.put_new("TaxCode", body)


def _entry(rate: Body) -> Body:
    reference = {"value": rate["Id"], "name": rate["Name"]}
    return {"TaxRateRef": reference, "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0}


def _taken(kind: str) -> Refused:
    detail = f"Another tax {kind} is already using this \nname. Please use a different name."
    message = f"The name supplied already exists. : {detail}"
    return Refused(faults.Error("6240", "Duplicate Name Exists Error", message, ""))


def make_code(books: Books, request: Body) -> Body:
    """Do what ``POST taxservice/taxcode`` asks for and return its answer. Raises Refused."""
    name = str(request.get("TaxCode") or "").strip()
    if not name:
        raise faults.required("TaxCode")
    if len(name) > 100:
        raise faults.too_long("TaxCode", 100, len(name))
    details = request.get("TaxRateDetails")
    if not isinstance(details, list) or not details:
        raise faults.required("TaxRateDetails")
    sales: list[Body] = []
    purchases: list[Body] = []
    answered: list[Body] = []
    for detail in details:
        if not isinstance(detail, dict):
            raise faults.invalid_property("TaxRateDetails", "TaxRateDetails")
        applicable = detail.get("TaxApplicableOn") or "Sales"
        if applicable not in _ON:
            raise faults.invalid_enumeration("TaxApplicableOn", applicable)
        rate = _rate(books, detail)
        (sales if applicable == "Sales" else purchases).append(rate)
        answered.append(
            {
                "TaxRateName": rate["Name"],
                "TaxRateId": rate["Id"],
                "RateValue": rate["RateValue"],
                "TaxAgencyId": rate["AgencyRef"]["value"],
                "TaxApplicableOn": applicable,
            }
        )
    code = add_code(books, name, sales=sales, purchases=purchases)
    return {"TaxCode": name, "TaxCodeId": code["Id"], "TaxRateDetails": answered}


def _rate(books: Books, detail: Body) -> Body:
    """Return the rate that a detail names by its Id, or make the one that it describes."""
    identifier = detail.get("TaxRateId")
    if identifier:
        rate = books.shelf.get("TaxRate", str(identifier))
        if rate is None:
            raise faults.invalid_reference("TaxRate", str(identifier))
        return rate
    name = str(detail.get("TaxRateName") or "").strip()
    if not name:
        raise faults.required("TaxRateName")
    if detail.get("RateValue") in (None, ""):
        raise faults.required("RateValue")
    if not detail.get("TaxAgencyId"):
        raise faults.required("TaxAgencyId")
    try:
        percent = decimal_of(detail["RateValue"])
    except ValueError as error:
        raise faults.illegal_number("RateValue", detail["RateValue"]) from error
    if not 0 <= percent <= 100:
        raise faults.business("A tax rate must be between 0 and 100 percent.")
    return add_rate(books, Rate(name, percent, str(detail["TaxAgencyId"])))
