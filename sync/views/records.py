"""The card on a record that says how it stands with QuickBooks, and its buttons."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import require
from core import registry
from crm.queries import companies, contacts, products
from qbo_connector import queries as connector
from sync import record_card
from sync.models import Link
from sync.services import connections, names, retries

RECORDS = {"company": companies, "contact": contacts, "product": products}


def _record(request: HttpRequest, object_type: str, pk: int) -> Any:
    rows: QuerySet[Any] = RECORDS[object_type].visible_to(request.user)
    return get_object_or_404(rows.only("pk"), pk=pk)


def _card(request: HttpRequest, object_type: str, pk: int) -> HttpResponse:
    _record(request, object_type, pk)
    context = {
        "card": record_card.card(object_type, pk, user=request.user),
        "url": reverse(f"sync:{object_type}-card", args=[pk]),
        "may_act": request.user.has_perm("sync.run"),
        "may_see_health": request.user.has_perm("sync.view_health"),
    }
    response = render(request, "sync/_record_card.html", context)
    patch_cache_control(response, no_cache=True, no_store=True)
    return response


@require_safe
def company_card(request: HttpRequest, pk: int) -> HttpResponse:
    """How a company stands."""
    return _card(request, "company", pk)


@require_safe
def contact_card(request: HttpRequest, pk: int) -> HttpResponse:
    """How a contact stands."""
    return _card(request, "contact", pk)


@require_safe
def product_card(request: HttpRequest, pk: int) -> HttpResponse:
    """How a product stands."""
    return _card(request, "product", pk)


def _link(request: HttpRequest, pk: int) -> Link:
    """The link, if the person may see its record and its company."""
    require(request.user, "sync.run")
    rows = Link.objects.filter(object_type__in=RECORDS, connection__in=connector.visible_to(request.user))
    link = get_object_or_404(rows.select_related("connection"), pk=pk)
    _record(request, link.object_type, link.object_id)
    return link


def _back(request: HttpRequest, link: Link) -> HttpResponse:
    if request.POST.get("back") == "health" and request.user.has_perm("sync.view_health"):
        return redirect("sync:company-health", link.connection_id)
    return redirect(registry.object_types[link.object_type].url_name, link.object_id)


@require_POST
def record_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a refused record again."""
    link = _link(request, pk)
    if retries.send_again([link], by=request.user):
        messages.success(request, _("It is being sent to QuickBooks again."))
    else:
        messages.info(request, _("Nothing is waiting for a retry there."))
    return _back(request, link)


@require_POST
def record_link_to_owner(request: HttpRequest, pk: int) -> HttpResponse:
    """Link a record to whoever has its name in QuickBooks."""
    link = _link(request, pk)
    try:
        names.link_to_owner(link, by=request.user)
    except (names.NoOwner, names.NothingSent) as refused:
        messages.error(request, str(refused) or _("Nobody in QuickBooks has this name any more. Send it again."))
    else:
        messages.success(request, _("Linked. Both sides are being compared."))
    return _back(request, link)


@require_POST
def record_rename(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a record under another name."""
    link = _link(request, pk)
    try:
        names.rename(link, request.POST.get("name", ""), by=request.user)
    except (names.NameTaken, names.NothingSent) as refused:
        messages.error(request, str(refused) or _("There is nothing to rename any more."))
    else:
        messages.success(request, _("It is being sent to QuickBooks under its new name."))
    return _back(request, link)


@require_POST
def record_sync_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the record's company read now."""
    link = _link(request, pk)
    if link.connection.active:
        connections.read_now([link.connection_id], reference=False)
        told = _("“%s” is being read now, which costs one read. The QuickBooks card says when it is done.")
        messages.success(request, told % link.connection)
    else:
        messages.warning(request, _("“%s” is not connected at the moment.") % link.connection)
    return _back(request, link)
