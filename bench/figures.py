"""Figures of several runs, what they are held against, and the table of them."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

Figures = Mapping[str, Any]
# Which part of the whole sizes was measured: 1, or 10 for a tenth.
Of = int


@dataclass(frozen=True)
class Line:
    """One line of the table: what was measured, how often, against what, and whether that was good enough.

    ``met`` is None where there is no goal, only a figure.
    """

    what: str
    measured: str
    compared: str = ""
    goal: str = ""
    met: bool | None = None


@dataclass(frozen=True)
class Variant:
    """One thing that a row measures: its name, how often, and what to call for each run."""

    name: str
    play: Callable[["Play"], dict[str, Any]]
    runs: int = 3


@dataclass(frozen=True)
class Play:
    """What a run is given: the address of the simulator's control, a folder of its own, and the size."""

    quickbooks: Any
    folder: Any
    quick: bool

    def size(self, whole: int) -> int:
        """``whole``, or a tenth of it."""
        return whole // 10 if self.quick else whole


@dataclass(frozen=True)
class Row:
    """A row of the table: its variants, and what their results mean; ``lines`` gets the runs of each, and the size."""

    name: str
    variants: Sequence[Variant]
    lines: Callable[[Mapping[str, Sequence[Figures]], Of], list[Line]]


def middle(runs: Sequence[Figures], name: str) -> float:
    """The median of a figure over the runs."""
    return float(statistics.median(float(run[name]) for run in runs))


def spread(runs: Sequence[Figures], name: str, unit: str = "s", digits: int = 2) -> str:
    """Median, with the smallest and the largest where there were several runs."""
    values = sorted(float(run[name]) for run in runs)
    text = f"{statistics.median(values):,.{digits}f} {unit}".strip()
    return text if len(values) == 1 else f"{text} ({values[0]:,.{digits}f} to {values[-1]:,.{digits}f})"


def at_most(ratio: float, goal: float) -> bool:
    """Whether a ratio keeps to a goal, at the two digits that are printed."""
    return round(ratio, 2) <= goal


def table(lines: Sequence[Line]) -> str:
    """As Markdown."""
    marks = {True: "met", False: "**missed**", None: ""}
    rows = [("what", "measured", "compared with", "goal", ""), ("---",) * 5]
    rows += [(line.what, line.measured, line.compared, line.goal, marks[line.met]) for line in lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def plain(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """For JSON."""
    return [asdict(line) for line in lines]
