"""Why QuickBooks refused a write, in plain words and with what can be done: each kind of refusal its own.

``Told.remedy`` is for pages. Its ``kind`` is one of: ``name`` (with ``name`` and, where known, ``owner``: link to it
or rename), ``number`` (with ``next``), ``field`` (with ``field``), ``reference`` (with ``entity`` and ``qbo_id``),
``again`` (nothing to change; try again), ``period``, ``subscription``, ``deposit``, ``unsupported``, ``rule`` or
``gone``.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from qbo_connector import errors
from qbo_connector.enums import OperationState, Verb
from qbo_connector.models import Connection, MirrorObject, Operation
from sync.enums import Outcome, RecordType
from sync.mapping.fields import QUICKBOOKS_FIELDS
from sync.mapping.reading import name_without_mark
from sync.numbers import next_number
from sync.publish import names
from sync.publish.names import Owner

MOST_TRIES = 3
_KINDS = {
    "Customer": RecordType.COMPANY,
    "Item": RecordType.PRODUCT,
    "Invoice": RecordType.INVOICE,
}
_REFERENCE = re.compile(r"(\w+)(?: element)? id (\w+)", re.IGNORECASE)
# What QuickBooks calls the kinds of things in "Invalid Reference Id : Accounts element id 999 not found".
_REFERRED = {
    "accounts": "Account", "account": "Account", "names": "Customer", "customer": "Customer", "items": "Item",
    "item": "Item", "terms": "Term", "taxcode": "TaxCode", "paymentmethods": "PaymentMethod", "class": "Class",
    "department": "Department",
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What a link says after a refusal. ``again``: it is to be merged and planned anew by itself."""

    outcome: Outcome
    reason: str
    remedy: dict[str, Any] = field(default_factory=dict)
    again: bool = False


@dataclass(frozen=True)
class Facts:
    """What has to be looked up about a set of refused operations, once for all of them."""

    owners: Mapping[str, Owner] = field(default_factory=dict)
    gone: frozenset[tuple[str, str]] = frozenset()
    stale_tries: Mapping[str, int] = field(default_factory=dict)


def facts_of(connection: Connection, operations: Iterable[Operation]) -> Facts:
    """Who has the names, which objects are gone, how often subjects were refused as stale; at most five statements."""
    operations = list(operations)
    found: dict[str, Owner] = {}
    for entity in {operation.entity for operation in operations}:
        wanted = [name_of(operation) for operation in operations if operation.entity == entity and _is_name(operation)]
        found.update(names.owners(connection, wanted, entity=entity))
    missing = [operation for operation in operations if errors.kind_of(operation.fault_code) is errors.NotFound]
    rows = MirrorObject.objects.filter(
        connection=connection, qbo_id__in=[str(operation.intent.get("Id", "")) for operation in missing], deleted=True
    )
    gone = frozenset(rows.values_list("entity", "qbo_id")) if missing else frozenset()
    stale = [operation.subject for operation in operations if errors.kind_of(operation.fault_code) is errors.Stale]
    return Facts(found, gone, _tries(connection, stale))


def _tries(connection: Connection, subjects: Iterable[str]) -> dict[str, int]:
    """How often in a row each subject was refused as stale."""
    subjects = list(subjects)
    if not subjects:
        return {}
    rows = Operation.objects.filter(connection=connection, subject__in=subjects).exclude(state=OperationState.CANCELLED)
    counts: dict[str, int] = {}
    ended: set[str] = set()
    for subject, state, code in rows.order_by("-pk").values_list("subject", "state", "fault_code"):
        if subject in ended:
            continue
        if state == OperationState.REFUSED and errors.kind_of(code) is errors.Stale:
            counts[subject] = counts.get(subject, 0) + 1
        else:
            ended.add(subject)
    return counts


def name_of(operation: Operation) -> str:
    """The name that an operation gives its object."""
    return str(operation.intent.get(names.FIELD.get(operation.entity, "Name")) or "")


def _is_name(operation: Operation) -> bool:
    return errors.kind_of(operation.fault_code) is errors.DuplicateName


