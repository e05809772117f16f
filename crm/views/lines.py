"""The line items of deals and quotes: the table, its editor, live amounts."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import require
from core.money import ZERO, formatted
from crm import amounts, taxes, terms
from crm.forms.lines import LinesForm, row_for, rows_of, whole_of
from crm.kinds import DEAL, KINDS, Kind
from crm.models import Product
from crm.queries import deals as deal_queries
from crm.queries import products
from crm.queries import quotes as quote_queries
from crm.services import deal_lines, quotes, records
from crm.services.lines import BadLine, TooMuch

WITH_LINES = ("deal", "quote")


@require_http_methods(["GET", "POST"])
def lines(request: HttpRequest, object_type: str, pk: int) -> HttpResponse:
    """The line items as a table (GET), as an editor (GET with ``edit``), or what was typed into it (POST)."""
    reading = request.method == "GET" and not request.GET.get("edit")
    if not reading:
        require(request.user, "crm.edit")
    kind, record = _record(request, object_type, pk)
    if reading:
        return _table(request, kind, record)
    if request.method == "GET":
        shown = lines_context(kind, record)
        context: dict[str, Any] = {
            "rows": rows_of(shown["stored"], shown["taxes"], record.currency),
            **{name: shown[name] for name in ("total", "periods", "taxes")},
        }
        if kind is not DEAL:
            context["whole"] = whole_of(record)
        return _editor(request, kind, record, **context)
    form = LinesForm(request.POST, record.currency)
    if form.is_valid:
        try:
            _save(kind, record, form, request.user)
        except BadLine as refusal:
            form.refuse(refusal)
        except TooMuch as refusal:
            form.problem = str(refusal) or _("The lines come to more than can be stored.")
        except quotes.BadDiscount as refusal:
            form.whole_error = str(refusal)
        except records.Archived:
            form.problem = _("This record is archived. Restore it to change it.")
        except quotes.NotADraft:
            form.problem = _("A published quote does not change any more.")
    if not form.is_valid:
        context = {**_typed(form), "problem": form.problem}
        context |= {} if kind is DEAL else {"whole": form.whole}
        return _editor(request, kind, record, status=422, **context)
    messages.success(request, _("Line items saved."))
    if not getattr(request, "htmx", False):
        return redirect(resolve_url(kind.detail_url, pk))
    # The amount stands in other places of the page too, so the page comes new.
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})


@require_GET
def line_row(request: HttpRequest, object_type: str, pk: int) -> HttpResponse:
    """An empty row for the editor, or one filled from ``product``."""
    _kind, record = _record(request, object_type, pk)
    chosen = request.GET.get("product", "")
    product: Product | None = None
    if chosen.isdecimal():
        product = get_object_or_404(products.visible_to(request.user), pk=int(chosen))
    return render(request, "crm/_line_row.html", {"row": row_for(product, record.currency)})


@require_POST
def line_amounts(request: HttpRequest, object_type: str, pk: int) -> HttpResponse:
    """What the typed rows come to; nothing is saved."""
    _kind, record = _record(request, object_type, pk)
    form = LinesForm(request.POST, record.currency)
    whole = form.whole if "whole_discount" in request.POST else None
    return render(request, "crm/_line_amounts.html", {**_typed(form), "whole": whole})


def lines_context(kind: Kind, record: Any) -> dict[str, Any]:
    """What the table of line items prints, in one query."""
    stored = _stored(kind, record.pk)
    total = amounts.total(stored, record.currency)
    off = ZERO if kind is DEAL else record.subtotal - record.amount
    told = taxes.printed(stored, off, total - off, record.currency)
    rows = [
        (line, amounts.line_amount(line, record.currency), terms.in_words(line.billing_period, line.billing_count), tax)
        for line, tax in zip(stored, told.by_line, strict=True)
    ]
    return {
        "kind": kind,
        "record": record,
        "stored": stored,
        "lines": rows,
        "total": formatted(total - off, record.currency),
        "subtotal": formatted(total, record.currency) if off else "",
        "off": formatted(-off, record.currency),
        "taxes": told,
        "periods": terms.totals(stored, record.currency),
        "discounts": any(line.discount_percent or line.discount_amount for line in stored),
        "can_edit_lines": record.archived_at is None and (kind is DEAL or record.status == "draft"),
    }


def _typed(form: LinesForm) -> dict[str, Any]:
    return {"rows": form.rows, "total": form.total, "periods": form.periods, "taxes": form.taxes}


def _record(request: HttpRequest, object_type: str, pk: int) -> tuple[Kind, Any]:
    kind = KINDS[object_type]
    return kind, get_object_or_404(kind.visible_to(request.user), pk=pk)


def _stored(kind: Kind, pk: int) -> Any:
    return deal_queries.lines_of(pk) if kind is DEAL else quote_queries.lines_of(pk)


def _save(kind: Kind, record: Any, form: LinesForm, user: Any) -> None:
    if kind is DEAL:
        deal_lines.set_lines(record, form.values, by=user)
    else:
        quotes.set_lines(record, form.values, by=user, discount=form.discount)


def _table(request: HttpRequest, kind: Kind, record: Any) -> HttpResponse:
    return render(request, "crm/_lines.html", lines_context(kind, record))


def _editor(request: HttpRequest, kind: Kind, record: Any, *, status: int = 200, **context: Any) -> HttpResponse:
    whole = not getattr(request, "htmx", False)
    template = "crm/lines_page.html" if whole else "crm/_lines_editor.html"
    context |= {"kind": kind, "record": record, "known_taxes": taxes.choices(record.currency)}
    return render(request, template, context, status=status)
