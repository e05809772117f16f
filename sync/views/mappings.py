"""The field mappings of a company: the table of each kind of record, the form, the try on a real record."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import require
from core.properties import remembered
from qbo_connector import queries as connector
from qbo_connector.models import Connection
from sync import payment_lines, shown
from sync.enums import Direction, RecordType
from sync.mapping import catalogue
from sync.mapping_form import MappingForm
from sync.mapping_lines import ARROWS, linked_records
from sync.mapping_lines import lines as lines_of
from sync.models import FieldMapping, Link
from sync.policies import OBJECT_OF
from sync.services import again, mappings
from sync.titles import name_of

PERMISSION = "sync.configure"
# Applying begins when a worker has heard of it; so often the page asks before it believes that nothing is left.
ASKED_AT_LEAST = 5


def _company(request: HttpRequest, pk: int) -> Connection:
    require(request.user, PERMISSION)
    return get_object_or_404(connector.visible_to(request.user), pk=pk)


def _kind(name: str) -> RecordType:
    if name not in RecordType:
        raise Http404
    return RecordType(name)


def _row(request: HttpRequest, pk: int) -> FieldMapping:
    require(request.user, PERMISSION)
    rows = FieldMapping.objects.filter(connection__in=connector.visible_to(request.user))
    return get_object_or_404(rows.select_related("connection"), pk=pk)


@require_safe
def mapping_list(request: HttpRequest, pk: int, record_type: str = RecordType.CONTACT) -> HttpResponse:
    """The mappings of one kind of record."""
    connection, kind = _company(request, pk), _kind(record_type)
    context = {
        **_head(connection, kind),
        "lines": lines_of(connection, kind),
        "payments": payment_lines.of(connection) if kind == RecordType.INVOICE else None,
        "tabs": [
            (each.label, reverse("sync:mappings", args=[pk, each]), each == kind)
            for each in (
                RecordType.CONTACT,
                RecordType.COMPANY,
                RecordType.PRODUCT,
                RecordType.INVOICE,
                RecordType.LINE,
            )
        ],
        **_progress(request, connection, kind),
    }
    return render(request, "sync/mappings.html", context)


def _head(connection: Connection, kind: RecordType) -> dict[str, Any]:
    return {"connection": connection, "record_type": str(kind), "kind": kind.label}


def _progress(request: HttpRequest, connection: Connection, kind: RecordType) -> dict[str, Any]:
    asked = request.GET.get("applying", "")
    times = int(asked) if asked.isdecimal() and len(asked) < 4 else 0
    progress = again.progress(connection, OBJECT_OF[kind])
    waits = bool(progress.left) or 0 < times < ASKED_AT_LEAST
    return {"progress": progress, "asked": times, "again": times + 1, "waits": waits}


@require_safe
def mapping_progress(request: HttpRequest, pk: int, record_type: str) -> HttpResponse:
    """How far applying is; asks again by itself until nothing is left."""
    connection, kind = _company(request, pk), _kind(record_type)
    context = {**_head(connection, kind), **_progress(request, connection, kind)}
    return render(request, "sync/_mapping_progress.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def mapping_create(request: HttpRequest, pk: int, record_type: str) -> HttpResponse:
    """The form of a new mapping."""
    connection, kind = _company(request, pk), _kind(record_type)
    form = _bound(request, connection, kind)
    if request.method == "POST" and form.is_valid():
        try:
            mappings.add(connection, kind, by=request.user, **form.cleaned_data)
        except mappings.BadMapping as refused:
            form.refuse(refused.problems)
        else:
            messages.success(request, _("The mapping is saved. It is being applied to what is linked already."))
            return _done(request, pk, kind)
    return _form(request, form, connection, kind)


@require_http_methods(["GET", "HEAD", "POST"])
def mapping_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The form of a mapping that is there."""
    row = _row(request, pk)
    connection, kind = row.connection, RecordType(row.record_type)
    form = _bound(request, connection, kind, row)
    if request.method == "POST" and form.is_valid():
        try:
            mappings.change(row, by=request.user, **form.cleaned_data)
        except mappings.BadMapping as refused:
            form.refuse(refused.problems)
        else:
            messages.success(request, _("The mapping is saved. It is being applied to what is linked already."))
            return _done(request, connection.pk, kind)
    return _form(request, form, connection, kind)


def _bound(
    request: HttpRequest, connection: Connection, kind: RecordType, row: FieldMapping | None = None
) -> MappingForm:
    posted = request.POST if request.method == "POST" else None
    return MappingForm(posted, connection=connection, record_type=kind, row=row, asked=request.GET)


