"""Which of QuickBooks' lines became of the lines that an edit added: told apart by what they hold. Pure.

QuickBooks gives new lines their ids, and may have put them elsewhere, completed or merged them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sync.merge_lines import Line

# What has to be the same, from sure to likely.
_ALIKE = (
    ("item_external_id", "quantity", "unit_price", "amount", "description", "service_on"),
    ("item_external_id", "quantity", "unit_price", "amount"),
    ("item_external_id", "amount"),
)
_FIELDS = _ALIKE[0]


@dataclass
class Found:
    """QuickBooks' ids by row; rows whose line is nowhere, and QuickBooks' new lines that are nobody's."""

    ids: dict[int, str] = field(default_factory=dict)
    lost: list[int] = field(default_factory=list)
    strange: set[str] = field(default_factory=set)


def notes(lines: Sequence[Line] | None) -> dict[str, Any]:
    """What has to be remembered of the ``lines`` that are sent: the ids that are there, and what is new."""
    lines = lines or []
    return {
        "line_ids": [line["id"] for line in lines if line["id"]],
        "new_lines": [
            {"pk": line["pk"], **{name: line.get(name) for name in _FIELDS}}
            for line in lines
            if not line["id"] and "pk" in line
        ],
    }


def find(noted: dict[str, Any], before: Iterable[str], answer: Sequence[Line]) -> Found:
    """Find the new lines in QuickBooks' ``answer``; ``before`` are ids that were known apart from the noted ones."""
    known = {*noted.get("line_ids", ()), *before}
    fresh = [line for line in answer if line["id"] and line["id"] not in known]
    wanted: list[dict[str, Any]] = list(noted.get("new_lines", ()))
    found = Found()
    for names in _ALIKE:
        for new in list(wanted):
            match = next((line for line in fresh if all(line.get(name) == new.get(name) for name in names)), None)
            if match is not None:
                found.ids[new["pk"]] = match["id"]
                fresh.remove(match)
                wanted.remove(new)
    if len(wanted) == len(fresh):
        # As many as are missing, only changed on the way: they are still in the order in which they were sent.
        found.ids |= {new["pk"]: line["id"] for new, line in zip(wanted, fresh, strict=True)}
        return found
    found.lost = [new["pk"] for new in wanted]
    found.strange = {line["id"] for line in fresh}
    return found