def explain(operation: Operation, facts: Facts) -> Told:
    """What is said on the record of a refused or held operation."""
    if operation.state == OperationState.HELD:
        return Told(Outcome.FAILING, operation.problem, {"kind": "again"})
    tell = _BY_KIND.get(errors.kind_of(operation.fault_code), _other)
    return tell(operation, facts)


def _stale(operation: Operation, facts: Facts) -> Told:
    tries = facts.stale_tries.get(operation.subject, 1)
    if tries < MOST_TRIES:
        return Told(Outcome.PENDING, _("It was changed in QuickBooks meanwhile; both are merged again."), again=True)
    return Told(
        Outcome.FAILING,
        _("It is being changed in QuickBooks all the time: %d tries met a newer version. Try again later.") % tries,
        {"kind": "again"},
    )


def _duplicate_name(operation: Operation, facts: Facts) -> Told:
    name = name_of(operation)
    owner = facts.owners.get(names.key(name))
    remedy: dict[str, Any] = {"kind": "name", "name": name}
    if owner is None:
        if not name:
            words = _("QuickBooks already uses this name for another record. Use another name.")
        elif operation.entity in names.PARTIES:
            words = _("QuickBooks already has a customer, vendor or employee called “%s”. Use another name.") % name
        else:
            words = _("QuickBooks already uses the name “%s” for another record. Use another name.") % name
        return Told(Outcome.FAILING, words, remedy)
    can_link = owner.entity == operation.entity and bool(owner.qbo_id) and operation.verb == Verb.CREATE
    remedy["owner"] = {
        "entity": owner.entity,
        "qbo_id": owner.qbo_id,
        "name": name_without_mark(owner.name, active=owner.active),
        "active": owner.active,
    }
    remedy["can_link"] = can_link
    return Told(Outcome.FAILING, _owner_words(owner, name, can_link=can_link), remedy)


def _owner_words(owner: Owner, name: str, *, can_link: bool) -> str:
    known = {
        "Customer": _("QuickBooks already has the customer “%s”."),
        "Vendor": _("QuickBooks already has the vendor “%s”, and a customer can't share its name."),
        "Employee": _("QuickBooks already has the employee “%s”, and a customer can't share this name."),
        "Item": _("QuickBooks already has the product or service “%s”."),
    }
    words = known.get(owner.entity, _("QuickBooks already uses the name “%s”.")) % name
    if not owner.active:
        words = _("%s It is inactive there.") % words
    return f"{words} " + (_("Link to it, or use another name.") if can_link else _("Use another name."))


def _duplicate_number(operation: Operation, facts: Facts) -> Told:
    number = str(operation.intent.get("DocNumber") or "")
    proposed = next_number(operation.connection, but=[number])
    words = _("The number %(number)s is already used in QuickBooks. %(next)s is free.") % {
        "number": number, "next": proposed,
    }  # fmt: skip
    return Told(Outcome.FAILING, words, {"kind": "number", "number": number, "next": proposed})


def _not_found(operation: Operation, facts: Facts) -> Told:
    if (operation.entity, str(operation.intent.get("Id", ""))) in facts.gone:
        words = _("It no longer exists in QuickBooks: it was deleted there, or merged into another record.")
        return Told(Outcome.BROKEN, words, {"kind": "gone"})
    words = _("Something that it uses in QuickBooks was made inactive or deleted.")
    return Told(Outcome.FAILING, words, {"kind": "reference"})


def _invalid_reference(operation: Operation, facts: Facts) -> Told:
    found = _REFERENCE.search(operation.problem_detail.partition(":")[2])
    entity = _REFERRED.get(found[1].lower(), "") if found else ""
    if found is None or not entity:
        words = _("Something that it refers to in QuickBooks does not exist any more.")
        return Told(Outcome.FAILING, words, {"kind": "reference"})
    known = MirrorObject.objects.filter(connection=operation.connection, entity=entity, qbo_id=found[2])
    name = known.values_list("name", flat=True).first() or found[2]
    words = _("It refers to the %(what)s “%(name)s”, which QuickBooks does not have (any more).") % {
        "what": _referred(entity), "name": name,
    }  # fmt: skip
    return Told(Outcome.FAILING, words, {"kind": "reference", "entity": entity, "qbo_id": found[2], "name": name})


