"""The tables that grow with time, cut into parts of PostgreSQL's own kind. An installation may do it once, at rest.

Events and their links are cut by the event's id: ids follow time, so what retention deletes leaves whole parts empty,
and what is written and read most, the newest, stays in small indexes. Payloads of the mirror are cut by the hash of
their object. Names of tables, constraints and indexes stay as Django knows them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from core.audit import keeping
from core.models import Event, EventLink
from qbo_connector.models import MirrorPayload

IDS_PER_PART = 10_000_000
PARTS_TO_COME = 50
HASHED_PARTS = 16


class CannotPartition(Exception):
    """A table is not in a state to be cut; the text says why."""


def partition() -> dict[str, int]:
    """Cut the tables in one transaction that locks them; the number of parts by table.

    The rows of events and links stay where they are and become the first part; payloads are copied, so there has to
    be room for them twice. Raises CannotPartition where it was done before.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # Deferred checks that wait for the commit would hold up changes of the tables.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        newest = Event.objects.aggregate(newest=Max("pk"))["newest"] or 0
        border = (newest // IDS_PER_PART + 1) * IDS_PER_PART
        made = {
            table: _by_range(cursor, table, column, border)
            for table, column in ((Event._meta.db_table, "id"), (EventLink._meta.db_table, "event_id"))
        }
        made[MirrorPayload._meta.db_table] = _by_hash(cursor, MirrorPayload._meta.db_table, "mirror_id")
        for part in _parts(cursor, Event._meta.db_table):
            # A trigger for TRUNCATE is not handed down to parts.
            cursor.execute(keeping.not_truncated(part))
    return made


def _by_range(cursor: Any, table: str, column: str, border: int) -> int:
    """What is there up to ``border`` is the first part, and parts of equal width follow, and one for the rest."""
    cut = _Cut.begin(cursor, table, column)
    cut.build("RANGE")
    cursor.execute(f"ALTER TABLE {table} ATTACH PARTITION {cut.old} FOR VALUES FROM (MINVALUE) TO ({border})")
    for number in range(PARTS_TO_COME):
        start = border + number * IDS_PER_PART
        bounds = f"FROM ({start}) TO ({start + IDS_PER_PART})"
        cursor.execute(f"CREATE TABLE {table}_part_{number + 1} PARTITION OF {table} FOR VALUES {bounds}")
    cursor.execute(f"CREATE TABLE {table}_part_rest PARTITION OF {table} DEFAULT")
    cut.end()
    return PARTS_TO_COME + 2


def _by_hash(cursor: Any, table: str, column: str) -> int:
    cut = _Cut.begin(cursor, table, column)
    cut.build("HASH")
    for number in range(HASHED_PARTS):
        bounds = f"WITH (MODULUS {HASHED_PARTS}, REMAINDER {number})"
        cursor.execute(f"CREATE TABLE {table}_part_{number + 1} PARTITION OF {table} FOR VALUES {bounds}")
    cursor.execute(f"INSERT INTO {table} SELECT * FROM {cut.old}")  # noqa: S608 -- names of our own tables
    cursor.execute(f"DROP TABLE {cut.old}")
    cut.end()
    return HASHED_PARTS


@dataclass(frozen=True)
class _Cut:
    """A table that gives its name, constraints, indexes and triggers to one that consists of parts."""

    cursor: Any
    table: str
    column: str
    old: str
    own: Mapping[str, str]
    pointing: Iterable[tuple[str, str, str]]
    indexes: Mapping[str, str]
    triggers: Iterable[str]
    next_id: int | None

    @classmethod
    def begin(cls, cursor: Any, table: str, column: str) -> "_Cut":
        """Lock the table and read what hangs on it."""
        cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        cursor.execute("SELECT relkind FROM pg_class WHERE oid = %s::regclass", [table])
        if cursor.fetchone()[0] != "r":
            raise CannotPartition(f"{table} already consists of parts. Nothing was changed.")
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = %s::regclass AND contype IN ('p', 'f', 'u') AND conparentid = 0 ORDER BY contype DESC",
            [table],
        )
        own = dict(cursor.fetchall())
        cursor.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE confrelid = %s::regclass AND contype = 'f' AND conparentid = 0",
            [table],
        )
        pointing = cursor.fetchall()
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s", [table])
        indexes = {name: text for name, text in cursor.fetchall() if name not in own}
        cursor.execute(
            "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal",
            [table],
        )
        triggers = dict(cursor.fetchall())
        sequence, next_id = connection.introspection.get_sequences(cursor, table), None
        if sequence:
            cursor.execute(f"SELECT nextval(pg_get_serial_sequence('{table}', '{sequence[0]['column']}'))")
            next_id = cursor.fetchone()[0]
        cut = cls(cursor, table, column, f"{table}_part_0", own, pointing, indexes, triggers.values(), next_id)
        cut._free_names(triggers)
        return cut

    def _free_names(self, triggers: Iterable[str]) -> None:
        """The old table steps back: its names are the new one's."""
        for other, name, _definition in self.pointing:
            self.cursor.execute(f'ALTER TABLE {other} DROP CONSTRAINT "{name}"')
        for name in triggers:
            self.cursor.execute(f'DROP TRIGGER "{name}" ON {self.table}')
        if self.next_id is not None:
            self.cursor.execute(f"ALTER TABLE {self.table} ALTER COLUMN id DROP IDENTITY")
        for name, definition in self.own.items():
            # The part gets its foreign keys from the whole, and has to have the same primary key.
            if definition.startswith("FOREIGN KEY") or self._keyed(definition) != definition:
                self.cursor.execute(f'ALTER TABLE {self.table} DROP CONSTRAINT "{name}"')
            else:
                self.cursor.execute(f'ALTER TABLE {self.table} RENAME CONSTRAINT "{name}" TO "{self.old}_{name[-20:]}"')
        for number, name in enumerate(self.indexes):
            self.cursor.execute(f'ALTER INDEX "{name}" RENAME TO {self.old}_idx_{number}')
        self.cursor.execute(f"ALTER TABLE {self.table} RENAME TO {self.old}")

    def build(self, how: str) -> None:
        """The table of that name again, without parts yet."""
        self.cursor.execute(
            f"CREATE TABLE {self.table} (LIKE {self.old} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED"
            f" INCLUDING STORAGE INCLUDING COMPRESSION) PARTITION BY {how} ({self.column})"
        )
        if self.next_id is not None:
            self.cursor.execute(
                f"ALTER TABLE {self.table} ALTER COLUMN id"
                f" ADD GENERATED BY DEFAULT AS IDENTITY (START WITH {self.next_id})"
            )
        for name, definition in self.own.items():
            self.cursor.execute(f'ALTER TABLE {self.table} ADD CONSTRAINT "{name}" {self._keyed(definition)}')
        for definition in self.indexes.values():
            self.cursor.execute(definition)

    def _keyed(self, definition: str) -> str:
        """A primary key of a table in parts has to hold the column by which it is cut."""
        if definition == "PRIMARY KEY (id)" and self.column != "id":
            return f"PRIMARY KEY (id, {self.column})"
        return definition

    def end(self) -> None:
        """What pointed to the table points to it again, and its triggers guard it."""
        for definition in self.triggers:
            self.cursor.execute(definition)
        for other, name, definition in self.pointing:
            self.cursor.execute(f'ALTER TABLE {other} ADD CONSTRAINT "{name}" {definition}')


def _parts(cursor: Any, table: str) -> list[str]:
    cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [table])
    return [name for (name,) in cursor.fetchall()]
