"""What there is beside invoices and payments: credit memos, refunds, sales receipts, estimates, bills. Read only."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from api.described import Operation
from api.listed import Filter, Listed
from api.listing import Shown, View
from api.resources.invoice_view import NAMES, SEES, SYNC, marked
from api.schemas import AMOUNT, DAY, ID, MOMENT, array, nullable, text
from api.scopes import INVOICES_READ
from crm.queries import quotes
from invoices import bills, payment_queries
from invoices.enums import CreditKind, Ending, EstimateStatus
from invoices.models import Bill, CreditDocument, Estimate
from invoices.ports import accounting

WORDS = {"type": "string"}
EXTERNAL = {"type": "string", "description": "QuickBooks' id, empty until it has one."}
OF_COMPANY = Filter(ID, "connection_id", "Only those of this QuickBooks company.")
_HEAD = [
    Shown("id", ID),
    Shown("connection", ID, "connection_id"),
    Shown("external_id", EXTERNAL),
    Shown("number", WORDS),
]
_CUSTOMER = [Shown("customer", NAMES, "customer_external_id"), Shown("customer_name", WORDS)]
_END = [Shown("removed_at", nullable(MOMENT)), Shown("created_at", MOMENT)]


def _sync(object_type: str) -> Callable[[Sequence[Any]], Mapping[int, Any]]:
    def sync_of(rows: Sequence[Any]) -> Mapping[int, Any]:
        marks = accounting().document_marks(object_type, [row.pk for row in rows])
        return {row.pk: marked(marks.get(row.pk)) for row in rows}

    return sync_of


def _credits(kind: CreditKind) -> Callable[[Any], QuerySet[CreditDocument]]:
    def rows(user: Any) -> QuerySet[CreditDocument]:
        return payment_queries.credits_visible_to(user).filter(kind=kind)

    return rows


def _credit(kind: CreditKind, word: str, path: str, tag: str) -> Listed:
    """A kind of credit document."""
    unused = [Shown("remaining", {**AMOUNT, "description": "What no invoice has used yet."})]
    return Listed(
        word,
        path,
        tag,
        View(
            [
                *_HEAD,
                Shown("sync", SYNC, load=_sync(kind)),
                Shown("invoice", nullable(ID), "invoice_id"),
                Shown("deal", nullable(ID), "deal_id"),
                *_CUSTOMER,
                Shown("recipient", WORDS),
                Shown("issued_on", nullable(DAY)),
                Shown("currency", text(3)),
                Shown("exchange_rate", AMOUNT),
                *(Shown(name, AMOUNT) for name in ("subtotal", "discount_total", "tax_total", "total")),
                *(unused if kind == CreditKind.CREDIT_MEMO else []),
                Shown("method_name", WORDS),
                Shown("reference", WORDS),
                Shown("message", WORDS),
                Shown("note", WORDS),
                Shown("lines", array({"type": "object"}), whole=True),
                Shown("ending", {"type": "string", "enum": list(Ending.values)}),
                Shown("voided", {"type": "boolean"}),
                Shown("properties", {"type": "object", "description": "Custom properties by id."}),
                *_END,
            ],
            needs=("id",),
            sorts=("-id", "id", "-total"),
        ),
        _credits(kind),
        INVOICES_READ,
        SEES,
        str(kind),
        {
            "connection": OF_COMPANY,
            "invoice": Filter(ID, "invoice_id", "Only those made from this invoice."),
            "deal": Filter(ID, "deal_id", "Only those made from this deal."),
        },
    )


def _estimates(user: Any) -> QuerySet[Estimate]:
    """Those of quotes that somebody may see."""
    if not user.has_perm(SEES):
        return Estimate.objects.none()
    return Estimate.objects.filter(quote__in=quotes.visible_to(user).order_by().values("pk"))


ESTIMATES = Listed(
    "estimate",
    "estimates",
    "Estimates",
    View(
        [
            *_HEAD,
            Shown("sync", SYNC, load=_sync("estimate")),
            Shown("quote", ID, "quote_id"),
            Shown("status", {"type": "string", "enum": list(EstimateStatus.values)}),
            *_CUSTOMER,
            Shown("recipient", WORDS),
            Shown("issued_on", DAY),
            Shown("expires_on", nullable(DAY)),
            Shown("currency", text(3)),
            Shown("exchange_rate", AMOUNT),
            *(Shown(name, AMOUNT) for name in ("subtotal", "discount_total", "shipping_total", "tax_total", "total")),
            Shown("message", WORDS),
            *_END,
        ],
        needs=("id",),
        sorts=("-id", "id"),
    ),
    _estimates,
    INVOICES_READ,
    SEES,
    filters={"connection": OF_COMPANY, "quote": Filter(ID, "quote_id", "Only that of this quote.")},
)


def _bills(user: Any) -> QuerySet[Bill]:
    return bills.visible_to(user)


BILLS = Listed(
    "bill",
    "bills",
    "Bills",
    View(
        [
            *_HEAD,
            Shown("vendor", NAMES, "vendor_external_id"),
            Shown("vendor_name", WORDS),
            Shown("issued_on", nullable(DAY)),
            Shown("due_on", nullable(DAY)),
            Shown("currency", text(3)),
            Shown("total", AMOUNT),
            Shown("balance", {**AMOUNT, "description": "What is still to pay."}),
            Shown("note", WORDS),
            *_END,
        ],
        needs=("id",),
        sorts=("-id", "id"),
    ),
    _bills,
    INVOICES_READ,
    SEES,
    "bill",
    {"connection": OF_COMPANY},
)
DOCUMENTS = (
    _credit(CreditKind.CREDIT_MEMO, "credit-memo", "credit-memos", "Credit memos"),
    _credit(CreditKind.REFUND, "refund", "refunds", "Refund receipts"),
    _credit(CreditKind.SALES_RECEIPT, "sales-receipt", "sales-receipts", "Sales receipts"),
    ESTIMATES,
    BILLS,
)


def operations() -> list[Operation]:
    """Lists, searches and reads of each."""
    return [operation for each in DOCUMENTS for operation in each.operations()]
