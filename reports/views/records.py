"""The records behind a mark of a report, for kinds of records that have no list of their own."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.conditions import registry, where_in
from reports import record_lines
from reports.sources import SOURCES
from reports.views.shared import VIEW, needs, page_of


@dataclass(frozen=True)
class Shown:
    """A page of records: headings, lines, and the condition in words."""

    headings: list[tuple[str, bool]]
    lines: list[record_lines.RecordLine]


@require_GET
@needs(VIEW)
def records(request: HttpRequest, object_type: str) -> HttpResponse:
    """The records that fit the condition in the address."""
    source = SOURCES.get(object_type)
    if source is None:
        raise Http404(object_type)
    if not registry.may_use(object_type, request.user):
        raise PermissionDenied(_("You may not see these records."))
    known = registry.objects[object_type]
    where = where_in(request.GET, object_type, request.user)
    rows: Any = known.visible_to(request.user).filter(known.counted).filter(where.fitting)
    page = page_of(request, rows, "-id")
    fields = record_lines.fields_of(source, request.user)
    shown = Shown(
        [(each.label, each.field.kind in ("number", "money")) for each in fields],
        record_lines.lines_of(source, fields, [row.pk for row in page.rows], request.user),
    )
    return render(request, "reports/records.html", {"known": known, "where": where, "page": page, "shown": shown})
