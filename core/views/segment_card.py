"""The card on a record with the segments that it is in."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core import registry
from core.conditions import registry as conditions
from core.segments.belonging import belonging
from core.segments.reading import segment_for
from core.services import segments
from core.views.segments import PERMISSION


@require_http_methods(["GET", "POST"])
def segment_card(request: HttpRequest, pk: int, object_type: str) -> HttpResponse:
    """The segments of a record; POST puts it into a static one, or takes it out."""
    if not conditions.may_use(object_type, request.user):
        raise PermissionDenied(_("You may not see these records, so you can't see segments of them."))
    may_edit, problem = request.user.has_perm(PERMISSION), ""
    if request.method == "POST" and not may_edit:
        raise PermissionDenied(_("Your role does not let you change segments."))
    get_object_or_404(conditions.objects[object_type].visible_to(request.user), pk=pk)
    if request.method == "POST":
        problem = _change(request, object_type, pk)
        if not getattr(request, "htmx", False):
            if problem:
                messages.error(request, problem)
            return redirect(resolve_url(registry.object_types[object_type].url_name, pk))
    found = belonging(object_type, pk, request.user)
    context = {"object_type": object_type, "pk": pk, "found": found, "may_edit": may_edit, "problem": problem}
    return render(request, "core/segments/_card.html", context)


def _change(request: HttpRequest, object_type: str, pk: int) -> str:
    """Put the record in, or take it out; a sentence where that can't be."""
    segment = segment_for(request.POST.get("segment", ""), object_type)
    if segment is None:
        return _("Choose a segment.")
    act = segments.remove if request.POST.get("act") == "remove" else segments.add
    try:
        act(segment, [pk], by=request.user)
    except segments.BadSegment as bad:
        return str(bad)
    return ""
