"""The conflict queue as its page prints it: filtered, paged by key, each value in words with who and when."""

import datetime
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.paging import BadCursor, Page, page_by_key
from core.properties import remembered
from qbo_connector import queries as connector
from sync import shown, titles
from sync.enums import RecordType
from sync.mapping import catalogue
from sync.mapping.fields import Field
from sync.models import Conflict, Link
from sync.visible import kinds_for

COUNT_UP_TO = 10_000
SIZES = {"25": 25, "50": 50, "100": 100}
AGES = (
    ("1", gettext_lazy("More than a day")),
    ("7", gettext_lazy("More than a week")),
    ("30", gettext_lazy("More than 30 days")),
)
FILTERS = ("company", "object", "field", "age", "record")


@dataclass(frozen=True)
class ConflictLine:
    """One field of one record."""

    row: Conflict
    title: str
    url: str
    kind: str
    field: str
    base: str
    crm: str
    quickbooks: str
    seen: str
    of_record: int
    # Of all fields of the record that are on the page: a decision about the whole record is one about these values.
    record_seen: Sequence[str]


@dataclass(frozen=True)
class Queue:
    """What the page shows. ``count`` is capped: ``more`` says that there are more than it says."""

    lines: Sequence[ConflictLine]
    page: Page[Any]
    count: int
    more: bool
    filtered: bool


def open_conflicts(user: Any) -> QuerySet[Conflict]:
    """The conflicts that somebody may see and that wait for a decision."""
    return Conflict.objects.filter(
        resolved_at=None,
        link__connection__in=connector.visible_to(user),
        link__object_type__in=kinds_for(user),
    )


def filtered(rows: QuerySet[Conflict], query: QueryDict) -> QuerySet[Conflict]:
    """``rows`` that fit the address; values that can't be understood fit nothing."""
    companies = [value for value in query.getlist("company") if value]
    if companies:
        rows = rows.filter(link__connection__in=_numbers(companies))
    objects = [value for value in query.getlist("object") if value]
    if objects:
        rows = rows.filter(link__object_type__in=objects)
    fields = [value for value in query.getlist("field") if value]
    if fields:
        rows = rows.filter(_field_in(fields))
    ages = _numbers(value for value in query.getlist("age") if value)
    if ages:
        rows = rows.filter(created_at__lt=timezone.now() - datetime.timedelta(days=min(max(ages), 3650)))
    record = query.get("record", "")
    if record:
        kind, _colon, number = record.partition(":")
        rows = rows.filter(link__object_type=kind, link__object_id__in=_numbers([number]))
    return rows


def _field_in(names: Iterable[str]) -> Q:
    """Fields by name; ``line:quantity`` means that field of any line."""
    wanted = Q()
    for name in names:
        if name.startswith(shown.LINE):
            wanted |= Q(crm_field__startswith=shown.LINE, crm_field__endswith=name.removeprefix("line"))
        else:
            wanted |= Q(crm_field=name)
    return wanted


def _numbers(values: Iterable[str]) -> list[int]:
    return [int(value) for value in values if value.isdecimal() and len(value) < 19]


def queue(user: Any, query: QueryDict) -> Queue:
    """One page of the queue, in a fixed number of statements."""
    fitting = filtered(open_conflicts(user), query)
    of_record = Conflict.objects.filter(link=OuterRef("link"), resolved_at=None).order_by().values("link")
    rows = fitting.select_related("link__connection", "crm_changed_by").annotate(
        of_record=Coalesce(Subquery(of_record.annotate(count=Count("pk")).values("count")), 0)
    )
    size = SIZES.get(query.get("size", ""), 50)
    try:
        page = page_by_key(rows, sort="-id", cursor=query.get("cursor", ""), size=size)
    except BadCursor:
        page = page_by_key(rows, sort="-id", size=size)
    count = len(page.rows)
    if page.next or page.previous:
        count = fitting.order_by()[: COUNT_UP_TO + 1].count()
    return Queue(
        _lines(page.rows),
        page,
        min(count, COUNT_UP_TO),
        count > COUNT_UP_TO,
        any(query.get(name) for name in FILTERS),
    )


def _lines(rows: Sequence[Any]) -> list[ConflictLine]:
    names = titles.titles((row.link.object_type, row.link.object_id) for row in rows)
    known = _known({row.link.object_type for row in rows})
    seen: dict[int, list[str]] = {}
    for row in rows:
        seen.setdefault(row.link_id, []).append(_seen(row))
    return [_line(row, names, known[row.link.object_type], seen[row.link_id]) for row in rows]


def _known(kinds: Iterable[str]) -> dict[str, dict[str, Field]]:
    with remembered():
        return {kind: catalogue.crm_fields(RecordType(kind)) if kind in RecordType else {} for kind in kinds}


def _seen(row: Conflict) -> str:
    return f"{row.pk}:{fingerprint(row)}"


def _line(
    row: Any, names: Mapping[tuple[str, int], str], known: Mapping[str, Field], record_seen: Sequence[str]
) -> ConflictLine:
    link: Link = row.link
    field = shown.field_of(row.crm_field, link.object_type, known)
    return ConflictLine(
        row=row,
        title=names.get((link.object_type, link.object_id)) or f"#{link.object_id}",
        url=titles.address_of(link.object_type, link.object_id),
        kind=titles.kind_of(link.object_type),
        field=shown.label_of(row.crm_field, link.object_type, known),
        base=shown.value_in_words(row.base, field),
        crm=shown.value_in_words(row.crm, field),
        quickbooks=shown.value_in_words(row.quickbooks, field),
        seen=_seen(row),
        of_record=row.of_record,
        record_seen=record_seen,
    )


def fingerprint(row: Conflict) -> str:
    """What a person was shown, in short: a decision about other values is none."""
    values = json.dumps([row.base, row.crm, row.quickbooks], sort_keys=True)
    return hashlib.sha256(values.encode()).hexdigest()[:16]


def choices(user: Any) -> dict[str, list[tuple[str, str]]]:
    """What the filters offer: companies, kinds of records, fields of the newest conflicts."""
    newest = open_conflicts(user).order_by("-id")[:COUNT_UP_TO]
    found = Conflict.objects.filter(pk__in=newest.values("pk")).values_list(
        "link__connection", "link__connection__company_name", "link__object_type", "crm_field"
    )
    combinations = list(found.distinct())
    known = _known({kind for _pk, _name, kind, _field in combinations})
    fields: dict[str, str] = {}
    for _pk, _name, kind, name in combinations:
        label = shown.label_of(name, kind, known[kind])
        if name.startswith(shown.LINE):
            parts = name.split(":")
            if len(parts) < 3:
                continue
            name, label = f"line:{parts[2]}", _("Line: %s") % label.split(", ")[-1]
        fields.setdefault(name, label)
    companies = {str(pk): name for pk, name, _kind, _field in combinations}
    kinds = {kind: titles.kind_of(kind) for _pk, _name, kind, _field in combinations}
    return {
        "company": sorted(companies.items(), key=lambda each: each[1]),
        "object": sorted(kinds.items(), key=lambda each: each[1]),
        "field": sorted(fields.items(), key=lambda each: each[1]),
        "age": [(value, str(label)) for value, label in AGES],
    }
