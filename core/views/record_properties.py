"""The custom properties of one record, and which of them a list shows as columns."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.forms.values import PropertyValuesForm
from core.properties import BadValues, Fixed
from core.views.properties import object_of


@require_http_methods(["GET", "POST"])
def record_properties(request: HttpRequest, object_type: str, pk: int) -> HttpResponse:
    """The form of a record's custom properties, in the side panel or as a page, and its answer."""
    described = object_of(object_type)
    if not request.user.has_perm(described.permission):
        raise PermissionDenied(_("Your role does not let you change this. Somebody who manages users can change that."))
    record = get_object_or_404(described.visible_to(request.user), pk=pk)
    form = PropertyValuesForm(request.POST or None, object_type=object_type, record=record)
    if request.method == "POST" and form.is_valid():
        try:
            described.change(record, form.properties.given(), by=request.user)
        except BadValues as refused:
            form.properties.refuse(refused)
        except Fixed as fixed:
            form.add_error(None, str(fixed))
        else:
            messages.success(request, _("Changes saved."))
            if getattr(request, "htmx", False):
                return HttpResponse(status=204, headers={"HX-Refresh": "true"})
            return redirect(resolve_url(described.page, pk) if described.page else "core:home")
    in_panel = bool(getattr(request, "htmx", False))
    context = {"object": described, "record": record, "form": form, "in_panel": in_panel}
    template = "core/properties/_values_form.html" if in_panel else "core/properties/values_page.html"
    return render(request, template, context, status=422 if form.errors else 200)
