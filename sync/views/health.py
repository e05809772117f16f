"""Sync health: what is late, waiting, unreadable or refused, and the buttons that try again."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.access import require
from sync import health as reading
from sync.services import retries

PAGE = "sync:health"
SEE, ACT = "sync.view_health", "sync.run"


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """The page."""
    require(request.user, SEE)
    parked = list(reading.parked(request.user)[: reading.SHOWN + 1])
    causes = reading.causes(request.user)
    companies = reading.companies(request.user)
    failing = sum(len(cause.lines) for cause in causes)
    context = {
        "companies": companies,
        "worker": reading.worker(),
        "causes": causes,
        "failing": failing,
        "more_failing": failing >= reading.SHOWN,
        "parked": parked[: reading.SHOWN],
        "more_parked": len(parked) > reading.SHOWN,
        "shown": reading.SHOWN,
        "may_act": request.user.has_perm(ACT),
    }
    return render(request, "sync/health.html", context)


@require_POST
def retry(request: HttpRequest) -> HttpResponse:
    """Send the named refused invoices again: one, or all of a cause."""
    require(request.user, ACT)
    ids = [int(value) for value in request.POST.getlist("link") if value.isdecimal() and len(value) < 19]
    sent = retries.send_again(reading.failing(request.user).filter(pk__in=ids), by=request.user)
    if sent:
        text = ngettext("One invoice is being sent again.", "%d invoices are being sent again.", sent)
        messages.success(request, text % sent if "%d" in text else text)
    else:
        messages.info(request, _("Nothing is waiting for a retry there."))
    return redirect(PAGE)


@require_safe
def parked_payload(request: HttpRequest, pk: int) -> HttpResponse:
    """What QuickBooks sent, as text."""
    require(request.user, SEE)
    record = get_object_or_404(reading.parked(request.user).defer(None), pk=pk)
    return render(request, "sync/_payload.html", {"text": reading.payload_text(record)})


@require_POST
def parked_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at a parked object again."""
    require(request.user, ACT)
    record = get_object_or_404(reading.parked(request.user), pk=pk)
    if retries.apply_again(record, by=request.user):
        messages.success(request, _("%(entity)s %(id)s is looked at again.") % _words(record.entity, record.qbo_id))
    else:
        messages.info(
            request,
            _("%(entity)s %(id)s can't be read as it is. It comes again as soon as it is changed in QuickBooks.")
            % _words(record.entity, record.qbo_id),
        )
    return redirect(PAGE)


def _words(entity: str, qbo_id: str) -> dict[str, str]:
    return {"entity": entity, "id": qbo_id}
