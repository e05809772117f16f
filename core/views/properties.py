"""The settings page of custom properties: what there is, new ones, changes, order, deletion."""

from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.conditions.registry import fields_of
from core.enums import PropertyKind
from core.forms.properties import PropertyForm
from core.models import PropertyDefinition, PropertyGroup
from core.ordering import asked_order, moved_one
from core.properties import PREFIX, PropertyObject, objects, usage
from core.properties.objects import in_order, uses_of
from core.services import properties, property_choices
from core.services.property_upkeep import days_left

PERMISSION = "core.manage_properties"


def manages(view: Any) -> Any:
    """Only for those who may manage properties; others read what is missing and who grants it."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(PERMISSION):
            sentence = _("This needs the permission “%s”. Somebody who manages users can give it to your role.")
            raise PermissionDenied(sentence % _("Manage the properties of records"))
        return cast(HttpResponse, view(request, *args, **kwargs))

    return guarded


@dataclass(frozen=True)
class Line:
    """A property in the table. ``records`` is None where counting would take too long."""

    row: PropertyDefinition
    records: int | None
    uses: list[str]
    first: bool
    last: bool

    @property
    def kind(self) -> str:
        """What it holds, in words."""
        return str(PropertyKind(self.row.kind).label)


@require_GET
@manages
def property_index(request: HttpRequest) -> HttpResponse:
    """The first object's properties."""
    return redirect("core:property-list", object_type=in_order()[0].name)


@require_GET
@manages
def property_list(request: HttpRequest, object_type: str) -> HttpResponse:
    """The properties of an object: custom ones by group, deleted ones, those that it always has."""
    return render(request, "core/properties/list.html", _list_context(object_of(object_type)))


def _list_context(described: PropertyObject) -> dict[str, Any]:
    name = described.name
    rows = PropertyDefinition.objects.filter(object_type=name).select_related("group")
    live = sorted((r for r in rows if r.deleted_at is None), key=_place)
    deleted = sorted((r for r in rows if r.deleted_at is not None), key=days_left, reverse=True)
    return {
        "object": described,
        "tabs": [(each, reverse("core:property-list", args=[each.name]), each.name == name) for each in in_order()],
        "groups": _groups(live, usage.counts(name), uses_of(row.pk for row in live)),
        "any": bool(live),
        "deleted": [(row, days_left(row)) for row in deleted],
        "standard": [field for field in fields_of(name).values() if not field.name.startswith(PREFIX)],
        "kinds": {"money": _("Currency"), "record": _("Record"), "user": _("User"), **dict(PropertyKind.choices)},
    }


def _place(row: PropertyDefinition) -> tuple[int, int, int, int]:
    return (row.group.position if row.group else -1, row.group_id or 0, row.position, row.pk)


def _groups(live: list[PropertyDefinition], counts: dict[str, int] | None, uses: dict[int, list[str]]) -> Any:
    """(group or None, its lines, whether it is the first and the last one with a name) in order.

    Only inside a group has a line neighbours to change places with.
    """
    found: dict[int, tuple[Any, list[PropertyDefinition]]] = {}
    for row in live:
        found.setdefault(row.group_id or 0, (row.group, []))[1].append(row)
    named = [pk for pk in found if pk]
    return [
        (
            group,
            [
                Line(
                    row,
                    None if counts is None else counts.get(str(row.pk), 0),
                    uses.get(row.pk, []),
                    place == 0,
                    place == len(rows) - 1,
                )
                for place, row in enumerate(rows)
            ],
            pk == named[0] if pk else False,
            pk == named[-1] if pk else False,
        )
        for pk, (group, rows) in found.items()
    ]


@require_http_methods(["GET", "POST"])
@manages
def property_create(request: HttpRequest, object_type: str) -> HttpResponse:
    """The form of a new property; asked again with another kind it shows what that kind needs."""
    described = object_of(object_type)
    posted = request.POST if request.method == "POST" else None
    form = PropertyForm(posted, object_type=object_type, asked_for=request.GET)
    if posted is not None and form.is_valid() and (row := _saved(request, form)) is not None:
        messages.success(request, _("Property “%s” created.") % row.label)
        return done(request, described)
    return _form(request, described, form)