def _form(request: HttpRequest, form: MappingForm, connection: Connection, kind: RecordType) -> HttpResponse:
    row = form.row
    address = (
        reverse("sync:mapping-edit", args=[row.pk])
        if row
        else reverse("sync:mapping-create", args=[connection.pk, kind])
    )
    in_panel = bool(getattr(request, "htmx", False))
    tried_on = _record(request, connection, kind)
    context = {
        **_head(connection, kind),
        "form": form,
        "row": row,
        "address": address,
        "in_panel": in_panel,
        "can_try": kind != RecordType.LINE,
        "tried_on": tried_on,
        "tried_name": name_of(tried_on) if tried_on else "",
    }
    template = "sync/mapping_form.html" if in_panel else "sync/mapping_page.html"
    return render(request, template, context, status=422 if request.method == "POST" else 200)


def _record(request: HttpRequest, connection: Connection, kind: RecordType) -> Link | None:
    pk = request.GET.get("link", "")
    if not pk.isdecimal() or len(pk) > 18:
        return None
    links = Link.objects.filter(connection=connection, object_type=str(kind)).exclude(qbo_id="")
    return links.select_related("connection").filter(pk=int(pk)).first()


def _done(request: HttpRequest, pk: int, kind: RecordType) -> HttpResponse:
    address = f"{reverse('sync:mappings', args=[pk, kind])}?applying=1"
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


@require_safe
def mapping_records(request: HttpRequest, pk: int, record_type: str) -> JsonResponse:
    """Linked records to try a mapping on, for the picker."""
    connection, kind = _company(request, pk), _kind(record_type)
    found = linked_records(connection, kind, request.GET.get("q", "").strip()[:200])
    return JsonResponse({"results": [{"value": str(link), "text": name, "detail": ""} for link, name in found]})


@require_safe
def mapping_preview(request: HttpRequest, pk: int, record_type: str) -> HttpResponse:
    """What the mapping in the form would do to one record: both sides before and after. Nothing is written."""
    connection, kind = _company(request, pk), _kind(record_type)
    link, number = _record(request, connection, kind), request.GET.get("mapping", "")
    row = FieldMapping(connection=connection, record_type=str(kind))
    if number.isdecimal() and len(number) < 19:
        stored = FieldMapping.objects.filter(connection=connection, record_type=str(kind), pk=int(number)).first()
        row = stored or row
    context: dict[str, Any] = {"link": link, **_head(connection, kind)}
    if link is not None:
        values = {name: request.GET[name] for name in MappingForm.base_fields if name in request.GET}
        try:
            tried = mappings.preview(row, link, **values, enabled=True)
        except mappings.BadMapping as refused:
            context["problem"] = str(refused)
        else:
            context |= _tried(connection, kind, values.get("crm_field") or row.crm_field, tried)
            context["arrow"] = ARROWS[Direction(values.get("direction") or row.direction)]
    return render(request, "sync/_mapping_preview.html", context)


def _tried(connection: Connection, kind: RecordType, name: str, tried: mappings.Tried) -> dict[str, Any]:
    with remembered():
        field = catalogue.crm_fields(kind).get(name)
    pairs = (
        (_("CRM"), tried.crm_before, tried.crm_after),
        (_("QuickBooks"), tried.quickbooks_before, tried.quickbooks_after),
    )
    sides = [
        (label, shown.value_in_words(before, field), shown.value_in_words(after, field), before != after)
        for label, before, after in pairs
    ]
    return {"sides": sides, "problem": tried.problem, "conflict": tried.conflict}


@require_POST
def mapping_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch a mapping off, or on again."""
    row = _row(request, pk)
    on = request.POST.get("on") == "1"
    kind = RecordType(row.record_type)
    try:
        mappings.change(row, by=request.user, enabled=on)
    except mappings.BadMapping as refused:
        messages.error(request, str(refused))
        return redirect("sync:mappings", row.connection_id, kind)
    messages.success(
        request,
        _("The mapping is on, and is being applied to what is linked already.")
        if on
        else _("The mapping is off. Values stay as they are on both sides."),
    )
    return _done(request, row.connection_id, kind) if on else redirect("sync:mappings", row.connection_id, kind)


@require_POST
def mapping_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a mapping that somebody added."""
    row = _row(request, pk)
    try:
        mappings.delete(row, by=request.user)
    except mappings.Standard:
        messages.error(request, _("A standard mapping can't be deleted. Switch it off instead."))
    else:
        messages.success(request, _("The mapping is deleted. Values stay as they are on both sides."))
    return redirect("sync:mappings", row.connection_id, row.record_type)
