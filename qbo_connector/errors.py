"""What QuickBooks says when it does not do as asked, as classes that say what to do next.

Callers catch by class; only ``classify`` looks at status codes and fault codes. An unknown refusal is Refused:
never retried by itself. Source of the codes: Intuit, "Error codes" and "Handling common errors".
"""

import json
import re
from dataclasses import dataclass
from xml.etree import ElementTree

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Fault:
    """QuickBooks' own words."""

    code: str = ""
    message: str = ""
    detail: str = ""
    element: str = ""


class QboError(Exception):
    """Base. ``plain`` is a sentence for people, ``fault`` what QuickBooks said, ``tid`` its trace id for support."""

    sentence = _("QuickBooks answered with an error.")

    def __init__(self, fault: Fault | None = None, *, plain: str = "", tid: str = "", status: int = 0) -> None:
        self.fault = fault or Fault()
        self.plain: str = plain or str(self.sentence)
        self.tid = tid
        self.status = status
        super().__init__(f"{type(self).__name__} {self.fault.code} {self.fault.detail or self.fault.message}".strip())


class RetryLater(QboError):
    """Nothing was done; the same request may be sent again after a while."""

    sentence = _("QuickBooks is not available right now. It is tried again by itself.")


class Throttled(RetryLater):
    """Too many requests: wait a minute, then one probe."""

    sentence = _("QuickBooks asked us to slow down. It is tried again in a minute.")
    # Seconds after which there is room again, where that is known.
    wait: float | None = None


class ServerError(RetryLater):
    """QuickBooks failed. For a write it is unknown whether it was done: repeat with the same requestid."""

    sentence = _("QuickBooks had an internal error. It is tried again by itself.")


class OutcomeUnknown(RetryLater):
    """No (readable) answer: a write may have been done. Repeat it with the same requestid, never with a new one."""

    sentence = _("QuickBooks did not answer in time. We ask again with the same request id, so nothing is done twice.")


class BadAnswer(ServerError):
    """200, but not what was asked for: HTML, an empty body, cut JSON, another entity."""

    sentence = _("QuickBooks sent an answer that can't be read. It is tried again by itself.")


class AuthExpired(RetryLater):
    """The access token is no longer accepted: refresh once, repeat once."""

    sentence = _("The sign-in to QuickBooks has expired.")


class NeedsReconnect(QboError):
    """The refresh token is dead or the authorisation was withdrawn: a person has to consent again."""

    sentence = _("QuickBooks no longer accepts our connection. An admin has to reconnect the company.")


class OperatorProblem(QboError):
    """Client id or secret are wrong: only the operator of this installation can mend that."""

    sentence = _(
        "QuickBooks rejects this installation's app keys. Check QBO_CLIENT_ID, QBO_CLIENT_SECRET and QBO_ENVIRONMENT."
    )


class Refused(QboError):
    """QuickBooks understood and said no. Waits for a person; repeating the same request is useless."""

    sentence = _("QuickBooks refused this.")


class Stale(Refused):
    """Our SyncToken is old: fetch, merge, decide again."""

    sentence = _("The record was changed in QuickBooks in the meantime.")


class NotFound(Refused):
    """The object is gone (deleted or merged away) or refers to an inactive one."""

    sentence = _("QuickBooks no longer has this record, or something it uses was made inactive.")


class InvalidReference(Refused):
    """A customer, item, tax code or account that the request names does not exist or is inactive."""

    sentence = _("Something this refers to (customer, product, tax code, terms) does not exist in QuickBooks any more.")


class DuplicateName(Refused):
    """A customer, vendor or employee (or item) already has this name."""

    sentence = _(
        "QuickBooks already has a customer, vendor, employee or product with this name. Link to it or use another name."
    )


class DuplicateNumber(Refused):
    """The document number is taken."""

    sentence = _("This invoice number is already used in QuickBooks. Choose another one.")


class PeriodClosed(Refused):
    """The date lies in a closed accounting period."""

    sentence = _("The books are closed for this date in QuickBooks. Use a later date or reopen the period.")


class CompanyInactive(Refused):
    """The QuickBooks subscription lapsed or is read-only: pause the company."""

    sentence = _("The QuickBooks subscription of this company is not active, so QuickBooks accepts no changes.")


class InvalidField(Refused):
    """A field is missing, too long or of the wrong form; ``fault.element`` may name it."""

    sentence = _("QuickBooks does not accept one of the values.")


class Deposited(Refused):
    """The payment is part of a bank deposit."""

    sentence = _("This payment is part of a bank deposit in QuickBooks. Take it out of the deposit first.")


class Unsupported(Refused):
    """QuickBooks does not do this with such an object."""

    sentence = _("QuickBooks does not support this for such a record.")


