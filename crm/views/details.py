"""The record pages in three columns."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.money import formatted
from crm import layouts, record_properties
from crm.enums import QuoteStatus
from crm.kinds import COMPANY, CONTACT, DEAL, PRODUCT, QUOTE, Kind
from crm.queries import board, deals, merges
from crm.services import quote_life, quotes
from crm.views.lines import lines_context
from crm.views.public_quote import public_url
from crm.views.timeline import timeline_context


@require_GET
def company_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A company."""
    return _detail(request, COMPANY, pk)


@require_GET
def contact_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A contact."""
    return _detail(request, CONTACT, pk)


@require_GET
def product_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A product."""
    return _detail(request, PRODUCT, pk)


@require_GET
def deal_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A deal with its line items and what it has been invoiced."""
    deal = _record(request, DEAL, pk)
    stages = deals.stages_of(deal.stage.pipeline_id)
    lines = lines_context(DEAL, deal)
    about = {
        "stages": stages,
        "days_in_stage": board.days_since(deal.stage_entered_at),
        "rotting": board.is_rotting(deal, deal.stage),
        "differs": lines["lines"] and lines["total"] != formatted(deal.amount, deal.currency),
        "billing": deals.billing_of(deal),
        **lines,
    }
    return _page(request, DEAL, deal, about)


@require_GET
def quote_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A quote with its line items."""
    quote = _record(request, QUOTE, pk)
    published = quote.status in (QuoteStatus.PUBLISHED, QuoteStatus.ACCEPTED)
    expired = quotes.expired(quote)
    newer = getattr(quote, "replaced_by", None)
    about = {
        "expired": expired,
        "usable": published and not expired,
        "newer": newer if newer is not None and newer.archived_at is None else None,
        "public_url": public_url(request, quote),
        "over_limit": quote.status == QuoteStatus.DRAFT and quotes.needs_approval(quote),
        "may_answer": quote.status == QuoteStatus.PUBLISHED and not quote.archived_at,
        "may_revise": quote.status in quote_life.REVISABLE and not quote.archived_at,
        **lines_context(QUOTE, quote),
    }
    if quote.status != QuoteStatus.DRAFT:
        about["can_edit"] = False
    about["may_act"] = quote.archived_at is None and request.user.has_perm("crm.edit")
    return _page(request, QUOTE, quote, about)


def _detail(request: HttpRequest, kind: Kind, pk: int) -> HttpResponse:
    record = _record(request, kind, pk)
    if record.archived_at is not None and (stays := merges.winner_of(kind.name, pk)) is not None:
        messages.info(request, _("“%s” was merged into this record.") % record)
        return redirect(kind.detail_url, stays)
    return _page(request, kind, record, {})


def _record(request: HttpRequest, kind: Kind, pk: int) -> Any:
    return get_object_or_404(layouts.beside(kind.record(request.user), request.user, kind.name), pk=pk)


def _page(request: HttpRequest, kind: Kind, record: Any, extra: dict[str, Any]) -> HttpResponse:
    context = timeline_context(request, kind, record) | {
        "kind": kind,
        "layout": layouts.arranged(request.user, kind.name, held=record.card_layout or {}),
        "can_edit": record.archived_at is None and request.user.has_perm("crm.edit"),
        "can_archive": request.user.has_perm("crm.archive"),
        **extra,
    }
    own, added = record_properties.groups(kind, record, editable=context["can_edit"])
    context |= {"own_groups": own, "added_groups": added}
    return render(request, f"crm/{kind.name}_detail.html", context)
