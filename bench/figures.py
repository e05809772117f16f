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
    return _markdown(rows)


# What a run tells of its costs: name in its figures, heading, digits.
COSTS = (
    ("seconds", "seconds", 1),
    ("cpu", "processor, product (s)", 1),
    ("database", "processor, PostgreSQL (s)", 1),
    ("megabytes", "peak memory (MB)", 0),
    ("statements", "SQL statements", 0),
    ("reads", "metered reads", 0),
    ("rows", "rows written", 0),
)


def costs(results: Mapping[str, Mapping[str, Sequence[Figures]]]) -> str:
    """What each variant took, as Markdown: medians of its runs."""
    rows = [("variant", "runs", *(heading for _name, heading, _digits in COSTS)), ("---",) * (2 + len(COSTS))]
    for row, variants in results.items():
        for variant, runs in variants.items():
            if runs and "cpu" in runs[0]:
                rows.append((f"{row}: {variant}", str(len(runs)), *(_cost(runs, *cost) for cost in COSTS)))
    return _markdown(rows) if len(rows) > 2 else ""


def _cost(runs: Sequence[Figures], name: str, _heading: str, digits: int) -> str:
    return f"{middle(runs, name):,.{digits}f}" if name in runs[0] else ""


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def plain(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """For JSON."""
    return [asdict(line) for line in lines]
