"""The connected companies: list, disconnect."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import require
from core import registry
from qbo_connector import oauth, queries
from qbo_connector.enums import ConnectionStatus
from qbo_connector.models import Operation
from qbo_connector.services import consent

PERMISSION = "qbo_connector.connect"
LIST = "qbo_connector:connection-list"


@require_safe
def app_list(request: HttpRequest) -> HttpResponse:
    """The apps that the CRM can be connected to: one, with the state of its companies."""
    require(request.user, PERMISSION)
    companies = list(queries.visible_to(request.user).order_by("status", "company_name", "pk"))
    context = {
        "companies": companies,
        "connected": sum(company.active for company in companies),
        "wrong": [company for company in companies if company.status in _WRONG],
    }
    return render(request, "qbo_connector/app_list.html", context)


_WRONG = (ConnectionStatus.NEEDS_RECONNECT, ConnectionStatus.PAUSED)


@require_safe
def connection_list(request: HttpRequest) -> HttpResponse:
    """Every company with its state and what can be done with it."""
    require(request.user, PERMISSION)
    context = {
        "companies": list(queries.companies(request.user)),
        "missing_keys": missing_keys(),
        "redirect_uri": oauth.redirect_uri(),
        "environment": settings.QBO_ENVIRONMENT,
    }
    return render(request, "qbo_connector/connection_list.html", context)


def missing_keys() -> list[str]:
    """The variables that the operator has to set before anything can be connected."""
    return [name for name in ("QBO_CLIENT_ID", "QBO_CLIENT_SECRET") if not getattr(settings, name)]


@dataclass(frozen=True)
class PendingLine:
    """A waiting write, with the record that it is for."""

    operation: Operation
    record: str
    url: str
    about: str


@require_http_methods(["GET", "HEAD", "POST"])
def disconnect(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, saying what stays and what is pending; then withdraw our access."""
    require(request.user, PERMISSION)
    connection = get_object_or_404(queries.visible_to(request.user), pk=pk)
    if connection.status == ConnectionStatus.DISCONNECTED:
        messages.info(request, _("“%s” is disconnected already.") % connection)
        return redirect(LIST)
    if request.method == "POST":
        if consent.disconnect(connection, by=request.user):
            messages.success(request, _("“%s” is disconnected. Its data and links stay.") % connection)
        else:
            messages.warning(
                request,
                _(
                    "“%s” is disconnected here, but QuickBooks did not confirm it. Our access is deleted and runs out "
                    "by itself; to end it at once, remove this app in QuickBooks under Apps."
                )
                % connection,
            )
        return redirect(LIST)
    pending = queries.pending(connection.pk)
    lines = [_line(operation, pending.names.get(operation.pk, "")) for operation in pending.oldest]
    return render(
        request, "qbo_connector/disconnect.html", {"connection": connection, "pending": pending, "lines": lines}
    )


def _line(operation: Operation, about: str) -> PendingLine:
    """``invoice:42`` as the registered name of its kind, with the address of its page."""
    kind, _colon, pk = operation.subject.partition(":")
    found = registry.object_types.get(kind)
    if found is None or not pk.isdigit():
        return PendingLine(operation, operation.entity, "", about)
    try:
        url = reverse(found.url_name, args=[int(pk)])
    except NoReverseMatch:
        url = ""
    return PendingLine(operation, str(found.label), url, about)
