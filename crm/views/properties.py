"""The properties of one record: changed where they stand, all on one page, and the history of each."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import require
from core.tables.actions import Refused
from core.tables.editing import Editor, custom, editor_of, messages_of, write
from core.tables.registry import tables
from core.tables.views.asked import unstored
from core.tables.views.cells import CellForm
from crm import record_properties
from crm.forms.addresses import AddressForm
from crm.kinds import Kind
from crm.queries import property_history
from crm.views.timeline import kind_of


@require_http_methods(["GET", "POST"])
@unstored
def property_value(request: HttpRequest, object_type: str, pk: int, name: str) -> HttpResponse:
    """A property with its field (GET, ``edit=1``), in print (GET), or after a change (POST)."""
    kind = kind_of(object_type)
    if request.method == "POST" or request.GET.get("edit"):
        require(request.user, "crm.edit")
    record = get_object_or_404(kind.record(request.user), pk=pk)
    row = record_properties.row(kind, record, name, editable=may_edit(request.user, record))
    if row is None:
        raise Http404
    if request.method == "GET" and not request.GET.get("edit"):
        return _print(request, kind, record, row)
    if not row.editable and record.archived_at is None:
        raise Http404
    form, problem = _form(request, kind, record, row)
    if request.method == "POST":
        try:
            write(tables[kind.name], record, name, _typed(request, kind, record, row), by=request.user)
        except ValidationError as error:
            problem = messages_of(error)
        except Refused as refused:
            problem = str(refused)
        else:
            return _saved(request, kind, pk, name)
    context = {"kind": kind, "record": record, "row": row, "form": form, "problem": problem}
    return render(request, "crm/properties/_edit.html", context, status=422 if problem else 200)


def may_edit(user: Any, record: Any) -> bool:
    """Whether a person may change the properties of a record now."""
    return record.archived_at is None and bool(user.has_perm("crm.edit"))


def _editor(request: HttpRequest, kind: Kind, record: Any, name: str) -> Editor:
    table = tables[kind.name]
    if custom(table, name) is not None:
        editor = editor_of(table, name, record, request.user)
    else:
        editor = table.editor(name, record, request.user) if table.editor is not None else None
    if editor is None:
        raise Http404
    return editor


def _form(request: HttpRequest, kind: Kind, record: Any, row: record_properties.Row) -> tuple[Any, str]:
    posted = request.POST if request.method == "POST" else None
    if row.look == "address":
        return AddressForm(posted, stored=row.value or {}), ""
    return CellForm(_editor(request, kind, record, row.name), posted), ""


def _typed(request: HttpRequest, kind: Kind, record: Any, row: record_properties.Row) -> Any:
    """The value that was sent. Raises ValidationError."""
    if row.look != "address":
        return _editor(request, kind, record, row.name).read(request.POST)
    form = AddressForm(request.POST, stored=row.value or {})
    if not form.is_valid():
        raise ValidationError([message for messages in form.errors.values() for message in messages])
    return form.address()


def _saved(request: HttpRequest, kind: Kind, pk: int, name: str) -> HttpResponse:
    if not getattr(request, "htmx", False):
        return redirect(resolve_url(kind.detail_url, pk))
    record = get_object_or_404(kind.record(request.user), pk=pk)
    row = record_properties.row(kind, record, name, editable=True)
    answer = _print(request, kind, record, row, saved=True)
    answer["HX-Trigger"] = json.dumps({"record:changed": None})
    return answer


def _print(request: HttpRequest, kind: Kind, record: Any, row: Any, *, saved: bool = False) -> HttpResponse:
    title = saved and row.name in record_properties.TITLES
    context = {"kind": kind, "record": record, "row": row, "title": title, "saved": saved}
    return render(request, "crm/properties/_answer.html", context)


@require_GET
def property_history_panel(request: HttpRequest, object_type: str, pk: int, name: str) -> HttpResponse:
    """Who changed a property when, from what to what, and through which channel; in the side panel or as a page."""
    kind = kind_of(object_type)
    record = get_object_or_404(kind.record(request.user), pk=pk)
    row = record_properties.row(kind, record, name, editable=False)
    if row is None:
        raise Http404
    changes = property_history.of_property(record, object_type, name, row.look)
    in_panel = bool(getattr(request, "htmx", False))
    context = {"kind": kind, "record": record, "row": row, "changes": changes, "in_panel": in_panel}
    context["title"] = _("History of %s") % row.label
    return render(request, "crm/properties/_history.html" if in_panel else "crm/properties/history.html", context)


@require_GET
def property_page(request: HttpRequest, object_type: str, pk: int) -> HttpResponse:
    """All properties of a record, those without a value too, with a search."""
    kind = kind_of(object_type)
    record = get_object_or_404(kind.record(request.user), pk=pk)
    own, added = record_properties.groups(kind, record, editable=may_edit(request.user, record))
    context = {"kind": kind, "record": record, "groups": [*own, *added], "history": True}
    return render(request, "crm/properties/page.html", context)
