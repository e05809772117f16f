"""What the product's work costs: ``make bench``, or ``.venv/bin/python -m bench [--quick] [--row NAME]... [--json F]``.

Starts servers of its own, runs every variant of every row in a process and a database of its own, in turns, and prints
a table. It touches no other database and calls only this machine.
"""

# ruff: noqa: T201 -- a program that prints

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.figures import Line, plain, table
from bench.stage import ROOT, Stage, staged

LONGEST_SECONDS = 5400


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print, and write the JSON; 1 when a goal was missed."""
    # The rows import models: the settings have to be readable, though nothing is asked of them here.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_sync.settings")
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the sizes, every variant once")
    parser.add_argument("--row", action="append", default=[], help="only rows whose name begins so")
    parser.add_argument("--json", type=Path, default=ROOT / "var" / "bench.json", help="where the figures go")
    asked = parser.parse_args(arguments)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.environ |= {"SECRET_KEY": "for-the-benchmark", "READ_DOT_ENV": "false"}
        with staged(Path(folder)) as stage:
            setup(stage)
            from bench.rows import all_rows  # noqa: PLC0415 -- imports models

            rows = [row for row in all_rows() if not asked.row or row.name.startswith(tuple(asked.row))]
            results = {row.name: _results(stage, row, quick=asked.quick) for row in rows}
    lines = [
        line for row in rows if results[row.name] for line in row.lines(results[row.name], 10 if asked.quick else 1)
    ]
    _tell(lines, results, asked, time.monotonic() - began)
    return 0 if all(line.met is not False for line in lines) else 1


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
            if turn < variant.runs:
                found[variant.name].append(_play(stage, row.name, variant.name, quick=quick))
    return found


def _play(stage: Stage, row: str, variant: str, *, quick: bool) -> dict[str, Any]:
    stage.fresh_database("play")
    stage.quickbooks.call("DELETE", "calls")
    answer = stage.folder / "answer.json"
    answer.unlink(missing_ok=True)
    environment = stage.environment("play", BENCH_SIMULATOR=stage.quickbooks.url, BENCH_FOLDER=str(stage.folder))
    command = [sys.executable, "-W", "ignore", "-m", "bench.play", row, variant, str(answer), *(["--quick"] * quick)]
    began = time.monotonic()
    print(f"{row}: {variant} ... ", end="", flush=True)
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=LONGEST_SECONDS)
    print(f"{time.monotonic() - began:.0f} s", flush=True)
    figures: dict[str, Any] = json.loads(answer.read_text())
    return figures


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
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps({"machine": machine, "lines": plain(lines), "runs": results}, indent=1))
    print(f"\n{machine}\n\n{table(lines)}\n\nAll figures: {asked.json}")


if __name__ == "__main__":
    sys.exit(main())
