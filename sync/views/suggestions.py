"""Likely matches, confirmed or rejected; and duplicates that keep records from being matched."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.access import require
from sync import suggestion_lines
from sync.enums import SyncObject
from sync.services import suggestions

SEE, ACT = "sync.view_health", "sync.run"
PAGE = "sync:suggestions"
AT_ONCE = 500
_OBJECTS = (SyncObject.CONTACT, SyncObject.PRODUCT)


@require_safe
def suggestion_list(request: HttpRequest) -> HttpResponse:
    """Records and objects that share a name, side by side."""
    require(request.user, SEE)
    context = {
        "found": suggestion_lines.suggestions(request.user, request.GET),
        "companies": suggestion_lines.companies(request.user),
        "company": request.GET.get("company", ""),
        "query": request.GET.urlencode(),
        "may_act": request.user.has_perm(ACT),
    }
    return render(request, "sync/suggestions.html", context)


@require_POST
def suggestion_decide(request: HttpRequest) -> HttpResponse:
    """Confirm or reject: the ticked ones, or (``all``) everything in the list."""
    require(request.user, ACT)
    answer = request.POST.get("answer", "")
    if answer not in ("accept", "reject"):
        return HttpResponseBadRequest()
    query = QueryDict(request.POST.get("query", "")[:4000])
    if request.POST.get("all") == "1":
        wanted = suggestion_lines.open_suggestions(request.user, query).order_by("pk").values_list("pk", flat=True)
        ids = list(wanted[:AT_ONCE])
    else:
        posted = request.POST.getlist("suggestion")[:AT_ONCE]
        ids = [int(value) for value in posted if value.isdecimal() and len(value) < 19]
    rows = suggestion_lines.pick(request.user, ids)
    if not rows:
        messages.info(request, _("Nothing is waiting for a decision there."))
    elif answer == "reject":
        number = suggestions.reject(rows, by=request.user)
        text = ngettext("%d match is rejected.", "%d matches are rejected.", number)
        messages.success(request, text % number)
    else:
        _accept(request, ids)
    return redirect(f"{reverse(PAGE)}{'?' + query.urlencode() if query else ''}")


def _accept(request: HttpRequest, ids: list[int]) -> None:
    rows = suggestion_lines.pick(request.user, ids)
    if len(ids) == 1:
        try:
            suggestions.accept(rows.select_related("connection").get(), by=request.user)
        except suggestions.LinkedMeanwhile:
            messages.warning(request, _("One of the two was linked to something else meanwhile. Nothing was changed."))
            return
        accepted, left = 1, 0
    else:
        accepted, left = suggestions.accept_all(rows, by=request.user)
    if accepted:
        text = ngettext("%d match is confirmed and linked.", "%d matches are confirmed and linked.", accepted)
        messages.success(request, text % accepted)
    if left:
        text = ngettext(
            "%d was left: its record or object may also be another one. Decide it by itself.",
            "%d were left: their records or objects may also be other ones. Decide them one by one.",
            left,
        )
        messages.warning(request, text % left)


@require_safe
def duplicate_list(request: HttpRequest) -> HttpResponse:
    """Several that share an e-mail address or a SKU, in one company."""
    require(request.user, SEE)
    companies = suggestion_lines.companies(request.user)
    chosen = request.GET.get("company", "")
    connection = next((each for each in companies if str(each.pk) == chosen), None)
    if chosen and connection is None:
        raise Http404
    connection = connection or (companies[0] if companies else None)
    name = request.GET.get("object", SyncObject.CONTACT)
    if name not in _OBJECTS:
        raise Http404
    context = {
        "companies": companies,
        "connection": connection,
        "company": str(connection.pk) if connection else "",
        "objects": [(str(each), each.label, each == name) for each in _OBJECTS],
        "shared": suggestion_lines.shared_values(connection, SyncObject(name)) if connection else [],
    }
    return render(request, "sync/duplicates.html", context)
