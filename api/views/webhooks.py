"""Webhooks, for those who configure the workspace: the same as the API does, with the log of each."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import require
from api import webhook_log
from api.models import WebhookSubscription
from api.services import webhooks
from api.webhook_forms import WebhookForm
from core.models import RequestState
from core.services import requests

MANAGES = "core.configure"


@require_safe
def webhook_list(request: HttpRequest) -> HttpResponse:
    """All of them: there are few."""
    require(request.user, MANAGES)
    return render(request, "api/webhooks.html", {"webhooks": webhook_log.subscriptions()})


@never_cache
@sensitive_post_parameters("url")
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_create(request: HttpRequest) -> HttpResponse:
    """Tell an address of events; the answer shows with what it is signed, once."""
    require(request.user, MANAGES)
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = webhooks.create(**form.cleaned_data, scopes=_scopes(form), by=request.user)
        except webhooks.BadWebhook as error:
            form.add_error("url", str(error))
        else:
            return render(request, "api/webhook_made.html", {"webhook": made, "secret": requests.webhook_secret()})
    return render(request, "api/webhook_form.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
def webhook_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One, and what was sent to it."""
    require(request.user, MANAGES)
    row = get_object_or_404(webhook_log.subscriptions(), pk=pk)
    states, kinds = request.GET.getlist("state"), request.GET.getlist("kind")
    page = webhook_log.page(row, states=states, kinds=kinds, before=request.GET.get("before", ""))
    older = request.GET.copy()
    older["before"] = str(page.before or "")
    context = {
        "webhook": row,
        "page": page,
        "older": f"?{older.urlencode()}",
        "states": RequestState.choices,
        "kinds": [(key, label) for key, (_beginning, label) in webhook_log.KINDS.items()],
        "chosen_states": states,
        "chosen_kinds": kinds,
        "narrowed": bool(request.GET),
    }
    return render(request, "api/webhook.html", context)


@sensitive_post_parameters("url")
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change address, events or words. From then on it tells what the reader may see."""
    require(request.user, MANAGES)
    row = get_object_or_404(WebhookSubscription, pk=pk)
    initial = {"events": row.events, "description": row.description}
    form = WebhookForm(request.POST or None, host=row.host, initial=initial)
    if request.method == "POST" and form.is_valid():
        values = {**form.cleaned_data, "url": form.cleaned_data["url"] or None}
        try:
            webhooks.change(row, by=request.user, scopes=_scopes(form), **values)
        except webhooks.BadWebhook as error:
            form.add_error("url", str(error))
        else:
            messages.success(request, _("The webhook is saved."))
            return redirect("api:webhook-detail", pk=row.pk)
    context = {"form": form, "webhook": row}
    return render(request, "api/webhook_form.html", context, status=422 if form.errors else 200)


def _scopes(form: WebhookForm) -> list[str]:
    """No more than its events need: a page has no key that would narrow it."""
    return sorted({webhooks.scope_of(each) for each in form.cleaned_data["events"]})


@require_POST
def webhook_pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell nothing for a while (``active=0``), or again (``active=1``). What happens meanwhile is not told later."""
    row, active = _found(request, pk), request.POST.get("active") == "1"
    webhooks.change(row, by=request.user, scopes=row.scopes, active=active)
    messages.success(request, _("The webhook tells of events again.") if active else _("The webhook is paused."))
    return redirect("api:webhook-detail", pk=row.pk)


@require_POST
def webhook_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send something to see whether the address is reached."""
    row = _found(request, pk)
    sent = webhooks.send_test(row, by=request.user)
    messages.success(request, _("A test is on its way to %s.") % row.host)
    return redirect("api:webhook-delivery", pk=sent.pk)


@require_POST
def webhook_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell the address no more."""
    row = _found(request, pk)
    webhooks.delete(row, by=request.user)
    messages.success(request, _("%s is told of nothing any more.") % row.host)
    return redirect("api:webhook-list")


@require_safe
def webhook_delivery(request: HttpRequest, pk: int) -> HttpResponse:
    """What was sent, and what came back."""
    require(request.user, MANAGES)
    sent = get_object_or_404(webhook_log.all_deliveries(), pk=pk)
    webhook = WebhookSubscription.objects.filter(pk=sent.object_id or 0).first()
    context = {"delivery": webhook_log.Delivery(sent), "webhook": webhook}
    return render(request, "api/webhook_delivery.html", context)


@require_POST
def webhook_replay(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the same body once more, to the address that the webhook has now."""
    require(request.user, MANAGES)
    sent = get_object_or_404(webhook_log.all_deliveries(), pk=pk)
    row = get_object_or_404(WebhookSubscription, pk=sent.object_id or 0)
    again = webhooks.replay(sent, row, by=request.user)
    messages.success(request, _("It is on its way to %s once more.") % row.host)
    return redirect("api:webhook-delivery", pk=again.pk)


def _found(request: HttpRequest, pk: int) -> Any:
    require(request.user, MANAGES)
    return get_object_or_404(WebhookSubscription, pk=pk)
