"""What all rows of a file have in its columns: owners, stages, and of what kind a new property would be."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.enums import PropertyKind
from crm.hubspot import headings
from crm.imports import notation
from crm.imports.cells import Cell, Row, is_empty, plain
from crm.imports.options import Options, folded, options_of
from crm.imports.targets import NEW, PIPELINE, STAGE
from crm.imports.values import NO, YES
from crm.models import Import

MOST_DISTINCT = 100
MOST_NAMES = 2_000
LONG = 200


@dataclass
class _Column:
    """What was seen in a column so far."""

    filled: int = 0
    distinct: set[str] = field(default_factory=set)
    longest: int = 0
    number: bool = True
    day: bool = True
    tick: bool = True

    def see(self, cell: Cell, options: Options) -> None:
        text = plain(cell).strip()
        self.filled += 1
        self.longest = max(self.longest, LONG + 1 if "\n" in text else len(text))
        if len(self.distinct) <= MOST_DISTINCT:
            self.distinct.add(text)
        self.tick = self.tick and text.casefold() in YES | NO
        # An id is no number: its first zeros, and its last digits, count.
        self.number = (
            self.number and not re.match(r"0\d|\d{12}", text) and _reads(notation.number, cell, options.decimal)
        )
        self.day = self.day and _reads(notation.day, cell, options.date_order)

    @property
    def kind(self) -> PropertyKind:
        """What a property of this column would hold."""
        if self.tick:
            return PropertyKind.CHECKBOX
        if self.number:
            return PropertyKind.NUMBER
        if self.day:
            return PropertyKind.DATE
        if len(self.distinct) <= min(MOST_DISTINCT, max(5, self.filled // 3)) and self.longest <= 60:
            return PropertyKind.CHOICE if not any(";" in each for each in self.distinct) else PropertyKind.TEXT
        return PropertyKind.LONG_TEXT if self.longest > LONG else PropertyKind.TEXT


def _reads(read: Callable[[Cell, str], Any], cell: Cell, how: str) -> bool:
    try:
        read(cell, how)
    except notation.Unreadable:
        return False
    return True


def found_in(job: Import, parts: Iterator[Sequence[Row]]) -> dict[str, Any]:
    """``owners`` and ``stages`` by the words of the file, and ``kinds`` of columns that become nothing yet."""
    options = options_of(job.options)
    at = {name: place for place, name in enumerate(job.mapping) if name}
    columns = {
        place: _Column()
        for place, header in enumerate(job.headers)
        if not job.mapping[place] and job.object_type in ("contact", "company", "deal", "product")
    }
    owners: dict[str, str] = {}
    stages: dict[str, list[str]] = {}
    for rows in parts:
        for row in rows:
            for place, column in columns.items():
                if not is_empty(row.cells[place]):
                    column.see(row.cells[place], options)
            if "owner" in at and len(owners) < MOST_NAMES and not is_empty(row.cells[at["owner"]]):
                name = plain(row.cells[at["owner"]]).strip()
                owners.setdefault(folded(name), name)
            if STAGE in at and len(stages) < MOST_NAMES and not is_empty(row.cells[at[STAGE]]):
                pipeline = plain(row.cells[at[PIPELINE]]).strip() if PIPELINE in at else ""
                stage = plain(row.cells[at[STAGE]]).strip()
                stages.setdefault(folded(pipeline, stage), [pipeline, stage])
    kinds = {str(place): str(column.kind) for place, column in columns.items() if column.filled}
    return {"owners": owners, "stages": stages, "kinds": kinds}


def proposed(job: Import) -> list[str]:
    """The mapping with a new property for each column that holds something and is not HubSpot's own."""
    found = list(job.mapping)
    for place, kind in job.found.get("kinds", {}).items():
        if not found[int(place)] and not headings.of_hubspot(job.headers[int(place)]):
            found[int(place)] = f"{NEW}{kind}"
    return found


def parts_of_stage(pipeline: str, stage: str) -> tuple[str, str]:
    """Pipeline and stage of a cell: HubSpot writes ``Closed Won (Sales Pipeline)`` where it has several pipelines."""
    named = re.fullmatch(r"(.+) \(([^()]+)\)", stage)
    if named is not None and (not pipeline or folded(pipeline) == folded(named[2])):
        return named[2], named[1]
    return pipeline, stage
