"""Change an invoice that QuickBooks has: the form, its live totals, new lines, due dates."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import money
from core.money import formatted
from invoices import edit_form, queries, reading
from invoices import terms as payment_terms
from invoices.edit_choices import Choices, at_its_rate, choices_of, new_lines
from invoices.edit_form import ADDRESS_PARTS, FormContent, FormLine, Read, Wrong
from invoices.editing import discount_columns
from invoices.enums import InvoiceStatus, LineKind, SyncState, TaxMode
from invoices.line_discounts import TooMuch
from invoices.models import Invoice, InvoiceLine
from invoices.ports import (
    AccountingUnavailable,
    SyncMark,
    accounting,
)
from invoices.services import edit
from invoices.totals import Totals
from invoices.views.answers import needs

ITEMS = 20
_SELDOM = ("line3", "line4", "line5")


def _visible(request: HttpRequest, pk: int) -> Invoice:
    return get_object_or_404(queries.visible_to(request.user).select_related("connection", "deal"), pk=pk)


@require_http_methods(["GET", "POST"])
@needs("invoices.edit")
def invoice_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The form. What QuickBooks changed while somebody typed stays, and both is told."""
    invoice = _visible(request, pk)
    current = edit_form.shown(invoice, list(invoice.lines.all()))
    refusal = edit.refusal(invoice)
    choices = choices_of(invoice) if not refusal else None
    if request.method == "GET" or choices is None:
        return _page(request, invoice, current, choices, base=current.to_json(), refusal=refusal)
    content = edit_form.posted(request.POST)
    base = request.POST.get("base", "")
    try:
        found = edit_form.read(content, base, current, choices.names(), currency=invoice.currency)
    except Wrong as wrong:
        content = replace(content, lines=wrong.lines)
        return _page(request, invoice, content, choices, base=base, errors=dict(wrong.errors))
    try:
        edit.edit_invoice(invoice, by=request.user, lines=found.lines, **found.fields)
    except (edit.NotEditable, edit.BadEdit) as refused:
        return _page(request, invoice, content, choices, base=base, errors={"": str(refused)})
    _tell(request, found)
    return redirect("invoices:invoice-detail", pk)


def _tell(request: HttpRequest, found: Read) -> None:
    if not found.fields and found.lines is None:
        messages.info(request, _("Nothing was changed."))
    else:
        messages.success(request, _("Saved. QuickBooks gets the change now."))
    if found.taken:
        words = _("QuickBooks changed this meanwhile, and that stays: %s.") % ", ".join(found.taken)
        messages.info(request, words)
    if found.kept:
        words = _("QuickBooks changed this meanwhile as well; yours was taken: %s.") % ", ".join(found.kept)
        messages.warning(request, words)


def _page(
    request: HttpRequest,
    invoice: Invoice,
    content: FormContent,
    choices: Choices | None,
    *,
    base: str,
    errors: Mapping[str, str] | None = None,
    refusal: str = "",
) -> HttpResponse:
    wrong_lines = [line for line in content.lines if line.errors]
    context: dict[str, Any] = {
        "invoice": invoice, "content": content, "choices": choices, "base": base, "refusal": refusal,
        "errors": errors or {}, "wrong_lines": wrong_lines, "in_conflict": False,
        "addresses": [_address_fields("billing", content.billing), _address_fields("shipping", content.shipping)],
        "paid": invoice.status in (InvoiceStatus.PAID, InvoiceStatus.PARTIAL),
        "general_error": (errors or {}).get("", ""),
        "labels": {name: str(label) for name, label in edit_form.LABELS.items()},
    }  # fmt: skip
    if refusal:
        context["mark"] = _mark(invoice)
        context["in_conflict"] = context["mark"].state == SyncState.CONFLICT
    elif choices is not None:
        closed_on = choices.options.books_closed_on
        context["closed_on"] = closed_on if closed_on is not None and invoice.issued_on <= closed_on else None
        context |= _totals(invoice, content)
    status = 422 if errors or wrong_lines else 200
    return render(request, "invoices/edit/page.html", context, status=status)


def _mark(invoice: Invoice) -> SyncMark:
    try:
        return accounting().sync_marks([invoice.pk]).get(invoice.pk) or SyncMark(SyncState.NONE)
    except AccountingUnavailable as error:
        return SyncMark(SyncState.WAITING, reason=str(error))


def _address_fields(kind: str, values: Mapping[str, str]) -> dict[str, Any]:
    labels = {
        "line1": _("Line 1"), "line2": _("Line 2"), "line3": _("Line 3"), "line4": _("Line 4"), "line5": _("Line 5"),
        "city": _("City"), "region": _("State or region"), "postal_code": _("Postal code"), "country": _("Country"),
    }  # fmt: skip
    fields = [
        # Lines that few addresses have are shown where they are filled.
        (
            f"{kind}_{name}",
            labels[name],
            values.get(name, ""),
            name in ("line3", "line4", "line5") and not values.get(name),
        )
        for name in ADDRESS_PARTS
    ]
    return {
        "title": _("Billing address") if kind == "billing" else _("Shipping address"),
        "fields": fields,
        "kind": kind,
    }


