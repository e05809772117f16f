"""Whether e-mails leave: a card for the page that tells administrators what needs them."""

import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from core import registry
from core.models import MailState, OutgoingMail
from core.services import mails, smtp
from core.views.company import configures

SHOWN = 10
TOLD = datetime.timedelta(days=30)


@never_cache
@require_safe
@configures
def mail_health(request: HttpRequest) -> HttpResponse:
    """What the mail server refuses, which e-mails failed of late, and which are tried again."""
    return _card(request)


@require_POST
@configures
def mail_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a failed e-mail again."""
    if mails.retry_mail(get_object_or_404(OutgoingMail, pk=pk), by=request.user):
        messages.success(request, _("It is sent again now."))
    else:
        messages.error(request, _("It has not failed, so it is not sent again."))
    return _card(request) if getattr(request, "htmx", False) else redirect("core:mail-server")


def _card(request: HttpRequest) -> HttpResponse:
    every = OutgoingMail.objects.select_related("by")
    failed = every.filter(state=MailState.FAILED, finished_at__gt=timezone.now() - TOLD).order_by("-finished_at")
    found = list(failed[: SHOWN + 1])
    late = every.filter(state=MailState.PLANNED, attempts__gt=0).order_by("due_at")[:SHOWN]
    context = {
        "server": smtp.stored(),
        "failed": [(mail, _page_of(mail)) for mail in found[:SHOWN]],
        "more": len(found) > SHOWN,
        "late": [(mail, _page_of(mail)) for mail in late],
        "days": TOLD.days,
    }
    return render(request, "core/_mail_health.html", context)


def _page_of(mail: OutgoingMail) -> str:
    kind = registry.object_types.get(mail.object_type)
    return reverse(kind.url_name, args=[mail.object_id]) if kind and mail.object_id is not None else ""
