"""Arranging the cards of record pages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from crm import layouts
from crm.views.timeline import kind_of


@require_http_methods(["GET", "POST"])
def card_layout(request: HttpRequest, object_type: str) -> HttpResponse:
    """The panel that arranges the cards of a kind of record; POST keeps order, what is shown and what is folded."""
    kind = kind_of(object_type)
    if request.method != "POST":
        context = {"kind": kind, "arranged": layouts.arranged(request.user, object_type)}
        return render(request, "crm/_card_layout.html", context)
    if "folding" in request.POST:
        layouts.fold(request.user, object_type, request.POST.getlist("folded"))
        return HttpResponse(status=204)
    if "reset" in request.POST:
        layouts.reset(request.user, object_type)
    else:
        order, shown = request.POST.getlist("order"), request.POST.getlist("shown")
        layouts.arrange(request.user, object_type, order=order, shown=shown)
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})
