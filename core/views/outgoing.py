"""Requests to addresses of others: where they may go, the secret that signs them, what became of them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from core.models import AllowedHost, OutgoingRequest
from core.services import requests
from core.views.company import configures

SHOWN = 50


@never_cache
@require_http_methods(["GET", "POST"])
@configures
def outgoing_requests(request: HttpRequest) -> HttpResponse:
    """The page; sending a host allows it."""
    problem, typed = "", ""
    if request.method == "POST":
        typed = request.POST.get("host", "")
        try:
            row = requests.allow_host(typed, by=request.user)
        except requests.BadHost as error:
            problem = str(error)
        else:
            messages.success(request, _("Requests may go to %s from now on.") % row.host)
            return redirect("core:outgoing-requests")
    context = {
        "hosts": AllowedHost.objects.select_related("by").order_by("host"),
        "fixed": sorted(requests.allowed_hosts() - set(AllowedHost.objects.values_list("host", flat=True))),
        "secret": requests.webhook_secret(),
        "requests": OutgoingRequest.objects.order_by("-pk")[:SHOWN],
        "problem": problem,
        "typed": typed,
    }
    return render(request, "core/outgoing.html", context, status=422 if problem else 200)


@require_POST
@configures
def host_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Forbid a host again."""
    row = get_object_or_404(AllowedHost, pk=pk)
    requests.forbid_host(row, by=request.user)
    messages.success(request, _("Requests do not go to %s any more.") % row.host)
    return redirect("core:outgoing-requests")


@require_POST
@configures
def secret_change(request: HttpRequest) -> HttpResponse:
    """Sign with a new secret."""
    requests.change_secret(by=request.user)
    messages.success(request, _("There is a new secret. For a day webhooks carry signatures by both."))
    return redirect("core:outgoing-requests")


@require_POST
@configures
def request_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a failed request again."""
    if requests.retry_request(get_object_or_404(OutgoingRequest, pk=pk), by=request.user):
        messages.success(request, _("It is sent again now."))
    else:
        messages.error(request, _("It has not failed, so it is not sent again."))
    return redirect("core:outgoing-requests")
