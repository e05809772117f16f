"""Reading from a standby of PostgreSQL, where STANDBY_DATABASE_URL names one: what asks much, and may be a little old.

Who reads so takes what the standby has. One that can't be reached, or is further behind than MOST_SECONDS, is not
asked: the primary answers then, and the log says why.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

log = structlog.get_logger(__name__)
ALIAS = "standby"
MOST_SECONDS = 60
_alias: ContextVar[str | None] = ContextVar("database_to_read_from", default=None)
# Without a sender, having applied all that came says nothing about how old it is.
_BEHIND = """
    SELECT CASE
        WHEN NOT pg_is_in_recovery() THEN 0
        WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
        ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp())
    END::float8
"""


@contextmanager
def reading() -> Iterator[None]:
    """Inside, the ORM reads from the standby, if there is one to read from; ``alias`` says where raw SQL does."""
    if _alias.get() is not None or ALIAS not in connections.settings:
        yield
        return
    token = _alias.set(ALIAS if _is_near() else DEFAULT_DB_ALIAS)
    try:
        yield
    finally:
        _alias.reset(token)


def alias() -> str:
    """The database to read from."""
    return _alias.get() or DEFAULT_DB_ALIAS


def seconds_behind() -> float | None:
    """How old what the standby has may be, in seconds; None where nobody knows. Raises DatabaseError."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(_BEHIND)
        found: float | None = cursor.fetchone()[0]
    return found


def _is_near() -> bool:
    try:
        behind = seconds_behind()
    except DatabaseError as error:
        log.warning("standby.unreachable", error=str(error))
        return False
    if behind is None or behind > MOST_SECONDS:
        log.warning("standby.behind", seconds=behind)
        return False
    return True


class Router:
    """Where the ORM reads and writes: a record that was read from the standby is written to the primary."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        """The database to read from."""
        return alias()

    def db_for_write(self, model: Any, **hints: Any) -> str:
        """The primary."""
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        """Both have the same records."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """The standby follows by itself."""
        return db == DEFAULT_DB_ALIAS
