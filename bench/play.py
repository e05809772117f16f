"""One run of one variant of a row, in a process of its own; started by ``bench.__main__``, writes JSON."""

import argparse
import json
import os
from pathlib import Path

import django

django.setup()

from bench.figures import Play  # noqa: E402 -- Django is set up first
from bench.rows import all_rows  # noqa: E402
from bench.stage import QuickBooks  # noqa: E402


def main() -> None:
    """Play and write what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("row")
    parser.add_argument("variant")
    parser.add_argument("answer", type=Path)
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    row = next(row for row in all_rows() if row.name == asked.row)
    variant = next(variant for variant in row.variants if variant.name == asked.variant)
    folder = Path(os.environ["BENCH_FOLDER"])
    figures = variant.play(Play(QuickBooks(os.environ["BENCH_SIMULATOR"]), folder, asked.quick))
    asked.answer.write_text(json.dumps(figures))


main()
