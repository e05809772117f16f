"""Payments as QuickBooks has them: rows, what they pay, and what is told about them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils import timezone

from core.events import Draft, emit_many
from core.models import Origin
from core.properties import put_defaults
from invoices.models import Invoice, Payment, PaymentApplication
from invoices.services.associations import About, about_of
from invoices.synced import ApplyResult, SyncedPayment
from invoices.totals import plain, stored_money, stored_rate

WRITTEN = [
    *("customer_external_id", "customer_name", "received_on", "amount", "unapplied", "currency", "exchange_rate"),
    *("method_name", "reference", "note", "voided", "removed_at", "remote_updated_at"),
]
# What a reader would call a change of the payment.
TOLD = ("amount", "received_on", "currency", "customer_name")


@dataclass
class _Targets:
    """The invoices that a batch of payments pays: id by external id, number by id, and where they are shown."""

    ids: dict[str, int] = field(default_factory=dict)
    numbers: dict[int, str] = field(default_factory=dict)
    about: dict[int, About] = field(default_factory=dict)

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
            if row.amount > 0 and not row.voided:
                stories[row.external_id] = ("payment.received", {})
        elif _older(payment, row):
            skipped[row.external_id] = "older"
            continue
        else:
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
    Payment.objects.bulk_create(created)
    Payment.objects.bulk_create(changed, update_conflicts=True, unique_fields=["id"], update_fields=WRITTEN)
    targets = _targets(connection_id, [newest[external_id] for external_id in placed])
    moved = _apply_to_invoices(newest, placed, targets, {payment.external_id for payment in created})
    for external_id in moved:
        stories.setdefault(external_id, ("payment.changed", {"changes": {}}))
    if not quiet and stories:
        drafts = [_draft(name, data, placed[key], newest[key], targets) for key, (name, data) in stories.items()]
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
        "method_name": row.method_name,
        "reference": row.reference,
        "note": row.note,
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


def _story(
    payment: Payment, row: SyncedPayment, different: dict[str, tuple[Any, Any]]
) -> tuple[str, dict[str, Any]] | None:
    """What to tell about a changed payment. Must be asked before its columns are overwritten."""
    if payment.remote_updated_at is None and not row.voided:
        return "payment.received", {}  # recorded here, and now in QuickBooks
    was = {"old_amount": plain(payment.amount)}
    if row.voided and not payment.voided:
        return "payment.voided", was
    changes = {name: [_text(old), _text(new)] for name, (old, new) in different.items() if name in TOLD}
    return ("payment.changed", {"changes": changes, **was}) if changes else None


def _targets(connection_id: int, rows: Sequence[SyncedPayment]) -> _Targets:
    wanted = {application.invoice_external_id for row in rows for application in row.applications}
    found = Invoice.objects.filter(connection_id=connection_id, external_id__in=wanted)
    targets, deals = _Targets(), {}
    for pk, external_id, number, deal_id in found.values_list("pk", "external_id", "number", "deal_id"):
        targets.ids[external_id] = pk
        targets.numbers[pk] = number
        deals[pk] = deal_id
    targets.about = about_of(deals)
    return targets


def _apply_to_invoices(
    rows: dict[str, SyncedPayment], placed: dict[str, Payment], targets: _Targets, created: set[str]
) -> set[str]:
    """Make the applications equal to those in ``rows``; external ids of known payments that now pay otherwise."""
    stored: dict[int, dict[str, PaymentApplication]] = {payment.pk: {} for payment in placed.values()}
    for application in PaymentApplication.objects.filter(payment_id__in=stored):
        stored[application.payment_id][application.invoice_external_id] = application
    wanted: list[PaymentApplication] = []
    unwanted: list[int] = []
    moved: set[str] = set()
    for external_id, payment in placed.items():
        amounts: dict[str, Decimal] = {}
        for synced in rows[external_id].applications:  # two lines on one invoice are one application
            amounts[synced.invoice_external_id] = amounts.get(synced.invoice_external_id, Decimal(0)) + synced.amount
        had = stored[payment.pk]
        gone = [application.pk for key, application in had.items() if key not in amounts]
        unwanted += gone
        fresh = [
            PaymentApplication(
                payment_id=payment.pk,
                invoice_id=targets.ids.get(key),
                invoice_external_id=key,
                amount=stored_money(amount),
            )
            for key, amount in amounts.items()
            if key not in had or had[key].amount != stored_money(amount)
        ]
        wanted += fresh
        if (gone or fresh) and external_id not in created:
            moved.add(external_id)
    if unwanted:
        PaymentApplication.objects.filter(pk__in=unwanted).delete()
    PaymentApplication.objects.bulk_create(
        wanted,
        update_conflicts=True,
        unique_fields=["payment", "invoice_external_id"],
        update_fields=["amount", "invoice"],
    )
    return moved


def _draft(name: str, data: dict[str, Any], payment: Payment, row: SyncedPayment, targets: _Targets) -> Draft:
    invoice_ids = [targets.ids[a.invoice_external_id] for a in row.applications if a.invoice_external_id in targets.ids]
    about = [
        *targets.shown_on(invoice_ids),
        *(("contact", pk) for pk in row.contact_ids),
        *(("company", pk) for pk in row.company_ids),
    ]
    numbers = [targets.numbers[pk] for pk in dict.fromkeys(invoice_ids)]
    return Draft(name, "payment", payment.pk, about, {**event_data(payment), "invoices": numbers, **data})


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
        .order_by("pk")
    )
    if not gone:
        return []
    Payment.objects.filter(pk__in=[payment.pk for payment in gone]).update(removed_at=timezone.now())
    if quiet:
        return [payment.pk for payment in gone]
    paid: dict[int, list[int]] = {payment.pk: [] for payment in gone}
    deals: dict[int, int | None] = {}
    applications = PaymentApplication.objects.filter(payment_id__in=paid, invoice__isnull=False)
    targets = _Targets()
    for payment_id, invoice_id, number, deal_id in applications.values_list(
        "payment_id", "invoice_id", "invoice__number", "invoice__deal_id"
    ):
        paid[payment_id].append(invoice_id)
        deals[invoice_id] = deal_id
        targets.numbers[invoice_id] = number
    targets.about = about_of(deals)
    drafts = [
        Draft(
            "payment.removed",
            "payment",
            payment.pk,
            targets.shown_on(paid[payment.pk]),
            {**event_data(payment), "invoices": [targets.numbers[pk] for pk in paid[payment.pk]]},
        )
        for payment in gone
    ]
    emit_many(drafts, origin=Origin.SYNC)
    return [payment.pk for payment in gone]


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    return "" if value is None else str(value)
