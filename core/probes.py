"""Asks what the product stands on whether it answers, each in a bounded time, whatever it is stuck in."""

import datetime
import threading
import time
from collections.abc import Callable, Iterable

import structlog
from django.conf import settings
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from redis import RedisError

from core.models import Heartbeat
from core.redis import redis_client

log = structlog.get_logger(__name__)
# Load balancers and launchers give up after five seconds or so; they have to hear which part it is.
PATIENCE = 2.0


class Probe:
    """One question, asked in a thread of its own: a server that is frozen holds up nobody who asks.

    While an answer is still awaited, the next one to ask is told at once that there is none.
    """

    def __init__(self, name: str, question: Callable[[], bool]) -> None:
        self.name = name
        self.question = question
        self.thread: threading.Thread | None = None
        self.answer = False
        self.lock = threading.Lock()

    def ask(self) -> None:
        """Begin to ask, unless the last one who asked is still waiting."""
        with self.lock:
            if self.thread is not None and self.thread.is_alive():
                return
            self.answer = False
            self.thread = threading.Thread(target=self._run, name=f"probe-{self.name}", daemon=True)
            self.thread.start()

    def answered(self, seconds: float) -> bool:
        """The answer; False when it does not come within ``seconds``."""
        thread = self.thread
        if thread is not None:
            thread.join(max(0.0, seconds))
        return self.answer

    def _run(self) -> None:
        try:
            self.answer = self.question()
        except (DatabaseError, RedisError, OSError) as error:
            # Without the text: it may name hosts and users.
            log.warning("probe.failed", part=self.name, error=type(error).__name__)
        finally:
            connections.close_all()


def database_answers() -> bool:
    """Whether PostgreSQL takes statements."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def broker_answers() -> bool:
    """Whether Redis or Valkey answers."""
    return bool(redis_client().ping())


def heartbeat_is_fresh() -> bool:
    """Whether a message went from beat through broker and worker into the database a short time ago."""
    fresh = timezone.now() - datetime.timedelta(seconds=max(60.0, 3 * settings.HEARTBEAT_SECONDS))
    return Heartbeat.objects.filter(name="worker", beaten_at__gt=fresh).exists()


class _Migrated:
    """Once the database has all migrations of this code, it keeps them."""

    once = False


def migrations_are_applied() -> bool:
    """Whether the database has every migration that this code knows."""
    if not _Migrated.once:
        executor = MigrationExecutor(connection)
        _Migrated.once = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _Migrated.once


DATABASE = Probe("database", database_answers)
BROKER = Probe("broker", broker_answers)
HEARTBEAT = Probe("heartbeat", heartbeat_is_fresh)
MIGRATIONS = Probe("migrations", migrations_are_applied)


def answers(probes: Iterable[Probe], *, patience: float = PATIENCE) -> dict[str, bool]:
    """Name of each part -> whether it is as it should be; all are asked at once, within ``patience`` seconds."""
    asked = list(probes)
    for probe in asked:
        probe.ask()
    until = time.monotonic() + patience
    return {probe.name: probe.answered(until - time.monotonic()) for probe in asked}
