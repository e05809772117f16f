"""What a piece of work took: time, processor time here and in PostgreSQL, memory, statements, rows, reads."""

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.db import connection, connections

from bench.statements import counted

TICKS = os.sysconf("SC_CLK_TCK")
# A little more than PostgreSQL's PGSTAT_IDLE_INTERVAL.
IDLE_SECONDS = 11
# What the meter itself and the bookkeeping of a read may write.
BOOKKEEPING = (
    "qbo_connector_pullschedule",
    "qbo_connector_apiusage",
    "qbo_connector_loadprogress",
    "core_heartbeat",
    "django_session",
)


@dataclass(frozen=True)
class Taken:
    """Seconds on the clock, seconds of processor (``cpu`` ours, ``database`` PostgreSQL's), peak memory in MB,
    SQL statements, and rows written by table."""

    seconds: float
    cpu: float
    database: float
    megabytes: float
    statements: int
    written: dict[str, int]

    @property
    def rows(self) -> int:
        """Rows written, bookkeeping aside."""
        return sum(count for table, count in self.written.items() if table not in BOOKKEEPING)

    def figures(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "rows": self.rows}


class Meter:
    """Measures from ``start`` to ``stop``: this process, or those named and their children."""

    def __init__(self, processes: Iterable[int] = ()) -> None:
        self.processes = list(processes) or [os.getpid()]

    def start(self) -> "Meter":
        """Begin; peaks of memory are forgotten."""
        connections.close_all()
        for process in family(self.processes):
            with suppress(FileNotFoundError):  # it ended meanwhile
                Path(f"/proc/{process}/clear_refs").write_text("5")
        self._written = _rows_written()
        connections.close_all()
        self._database = database_seconds()
        self._cpu = self._ours()
        self._statements = counted(family(self.processes))
        self._began = time.perf_counter()
        return self

    def stop(self, *, told: bool = False) -> Taken:
        """End, and say what it took; with ``told``, wait until sessions of others have told of all that they wrote."""
        seconds = time.perf_counter() - self._began
        cpu = self._ours() - self._cpu
        database = database_seconds() - self._database
        statements = counted(family(self.processes)) - self._statements
        memory = peak(self.processes)
        # A session tells what it wrote when it ends, or has had nothing to do for a while.
        connections.close_all()
        if told:
            time.sleep(IDLE_SECONDS)
        written = _rows_written()
        grown = {table: count - self._written.get(table, 0) for table, count in written.items()}
        return Taken(seconds, cpu, database, memory, statements, {t: n for t, n in grown.items() if n})

    def _ours(self) -> float:
        return processor_seconds(self.processes)


def family(processes: Iterable[int]) -> list[int]:
    """The processes and all that descend from them."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, waiting = [], list(processes)
    while waiting:
        process = waiting.pop()
        found.append(process)
        waiting += children.get(process, [])
    return found


def processor_seconds(processes: Iterable[int]) -> float:
    """Processor seconds of processes, their living and their ended descendants."""
    total = 0
    for process in family(processes):
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15]))
    return total / TICKS


def database_seconds() -> float:
    """Processor seconds of PostgreSQL so far."""
    return processor_seconds([int(os.environ["BENCH_POSTMASTER"])])


def peak(processes: Iterable[int]) -> float:
    """The most memory in MB that processes and their descendants held, each since its peak was last forgotten."""
    return sum(map(_peak, family(processes)))


def _peak(process: int) -> float:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(found[0]) / 1024 if found else 0.0


def _rows_written() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables")
        return {str(name): int(count) for name, count in cursor.fetchall()}