def _totals(invoice: Invoice, content: FormContent) -> dict[str, Any]:
    """The amount of each line and the totals, as far as what is typed can be read."""
    amounts: dict[str, Decimal | None] = {}
    lines: list[InvoiceLine] = []
    for line in content.lines:
        amount = _amount_of(line, invoice.currency)
        amounts[line.key] = amount
        if amount is not None:
            kind = line.kind if line.kind in LineKind.values else str(LineKind.ITEM)
            lines.append(InvoiceLine(kind=kind, amount=amount, tax_code_external_id=line.tax_code))
    readable = None not in amounts.values()
    draft = Invoice(
        connection_id=invoice.connection_id, currency=invoice.currency, tax_mode=invoice.tax_mode,
        customer_external_id=invoice.customer_external_id,
        tax_after_discount=content.head["tax_after_discount"] == "yes",
        shipping_tax_code_external_id=content.head["shipping_tax_code_external_id"],
        shipping_total=Decimal(0), deposit=Decimal(0), discount_total=Decimal(0),
    )  # fmt: skip
    try:
        words = edit_form.discount_of(content.head["discount"])
        for name, value in discount_columns(words).items():
            setattr(draft, name, value)
        draft.shipping_total = reading.number(content.head["shipping_total"] or "0")
        draft.deposit = reading.number(content.head["deposit"] or "0")
    except money.NotAnAmount:
        readable = False
    totals: Totals = edit.totals_of(draft, lines, edit.codes_of(invoice, list(invoice.lines.all())))
    shown = [
        (line.key, formatted(amount, invoice.currency) if (amount := amounts[line.key]) is not None else "–")
        for line in content.lines
    ]
    return {"totals": totals, "amounts": dict(shown), "shown_amounts": shown, "readable": readable,
            "inclusive": invoice.tax_mode == TaxMode.INCLUSIVE}  # fmt: skip


def _amount_of(line: FormLine, currency: str) -> Decimal | None:
    try:
        return line.price(currency).amount
    except (money.NotAnAmount, TooMuch):
        return None


@require_POST
@needs("invoices.edit")
def invoice_edit_totals(request: HttpRequest, pk: int) -> HttpResponse:
    """What the form comes to as it is typed; nothing is saved."""
    invoice = _visible(request, pk)
    context = {"invoice": invoice, "live": True, **_totals(invoice, edit_form.posted(request.POST))}
    return render(request, "invoices/edit/_totals_answer.html", context)


@require_GET
@needs("invoices.edit")
def invoice_edit_line(request: HttpRequest, pk: int) -> HttpResponse:
    """A new line of the form for a product of QuickBooks."""
    invoice = _visible(request, pk)
    wanted = request.GET.get("item", "")
    choices = choices_of(invoice)
    found = accounting().items_by_id(invoice.connection_id, {wanted})
    if not found:
        raise Http404
    [line] = new_lines(invoice, list(found.values()), us_codes=choices.us_codes)
    amount = _amount_of(line, invoice.currency) or Decimal(0)
    context = {
        "invoice": invoice,
        "line": line,
        "choices": choices,
        "amounts": {line.key: formatted(amount, invoice.currency)},
    }
    return render(request, "invoices/edit/_line.html", context)


@require_GET
@needs("invoices.edit")
def invoice_edit_due(request: HttpRequest, pk: int) -> HttpResponse:
    """The due date under the chosen terms, for the field."""
    invoice = _visible(request, pk)
    chosen = request.GET.get("terms_external_id", "")
    terms = next((each for each in accounting().terms(invoice.connection_id) if each.external_id == chosen), None)
    try:
        issued_on = reading.date(request.GET.get("issued_on", ""))
    except ValueError:
        issued_on = None
    due = payment_terms.due_on(issued_on, terms) if issued_on and terms else None
    value = due.isoformat() if due else request.GET.get("due_on", "")
    return render(
        request, "invoices/edit/_due.html", {"invoice": invoice, "due_on": value, "computed": due is not None}
    )


@require_GET
@needs("invoices.edit")
def invoice_edit_items(request: HttpRequest, pk: int) -> JsonResponse:
    """Products of the invoice's company, for the picker."""
    invoice = _visible(request, pk)
    typed = request.GET.get("q", "").strip()[:200]
    found = accounting().items(invoice.connection_id, search=typed, limit=ITEMS)
    results = []
    for item in at_its_rate(invoice, found):
        price = formatted(item.unit_price, invoice.currency)
        detail = " · ".join(filter(None, [item.sku, price]))
        results.append({"value": item.external_id, "text": item.name, "detail": detail})
    return JsonResponse({"results": results})
