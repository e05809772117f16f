"""Cells of a file: what they hold, how they are kept, and how they are shown. Pure."""

import datetime
import json
import zlib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

# Of a CSV file every cell is a text; a sheet has numbers, days, moments and truth values as well.
Cell = str | Decimal | datetime.date | datetime.datetime | bool


class Row(NamedTuple):
    """A row: its number as a spreadsheet counts (the first one is 1), and its cells."""

    line: int
    cells: list[Cell]


def plain(cell: Cell) -> str:
    """A cell as a text without loss: numbers without exponent, days and moments as ISO 8601 writes them."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Decimal):
        return format(cell, "f")
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, datetime.date) else cell


def is_empty(cell: Cell) -> bool:
    """Whether it holds nothing but white space."""
    return isinstance(cell, str) and not cell.strip()


def to_json(cell: Cell) -> Any:
    """A cell as JSON keeps it: texts and truth values as they are, the others under the letter of their kind."""
    if isinstance(cell, str | bool):
        return cell
    if isinstance(cell, Decimal):
        return {"n": format(cell, "f")}
    if isinstance(cell, datetime.datetime):
        return {"t": cell.isoformat()}
    return {"d": cell.isoformat()}


def from_json(kept: Any) -> Cell:
    """The cell that was kept."""
    if isinstance(kept, dict):
        ((kind, text),) = kept.items()
        if kind == "n":
            return Decimal(text)
        return datetime.datetime.fromisoformat(text) if kind == "t" else datetime.date.fromisoformat(text)
    return bool(kept) if isinstance(kept, bool) else str(kept)


def pack(rows: Iterable[Row]) -> bytes:
    """Rows as compressed bytes."""
    listed = [[row.line, [to_json(cell) for cell in row.cells]] for row in rows]
    return zlib.compress(json.dumps(listed, ensure_ascii=False, separators=(",", ":")).encode(), 3)


def unpack(packed: "bytes | memoryview") -> list[Row]:
    """The rows that were packed."""
    return [Row(line, [from_json(each) for each in kept]) for line, kept in json.loads(zlib.decompress(packed))]


def fitted(cells: Sequence[Cell], width: int) -> list[Cell]:
    """Exactly ``width`` cells: missing ones are empty, further ones are left out."""
    return [*cells[:width], *([""] * (width - len(cells)))]
