"""What the product's work costs: ``make bench``, or ``python -m bench [--quick] [--row NAME]... [--to FOLDER]``.

Starts servers of its own, runs every variant of every row in a process and a database of its own, in turns, and prints
a table. It touches no other database and calls only this machine.
"""

# ruff: noqa: T201 -- a program that prints

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.utils import timezone

from bench.figures import Figures, Line, Row, costs, plain, table
from bench.stage import ROOT, Stage, staged

LONGEST_SECONDS = 5400


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print, and write table and JSON; 1 when a goal was missed or a row could not be measured."""
    # The rows import models: the settings have to be readable, though nothing is asked of them here.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_sync.settings")
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the sizes, every variant once")
    parser.add_argument("--row", action="append", default=[], help="only rows whose name begins so")
    parser.add_argument("--to", type=Path, default=ROOT / "var" / "bench", help="folder for the table and all figures")
    asked = parser.parse_args(arguments)
    began = time.monotonic()
    # Whoever ends this ends its servers, and their folder goes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.environ |= {"SECRET_KEY": "for-the-benchmark", "READ_DOT_ENV": "false"}
        with staged(Path(folder)) as stage:
            setup(stage)
            from bench.rows import all_rows  # noqa: PLC0415 -- imports models

            rows = [row for row in all_rows() if not asked.row or row.name.startswith(tuple(asked.row))]
            if not rows:
                parser.error(f"no such row; there are: {', '.join(row.name for row in all_rows())}")
            results = {row.name: _results(stage, row, quick=asked.quick) for row in rows}
    lines = [line for row in rows for line in _lines(row, results[row.name], 10 if asked.quick else 1)]
    _tell(lines, results, asked, time.monotonic() - began)
    return 0 if all(line.met is not False for line in lines) else 1


def _lines(row: Row, found: Mapping[str, Sequence[Figures]], of: int) -> list[Line]:
    """The lines of a row; one that says so where a variant failed."""
    failed = [variant for variant, runs in found.items() if not runs]
    return [Line(f"{row.name}: {', '.join(failed)}", "failed", met=False)] if failed else row.lines(found, of)


def setup(stage: Stage) -> None:
    """Make this process able to import the rows; it opens no database."""
    os.environ.update(stage.environment("migrated"))
    import django  # noqa: PLC0415 -- the environment has to be complete before

    django.setup()


def _results(stage: Stage, row: Any, *, quick: bool) -> dict[str, list[dict[str, Any]]]:
    """All runs of a row, one variant after the other in turns, so that a busy minute hits all of them."""
    found: dict[str, list[dict[str, Any]]] = {variant.name: [] for variant in row.variants}
    for turn in range(1 if quick else max(variant.runs for variant in row.variants)):
        for variant in row.variants:
            if turn < variant.runs and len(found[variant.name]) == turn:
                found[variant.name] += _play(stage, row.name, variant.name, quick=quick)
    return found


def _play(stage: Stage, row: str, variant: str, *, quick: bool) -> list[dict[str, Any]]:
    """The figures of one run; none where it failed, which spoils this variant alone."""
    stage.fresh_database("play")
    stage.quickbooks.call("DELETE", "calls")
    answer = stage.folder / "answer.json"
    answer.unlink(missing_ok=True)
    command = [sys.executable, "-W", "ignore", "-m", "bench.play", row, variant, str(answer), *(["--quick"] * quick)]
    began = time.monotonic()
    print(f"{row}: {variant} ... ", end="", flush=True)
    try:
        subprocess.run(command, cwd=ROOT, env=stage.environment("play"), check=True, timeout=LONGEST_SECONDS)
    except subprocess.SubprocessError as error:
        print(f"failed: {error}", flush=True)
        return []
    print(f"{time.monotonic() - began:.0f} s", flush=True)
    return [json.loads(answer.read_text())]


def _tell(lines: Sequence[Line], results: Any, asked: argparse.Namespace, seconds: float) -> None:
    machine = {
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
        "quick": asked.quick,
        "seconds": round(seconds),
    }
    told = ", ".join(f"{name} {value}" for name, value in machine.items())
    text = f"{table(lines)}\n\n{costs(results)}\n\nMeasured on {timezone.now():%d %B %Y}: {told}.\n"
    asked.to.mkdir(parents=True, exist_ok=True)
    (asked.to / "figures.json").write_text(
        json.dumps({"machine": machine, "lines": plain(lines), "runs": results}, indent=1)
    )
    (asked.to / "table.md").write_text(text)
    print(f"\n{text}\nTable and all figures: {asked.to}")


if __name__ == "__main__":
    sys.exit(main())
