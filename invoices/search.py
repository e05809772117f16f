"""Search over invoices, payments and credit documents: where each is looked for, and how it is printed."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L  # noqa: N812 -- short, as in the tables of this app

from core import registry
from core.finding import Hit, Place, among
from core.money import formatted
from core.registry import SearchSource
from invoices import payment_queries, queries
from invoices.enums import CreditKind

SEES = "invoices.view"
_REMOVED = "removed_at IS NULL"

INVOICE = Place(
    "invoices_invoice",
    newest="issued_on DESC, id DESC",
    at="issued_on",
    numbers=["number"],
    amounts=["total", "balance"],
)
PAYMENT = Place(
    "invoices_payment",
    newest="received_on DESC, id DESC",
    at="received_on",
    listed="TRUE",
    always=_REMOVED,
    amounts=["amount"],
)
_CREDITS = (
    (CreditKind.CREDIT_MEMO, L("Credit memos")),
    (CreditKind.REFUND, L("Refund receipts")),
    (CreditKind.SALES_RECEIPT, L("Sales receipts")),
)


def credit_place(kind: CreditKind) -> Place:
    """Where credit documents of one kind are looked for."""
    return Place(
        "invoices_creditdocument",
        newest="issued_on DESC, id DESC",
        at="issued_on",
        listed="TRUE",
        always=f"{_REMOVED} AND kind = '{kind.value}'",
        numbers=["number"],
        amounts=["total"],
    )


def register() -> None:
    """Tell core what can be looked for."""
    registry.search_sources += [
        SearchSource(
            "invoice", L("Invoices"), INVOICE, _invoices, order=60, permission=SEES,
            seen=lambda user: among(queries.visible_to, user),
        ),
        SearchSource(
            "payment", L("Payments"), PAYMENT, _payments, order=62, permission=SEES,
            seen=lambda user: among(queries.payments_visible_to, user),
        ),
    ]  # fmt: skip
    for order, (kind, plural) in enumerate(_CREDITS):
        source = SearchSource(
            str(kind), plural, credit_place(kind), _credits, order=63 + order, permission=SEES, seen=_credits_seen
        )
        registry.search_sources.append(source)
    registry.actions.append(_actions)
    told = ["invoice.created", "invoice.paid", "invoice.overdue", "invoice.send_failed", "invoice.voided"]
    told += ["payment.received", "payment.voided"]
    registry.notable_events.update(dict.fromkeys(told, SEES))


def _credits_seen(user: Any) -> str:
    return among(payment_queries.credits_visible_to, user)


def _actions(user: Any) -> list[registry.Action]:
    """What the palette offers to do with invoices."""
    if not user.has_perm("invoices.create"):
        return []
    return [
        registry.Action(
            L("Create invoice"), reverse("invoices:draft-blank"), "file-invoice", 10, create=True, drawer=True
        )
    ]


def _invoices(user: Any, ids: Sequence[int]) -> Mapping[int, Hit]:
    found = queries.visible_to(user).filter(pk__in=ids)
    found = found.only("number", "customer_name", "total", "currency", "status", "issued_on", "archived_at")
    return {
        invoice.pk: Hit(
            f"{invoice} · {invoice.customer_name}",
            " · ".join(
                filter(
                    None,
                    [
                        formatted(invoice.total, invoice.currency),
                        invoice.get_status_display(),
                        _("Archived") if invoice.archived_at else "",
                    ],
                )
            ),
            reverse("invoices:invoice-detail", args=[invoice.pk]),
        )
        for invoice in found
    }


def _payments(user: Any, ids: Sequence[int]) -> Mapping[int, Hit]:
    found = queries.payments_visible_to(user).filter(pk__in=ids, removed_at=None)
    return {
        payment.pk: Hit(
            " · ".join(part for part in (payment.customer_name, payment.reference) if part) or str(payment),
            formatted(payment.amount, payment.currency),
            reverse("invoices:payment-detail", args=[payment.pk]),
        )
        for payment in found.only("customer_name", "reference", "amount", "currency")
    }


def _credits(user: Any, ids: Sequence[int]) -> Mapping[int, Hit]:
    found = payment_queries.credits_visible_to(user).filter(pk__in=ids, removed_at=None)
    return {
        document.pk: Hit(
            f"{document} · {document.customer_name}",
            f"{document.get_kind_display()} · {formatted(document.total, document.currency)}",
            reverse("invoices:credit-detail", args=[document.pk]),
        )
        for document in found.only("number", "kind", "customer_name", "total", "currency")
    }
