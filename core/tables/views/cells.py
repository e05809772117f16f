"""Changing one property of a record in its cell."""

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core.tables.actions import Refused
from core.tables.described import Table
from core.tables.editing import Editor, editor_of, messages_of, write
from core.tables.listing import columns_of, loading, printed
from core.tables.registry import may, table_of
from core.tables.views.asked import unstored


class CellForm(forms.Form):
    """One value."""

    def __init__(self, editor: Editor, data: Any = None) -> None:
        # Always another id: htmx carries the attributes of an element over to the next one with its id.
        super().__init__(data, initial={"value": editor.initial}, auto_id=f"cell-{uuid.uuid4().hex}-%s")
        self.fields["value"] = editor.field


@require_http_methods(["GET", "POST"])
@unstored
def cell(request: HttpRequest, object_type: str, pk: int, name: str) -> HttpResponse:
    """The cell with its field (GET, ``edit=1``), in print (GET), or after a change (POST)."""
    table, user = table_of(object_type, request.user), request.user
    may(user, table.edit_permission)
    column = next((each for each in columns_of(table, user) if each.edit == name), None)
    record = get_object_or_404(table.rows(user), pk=pk)
    editor = editor_of(table, name, record, user) if column is not None else None
    if column is None or editor is None:
        raise Http404
    problem = ""
    if request.method == "POST":
        try:
            write(table, record, name, editor.read(request.POST), by=user)
            return _print(request, table, column, pk)
        except ValidationError as error:
            problem = messages_of(error)
        except Refused as refused:
            problem = str(refused)
    elif not request.GET.get("edit"):
        return _print(request, table, column, pk)
    form = CellForm(editor, request.POST if request.method == "POST" else None)
    context = {"field": form["value"], "column": column, "problem": problem, "url": _url(table, pk, name)}
    return render(request, "core/tables/_cell_form.html", context, status=422 if problem else 200)


def _url(table: Table, pk: int, name: str) -> str:
    return reverse("tables:cell", args=[table.object_type, pk, name])


def _print(request: HttpRequest, table: Table, column: Any, pk: int) -> HttpResponse:
    columns = [table.main, column]
    record = get_object_or_404(loading(table.rows(request.user), columns, table.needs), pk=pk)
    line = printed(columns, [record], table)[0]
    context = {"table": table, "line": line, "cell": line.cells[0], "may_edit": True}
    return render(request, "core/tables/_cell.html", context)
