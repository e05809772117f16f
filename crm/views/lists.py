"""The index pages."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.conditions import where_in
from core.properties.lists import columns_for
from crm import filters
from crm.enums import BillingStatus, DealStatus, QuoteStatus
from crm.kinds import COMPANY, CONTACT, DEAL, PRODUCT, QUOTE, Kind
from crm.queries import companies, contacts, deals, people, products, quotes
from crm.views.listing import Listing, listing


@require_GET
def company_list(request: HttpRequest) -> HttpResponse:
    """All companies."""
    found = listing(
        companies.rows(request.user), request.GET, filters.COMPANIES, where_in(request.GET, "company", request.user)
    )
    return _index(request, COMPANY, found)


@require_GET
def contact_list(request: HttpRequest) -> HttpResponse:
    """All contacts."""
    found = listing(
        contacts.rows(request.user), request.GET, filters.CONTACTS, where_in(request.GET, "contact", request.user)
    )
    return _index(request, CONTACT, found, only=_companies(request, found))


@require_GET
def deal_list(request: HttpRequest) -> HttpResponse:
    """All deals as a table, with the five invoice properties."""
    rows = deals.rows(request.user)
    if len(request.GET.getlist("contact")) > 1:
        rows = rows.distinct()
    found = listing(rows, request.GET, filters.DEALS, where_in(request.GET, "deal", request.user))
    return _index(
        request,
        DEAL,
        found,
        stages=stage_choices(),
        statuses=DealStatus.choices,
        billing_statuses=BillingStatus.choices,
        only=_companies(request, found),
    )


@require_GET
def product_list(request: HttpRequest) -> HttpResponse:
    """All products."""
    found = listing(
        products.rows(request.user), request.GET, filters.PRODUCTS, where_in(request.GET, "product", request.user)
    )
    return _index(request, PRODUCT, found)


@require_GET
def quote_list(request: HttpRequest) -> HttpResponse:
    """All quotes."""
    found = listing(
        quotes.rows(request.user), request.GET, filters.QUOTES, where_in(request.GET, "quote", request.user)
    )
    return _index(request, QUOTE, found, statuses=QuoteStatus.choices)


def stage_choices() -> list[tuple[str, str]]:
    """The stages to filter by, with their pipelines where there are several."""
    stages = deals.all_stages()
    several = len({stage.pipeline_id for stage in stages}) > 1
    return [(str(stage.pk), f"{stage.pipeline}: {stage}" if several else stage.name) for stage in stages]


def _companies(request: HttpRequest, found: Listing) -> list[tuple[str, str]]:
    """The companies that the address filters by, as (id, name)."""
    return named_companies(request, found.chosen.get("company", ()), found.rows)


def named_companies(request: HttpRequest, chosen: Sequence[str], rows: Sequence[Any]) -> list[tuple[str, str]]:
    """The chosen companies as (id, name): from ``rows`` that show them all, else from the database."""
    ids = {int(value) for value in chosen if value.isdecimal() and len(value) < 19}
    shown = {row.company_id: row.company.name for row in rows if row.company_id in ids}
    if ids - set(shown):
        shown = dict(companies.visible_to(request.user).filter(pk__in=ids).values_list("pk", "name"))
    return [(str(pk), name) for pk, name in shown.items()]


def _index(request: HttpRequest, kind: Kind, found: Listing, **extra: Any) -> HttpResponse:
    columns = columns_for(request.user, kind.name, request.GET)
    columns.read(found.rows)
    context = {
        "kind": kind,
        "list": found,
        "columns": columns,
        "owners": people.owner_choices(),
        "archived_options": [("1", _("Archived only"))],
        **extra,
    }
    return render(request, f"crm/{kind.name}_list.html", context)
