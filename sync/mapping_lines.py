"""The field mappings of a company as its page prints them: one line each, with how it is doing."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core.properties import remembered
from core.search import matching
from qbo_connector.models import Connection
from sync import mapping_status
from sync.enums import Direction, RecordType, Transform, Winner
from sync.mapping import catalogue
from sync.mapping.fields import ENTITY_OF, Field, misfit
from sync.models import FieldMapping, Link, ObjectSettings
from sync.policies import OBJECT_OF
from sync.records import MODELS
from sync.titles import address_of, titles, with_titles

ARROWS = {Direction.BOTH: "arrows-right-left", Direction.IN: "arrow-left", Direction.OUT: "arrow-right"}
FOUND = 20


@dataclass(frozen=True)
class Standing:
    """How a mapping is doing: look, word, since when, and why it fails."""

    tone: str
    icon: str
    label: str
    since: datetime.datetime | None = None
    problem: str = ""
    # How many records it fails for, and some of them: name and address.
    count: int = 0
    records: Sequence[tuple[str, str]] = ()

    @property
    def more(self) -> int:
        """How many are not named."""
        return max(self.count - len(self.records), 0)


@dataclass(frozen=True)
class MappingLine:
    """One mapping."""

    row: FieldMapping
    crm: str
    quickbooks: str
    arrow: str
    direction: str
    winner: str
    transform: str
    standing: Standing
    required: bool


def lines(connection: Connection, record_type: RecordType) -> list[MappingLine]:
    """The mappings of one kind of record, standard ones first, in a fixed number of statements."""
    rows = list(
        FieldMapping.objects.filter(connection=connection, record_type=str(record_type)).order_by("-standard", "pk")
    )
    settings = ObjectSettings.objects.filter(connection=connection, sync_object=OBJECT_OF[record_type]).first()
    winner = Winner(settings.winner) if settings else Winner.QUICKBOOKS
    with remembered():
        crm = catalogue.crm_fields(record_type)
    quickbooks = catalogue.quickbooks_fields(connection.pk, record_type)
    failing = _failing(rows)
    return [_line(row, crm, quickbooks, winner, record_type, failing) for row in rows]


def _failing(rows: Sequence[FieldMapping]) -> dict[int, tuple[int, list[tuple[str, str]]]]:
    """How many records the mappings fail for, and the names and pages of some; no statement where none fails."""
    wanted = {row.pk: row.record_type for row in rows if row.failing_since is not None}
    found = mapping_status.failures(list(wanted)) if wanted else {}
    names = titles((wanted[pk], failure.object_id) for pk, (_count, failures) in found.items() for failure in failures)
    return {
        pk: (count, [_record(wanted[pk], failure.object_id, names) for failure in failures])
        for pk, (count, failures) in found.items()
    }


def _record(kind: str, pk: int, names: Mapping[tuple[str, int], str]) -> tuple[str, str]:
    return names.get((kind, pk)) or f"#{pk}", address_of(kind, pk)


def _line(
    row: FieldMapping,
    crm: dict[str, Field],
    quickbooks: dict[str, Field],
    winner: Winner,
    record_type: RecordType,
    failing: Mapping[int, tuple[int, list[tuple[str, str]]]],
) -> MappingLine:
    ours = crm.get(row.crm_field)
    theirs = quickbooks.get(row.qbo_field) or catalogue.quickbooks_field(record_type, row.qbo_field)
    direction = Direction(row.direction)
    return MappingLine(
        row=row,
        crm=str(ours.label) if ours else _("A deleted property"),
        quickbooks=str(theirs.label) if theirs else row.qbo_field,
        arrow=ARROWS[direction],
        direction=str(direction.label),
        winner=_winner(row, winner, direction),
        transform=str(Transform(row.transform).label) if row.transform else "",
        standing=_standing(row, failing.get(row.pk, (0, [])), gone=ours is None or theirs is None),
        required=record_type in (RecordType.COMPANY, RecordType.PRODUCT) and row.crm_field == "name",
    )


def _winner(row: FieldMapping, of_object: Winner, direction: Direction) -> str:
    """Which side counts, where both can have changed."""
    if direction != Direction.BOTH:
        return ""
    if row.winner:
        return str(Winner(row.winner).label)
    return _("%s, as for all") % of_object.label


def _standing(row: FieldMapping, failing: tuple[int, list[tuple[str, str]]], *, gone: bool) -> Standing:
    if not row.enabled:
        return Standing("neutral", "player-pause", _("Off"))
    if gone:
        return Standing("neutral", "ban", _("Not applied"), problem=_("One of its fields does not exist any more."))
    if row.failing_since is not None:
        return Standing("danger", "alert-circle", _("Failing since"), row.failing_since, row.problem, *failing)
    if row.last_synced_at is not None:
        return Standing("success", "circle-check", _("Synced"), row.last_synced_at)
    return Standing("neutral", "clock", _("Not synced yet"))


@dataclass(frozen=True)
class Offer:
    """What the form of a mapping may offer: only what fits what is chosen already."""

    crm: Sequence[tuple[str, str]]
    quickbooks: Sequence[tuple[str, str]]
    directions: Sequence[Direction]


def offer(connection: Connection, record_type: RecordType, *, crm_field: str = "", qbo_field: str = "") -> Offer:
    """The properties, fields and directions to choose from, given what is chosen."""
    with remembered():
        crm = catalogue.crm_fields(record_type)
    quickbooks = catalogue.quickbooks_fields(connection.pk, record_type)
    ours, theirs = crm.get(crm_field), quickbooks.get(qbo_field)
    directions = fitting(ours, theirs) if ours is not None and theirs is not None else list(Direction)
    return Offer(
        _choices(field for field in crm.values() if theirs is None or ours is not None or fitting(field, theirs)),
        _choices(field for field in quickbooks.values() if ours is None or fitting(ours, field)),
        directions,
    )


def fitting(crm: Field, quickbooks: Field) -> list[Direction]:
    """The directions in which two fields can be mapped."""
    return [direction for direction in Direction if not misfit(crm, quickbooks, direction)]


def _choices(fields: Any) -> list[tuple[str, str]]:
    return sorted(((field.name, str(field.label)) for field in fields), key=lambda each: each[1].casefold())


def linked_records(connection: Connection, record_type: RecordType, text: str) -> list[tuple[int, str]]:
    """Linked records to try a mapping on, by the beginning of words: link and name; the newest without any."""
    if record_type not in MODELS:
        return []
    links: QuerySet[Any] = Link.objects.filter(
        connection=connection, entity=ENTITY_OF[record_type], object_type=str(record_type)
    ).exclude(qbo_id="")
    query = matching(text)
    if query is not None:
        found = MODELS[record_type]._default_manager.filter(search=query)
        links = links.filter(object_id__in=found.values("pk"))
    rows = with_titles(links.order_by("-pk")[:FOUND])
    return [(link.pk, link.title) for link in rows]
