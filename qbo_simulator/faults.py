"""What the API says when it refuses, in the recorded shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Error:
    """One entry of ``Fault.Error``."""

    code: str
    message: str
    detail: str | None
    element: str | None = ""

    def as_json(self) -> dict[str, Any]:
        """Return the entry with QuickBooks' own casing; an element of None is left out."""
        entry: dict[str, Any] = {"Message": self.message, "Detail": self.detail, "code": self.code}
        if self.element is not None:
            entry["element"] = self.element
        return entry


class Refused(Exception):
    """The API answers with a Fault instead of an object."""

    def __init__(self, *errors: Error, type: str = "ValidationFault", status: int = 400) -> None:
        super().__init__("; ".join(f"{error.code} {error.detail}" for error in errors))
        self.errors = errors
        self.type = type
        self.status = status

    def as_json(self) -> dict[str, Any]:
        """Return the ``Fault`` object of a body."""
        return {"Error": [error.as_json() for error in self.errors], "type": self.type}


class GatewayRefused(Exception):
    """The gateway in front of the API refuses: another casing, and ``time`` as a number."""

    def __init__(self, status: int, kind: str, name: str, code: str, detail: str | None) -> None:
        super().__init__(f"{status} {code} {detail}")
        self.status = status
        self.kind = kind
        self.error = {
            "message": f"message={name}; errorCode={code.zfill(6)}; statusCode={status}",
            "detail": detail,
            "code": code,
            "element": None,
        }

    def as_json(self, milliseconds: int) -> dict[str, Any]:
        """Return the whole body."""
        return {
            "warnings": None,
            "intuitObject": None,
            "fault": {"error": [self.error], "type": self.kind},
            "report": None,
            "queryResponse": None,
            "batchItemResponse": [],
            "attachableResponse": [],
            "syncErrorResponse": None,
            "requestId": None,
            "time": milliseconds,
            "status": None,
            "cdcresponse": [],
        }


def token_malformed() -> GatewayRefused:
    """No bearer token, or one that was never given out."""
    detail = "Malformed bearer token: too short or too long"
    return GatewayRefused(401, "AUTHENTICATION", "AuthenticationFailed", "3200", detail)


def token_expired(token: str) -> GatewayRefused:
    """The access token is older than its hour."""
    return GatewayRefused(401, "AUTHENTICATION", "AuthenticationFailed", "3200", f"Token expired: {token}")


def token_revoked(token: str) -> GatewayRefused:
    """The connection was ended by the app or in QuickBooks."""
    return GatewayRefused(401, "AUTHENTICATION", "AuthenticationFailed", "3200", f"Token revoked: {token}")


def app_not_authorized() -> GatewayRefused:
    """The token belongs to another company."""
    return GatewayRefused(403, "AUTHORIZATION", "ApplicationAuthorizationFailed", "3100", None)


def unsupported_operation(operation: str) -> Refused:
    """Fault 500."""
    return Refused(Error("500", "Unsupported Operation", f"Operation {operation} is not supported."))


_GONE = (
    "Object Not Found : Something you're trying to use has been made inactive. "
    "Check the fields with accounts, invoices, items, vendors or employees."
)


def object_not_found() -> Refused:
    """Fault 610: absent, deleted, or inactive where an active one is needed."""
    return Refused(Error("610", "Object Not Found", _GONE))


_LENGTH = "String length is either shorter or longer than supported by specification"
_REQUIRED = "Required param missing, need to supply the required value for the API"
_PROPERTY = "Request has invalid or unsupported property"
_BUSINESS = "A business validation error has occurred while processing your request"


def invalid_property(text: str, element: str = "") -> Refused:
    """Fault 2010: a body that can't be read."""
    return Refused(Error("2010", _PROPERTY, f"Property Name:{text} specified is unsupported or invalid", element))


def unknown_property() -> Refused:
    """Fault 2010: a name that no object has. The recorded words do not say which."""
    detail = "Property Name:failed to parse json object; a property specified is unsupported or invalid"
    return Refused(Error("2010", _PROPERTY, detail, None))


def required(name: str) -> Refused:
    """Fault 2020."""
    return Refused(Error("2020", _REQUIRED, f"Required parameter {name} is missing in the request", name))


def invalid_text(element: str, detail: str) -> Refused:
    """Fault 2040: characters that this field can't hold."""
    return Refused(Error("2040", "String contains characters that are not supported", detail, element))


def length_error(element: str, longest: int, supplied: int) -> Error:
    """One entry of fault 2050."""
    detail = (
        "String length specified does not match the supported length. "
        f"Min:0 Max:{longest:,} supported. Supplied length:{supplied:,}"
    )
    return Error("2050", _LENGTH, detail, element)


def too_long(element: str, longest: int, supplied: int) -> Refused:
    """Fault 2050."""
    return Refused(length_error(element, longest, supplied))


def illegal_number(element: str, value: Any) -> Refused:
    """Fault 2080."""
    return Refused(Error("2080", "Illegal number format", f"Illegal number format: {value}", element))


def invalid_enumeration(element: str, value: Any) -> Refused:
    """Fault 2170."""
    return Refused(Error("2170", "Invalid Enumeration", f"Invalid Enumeration : {value}", element))


