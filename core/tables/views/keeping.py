"""Saved views and columns: forms in the side panel."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from core.models import SavedView, Visibility
from core.tables import keeping
from core.tables.address import canonical, columns_in, density_in, without
from core.tables.described import Table
from core.tables.listing import chosen_columns, columns_of
from core.tables.registry import table_of
from core.tables.saved import may_see, sharing_choices, views_of
from core.tables.views.asked import changed, lead, list_address, state_of


class ViewForm(forms.Form):
    """Name and readers of a saved view."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=keeping.LONGEST_NAME)
    visibility = forms.ChoiceField(label=gettext_lazy("Who sees it"), choices=[], widget=forms.RadioSelect)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["visibility"]
        field.choices = sharing_choices(user)


@require_http_methods(["GET", "POST"])
def view_create(request: HttpRequest, object_type: str) -> HttpResponse:
    """Keep the state of the list as a new view."""
    table, state = table_of(object_type, request.user), state_of(request)
    form = ViewForm(request.POST or None, user=request.user, initial={"visibility": Visibility.PRIVATE})
    if request.method == "POST" and form.is_valid():
        try:
            made = keeping.create(
                object_type, by=request.user, state=canonical(state), columns=columns_in(state),
                density=density_in(state), **form.cleaned_data,
            )  # fmt: skip
        except keeping.ViewRefused as refused:
            form.add_error(None, str(refused))
        else:
            return lead(request, list_address(table, f"open={made.pk}"))
    address = reverse("tables:view-create", args=[object_type])
    context = {"form": form, "state": state.urlencode(), "address": address, "title": _("Save as a new view")}
    return _panel(request, table, "core/tables/_view_form.html", context, refused=form.is_bound)


@require_POST
def view_save(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep the state of the list in the view that it is a variation of."""
    view, table = _view(request, pk)
    state = state_of(request)
    try:
        keeping.save(
            view, by=request.user, state=canonical(state), columns=columns_in(state), density=density_in(state)
        )
    except keeping.ViewRefused as refused:
        raise PermissionDenied(str(refused)) from refused
    return lead(request, list_address(table, f"open={pk}"))


@require_http_methods(["GET", "POST"])
def view_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Name and readers of a view."""
    view, table = _view(request, pk)
    shown_to = f"{Visibility.TEAM}:{view.team}" if view.visibility == Visibility.TEAM else view.visibility
    initial = {"name": view.name, "visibility": shown_to}
    form = ViewForm(request.POST or None, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            keeping.rename(view, by=request.user, **form.cleaned_data)
        except keeping.ViewRefused as refused:
            form.add_error(None, str(refused))
        else:
            return lead(request, list_address(table, f"open={pk}"))
    context = {"form": form, "address": reverse("tables:view-edit", args=[pk]), "title": _("Name and sharing")}
    return _panel(request, table, "core/tables/_view_form.html", context, refused=form.is_bound)


@require_POST
def view_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a view, with a way back."""
    view, table = _view(request, pk)
    try:
        keeping.delete(view, by=request.user)
    except keeping.ViewRefused as refused:
        raise PermissionDenied(str(refused)) from refused
    if not getattr(request, "htmx", False):
        return lead(request, list_address(table, f"view={table.views[0].key}"))
    restore = reverse("tables:view-restore", args=[pk])
    return changed(_("“%s” is deleted.") % view.name, undo=restore, label=_("Undo"))


@require_POST
def view_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring a deleted view back."""
    view, table = _view(request, pk, deleted=True)
    try:
        keeping.restore(view, by=request.user)
    except keeping.ViewRefused as refused:
        raise PermissionDenied(str(refused)) from refused
    return lead(request, list_address(table, f"open={pk}"))


@require_http_methods(["GET", "POST"])
def view_manage(request: HttpRequest, object_type: str) -> HttpResponse:
    """All views of a list: which have a tab, in which order, and with which one the reader starts."""
    table, user = table_of(object_type, request.user), request.user
    if request.method == "POST":
        _arrange(request, table)
    state = state_of(request)
    context = {"views": views_of(table, user, state), "index": reverse(table.index), "state": state.urlencode()}
    return _panel(request, table, "core/tables/_views.html", context)


def _arrange(request: HttpRequest, table: Table) -> None:
    keys = request.POST.getlist("key")
    doing, _colon, key = request.POST.get("do", "").partition(":")
    if doing in ("up", "down") and key in keys:
        place = keys.index(key)
        other = place + (-1 if doing == "up" else 1)
        if 0 <= other < len(keys):
            keys[place], keys[other] = keys[other], keys[place]
    if doing in ("up", "down", "order"):
        keeping.arrange(request.user, table.object_type, keys)
    elif doing in ("show", "hide"):
        keeping.show_tab(request.user, table.object_type, key, shown=doing == "show")
    elif doing == "start":
        keeping.start_with(request.user, table.object_type, key)


@require_http_methods(["GET", "POST"])
def columns(request: HttpRequest, object_type: str) -> HttpResponse:
    """Which columns the list shows, in which order, and how dense it is.

    In a saved view they become a part of the address, to be saved; elsewhere they are remembered for the reader.
    """
    table, state = table_of(object_type, request.user), state_of(request)
    views = views_of(table, request.user, state)
    offered = columns_of(table, request.user)
    if request.method == "GET":
        shown = chosen_columns(offered, columns_in(state) or views.columns)
        rest = [column for column in offered if column not in shown]
        context = {
            "main": shown[0], "shown": shown[1:], "rest": rest, "state": state.urlencode(),
            "density": density_in(state) or getattr(request.user, "density", ""), "view": views.current,
        }  # fmt: skip
        return _panel(request, table, "core/tables/_columns.html", context)
    known = {column.name for column in offered}
    names = [name for name in request.POST.getlist("column") if name in known]
    own = "" if request.POST.get("reset") else ",".join([table.main.name, *names])
    query = without(state, ("columns", "density", "cursor"))
    if views.current.built_in:
        keeping.remember_columns(request.user, object_type, own.split(",") if own else [])
    elif own:
        query["columns"] = own
    density = request.POST.get("density", "")
    if density and density != getattr(request.user, "density", ""):
        query["density"] = density
    return lead(request, list_address(table, query.urlencode()))


def _view(request: HttpRequest, pk: int, *, deleted: bool = False) -> tuple[SavedView, Table]:
    rows = SavedView.objects.filter(may_see(request.user), deleted_at__isnull=not deleted)
    view = get_object_or_404(rows.select_related("owner"), pk=pk)
    return view, table_of(view.object_type, request.user)


def _panel(
    request: HttpRequest, table: Table, template: str, context: dict[str, Any], *, refused: bool = False
) -> HttpResponse:
    """In the side panel, or as a page of its own."""
    in_panel = bool(getattr(request, "htmx", False))
    whole = {"table": table, "index": reverse(table.index), "template": template, **context}
    page = template if in_panel else "core/tables/panel_page.html"
    return render(request, page, whole, status=422 if refused else 200)
