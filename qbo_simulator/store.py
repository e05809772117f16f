"""The books on disk: SQLite, one row per object with its JSON text beside the columns that are searched.

An answered write is in the write-ahead log before the answer leaves, so a killed process loses nothing.
"""

# ruff: noqa: S608 (table names are our own)
from __future__ import annotations

import json
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

SCHEMA = """
CREATE TABLE IF NOT EXISTS companies (
    realm TEXT PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL, zone TEXT NOT NULL, position INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS objects (
    key INTEGER PRIMARY KEY,
    realm TEXT NOT NULL, entity TEXT NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL,
    body TEXT NOT NULL, deleted INTEGER NOT NULL DEFAULT 0, active INTEGER NOT NULL DEFAULT 1,
    created INTEGER NOT NULL, updated INTEGER NOT NULL,
    doc_number TEXT, txn_date TEXT, due_date TEXT, name TEXT, owner TEXT, total REAL, balance REAL,
    UNIQUE (realm, entity, id)
);
-- The more columns an index compares for equality, the better SQLite likes it: the order of Ids has the fewest.
CREATE INDEX IF NOT EXISTS objects_in_order ON objects (realm, entity, number, id, deleted, active);
CREATE INDEX IF NOT EXISTS objects_changed ON objects (realm, entity, updated, number, deleted, active);
CREATE INDEX IF NOT EXISTS objects_named ON objects (realm, entity, name);
CREATE INDEX IF NOT EXISTS objects_numbered ON objects (realm, entity, doc_number);
CREATE INDEX IF NOT EXISTS objects_owned ON objects (realm, entity, owner, deleted, balance);
CREATE INDEX IF NOT EXISTS objects_dated ON objects (realm, entity, txn_date, number);
CREATE TABLE IF NOT EXISTS sequences (
    realm TEXT NOT NULL, kind TEXT NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (realm, kind)
);
CREATE TABLE IF NOT EXISTS requests (
    realm TEXT NOT NULL, requestid TEXT NOT NULL, at REAL NOT NULL, path TEXT NOT NULL, digest TEXT NOT NULL,
    status INTEGER NOT NULL, body TEXT NOT NULL, entity TEXT, id TEXT, PRIMARY KEY (realm, requestid)
);
CREATE TABLE IF NOT EXISTS codes (
    code TEXT PRIMARY KEY, client TEXT NOT NULL, realm TEXT NOT NULL, scope TEXT NOT NULL, redirect TEXT NOT NULL,
    at REAL NOT NULL, grant_id INTEGER
);
CREATE TABLE IF NOT EXISTS grants (
    id INTEGER PRIMARY KEY, client TEXT NOT NULL, realm TEXT NOT NULL, scope TEXT NOT NULL,
    started REAL NOT NULL, revoked INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS refresh_tokens (
    token TEXT PRIMARY KEY, grant_id INTEGER NOT NULL, at REAL NOT NULL, used REAL NOT NULL, replaced REAL
);
CREATE TABLE IF NOT EXISTS access_tokens (
    token TEXT PRIMARY KEY, grant_id INTEGER NOT NULL, expires REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS files (
    realm TEXT NOT NULL, id TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (realm, id)
);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


def _tables(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return the names and columns of all tables."""
    try:
        return connection.execute(
            "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table' "
            "AND m.name NOT LIKE 'sqlite_%' ORDER BY 1, 2"
        ).fetchall()
    except sqlite3.DatabaseError:
        return []


class Transaction:
    """A connection inside one transaction, and what to do once it is committed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.after_commit: list[Callable[[], None]] = []

    def execute(self, statement: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Run one statement."""
        return self.connection.execute(statement, parameters)

    def one(self, statement: str, parameters: Any = ()) -> Any:
        """Return the first row, or None."""
        return self.connection.execute(statement, parameters).fetchone()

    def next_number(self, realm: str, kind: str) -> int:
        """Return the next number of one of a company's sequences."""
        row = self.one(
            "INSERT INTO sequences VALUES (?, ?, 1) ON CONFLICT (realm, kind) DO UPDATE SET last = last + 1 "
            "RETURNING last",
            (realm, kind),
        )
        return int(row[0])

    def raise_number(self, realm: str, kind: str, at_least: int) -> None:
        """Make the next number of a sequence higher than ``at_least``."""
        self.execute(
            "INSERT INTO sequences VALUES (?, ?, ?) "
            "ON CONFLICT (realm, kind) DO UPDATE SET last = max(last, excluded.last)",
            (realm, kind, at_least),
        )


class Store:
    """One database file; any number of readers, one writer at a time."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / "simulator.sqlite3"
        self._lock = threading.Lock()
        self._readers: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._opened: list[sqlite3.Connection] = []
        self._writer = self._connect()
        self._writer.executescript(SCHEMA)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=30)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA cache_size = -65536")
        self._opened.append(connection)
        return connection

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Give a consistent view of the last commit."""
        try:
            connection = self._readers.get_nowait()
        except queue.Empty:
            connection = self._connect()
        try:
            connection.execute("BEGIN")
            yield Transaction(connection)
        finally:
            connection.execute("ROLLBACK")
            self._readers.put(connection)

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """Give the one writing transaction; commits at the end, rolls back on any exception."""
        with self._lock:
            transaction = Transaction(self._writer)
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield transaction
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT")
        for action in transaction.after_commit:
            action()

    def setting(self, name: str, default: Any) -> Any:
        """Return a stored setting."""
        with self.reading() as tx:
            row = tx.one("SELECT value FROM settings WHERE name = ?", (name,))
        return json.loads(row[0]) if row else default

    def save_setting(self, name: str, value: Any) -> None:
        """Store a setting."""
        with self.writing() as tx:
            tx.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, json.dumps(value)))

    def copy_to(self, path: Path) -> None:
        """Write everything that is committed into a file of its own, whatever happens meanwhile."""
        path.unlink(missing_ok=True)
        # A connection of its own: nobody waits for a copy, and it is of one moment.
        source, target = sqlite3.connect(self.path, timeout=30), sqlite3.connect(path, isolation_level=None)
        try:
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")
        finally:
            source.close()
            target.close()

    def take_over(self, path: Path) -> None:
        """Put the content of a copy in place of everything, in one commit. Raises ValueError for any other file."""
        source = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
        try:
            with self._lock:
                if _tables(source) != _tables(self._writer):
                    raise ValueError("this is no snapshot of this version of the simulator")
                source.backup(self._writer)
        finally:
            source.close()

    def clear(self, tx: Transaction) -> None:
        """Forget everything but the settings."""
        for table in (
            "companies",
            "objects",
            "sequences",
            "requests",
            "codes",
            "grants",
            "refresh_tokens",
            "access_tokens",
            "files",
        ):
            tx.execute(f"DELETE FROM {table}")

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for connection in self._opened:
                connection.close()
            self._opened.clear()
