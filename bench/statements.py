"""Counts the SQL statements of every process of the product, for another process to read.

PostgreSQL's own extension for that is not in every build. A file for each process holds its number so far; COPY counts,
the beginning and the end of a transaction do not.
"""

import mmap
import os
import struct
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from psycopg2.extensions import cursor

NUMBER = struct.Struct("q")


class Tally:
    """The number of this process, in its file; a forked child begins its own."""

    def __init__(self) -> None:
        self.begin()
        os.register_at_fork(after_in_child=self.begin)

    def begin(self) -> None:
        """Nothing yet, and no file before the first statement."""
        self.lock = threading.Lock()
        self.number = 0
        self.place: mmap.mmap | None = None

    def add(self) -> None:
        """One more."""
        with self.lock:
            self.number += 1
            if self.place is None:
                self.place = _opened(_file(os.getpid()))
            NUMBER.pack_into(self.place, 0, self.number)


def _file(process: int) -> Path:
    return Path(os.environ["BENCH_FOLDER"], "statements", str(process))


def _opened(file: Path) -> mmap.mmap:
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(bytes(NUMBER.size))
    with file.open("r+b") as held:
        return mmap.mmap(held.fileno(), NUMBER.size)


tally = Tally()


class CountingCursor(cursor):  # type: ignore[misc]  # psycopg2 is untyped
    """psycopg2's, and it counts."""

    def execute(self, query: Any, *given: Any, **named: Any) -> Any:
        """As psycopg2's."""
        # Django asks at the beginning of a request whether its connection still lives.
        if query != "SELECT 1":
            tally.add()
        return super().execute(query, *given, **named)

    def executemany(self, *given: Any, **named: Any) -> Any:
        """As psycopg2's: a statement for each list of parameters, counted as one."""
        tally.add()
        return super().executemany(*given, **named)

    def copy_expert(self, *given: Any, **named: Any) -> Any:
        """As psycopg2's."""
        tally.add()
        return super().copy_expert(*given, **named)


def counted(processes: Iterable[int]) -> int:
    """The statements of these processes so far."""
    files = [_file(process) for process in processes]
    return sum(NUMBER.unpack(file.read_bytes())[0] for file in files if file.exists())
