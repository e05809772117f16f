"""Backup and restore with pg_dump and pg_restore: what was there is there again, in another database."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from django.db import connection

from crm.models import Contact
from qbo_connector.models import Connection
from tests import workers
from tests.quickbooks import sync_company

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
SCRIPT = workers.ROOT / "scripts" / "backup.py"
COMPARED = ("crm_contact", "qbo_connector_connectiontoken", "qbo_connector_mirrorobject", "sync_link", "core_event")


def call(*arguments: object, media: Path, **more: str) -> subprocess.CompletedProcess[str]:
    env = workers.environment(MEDIA_ROOT=str(media), **more)
    return subprocess.run(
        [sys.executable, "-W", "error", str(SCRIPT), *map(str, arguments)],
        env=env, capture_output=True, text=True, check=False, cwd=media.parent,
    )  # fmt: skip


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    (folder / "files" / "ab").mkdir(parents=True)
    (folder / "files" / "ab" / "offer.pdf").write_bytes(b"%PDF" + bytes(range(256)) * 500)
    return folder


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of an empty database."""
    name = f"{connection.settings_dict['NAME']}_restored"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
    yield urlunsplit(urlsplit(workers.environment()["DATABASE_URL"])._replace(path=f"/{name}"))
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def rows_of(url: str) -> dict[str, tuple[int, str]]:
    """Count and hash of tables, by another way than the script's."""
    with contextlib.closing(psycopg2.connect(url)) as session, session.cursor() as cursor:
        found = {}
        for table in COMPARED:
            cursor.execute(
                f"SELECT count(*), md5(coalesce(string_agg(to_jsonb(t)::text, '|' ORDER BY to_jsonb(t)::text), ''))"
                f" FROM {table} AS t"
            )
            found[table] = cursor.fetchone()
        return found


def test_what_was_there_is_there_again(us_company, quickbooks, media, elsewhere, tmp_path):
    sync_company(us_company)
    before = rows_of(workers.environment()["DATABASE_URL"])
    assert all(number > 0 for number, _hash in before.values()), before

    made = call("make", tmp_path / "backups", media=media)
    assert made.returncode == 0, made.stderr
    backup = Path(made.stdout.strip())
    assert sorted(path.name for path in backup.iterdir()) == ["database.dump", "manifest.json", "media.tar.gz"]
    Contact.objects.all().update(last_name="written after the backup")
    good = call("check", backup, media=media)
    new_media = tmp_path / "new" / "media"
    new_media.parent.mkdir()
    restored = call("restore", backup, media=new_media, DATABASE_URL=elsewhere)

    assert (good.returncode, "the backup is good" in good.stdout) == (0, True), good.stderr
    assert restored.returncode == 0, restored.stderr
    assert rows_of(elsewhere) == before
    assert (new_media / "files" / "ab" / "offer.pdf").read_bytes() == (
        media / "files" / "ab" / "offer.pdf"
    ).read_bytes()
    # The product works with it: all migrations are there, and the keys open the tokens.
    doctor = subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", "doctor", "--no-network", "--json"],
        env=workers.environment(DATABASE_URL=elsewhere, MEDIA_ROOT=str(new_media)),
        cwd=workers.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = {(each["part"], each["level"]): each["text"] for each in json.loads(doctor.stdout)["findings"]}
    assert said["Database", "ok"] == "All migrations are applied."
    assert said["Keys", "ok"].startswith("2 stored secrets can be opened")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'crm_check_%'")
        assert cursor.fetchone() == (0,)


def test_what_can_not_be_restored_is_refused_in_words(db, media, elsewhere, tmp_path):
    Connection.objects.create(environment="simulator", realm_id="1", company_name="Acme")
    backup = Path(call("make", tmp_path / "backups", "--with-keys", media=media).stdout.strip())
    keys = backup / "keys.env"
    assert keys.stat().st_mode & 0o777 == 0o600
    assert "ENCRYPTION_KEYS=test:" in keys.read_text()

    full = call("restore", backup, media=tmp_path / "empty")
    assert (full.returncode, "is not empty" in full.stderr) == (1, True)
    assert Connection.objects.count() == 1
    used = call("restore", backup, media=media, DATABASE_URL=elsewhere)
    assert (used.returncode, f"{media} is not empty" in used.stderr) == (1, True)
    other = "test:" + "B" * 43 + "="
    keyless = call("restore", backup, media=tmp_path / "empty", DATABASE_URL=elsewhere, ENCRYPTION_KEYS=other)
    assert (keyless.returncode, "lacks the key test" in keyless.stderr) == (1, True)

    manifest = json.loads((backup / "manifest.json").read_text())
    manifest["tables"]["public.qbo_connector_connection"][0] += 1
    (backup / "manifest.json").write_text(json.dumps(manifest))
    wrong = call("check", backup, media=media)
    assert (wrong.returncode, "public.qbo_connector_connection" in wrong.stderr) == (1, True)
    with (backup / "database.dump").open("r+b") as dump:
        dump.seek(5000)
        dump.write(b"damaged")
    damaged = call("restore", backup, media=tmp_path / "empty", DATABASE_URL=elsewhere)
    assert (damaged.returncode, "database.dump" in damaged.stderr) == (1, True)
    gone = call("restore", tmp_path, media=tmp_path / "empty", DATABASE_URL=elsewhere)
    assert (gone.returncode, "no complete backup" in gone.stderr) == (1, True)
    with contextlib.closing(psycopg2.connect(elsewhere)) as session, session.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        assert cursor.fetchone() == (0,)


def test_a_database_that_is_away_is_told(media, tmp_path):
    away = call("make", tmp_path / "backups", media=media, DATABASE_URL=f"postgres://crm@/crm?host={tmp_path}")

    assert (away.returncode, "does not answer" in away.stderr) == (1, True)
    assert "Traceback" not in away.stderr
