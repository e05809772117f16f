"""The page of columns: each with samples, what it can become, and how its first cell is read then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.enums import PropertyKind
from core.money import formatted_number
from crm.imports import notation
from crm.imports.cells import Cell, from_json, is_empty, plain
from crm.imports.notation import Unreadable
from crm.imports.targets import DAY, NEW, NEW_KEY, NEW_KINDS, NUMBER, Target, targets_of
from crm.models import Import

SHOWN = 3
LONGEST = 60


@dataclass(frozen=True)
class ColumnLine:
    """A column of the file in print. ``read`` says how its first cell is read where that depends on the notation."""

    at: int
    header: str
    samples: Sequence[str]
    chosen: str
    read: str = ""
    unreadable: bool = False


def lines_of(job: Import, mapping: Sequence[str], date_order: str, decimal: str) -> list[ColumnLine]:
    """All columns as they would be read."""
    known = targets_of(job.object_type)
    found = []
    for at, header in enumerate(job.headers):
        cells = [cell for kept in job.samples if not is_empty(cell := from_json(kept[at]))]
        name = mapping[at] if at < len(mapping) else ""
        read, wrong = _read(_spans(known, name), cells, date_order, decimal)
        samples = [plain(cell)[:LONGEST] for cell in cells[:SHOWN]]
        found.append(ColumnLine(at, header, samples, name, read, wrong))
    return found


def _spans(known: Mapping[str, Target], name: str) -> str:
    if name.startswith(NEW):
        return {PropertyKind.DATE: DAY, PropertyKind.NUMBER: NUMBER}.get(name.removeprefix(NEW), "")  # type: ignore[call-overload, no-any-return]
    return known[name].spans if name in known else ""


def _read(spans: str, cells: Sequence[Cell], date_order: str, decimal: str) -> tuple[str, bool]:
    """How the first cell is read, and whether one of the samples is not."""
    if not spans or not cells:
        return "", False
    shown = ""
    for cell in cells:
        try:
            value: Any = notation.day(cell, date_order) if spans == DAY else notation.number(cell, decimal)
        except Unreadable as problem:
            return str(problem), True
        text = date_format(value, "DATE_FORMAT") if spans == DAY else formatted_number(value)
        shown = shown or _("%(cell)s is read as %(value)s") % {"cell": plain(cell)[:LONGEST], "value": text}
    return shown, False


def groups_of(object_type: str, *, may_create: bool) -> list[tuple[Any, list[tuple[str, Any]]]]:
    """What a column can become, by heading."""
    groups: dict[str, list[tuple[str, Any]]] = {}
    for target in targets_of(object_type).values():
        groups.setdefault(str(target.group), []).append((target.name, target.label))
    found: list[tuple[Any, list[tuple[str, Any]]]] = list(groups.items())
    if may_create:
        kinds = [(f"{NEW}{kind.value}", _("New property: %s") % kind.label) for kind in NEW_KINDS]
        found.append((_("New"), [*kinds, (f"{NEW}{NEW_KEY}", _("New property: ID in another program (unique)"))]))
    return found
