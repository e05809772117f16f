"""The longest text of each field, as the API reference gives it."""

from __future__ import annotations

from typing import Any

from qbo_simulator.faults import Error, Refused, length_error

_ADDRESS = {
    "Line1": 500,
    "Line2": 500,
    "Line3": 500,
    "Line4": 500,
    "Line5": 500,
    "City": 255,
    "CountrySubDivisionCode": 255,
    "Country": 255,
    "PostalCode": 30,
}


def _addresses(*names: str) -> dict[str, int]:
    return {f"{name}.{part}": longest for name in names for part, longest in _ADDRESS.items()}


_PERSON = {
    "DisplayName": 500,
    "GivenName": 100,
    "MiddleName": 100,
    "FamilyName": 100,
    "CompanyName": 100,
    "Title": 16,
    "Suffix": 16,
    "PrintOnCheckName": 110,
    "PrimaryEmailAddr.Address": 100,
    "PrimaryPhone.FreeFormNumber": 30,
    "AlternatePhone.FreeFormNumber": 30,
    "Mobile.FreeFormNumber": 30,
    "Fax.FreeFormNumber": 30,
    "WebAddr.URI": 1000,
    "Notes": 2000,
    "ResaleNum": 16,
} | _addresses("BillAddr", "ShipAddr")

_SALES = {
    "DocNumber": 21,
    "CustomerMemo.value": 1000,
    "PrivateNote": 4000,
    "BillEmail.Address": 100,
    "BillEmailCc.Address": 200,
    "BillEmailBcc.Address": 200,
} | _addresses("BillAddr", "ShipAddr")

LIMITS: dict[str, dict[str, int]] = {
    "Customer": _PERSON,
    "Vendor": _PERSON,
    "Employee": _PERSON,
    "Item": {"Name": 100, "Sku": 100, "Description": 4000, "PurchaseDesc": 1000},
    "Account": {"Name": 100, "AcctNum": 20, "Description": 100},
    "Term": {"Name": 31},
    "PaymentMethod": {"Name": 31},
    "Class": {"Name": 100},
    "Department": {"Name": 100},
    "Invoice": _SALES,
    "Estimate": _SALES,
    "CreditMemo": _SALES,
    "SalesReceipt": _SALES,
    "RefundReceipt": _SALES,
    "Payment": {"PaymentRefNum": 21, "PrivateNote": 4000},
    "Bill": {"DocNumber": 21, "PrivateNote": 4000},
}


#: Where the schema (XSD) still has older and smaller lengths.
OF_SCHEMA = {
    "DisplayName": 100,
    "GivenName": 25,
    "MiddleName": 25,
    "FamilyName": 25,
    "CompanyName": 50,
    "Title": 15,
    "Suffix": 10,
}


def check_lengths(entity: str, body: dict[str, Any], source: str = "reference") -> None:
    """Refuse texts that are too long by the ``reference`` or the ``schema``, all of them in one fault."""
    errors: list[Error] = []
    for path, longest in LIMITS.get(entity, {}).items():
        longest = OF_SCHEMA.get(path, longest) if source == "schema" else longest
        value: Any = body
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, str) and len(value) > longest:
            errors.append(length_error(path.split(".")[0], longest, len(value)))
    for name in ("BillAddr", "ShipAddr"):
        address = body.get(name)
        if isinstance(address, dict):
            together = sum(len(str(address.get(f"Line{number}") or "")) for number in range(1, 6))
            if together > 2000:
                errors.append(length_error(name, 2000, together))
    for line in body.get("Line") or ():
        text = line.get("Description") if isinstance(line, dict) else None
        if isinstance(text, str) and len(text) > 4000:
            errors.append(length_error("Line.Description", 4000, len(text)))
    if errors:
        raise Refused(*errors)
