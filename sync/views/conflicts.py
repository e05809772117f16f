"""The conflict queue: what both sides changed, and the decisions of a person."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.access import require
from sync import conflict_lines
from sync.enums import Winner
from sync.models import Conflict
from sync.services import conflicts

SEE, ACT = "sync.view_health", "sync.run"
PAGE = "sync:conflicts"
# More in one request would keep a person waiting; pressing again goes on.
AT_ONCE = 2000


@require_safe
def conflict_list(request: HttpRequest) -> HttpResponse:
    """The queue over all companies."""
    require(request.user, SEE)
    context = {
        "queue": conflict_lines.queue(request.user, request.GET),
        "choices": conflict_lines.choices(request.user),
        "chosen": {name: request.GET.getlist(name) for name in conflict_lines.FILTERS},
        "query": request.GET.urlencode(),
        "may_act": request.user.has_perm(ACT),
        "at_once": AT_ONCE,
    }
    return render(request, "sync/conflicts.html", context)


@require_POST
def conflict_resolve(request: HttpRequest) -> HttpResponse:
    """Decide one field (``seen``), one record (``record``) or everything that fits the filter (``all``)."""
    require(request.user, ACT)
    if request.POST.get("side") not in (Winner.CRM, Winner.QUICKBOOKS):
        return HttpResponseBadRequest()
    side = Winner(request.POST["side"])
    query = QueryDict(request.POST.get("query", "")[:4000])
    rows = conflict_lines.open_conflicts(request.user)
    seen = _seen(request)
    if request.POST.get("all") == "1":
        rows = conflict_lines.filtered(rows, query)
    elif request.POST.get("record", "").isdecimal() and len(request.POST["record"]) < 19:
        rows = rows.filter(link=int(request.POST["record"]))
    else:
        rows = rows.filter(pk__in=seen)
    wanted = list(rows.order_by("pk")[: AT_ONCE + 1])
    more, wanted = len(wanted) > AT_ONCE, wanted[:AT_ONCE]
    # What was renewed since the page was made was decided by nobody.
    other = [row.pk for row in wanted if seen.get(row.pk, "") not in ("", conflict_lines.fingerprint(row))]
    ids = [row.pk for row in wanted if row.pk not in other]
    resolution = conflicts.resolve(Conflict.objects.filter(pk__in=ids), side, by=request.user)
    gone = len(seen) - len(wanted) if seen and request.POST.get("all") != "1" else 0
    _tell(request, resolution.resolved, len(resolution.changed) + len(other), more=more, gone=gone)
    return redirect(f"{reverse(PAGE)}{'?' + query.urlencode() if query else ''}")


def _seen(request: HttpRequest) -> dict[int, str]:
    """What the page showed: fingerprints of values by conflict."""
    found: dict[int, str] = {}
    for value in request.POST.getlist("seen")[:1000]:
        number, _colon, mark = value.partition(":")
        if number.isdecimal() and len(number) < 19:
            found[int(number)] = mark
    return found


def _tell(request: HttpRequest, resolved: int, changed: int, *, more: bool, gone: int) -> None:
    if resolved:
        text = ngettext("%d conflict is decided.", "%d conflicts are decided.", resolved) % resolved
        messages.success(request, _("%s Press again for the others.") % text if more else text)
    if changed:
        text = ngettext(
            "%d changed meanwhile and was left alone: look at its values once more.",
            "%d changed meanwhile and were left alone: look at their values once more.",
            changed,
        )
        messages.warning(request, text % changed)
    elif not resolved:
        told = _("It was decided meanwhile.") if gone > 0 else _("Nothing is waiting for a decision there.")
        messages.info(request, told)