@require_http_methods(["GET", "POST"])
@manages
def property_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The form of a property and its choices."""
    row = live_property(pk)
    described = object_of(row.object_type)
    fixed = usage.records_with(row) > 0
    posted = request.POST if request.method == "POST" else None
    form = PropertyForm(posted, object_type=row.object_type, row=row, fixed=fixed, asked_for=request.GET)
    if posted is not None and form.is_valid() and _saved(request, form) is not None:
        messages.success(request, _("Changes saved."))
        return done(request, described)
    archived = row.choices.exclude(archived_at=None)
    return _form(request, described, form, archived=archived)


def _saved(request: HttpRequest, form: PropertyForm) -> PropertyDefinition | None:
    """Write what the form says, as a whole; None when a service refuses, with its reason at the field."""
    row, values, user = form.row, form.values(), request.user
    try:
        with transaction.atomic():
            values["group"] = properties.group_named(form.object_type, form.cleaned_data["group"])
            if row is None:
                labels = [label for _pk, label in form.choices()]
                made: PropertyDefinition = properties.create(form.object_type, by=user, **values)
                property_choices.arrange(made, [(None, label) for label in labels], by=user)
                return made
            changed = properties.change(row, by=user, **values)
            property_choices.arrange(changed, form.choices(), by=user)
            return changed
    except properties.PropertyRefused as refused:
        form.refuse(refused.field, str(refused))
    return None


@require_http_methods(["GET", "POST"])
@manages
def property_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, with what a deletion would hide, and delete; a used property asks for its name."""
    row = live_property(pk)
    used, uses = usage.records_with(row), uses_of([row.pk]).get(row.pk, [])
    typed = " ".join(request.POST.get("name", "").split())
    sure = not (used or uses) or typed.casefold() == row.label.casefold()
    if request.method == "POST" and sure:
        properties.delete(row, by=request.user, confirmed=True)
        text = _("“%(name)s” is deleted. You can restore it here for %(days)d days.")
        messages.success(request, text % {"name": row.label, "days": properties.KEPT_DAYS})
        return done(request, object_of(row.object_type))
    context = {"row": row, "used": used, "uses": uses, "days": properties.KEPT_DAYS, "typed": typed}
    context["wrong"] = request.method == "POST"
    return panel(request, "core/properties/_delete.html", object_of(row.object_type), context)


@require_POST
@manages
def property_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring a deleted property back."""
    row = get_object_or_404(PropertyDefinition, pk=pk, deleted_at__isnull=False)
    described = object_of(row.object_type)
    try:
        properties.restore(row, by=request.user)
    except properties.PropertyRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("“%s” is back, with its values.") % row.label)
    return done(request, described)


@require_POST
@manages
def property_order(request: HttpRequest, object_type: str) -> HttpResponse:
    """Put the properties of a group into the posted order, or (with ``move`` and ``by``) one a place up or down."""
    described = object_of(object_type)
    live = PropertyDefinition.objects.filter(object_type=object_type, deleted_at=None).order_by("position", "pk")
    group_of = dict(live.values_list("pk", "group"))
    moved = moved_one(request)
    beside = [pk for pk, group in group_of.items() if not moved or group == group_of.get(moved)]
    properties.reorder(object_type, asked_order(request, beside), by=request.user)
    return _reordered(request, described)


@require_POST
@manages
def group_order(request: HttpRequest, object_type: str) -> HttpResponse:
    """Put the groups into the posted order, or one of them a place up or down."""
    described = object_of(object_type)
    shown = PropertyGroup.objects.filter(object_type=object_type, definitions__deleted_at=None).distinct()
    properties.reorder_groups(object_type, asked_order(request, [each.pk for each in shown]), by=request.user)
    return _reordered(request, described)


def _reordered(request: HttpRequest, described: PropertyObject) -> HttpResponse:
    if not getattr(request, "htmx", False):
        return done(request, described)
    return render(request, "core/properties/_table.html", _list_context(described))


def object_of(object_type: str) -> PropertyObject:
    """The kind of record, or 404."""
    try:
        return objects[object_type]
    except KeyError as error:
        raise Http404 from error


def live_property(pk: int) -> PropertyDefinition:
    """A property that is not deleted, or 404."""
    return get_object_or_404(PropertyDefinition.objects.select_related("group"), pk=pk, deleted_at=None)


def done(request: HttpRequest, described: PropertyObject) -> HttpResponse:
    """Back to the object's properties: the whole window, also from the side panel."""
    address = reverse("core:property-list", args=[described.name])
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


def panel(request: HttpRequest, template: str, described: PropertyObject, context: dict[str, Any]) -> HttpResponse:
    """``template`` in the side panel, or as a page of its own."""
    in_panel = bool(getattr(request, "htmx", False))
    whole = {"object": described, "in_panel": in_panel, "template": template, **context}
    status = 422 if request.method == "POST" else 200
    return render(request, template if in_panel else "core/properties/page.html", whole, status=status)


def _form(request: HttpRequest, described: PropertyObject, form: PropertyForm, **more: Any) -> HttpResponse:
    return panel(request, "core/properties/_form.html", described, {"form": form, "row": form.row, **more})
