"""The longest text of each field, as the API reference gives it."""

from __future__ import annotations

from typing import Any

from qbo_simulator.faults import Error, Refused, business, length_error, system_failure

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

_FORM = {"DocNumber": 21, "PrivateNote": 4000}
_EMPLOYEE = {**_PERSON, **_addresses("PrimaryAddr"), "SSN": 100, "EmployeeNumber": 100}
_VENDOR = {**_PERSON, "AcctNum": 100, "TaxIdentifier": 20, "BusinessNumber": 10}

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
    "Vendor": _VENDOR,
    "Employee": _EMPLOYEE,
    "Item": {"Name": 100, "Sku": 100, "Description": 4000, "PurchaseDesc": 1000},
    "Account": {"Name": 100, "AcctNum": 20, "Description": 100},
    "Term": {"Name": 31},
    "PaymentMethod": {"Name": 31},
    "Class": {"Name": 100},
    "Department": {"Name": 100},
    "Invoice": _SALES,
    "Estimate": _SALES,
    "CreditMemo": _SALES,
    "SalesReceipt": {**_SALES, "PaymentRefNum": 21},
    "RefundReceipt": {**_SALES, "PaymentRefNum": 21},
    "Payment": {"PaymentRefNum": 21, "PrivateNote": 4000},
    "Bill": {**_FORM, **_addresses("VendorAddr")},
    "VendorCredit": {**_FORM, **_addresses("VendorAddr")},
    "BillPayment": _FORM,
    "Purchase": {**_FORM, "Memo": 4000},
    "PurchaseOrder": {**_FORM, **_addresses("VendorAddr", "ShipAddr"), "Memo": 4000, "POEmail.Address": 100},
    "JournalEntry": _FORM,
    "Deposit": {**_FORM, "CashBack.Memo": 4000},
    "Transfer": {"PrivateNote": 4000},
    "CreditCardPaymentTxn": {"PrivateNote": 4000, "Memo": 4000, "CheckNum": 21},
    "InventoryAdjustment": _FORM,
    "TimeActivity": {"Description": 4000},
    "TaxAgency": {"DisplayName": 100, "TaxRegistrationNumber": 30},
    "CompanyCurrency": {"Name": 100},
    "Budget": {"Name": 100},
    "JournalCode": {"Name": 20, "Description": 100},
    "Attachable": {"Note": 2000, "FileName": 1000, "PlaceName": 2000, "Lat": 100, "Long": 100},
    "CompanyInfo": {
        "CompanyName": 1024,
        "LegalName": 1024,
        "Email.Address": 100,
        "PrimaryPhone.FreeFormNumber": 30,
        "WebAddr.URI": 1000,
        **_addresses("CompanyAddr", "LegalAddr", "CustomerCommunicationAddr"),
    },
}
#: The description of a line, and how many parts a form can have.
_LINE_TEXT = 4000
_MOST_CUSTOM_FIELDS = 3
_MOST_LINES = 10_000
_MOST_TAXED_LINES = 750


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
        if isinstance(text, str) and len(text) > _LINE_TEXT:
            errors.append(length_error("Line.Description", _LINE_TEXT, len(text)))
    if errors:
        raise Refused(*errors)


def check_counts(body: dict[str, Any], *, all_fields: bool = False) -> None:
    """Refuse forms with too many lines or, without ``all_fields``, custom fields. Raises Refused."""
    lines = body.get("Line")
    if isinstance(lines, list) and len(lines) > _MOST_LINES:
        raise business(f"A transaction can have at most {_MOST_LINES:,} lines.")
    if isinstance(lines, list) and len(lines) > _MOST_TAXED_LINES:
        taxed = [line for line in lines if _code(line) not in (None, "NON")]
        if len(taxed) > _MOST_TAXED_LINES:
            raise business(f"A taxable transaction can have at most {_MOST_TAXED_LINES} lines.")
    fields = body.get("CustomField")
    if isinstance(fields, list) and not all_fields and len(fields) > _MOST_CUSTOM_FIELDS:
        raise business(f"A transaction can have at most {_MOST_CUSTOM_FIELDS} custom fields.")


def _code(line: Any) -> Any:
    detail = line.get("SalesItemLineDetail") if isinstance(line, dict) else None
    return (detail.get("TaxCodeRef") or {}).get("value") if isinstance(detail, dict) else None


def in_latin(value: Any, how: str) -> Any:
    """Return a value of a US company's request: characters beyond ISO-8859-1 are replaced, or refused."""
    if isinstance(value, str):
        if value.isascii():
            return value
        try:
            value.encode("latin-1")
        except UnicodeEncodeError as error:
            if how == "refuse":
                raise system_failure("Unsupported characters") from error
            return value.encode("latin-1", "replace").decode("latin-1")
        return value
    if isinstance(value, list):
        return [in_latin(item, how) for item in value]
    if isinstance(value, dict):
        return {name: in_latin(item, how) for name, item in value.items()}
    return value
