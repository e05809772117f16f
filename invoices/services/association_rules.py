"""Find the deal of invoices by rule: a reference that they carry, then the one open deal of their customer.

What no rule decides is only suggested (``invoices.suggestions``). A person's word counts more: an invoice that was
taken off a deal is never put back by a rule.
"""

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils import timezone

from core.access import needs
from core.audit import differences
from core.events import Draft, emit, emit_many
from core.models import Origin
from crm.enums import DealStatus
from crm.models import Deal, DealContact
from invoices.enums import InvoiceOrigin
from invoices.models import AssociationRules, Invoice, KeptApart
from invoices.services import billing
from invoices.services.associations import about_of
from invoices.services.changes import event_data

CUSTOM_FIELD, MEMO, OPEN_DEAL = "custom_field", "memo", "open_deal"
SHORTEST_NAME = 4  # a shorter name would be found inside other words
_NAMED = re.compile(r"\bdeal\s*(?:no\.?|number|id)?\s*[#:]?\s*(\d{1,18})\b", re.IGNORECASE)
_ADDRESS = re.compile(r"/deals/(\d{1,18})/?")


@dataclass(frozen=True)
class Reference:
    """What an invoice carries that may name its deal: custom fields by name, and message and note as one text."""

    custom: Mapping[str, str] = field(default_factory=dict)
    memo: str = ""


class _Issued(NamedTuple):
    """An invoice without a deal."""

    pk: int
    issued_on: datetime.date


@dataclass(frozen=True)
class _Candidate:
    pk: int
    name: str
    open: bool
    created_on: datetime.date


@dataclass
class _Known:
    """The deals that a batch may mean."""

    by_id: dict[int, _Candidate]
    by_name: dict[str, list[_Candidate]]
    of_customer: dict[int, list[_Candidate]]  # by invoice
    apart: set[tuple[int, int]]  # invoice and deal that a person keeps apart


@transaction.atomic
def associate(connection_id: int, references: Mapping[int, Reference], *, quiet: bool) -> dict[int, int]:
    """Put invoices (by id) that have no deal on theirs, where a rule finds one; the deals found, by invoice.

    A constant number of statements. Emits ``invoice.linked`` with the rule, unless ``quiet``.
    """
    rules = rules_of(connection_id)
    # Who makes an invoice in the CRM without a deal means it so.
    open_ones = Invoice.objects.filter(
        pk__in=references,
        origin=InvoiceOrigin.QUICKBOOKS,
        deal=None,
        removed_at=None,
        voided=False,
        archived_at=None,
    )
    if not (rules.by_custom_field or rules.by_memo or rules.by_open_deal):
        return {}
    locked = open_ones.select_for_update(of=("self",)).order_by("pk")
    invoices = [_Issued(*row) for row in locked.values_list("pk", "issued_on")]
    if not invoices:
        return {}
    known = _known(invoices, references, rules)
    found: dict[int, tuple[int, str]] = {}
    for invoice in invoices:
        decided = _decide(invoice, references[invoice.pk], rules, known)
        if decided is not None:
            found[invoice.pk] = decided
    _link(found, known, quiet=quiet)
    return {pk: deal for pk, (deal, _rule) in found.items()}


def _decide(invoice: _Issued, reference: Reference, rules: AssociationRules, known: _Known) -> tuple[int, str] | None:
    """The deal and the rule that found it."""
    tries: list[tuple[str, Iterable[_Candidate]]] = []
    if rules.by_custom_field:
        values = _custom_values(reference, rules)
        tries.append(
            (CUSTOM_FIELD, [c for value in values for c in _named(value, known, bare=bool(rules.custom_field))])
        )
    if rules.by_memo and reference.memo:
        tries.append((MEMO, _in_memo(invoice, reference.memo, known)))
    if rules.by_open_deal:
        tries.append((OPEN_DEAL, [c for c in known.of_customer.get(invoice.pk, []) if _may_bill(c, invoice)]))
    for rule, candidates in tries:
        ids = {candidate.pk for candidate in candidates}
        # A reference to what a person took it off ends the search: the next rule would only guess.
        if any((invoice.pk, pk) in known.apart for pk in ids):
            return None
        if len(ids) == 1:
            return ids.pop(), rule
        if ids:
            return None  # several: a person chooses
    return None


def _may_bill(candidate: _Candidate, invoice: _Issued) -> bool:
    """An invoice from before the deal is not for it."""
    return candidate.open and invoice.issued_on >= candidate.created_on


def _custom_values(reference: Reference, rules: AssociationRules) -> list[str]:
    wanted = rules.custom_field.strip().lower()
    return [value for name, value in reference.custom.items() if not wanted or name.strip().lower() == wanted]


def _ids_in(text: str, *, bare: bool = False) -> set[int]:
    found = {int(number) for number in [*_NAMED.findall(text), *_ADDRESS.findall(text)]}
    if bare and (number := re.fullmatch(r"#?(\d{1,18})", text.strip())):
        found.add(int(number[1]))
    return found


def _named(value: str, known: _Known, *, bare: bool) -> list[_Candidate]:
    """The deals that the value of a custom field names. A number alone counts in the chosen field only."""
    by_id = [known.by_id[pk] for pk in _ids_in(value, bare=bare) if pk in known.by_id]
    return by_id or known.by_name.get(value.strip().upper(), [])


