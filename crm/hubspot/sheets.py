"""Files of HubSpot whose rows are no records with a form here: read by HubSpot's labels, a slice at a time."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from crm.hubspot import headings, noting
from crm.imports import notation
from crm.imports.cells import Cell, Row, is_empty, plain
from crm.imports.matching import hubspot_records
from crm.imports.options import options_of
from crm.imports.plans import CREATES, FAILS, SAME, UPDATES
from crm.imports.values import Unfit, people_by_words
from crm.models import Import, ImportSlice
from crm.models.hubspot import ID_LENGTH

SHOWN = 50


@dataclass
class Done:
    """What became of the rows of a slice; ``before`` is what undoing needs."""

    counts: Counter[str] = field(default_factory=Counter)
    errors: dict[str, str] = field(default_factory=dict)
    lines: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    created: list[int] = field(default_factory=list)
    before: dict[str, Any] = field(default_factory=dict)

    def count(self, act: str, row: Row, title: str, fields: Sequence[tuple[Any, Any]] = ()) -> None:
        """A row, with what it says in print: (label, value)."""
        self.counts[act] += 1
        listed = self.lines.setdefault(act, [])
        if len(listed) < SHOWN:
            told = [{"label": str(label), "old": "", "new": str(value)} for label, value in fields if value]
            listed.append({"line": row.line, "title": title, "id": None, "fields": told, "problem": ""})

    def refuse(self, place: int, row: Row, title: str, problem: str) -> None:
        """A row that is left out, by its place in the slice."""
        self.errors[str(place)] = problem
        self.count(FAILS, row, title)
        self.lines[FAILS][-1]["problem"] = problem

    def shown(self, before: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
        """The lines of the preview, as far as there is room."""
        return {
            act: [*before.get(act, []), *self.lines.get(act, [])][:SHOWN] for act in (CREATES, UPDATES, SAME, FAILS)
        }


class Sheet:
    """A file, with what HubSpot's labels say of its columns."""

    kind = ""
    identity: Any = _("HubSpot ID")

    def __init__(self, job: Import) -> None:
        self.job = job
        self.at = headings.places(job.object_type, job.headers)
        self.options = options_of(job.options)
        self._people: Mapping[str, int] | None = None
        self._coming: dict[str, Set[str]] = {}

    def keys(self, rows: Sequence[Row]) -> list[str]:
        """What each row is found again by."""
        return [self.text(row, "id")[:ID_LENGTH] for row in rows]

    def go(self, part: ImportSlice, rows: Sequence[Row], *, write: bool) -> Done:
        """Decide on the rows, and with ``write`` do it. Call it in a transaction then."""
        raise NotImplementedError

    def undo(self, part: ImportSlice) -> tuple[int, list[list[Any]]]:
        """Take a slice back: how many records, and [id, title, why, kind] of what stays."""
        raise NotImplementedError

    def cell(self, row: Row, name: str) -> Cell:
        """The first cell under a label; empty where the file has none."""
        return row.cells[self.at[name][0]] if name in self.at else ""

    def text(self, row: Row, name: str) -> str:
        """A cell as a text; a number without useless decimals."""
        cell = self.cell(row, name)
        if isinstance(cell, Decimal) and cell == cell.to_integral_value():
            return format(cell.quantize(Decimal(1)), "f")
        return plain(cell).strip()

    def number(self, row: Row, name: str) -> Decimal | None:
        """A number; None for an empty cell. Raises Unfit."""
        cell = self.cell(row, name)
        return None if is_empty(cell) else self._read(notation.number, cell, self.options.decimal)

    def day(self, row: Row, name: str) -> Any:
        """A day; None for an empty cell. Raises Unfit."""
        cell = self.cell(row, name)
        return None if is_empty(cell) else self._read(notation.day, cell, self.options.date_order)

    def _read(self, read: Any, cell: Cell, how: str) -> Any:
        try:
            return read(cell, how)
        except notation.Unreadable as problem:
            raise Unfit(str(problem)) from problem

    def currency(self, row: Row) -> str:
        """The code of a currency; empty for none. Raises Unfit."""
        code = self.text(row, "currency").upper()
        if code and not (len(code) == 3 and code.isascii() and code.isalpha()):
            raise Unfit(_("“%s” is no currency code.") % code[:60])
        return code

    def ids(self, row: Row, name: str) -> list[str]:
        """HubSpot's ids of associated records, over all columns that have some."""
        return noting.ids_in(";".join(plain(row.cells[at]) for at in self.at.get(name, ())))

    def owner(self, row: Row) -> int | None:
        """Whose it is; nobody where the file names nobody that is known."""
        if self._people is None:
            self._people = {**people_by_words(), **self.options.people}
        return self._people.get(" ".join(self.text(row, "owner").split()).casefold()) or None

    def known(self, object_type: str, ids: Collection[str]) -> dict[str, int]:
        """Our records by HubSpot's ids."""
        return hubspot_records(object_type, ids)

    def coming(self, object_type: str) -> Set[str]:
        """HubSpot's ids that another file of the same export brings. Read once for all slices of a task."""
        if object_type not in self._coming:
            rows = ImportSlice.objects.filter(job__batch=self.job.batch_id, job__object_type=object_type)
            found: set[str] = set()
            for keys in rows.order_by("job_id", "position").values_list("keys", flat=True).iterator(chunk_size=20):
                found.update(keys)
            self._coming[object_type] = found
        return self._coming[object_type]
