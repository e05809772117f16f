"""Single choices and groups of custom properties."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.models import PropertyChoice, PropertyGroup
from core.properties import usage
from core.services import properties, property_choices
from core.views.properties import done, manages, object_of, panel


@require_http_methods(["GET", "POST"])
@manages
def choice_archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask what becomes of the records that have this choice, and offer it no more."""
    choice = get_object_or_404(
        PropertyChoice.objects.select_related("definition"),
        pk=pk,
        archived_at=None,
        definition__deleted_at=None,
    )
    row = choice.definition
    others = row.choices.filter(archived_at=None).exclude(pk=pk)
    chosen = request.POST.get("replacement", "")
    problem = ""
    if request.method == "POST":
        try:
            replacement = others.filter(pk=int(chosen)).first() if chosen.isdecimal() and len(chosen) < 19 else None
            property_choices.archive(choice, by=request.user, keep=chosen == "keep", replacement=replacement)
        except properties.StillUsed:
            problem = _("Say what becomes of the records that have it.")
        except properties.PropertyRefused as refused:
            problem = str(refused)
        else:
            messages.success(request, _("“%s” is not offered any more.") % choice.label)
            return done(request, object_of(row.object_type))
    context = {"choice": choice, "row": row, "others": others, "problem": problem}
    context["used"] = usage.records_with_choice(row, choice.pk)
    return panel(request, "core/properties/_choice.html", object_of(row.object_type), context)


@require_POST
@manages
def choice_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Offer an archived choice again."""
    choice = get_object_or_404(PropertyChoice.objects.select_related("definition"), pk=pk)
    try:
        property_choices.restore(choice, by=request.user)
    except properties.PropertyRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("“%s” is offered again.") % choice.label)
    return done(request, object_of(choice.definition.object_type))


@require_http_methods(["GET", "POST"])
@manages
def group_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a group, or (with ``delete``) take it away; its properties stay."""
    group = get_object_or_404(PropertyGroup, pk=pk)
    described = object_of(group.object_type)
    problem = ""
    if request.method == "POST":
        try:
            if request.POST.get("delete"):
                properties.delete_group(group, by=request.user)
            else:
                properties.rename_group(group, request.POST.get("name", ""), by=request.user)
        except properties.PropertyRefused as refused:
            problem = str(refused)
        else:
            messages.success(request, _("Changes saved."))
            return done(request, described)
    context = {"group": group, "problem": problem, "typed": request.POST.get("name", group.name)}
    return panel(request, "core/properties/_group.html", described, context)