def invalid_email(element: str, value: str) -> Refused:
    """Fault 2210."""
    detail = f"Email Address should have '@' and '.' : {value}"
    return Refused(Error("2210", "Email Address specified does not conform to correct syntax", detail, element))


def invalid_reference(kind: str, identifier: str) -> Refused:
    """Fault 2500."""
    return Refused(
        Error("2500", "Invalid Reference Id", f"Invalid Reference Id : {kind} element id {identifier} not found")
    )


def query_not_parsed(detail: str) -> Refused:
    """Fault 4000."""
    return Refused(Error("4000", "Error parsing query", f"QueryParserError: {detail}", None))


def query_invalid(detail: str) -> Refused:
    """Fault 4001."""
    return Refused(Error("4001", "Invalid query", f"QueryValidationError: {detail}", None))


def stale_object() -> Refused:
    """Fault 5010."""
    detail = (
        "Stale Object Error : You and root were working on this at the same time. "
        "root finished before you did, so your work was not saved."
    )
    return Refused(Error("5010", "Stale Object Error", detail))


def business(detail: str) -> Refused:
    """Fault 6000."""
    return Refused(Error("6000", _BUSINESS, f"Business Validation Error: {detail}"))


def amount_mismatch(amount: Any, code: str = "6070") -> Refused:
    """Fault 6070."""
    name = "Amount is not equal to UnitPrice * Qty"
    return Refused(Error(code, name, f"{name}. Supplied value:{amount:,}", "Amount"))


def duplicate_number(number: str, entity: str, identifier: str, code: str = "6140") -> Refused:
    """Fault 6140, or the code of the switch."""
    name = "Duplicate Document Number Error"
    detail = (
        f"{name} : You must specify a different number. This number has already been used. "
        f"DocNumber={number} is assigned to TxnType={entity} with TxnId={identifier}"
    )
    return Refused(Error(code, name, detail))


def company_inactive() -> Refused:
    """Fault 6190."""
    detail = (
        "Invalid Company Status : Subscription period has ended or canceled or there was a billing problem. "
        "Company is read only."
    )
    return Refused(Error("6190", "Invalid Company Status", detail))


def period_closed() -> Refused:
    """Fault 6210."""
    detail = "Account Period Closed : The account period has closed and the account books cannot be updated."
    return Refused(Error("6210", "Account Period Closed, Cannot Update Through Services API", detail))


def duplicate_name(owner: str) -> Refused:
    """Fault 6240: ``owner`` is what follows the colon."""
    return Refused(Error("6240", "Duplicate Name Exists Error", f"The name supplied already exists. : {owner}", None))


def deposited() -> Refused:
    """Fault 6540."""
    name = "Deposited transaction cannot be changed"
    detail = f"{name} : If you want to change this transaction, you must first remove it from its deposit."
    return Refused(Error("6540", name, detail))


def system_failure(detail: str = "Unexpected Internal Error") -> Refused:
    """Fault 10000."""
    message = "An application error has occurred while processing your request"
    error = Error("10000", message, f"System Failure Error: {detail}", None)
    return Refused(error, type="SystemFault", status=500)


def administrator_gone() -> Refused:
    """Fault 120: whoever connected the app is no longer an administrator of the company."""
    name = "Authorization Failure"
    detail = f"{name} : The user who authorized this app is no longer an administrator of the company."
    return Refused(Error("120", name, detail), type="AuthorizationFault", status=401)


def by_code(code: str) -> Refused | GatewayRefused | None:
    """Return the usual refusal with that code, or None for a code of which nothing is known."""
    known: dict[str, Refused | GatewayRefused] = {
        "120": administrator_gone(),
        "500": unsupported_operation("void"),
        "610": object_not_found(),
        "2010": invalid_property("Unexpected"),
        "2020": required("Line"),
        "2040": invalid_text("DisplayName", "The name can't contain a colon, a tab or a new line."),
        "2050": too_long("DocNumber", 21, 22),
        "2080": illegal_number("Amount", "abc"),
        "2170": invalid_enumeration("EmailStatus", "Never"),
        "2210": invalid_email("PrimaryEmailAddr", "nobody"),
        "2500": invalid_reference("Names", "75"),
        "3001": GatewayRefused(429, "SERVICE", "ThrottleExceeded", "3001", _LIMIT),
        "3100": app_not_authorized(),
        "3200": token_expired("sample_access_token"),
        "4000": query_not_parsed('Encountered "<EOF>" at line 0, column 0.\nWas expecting:\n    "select" ...\n    '),
        "4001": query_invalid("value 0 is too small. Min allowed value is 1"),
        "5010": stale_object(),
        "6000": business("You cannot modify a list element that has been deleted."),
        "6070": amount_mismatch(10),
        "6140": duplicate_number("1037", "Invoice", "130"),
        "6190": company_inactive(),
        "6210": period_closed(),
        "6240": duplicate_name("null"),
        "6540": deposited(),
        "10000": system_failure(),
    }
    return known.get(code.lstrip("0") or code)


_LIMIT = "The request limit was reached.  Try again later"