def _referred(entity: str) -> str:
    return {
        "Account": _("account"),
        "Customer": _("customer"),
        "Item": _("product or service"),
        "Term": _("payment terms"),
        "TaxCode": _("tax code"),
        "PaymentMethod": _("payment method"),
        "Class": _("class"),
        "Department": _("location"),
    }[entity]


def _invalid_field(operation: Operation, facts: Facts) -> Told:
    element = operation.fault_element or _element_in(operation.problem_detail)
    label = _label(operation.entity, element)
    named = f"“{label}”" if label else _("a field")
    words = {
        "2010": _("QuickBooks does not know %s in this form."),
        "2020": _("QuickBooks needs %s, which is empty."),
        "2040": _("%s holds characters that QuickBooks does not take."),
        "2050": _("%s is too long for QuickBooks."),
        "2080": _("QuickBooks can't read the number in %s."),
        "2170": _("QuickBooks does not know the choice in %s."),
        "2210": _("%s is no e-mail address that QuickBooks takes."),
        "6070": _("Quantity times price is not the amount in %s."),
    }.get(operation.fault_code.lstrip("0"), _("QuickBooks does not accept %s."))
    text = words % named
    return Told(Outcome.FAILING, text[:1].upper() + text[1:], {"kind": "field", "field": element})


def _element_in(detail: str) -> str:
    found = re.search(r"(?:parameter|Property Name:)\s*([\w.]+)", detail)
    return found[1] if found else ""


def _label(entity: str, element: str) -> str:
    """What a page calls a field of QuickBooks."""
    first = element.split(".")[0].split()[0] if element.strip() else ""
    fields = QUICKBOOKS_FIELDS.get(_KINDS.get(entity, RecordType.COMPANY), {})
    for name, known in fields.items():
        if first and name.split(".")[0].lower() == first.lower():
            return str(known.label)
    return first


def _period_closed(operation: Operation, facts: Facts) -> Told:
    words = _("The books are closed for this date in QuickBooks. Use a later date, or have the period reopened.")
    return Told(Outcome.FAILING, words, {"kind": "period"})


def _company_inactive(operation: Operation, facts: Facts) -> Told:
    words = _("The QuickBooks subscription of this company is not active, so QuickBooks takes no changes.")
    return Told(Outcome.FAILING, words, {"kind": "subscription"})


def _deposited(operation: Operation, facts: Facts) -> Told:
    words = _("The payment is part of a bank deposit in QuickBooks. Take it out of the deposit there first.")
    return Told(Outcome.FAILING, words, {"kind": "deposit"})


def _unsupported(operation: Operation, facts: Facts) -> Told:
    words = _("QuickBooks can't do this with such a record: %s.") % Verb(operation.verb).label.lower()
    return Told(Outcome.FAILING, words, {"kind": "unsupported"})


def _business_rule(operation: Operation, facts: Facts) -> Told:
    said = operation.problem_detail.rpartition("Business Validation Error:")[2].strip()
    words = _("A rule of QuickBooks forbids this: %s") % said if said else operation.problem
    return Told(Outcome.FAILING, words, {"kind": "rule"})


def _other(operation: Operation, facts: Facts) -> Told:
    return Told(Outcome.FAILING, operation.problem or _("QuickBooks refused this."), {"kind": "again"})


_BY_KIND: dict[type[errors.QboError], Callable[[Operation, Facts], Told]] = {
    errors.Stale: _stale,
    errors.DuplicateName: _duplicate_name,
    errors.DuplicateNumber: _duplicate_number,
    errors.NotFound: _not_found,
    errors.InvalidReference: _invalid_reference,
    errors.InvalidField: _invalid_field,
    errors.PeriodClosed: _period_closed,
    errors.CompanyInactive: _company_inactive,
    errors.Deposited: _deposited,
    errors.Unsupported: _unsupported,
    errors.BusinessRule: _business_rule,
}