def _in_memo(invoice: _Issued, memo: str, known: _Known) -> list[_Candidate]:
    """Deals that the text names: any by its number, those of the customer by name too."""
    by_id = [known.by_id[pk] for pk in _ids_in(memo) if pk in known.by_id]
    if by_id:
        return by_id
    words = " ".join(memo.split()).lower()
    return [
        candidate
        for candidate in known.of_customer.get(invoice.pk, [])
        if len(candidate.name) >= SHORTEST_NAME and " ".join(candidate.name.split()).lower() in words
    ]


def _known(invoices: Sequence[_Issued], references: Mapping[int, Reference], rules: AssociationRules) -> _Known:
    ids: set[int] = set()
    names: set[str] = set()
    for invoice in invoices:
        reference = references[invoice.pk]
        ids |= _ids_in(reference.memo) if rules.by_memo else set()
        for value in _custom_values(reference, rules) if rules.by_custom_field else ():
            ids |= _ids_in(value, bare=bool(rules.custom_field))
            names.add(value.strip().upper())
    named = [_candidate(row) for row in _deals(Q(pk__in=ids) | Q(upper_name__in=names))] if ids or names else []
    by_name: dict[str, list[_Candidate]] = {}
    for candidate in named:
        by_name.setdefault(candidate.name.upper(), []).append(candidate)
    pks = [invoice.pk for invoice in invoices]
    apart = KeptApart.objects.filter(invoice__in=pks, object_type="deal").values_list("invoice_id", "object_id")
    return _Known({c.pk: c for c in named}, by_name, _of_customers(pks), set(apart))


def _deals(wanted: Q) -> list[tuple[int, str, str, datetime.datetime]]:
    rows = Deal.objects.filter(archived_at=None).annotate(upper_name=Upper("name")).filter(wanted)
    return list(rows.order_by("pk").values_list("pk", "name", "status", "created_at"))


def _candidate(row: tuple[int, str, str, datetime.datetime]) -> _Candidate:
    pk, name, status, created_at = row
    # A day's grace: the company's day may have begun before ours.
    return _Candidate(pk, name, status == DealStatus.OPEN, created_at.date() - datetime.timedelta(days=1))


def _of_customers(invoice_ids: Sequence[int]) -> dict[int, list[_Candidate]]:
    """The deals of each invoice's companies and contacts."""
    about = about_of(dict.fromkeys(invoice_ids))
    companies = {pk for records in about.values() for kind, pk in records if kind == "company"}
    contacts = {pk for records in about.values() for kind, pk in records if kind == "contact"}
    of_company: dict[int, set[int]] = {}
    of_contact: dict[int, set[int]] = {}
    for pk, company in Deal.objects.filter(company__in=companies).values_list("pk", "company_id"):
        of_company.setdefault(company or 0, set()).add(pk)
    for pk, contact in DealContact.objects.filter(contact__in=contacts).values_list("deal_id", "contact_id"):
        of_contact.setdefault(contact, set()).add(pk)
    meant = {pk for deals in [*of_company.values(), *of_contact.values()] for pk in deals}
    deals = {row[0]: _candidate(row) for row in _deals(Q(pk__in=meant))} if meant else {}
    found: dict[int, list[_Candidate]] = {}
    for invoice_id, records in about.items():
        of_records = [
            (of_company if kind == "company" else of_contact).get(pk, set())
            for kind, pk in records
            if kind in ("company", "contact")
        ]
        found[invoice_id] = [deals[pk] for pk in sorted(set().union(*of_records)) if pk in deals]
    return found


def _link(found: Mapping[int, tuple[int, str]], known: _Known, *, quiet: bool) -> None:
    """Most invoices mean no deal, so that only those that do are read whole."""
    if not found:
        return
    invoices = list(Invoice.objects.filter(pk__in=found).defer("search").order_by("pk"))
    now = timezone.now()
    names = {c.pk: c.name for c in [*known.by_id.values(), *(c for cs in known.of_customer.values() for c in cs)]}
    names |= {c.pk: c.name for cs in known.by_name.values() for c in cs}
    for invoice in invoices:
        invoice.deal_id, invoice.updated_at = found[invoice.pk][0], now
    Invoice.objects.bulk_update(invoices, ["deal", "updated_at"])
    billing.recompute_deals([invoice.deal_id for invoice in invoices])
    if quiet:
        return
    drafts: list[Draft] = []
    for invoice in invoices:
        deal, rule = found[invoice.pk]
        data: dict[str, Any] = {**event_data(invoice), "deal": names[deal], "rule": rule}
        drafts.append(Draft("invoice.linked", "invoice", invoice.pk, [("deal", deal)], data))
    emit_many(drafts, origin=Origin.SYNC)


def rules_of(connection_id: int) -> AssociationRules:
    """The rules of a company; the defaults where nobody chose."""
    found = AssociationRules.objects.filter(pk=connection_id).first()
    return found or AssociationRules(connection_id=connection_id)


@needs("sync.configure")
@transaction.atomic
def choose(
    connection_id: int, *, by_custom_field: bool, custom_field: str, by_memo: bool, by_open_deal: bool, by: Any = None
) -> AssociationRules:
    """Set the rules of a company. They count for what QuickBooks changes from now on."""
    values = {
        "by_custom_field": by_custom_field, "custom_field": custom_field.strip(), "by_memo": by_memo,
        "by_open_deal": by_open_deal,
    }  # fmt: skip
    before = differences.values_of(rules_of(connection_id), values)
    row = AssociationRules.objects.update_or_create(connection_id=connection_id, defaults=values)[0]
    if changes := differences.since(before, row):
        emit("connection.association_rules_changed", row.connection, by=by, title=str(row.connection), changes=changes)
    return row
