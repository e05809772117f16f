"""Payments as QuickBooks has them: rows, what they pay and use, and what is told about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from core.events import Draft, emit_many
from core.inserting import insert_many, put_many
from core.models import EventLink, Origin
from core.properties import put_defaults
from invoices.enums import CreditKind, Ending
from invoices.models import CreditApplication, CreditDocument, CreditUse, Invoice, Payment, PaymentApplication
from invoices.services.associations import About, about_of
from invoices.synced import ApplyResult, SyncedPayment
from invoices.totals import plain, stored_money, stored_rate

WRITTEN = [
    *("customer_external_id", "customer_name", "received_on", "amount", "unapplied", "currency", "exchange_rate"),
    *("method_external_id", "method_name", "reference", "note", "deposit_account_external_id"),
    *("deposit_account_name", "deposited", "voided", "ending", "removed_at", "remote_updated_at"),
]
# What a reader would call a change of the payment.
TOLD = ("amount", "received_on", "currency", "customer_name", "reference", "method_name", "deposit_account_name")


@dataclass
class _Targets:
    """The invoices that a batch of payments pays: id by external id, number by id, and where they are shown."""

    ids: dict[str, int] = field(default_factory=dict)
    numbers: dict[int, str] = field(default_factory=dict)
    about: dict[int, About] = field(default_factory=dict)
    credits: dict[str, int] = field(default_factory=dict)
    credit_numbers: dict[str, str] = field(default_factory=dict)

    def shown_on(self, invoice_ids: Sequence[int]) -> About:
        """Timelines of these invoices and of all they belong to, each once."""
        places: About = []
        for pk in invoice_ids:
            places += [("invoice", pk), *self.about.get(pk, [])]
        return list(dict.fromkeys(places))


def apply(connection_id: int, rows: Sequence[SyncedPayment], *, quiet: bool) -> ApplyResult:
    """See ``from_sync.apply_payments``."""
    newest = {row.external_id: row for row in rows}
    if not newest:
        return ApplyResult({})
    stored = {
        payment.external_id: payment
        for payment in Payment.objects.filter(connection_id=connection_id, external_id__in=list(newest))
        .select_for_update()
        .defer("search")
        .order_by("pk")
    }
    created: list[Payment] = []
    changed: list[Payment] = []
    placed: dict[str, Payment] = {}
    stories: dict[str, tuple[str, dict[str, Any]]] = {}
    skipped: dict[str, str] = {}
    for row in newest.values():
        payment = stored.get(row.external_id)
        values = _columns(row)
        if payment is None:
            payment = Payment(connection_id=connection_id, external_id=row.external_id, **values)
            created.append(payment)
            if story := _arrival(row):
                stories[row.external_id] = story
        elif _older(payment, row):
            skipped[row.external_id] = "older"
            continue
        else:
            if row.voided:
                values["ending"] = Ending.NONE
            different = {name: (getattr(payment, name), new) for name, new in values.items()}
            different = {name: pair for name, pair in different.items() if pair[0] != pair[1]}
            if different:
                changed.append(payment)
                if story := _story(payment, row, different):
                    stories[row.external_id] = story
                for name, new in values.items():
                    setattr(payment, name, new)
        placed[row.external_id] = payment
    put_defaults("payment", created)
    insert_many(created)
    Payment.objects.bulk_create(changed, update_conflicts=True, unique_fields=["id"], update_fields=WRITTEN)
    known = {payment.external_id for payment in placed.values()} - {payment.external_id for payment in created}
    paid_before = _paid_by([placed[external_id].pk for external_id in known])
    left = {invoice_id for ids in paid_before.values() for invoice_id in ids}
    targets = _targets(connection_id, [newest[external_id] for external_id in placed], left)
    moved = _apply_to_invoices(newest, placed, targets, known)
    _apply_credits(newest, placed, targets)
    for external_id in moved:
        stories.setdefault(external_id, ("payment.changed", {"changes": {}}))
    if not quiet and stories:
        drafts = [
            _draft(name, data, placed[key], newest[key], targets, paid_before.get(placed[key].pk, ()))
            for key, (name, data) in stories.items()
        ]
        emit_many(drafts, origin=Origin.SYNC)
    return ApplyResult(
        ids={external_id: payment.pk for external_id, payment in placed.items()},
        created=frozenset(payment.external_id for payment in created),
        changed=frozenset({payment.external_id for payment in changed} | moved),
        skipped=skipped,
    )


def _columns(row: SyncedPayment) -> dict[str, Any]:
    return {
        "customer_external_id": row.customer_external_id,
        "customer_name": row.customer_name,
        "received_on": row.received_on,
        "amount": stored_money(row.amount),
        "unapplied": stored_money(row.unapplied),
        "currency": row.currency,
        "exchange_rate": stored_rate(row.exchange_rate),
        "method_external_id": row.method_external_id,
        "method_name": row.method_name,
        "reference": row.reference,
        "note": row.note,
        "deposit_account_external_id": row.deposit_account_external_id,
        "deposit_account_name": row.deposit_account_name,
        "deposited": row.deposited,
        "voided": row.voided,
        "removed_at": None,
        "remote_updated_at": row.remote_updated_at,
    }


def _older(payment: Payment, row: SyncedPayment) -> bool:
    if payment.remote_updated_at is None or row.remote_updated_at is None:
        return False
    if payment.removed_at is not None:
        return row.remote_updated_at <= payment.remote_updated_at
    return row.remote_updated_at < payment.remote_updated_at


def _arrival(row: SyncedPayment) -> tuple[str, dict[str, Any]] | None:
    """What is told of a payment that QuickBooks has for the first time."""
    if row.voided:
        return None
    if row.amount > 0:
        return "payment.received", {}
    return ("creditmemo.applied", {}) if row.applications else None


def _story(
    payment: Payment, row: SyncedPayment, different: dict[str, tuple[Any, Any]]
) -> tuple[str, dict[str, Any]] | None:
    """What to tell about a changed payment. Must be asked before its columns are overwritten."""
    if payment.remote_updated_at is None and not row.voided:
        return _arrival(row)  # recorded here, and now in QuickBooks
    was = {"old_amount": plain(payment.amount)}
    if row.voided and not payment.voided:
        return "payment.voided", was
    if payment.removed_at is not None:
        return "payment.restored", {}
    changes = {name: [_text(old), _text(new)] for name, (old, new) in different.items() if name in TOLD}
    if not payment.deposit_account_external_id:
        changes.pop("deposit_account_name", None)  # QuickBooks has chosen it; nobody changed it
    return ("payment.changed", {"changes": changes, **was}) if changes else None


def _paid_by(payment_ids: Sequence[int]) -> dict[int, list[int]]:
    """The invoices that payments have paid so far."""
    found: dict[int, list[int]] = {}
    if payment_ids:
        rows = PaymentApplication.objects.filter(payment_id__in=payment_ids, invoice__isnull=False).order_by("pk")
        for payment_id, invoice_id in rows.values_list("payment_id", "invoice_id"):
            found.setdefault(payment_id, []).append(invoice_id)
    return found


def _targets(connection_id: int, rows: Sequence[SyncedPayment], left: set[int]) -> _Targets:
    """Invoices and credit memos that the rows name, and the invoices that the payments paid before."""
    wanted = {application.invoice_external_id for row in rows for application in row.applications}
    found = Invoice.objects.filter(connection_id=connection_id, external_id__in=wanted)
    if left:
        found = found | Invoice.objects.filter(pk__in=left)
    targets, deals = _Targets(), {}
    for pk, external_id, number, deal_id in found.values_list("pk", "external_id", "number", "deal_id"):
        targets.ids[external_id] = pk
        targets.numbers[pk] = number
        deals[pk] = deal_id
    targets.about = about_of(deals)
    used = {use.credit_external_id for row in rows for use in row.credits}
    if used:
        memos = CreditDocument.objects.filter(
            connection_id=connection_id, kind=CreditKind.CREDIT_MEMO, external_id__in=used
        )
        for pk, external_id, number in memos.values_list("pk", "external_id", "number"):
            targets.credits[external_id] = pk
            targets.credit_numbers[external_id] = number
    return targets


def _apply_to_invoices(
    rows: dict[str, SyncedPayment], placed: dict[str, Payment], targets: _Targets, known: set[str]
) -> set[str]:
    """Make the applications equal to those in ``rows``; external ids of known payments that now pay otherwise."""
    stored: dict[int, dict[str, PaymentApplication]] = {payment.pk: {} for payment in placed.values()}
    for application in PaymentApplication.objects.filter(payment_id__in=stored):
        stored[application.payment_id][application.invoice_external_id] = application
    wanted: list[PaymentApplication] = []
    unwanted: list[int] = []
    moved: set[str] = set()
    for external_id, payment in placed.items():
        amounts = _amounts([(part.invoice_external_id, part.amount) for part in rows[external_id].applications])
        had = stored[payment.pk]
        gone = [application.pk for key, application in had.items() if key not in amounts]
        unwanted += gone
        fresh = [
            PaymentApplication(
                payment_id=payment.pk, invoice_id=targets.ids.get(key), invoice_external_id=key, amount=amount
            )
            for key, amount in amounts.items()
            if key not in had or had[key].amount != amount
        ]
        wanted += fresh
        if (gone or fresh) and external_id in known:
            moved.add(external_id)
    if unwanted:
        PaymentApplication.objects.filter(pk__in=unwanted).delete()
    new = {payment.pk for external_id, payment in placed.items() if external_id not in known}
    put_many(
        wanted,
        new=lambda application: application.payment_id in new,
        update_conflicts=True,
        unique_fields=["payment", "invoice_external_id"],
        update_fields=["amount", "invoice"],
    )
    return moved


def _apply_credits(rows: dict[str, SyncedPayment], placed: dict[str, Payment], targets: _Targets) -> None:
    """Make what the payments use of credit memos equal to what ``rows`` say."""
    stored: dict[int, dict[str, CreditApplication]] = {payment.pk: {} for payment in placed.values()}
    for use in CreditApplication.objects.filter(payment_id__in=stored):
        stored[use.payment_id][use.credit_external_id] = use
    wanted: list[CreditApplication] = []
    unwanted: list[int] = []
    for external_id, payment in placed.items():
        amounts = _amounts([(use.credit_external_id, use.amount) for use in rows[external_id].credits])
        had = stored[payment.pk]
        unwanted += [use.pk for key, use in had.items() if key not in amounts]
        wanted += [
            CreditApplication(
                payment_id=payment.pk, credit_id=targets.credits.get(key), credit_external_id=key, amount=amount
            )
            for key, amount in amounts.items()
            if key not in had or had[key].amount != amount
        ]
    if unwanted:
        CreditApplication.objects.filter(pk__in=unwanted).delete()
    if wanted:
        CreditApplication.objects.bulk_create(
            wanted,
            update_conflicts=True,
            unique_fields=["payment", "credit_external_id"],
            update_fields=["amount", "credit"],
        )


def _amounts(parts: Sequence[tuple[str, Decimal]]) -> Mapping[str, Decimal]:
    """Sums by document: two lines on one document are one application."""
    found: dict[str, Decimal] = {}
    for key, amount in parts:
        found[key] = found.get(key, Decimal(0)) + amount
    return {key: stored_money(amount) for key, amount in found.items()}


def _draft(
    name: str,
    data: dict[str, Any],
    payment: Payment,
    row: SyncedPayment,
    targets: _Targets,
    paid_before: Sequence[int],
) -> Draft:
    invoice_ids = [targets.ids[a.invoice_external_id] for a in row.applications if a.invoice_external_id in targets.ids]
    invoice_ids = list(dict.fromkeys(invoice_ids))
    about = [
        # An invoice that it no longer pays is told so too.
        *targets.shown_on([*invoice_ids, *paid_before]),
        *(("contact", pk) for pk in row.contact_ids),
        *(("company", pk) for pk in row.company_ids),
    ]
    amounts = _amounts([(part.invoice_external_id, part.amount) for part in row.applications])
    told: dict[str, Any] = {
        "invoices": [targets.numbers[pk] for pk in invoice_ids],
        "parts": [[targets.numbers[targets.ids[k]], plain(v)] for k, v in amounts.items() if k in targets.ids],
    }
    if name == "payment.changed":
        told["left"] = [targets.numbers[pk] for pk in paid_before if pk not in invoice_ids and pk in targets.numbers]
    if row.credits:
        told["credits"] = [targets.credit_numbers.get(use.credit_external_id, "") for use in row.credits]
        told["used"] = plain(sum((use.amount for use in row.credits), Decimal(0)))
    return Draft(name, "payment", payment.pk, about, {**event_data(payment), **told, **data})


def event_data(payment: Payment) -> dict[str, Any]:
    """What every event about a payment carries."""
    return {
        "amount": plain(payment.amount),
        "currency": payment.currency,
        "received_on": payment.received_on.isoformat() if payment.received_on else None,
        "method": payment.method_name,
        "reference": payment.reference,
        "customer": payment.customer_name,
    }


def remove(connection_id: int, external_ids: Sequence[str], *, quiet: bool) -> list[int]:
    """See ``from_sync.mark_removed``."""
    gone = list(
        Payment.objects.filter(connection_id=connection_id, external_id__in=external_ids, removed_at=None)
        .select_for_update()
        .defer("search")
        .order_by("pk")
    )
    if not gone:
        return []
    ids = [payment.pk for payment in gone]
    Payment.objects.filter(pk__in=ids).update(removed_at=timezone.now(), ending=Ending.NONE)
    # Nothing carries any more what should be used of them: it must not lower what is to pay for ever.
    CreditUse.objects.filter(payment__in=ids, done_at=None, refused_at=None).update(
        refused_at=timezone.now(), problem=_("The payment was deleted in QuickBooks.")
    )
    if not quiet:
        places, numbers = shown_so_far(ids)
        drafts = [
            Draft(
                "payment.removed",
                "payment",
                payment.pk,
                places[payment.pk],
                {**event_data(payment), "invoices": numbers[payment.pk]},
            )
            for payment in gone
        ]
        emit_many(drafts, origin=Origin.SYNC)
    return ids


def shown_so_far(payment_ids: Sequence[int]) -> tuple[dict[int, About], dict[int, list[str]]]:
    """Where events of payments appear, and the numbers of the invoices they pay; a fixed number of statements.

    That is on the invoices and all they belong to, and on the contacts and companies that were told of it before.
    """
    paid: dict[int, list[int]] = {pk: [] for pk in payment_ids}
    numbers: dict[int, list[str]] = {pk: [] for pk in payment_ids}
    deals: dict[int, int | None] = {}
    applications = PaymentApplication.objects.filter(payment_id__in=paid, invoice__isnull=False).order_by("pk")
    targets = _Targets()
    for payment_id, invoice_id, number, deal_id in applications.values_list(
        "payment_id", "invoice_id", "invoice__number", "invoice__deal_id"
    ):
        paid[payment_id].append(invoice_id)
        numbers[payment_id].append(number)
        deals[invoice_id] = deal_id
    targets.about = about_of(deals)
    places = {pk: targets.shown_on(invoice_ids) for pk, invoice_ids in paid.items()}
    told = EventLink.objects.filter(
        event__links__object_type="payment",
        event__links__object_id__in=payment_ids,
        event__object_type="payment",
        object_type__in=["contact", "company"],
    )
    rows = told.values_list("event__object_id", "object_type", "object_id").distinct()
    for payment_id, kind, pk in rows.order_by("event__object_id", "object_type", "object_id"):
        if payment_id in places and (kind, pk) not in places[payment_id]:
            places[payment_id].append((kind, pk))
    return places, numbers


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    return "" if value is None else str(value)
