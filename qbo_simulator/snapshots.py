"""The whole state under a name: companies, tokens, settings and faults, saved and brought back in a moment."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qbo_simulator import grants, limits, switches, webhooks

if TYPE_CHECKING:
    from qbo_simulator.application import Application

#: How every file of SQLite begins.
MAGIC = b"SQLite format 3\x00"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}")
_SUFFIX = ".sqlite3"


def _folder(app: Application) -> Path:
    folder = app.store.path.parent / "snapshots"
    folder.mkdir(exist_ok=True)
    return folder


def _path(app: Application, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise ValueError("a name has letters, digits, dots, dashes and underscores, at most 61")
    return _folder(app) / f"{name}{_SUFFIX}"


def _existing(app: Application, name: str) -> Path:
    path = _path(app, name)
    if not path.is_file():
        raise KeyError(f"snapshot {name}")
    return path


def _row(path: Path) -> dict[str, Any]:
    about = path.stat()
    at = datetime.fromtimestamp(about.st_mtime, UTC).isoformat(timespec="seconds")
    return {"name": path.name.removesuffix(_SUFFIX), "bytes": about.st_size, "at": at}


def listing(app: Application) -> list[dict[str, Any]]:
    """Return name, size and time of every snapshot, newest first."""
    paths = [path for path in _folder(app).glob(f"*{_SUFFIX}") if not path.name.startswith(".")]
    return sorted((_row(path) for path in paths), key=lambda row: (row["at"], row["name"]), reverse=True)


def save(app: Application, name: str) -> dict[str, Any]:
    """Save the state under a name, over an older one of that name. Raises ValueError for an impossible name."""
    path = _path(app, name)
    with _temporary(_folder(app)) as copy:
        _write(app, copy)
        os.replace(copy, path)
    return _row(path)


def restore(app: Application, name: str) -> None:
    """Go back to a snapshot. Raises KeyError for an unknown name."""
    _take_over(app, _existing(app, name))


def restore_content(app: Application, content: bytes) -> None:
    """Go back to a snapshot that was downloaded. Raises ValueError for anything else."""
    with _temporary(_folder(app)) as copy:
        copy.write_bytes(content)
        _take_over(app, copy)


def content(app: Application, name: str | None = None) -> bytes:
    """Return a snapshot as a file's content; without a name the state as it is now. Raises KeyError."""
    if name is not None:
        return _existing(app, name).read_bytes()
    with _temporary(_folder(app)) as copy:
        _write(app, copy)
        return copy.read_bytes()


def remove(app: Application, name: str) -> None:
    """Delete a snapshot. Raises KeyError for an unknown name."""
    _existing(app, name).unlink()


def start_over(app: Application, *, settings: bool = True) -> None:
    """Make everything as at the first start; settings are kept where that is asked for."""
    app.faults.clear()
    app.webhooks.forget()
    if settings:
        app.reset_settings()
    with app.store.writing() as tx:
        app.store.clear(tx)
        app.plant(tx)
    app.calls.clear()


@contextmanager
def _temporary(folder: Path) -> Iterator[Path]:
    handle, text = tempfile.mkstemp(prefix=".", suffix=_SUFFIX, dir=folder)
    os.close(handle)
    try:
        yield Path(text)
    finally:
        Path(text).unlink(missing_ok=True)


def _write(app: Application, path: Path) -> None:
    app.store.copy_to(path)
    # Rules live in memory; in a copy they are a setting.
    rules = [{n: v for n, v in rule.items() if n not in ("id", "hits")} for rule in app.faults.rules()]
    connection = sqlite3.connect(path)
    try:
        connection.execute("INSERT OR REPLACE INTO settings VALUES ('faults', ?)", (json.dumps(rules),))
        connection.execute("INSERT OR REPLACE INTO settings VALUES ('clock', ?)", (json.dumps(app.clock.state()),))
        connection.commit()
    finally:
        connection.close()


def _take_over(app: Application, path: Path) -> None:
    try:
        app.store.take_over(path)
    except sqlite3.DatabaseError as error:
        raise ValueError("this is no snapshot of this version of the simulator") from error
    app.webhooks.forget()
    app.clock.resume(app.store.setting("clock", {}))
    app.switches = {**switches.DEFAULTS, **app.store.setting("switches", {})}
    app.token_policy = {**grants.POLICY_DEFAULTS, **app.store.setting("token_policy", {})}
    app.limits.change({**limits.DEFAULTS, **app.store.setting("limits", {})})
    app.webhooks.change({**webhooks.DEFAULTS, **app.store.setting("webhooks", {})})
    app.faults.clear()
    for rule in app.store.setting("faults", []):
        app.faults.add(rule)