class BusinessRule(Refused):
    """One of QuickBooks' business rules; the detail carries the reason."""

    sentence = _("A business rule of QuickBooks forbids this.")


class QueryRefused(Refused):
    """Our query is wrong: a programming error."""

    sentence = _("QuickBooks does not understand a query of this program. Please report this.")


# Fault code -> what to do next. Leading zeros are dropped before the look-up.
BY_CODE: dict[str, type[QboError]] = {
    "120": NeedsReconnect,
    "500": Unsupported,
    "610": NotFound,
    "2010": InvalidField,
    "2020": InvalidField,
    "2040": InvalidField,
    "2050": InvalidField,
    "2080": InvalidField,
    "2170": InvalidField,
    "2210": InvalidField,
    "2500": InvalidReference,
    "3001": Throttled,
    "3100": NeedsReconnect,
    "3200": AuthExpired,
    "4000": QueryRefused,
    "4001": QueryRefused,
    "5010": Stale,
    "6000": BusinessRule,
    "6070": InvalidField,
    "6140": DuplicateNumber,
    "6190": CompanyInactive,
    "6210": PeriodClosed,
    "6240": DuplicateName,
    "6540": Deposited,
    "10000": ServerError,
}


def kind_of(code: str) -> type[QboError]:
    """The class of a fault by its code; Refused for one that is not known."""
    return BY_CODE.get(code.lstrip("0"), Refused)


def faults_in(body: bytes) -> list[Fault]:
    """The faults in an answer, in any casing, as JSON or XML; empty when there are none."""
    text = body.decode("utf-8", "replace").strip()
    if text.startswith("<"):
        return _faults_in_xml(text)
    try:
        answer = json.loads(text)
    except ValueError:
        return []
    return faults_of(answer)


def faults_of(answer: object) -> list[Fault]:
    """The faults in a decoded answer."""
    envelope = _get(answer, "fault")
    errors = _get(envelope, "error")
    if envelope is None:
        return []
    found = [
        Fault(
            _text(_get(error, "code")),
            _text(_get(error, "message")),
            _text(_get(error, "detail")),
            _text(_get(error, "element")),
        )
        for error in (errors if isinstance(errors, list) else [])
    ]
    return found or [Fault(message="QuickBooks sent a fault without an error.")]


def _get(container: object, key: str) -> object:
    if not isinstance(container, dict):
        return None
    return next((value for name, value in container.items() if isinstance(name, str) and name.lower() == key), None)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _faults_in_xml(text: str) -> list[Fault]:
    # Only faults are ever read as XML. Entity declarations are refused: an answer has no reason to carry any.
    if "<!" in text:
        return []
    try:
        root = ElementTree.fromstring(text)  # noqa: S314
    except ElementTree.ParseError:
        return []
    found = []
    for element in root.iter():
        if element.tag.rpartition("}")[2] == "Error":
            parts = {child.tag.rpartition("}")[2]: (child.text or "").strip() for child in element}
            found.append(
                Fault(
                    element.get("code", ""),
                    parts.get("Message", ""),
                    parts.get("Detail", ""),
                    element.get("element", ""),
                )
            )
    return found


def classify(status: int, body: bytes, *, tid: str = "", writing: bool = False) -> QboError | None:
    """The error in an answer, or None when it holds no fault and its status is 200.

    A fault may come with status 200. ``writing``: an answer that proves nothing leaves the outcome of a write unknown.
    """
    faults = faults_in(body)
    if faults:
        return error_for(faults, status=status, tid=tid)
    if status == 200:
        return None
    plain_text = Fault(str(status), f"HTTP {status}", _gateway_words(body))
    if status == 401:
        return AuthExpired(plain_text, tid=tid, status=status)
    if status == 429:
        return Throttled(plain_text, tid=tid, status=status)
    if status >= 500:
        kind = OutcomeUnknown if writing else ServerError
        return kind(plain_text, tid=tid, status=status)
    return Refused(plain_text, tid=tid, status=status)


def error_for(faults: list[Fault], *, status: int, tid: str = "") -> QboError:
    """The error for the faults of one answer; the first one whose code is known decides."""
    for fault in faults:
        known = BY_CODE.get(fault.code.lstrip("0"))
        if known is not None:
            return known(fault, tid=tid, status=status)
    if status == 401:
        return AuthExpired(faults[0], tid=tid, status=status)
    if status == 429:
        return Throttled(faults[0], tid=tid, status=status)
    if status >= 500 or faults[0].code.lstrip("0")[:2] == "10":
        return ServerError(faults[0], tid=tid, status=status)
    return Refused(faults[0], tid=tid, status=status)


def _gateway_words(body: bytes) -> str:
    """The visible text of a gateway's HTML page, shortened."""
    text = re.sub(r"<[^>]{0,500}>", " ", body[:4000].decode("utf-8", "replace"))
    return " ".join(text.split())[:300]
