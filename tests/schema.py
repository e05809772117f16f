"""The database that the tests begin with: migrated once, kept until a migration changes, copied for every run."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg2

from crm_sync.launch.postgresql import PostgreSQL

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "var" / "test-schema"
# The workers' databases are copies of this one (TEST["TEMPLATE"] of Django's settings).
TEMPLATE = "crm_migrated"
MANY = 4
OWN_IMPORT = re.compile(
    r"^(?:from|import) ((?:accounts|core|crm|invoices|qbo_connector|reports|sync|workflows)[\w.]*)", re.MULTILINE
)


def begin(server: PostgreSQL) -> None:
    """Start a throw-away server that has the database TEMPLATE with all migrations applied.

    Raises CannotStart as the server does, and CalledProcessError with what ``migrate`` printed.
    """
    kept = KEPT / _fingerprint(server.version)
    if kept.is_dir():
        # The ones used least recently go first.
        os.utime(kept)
        shutil.copytree(kept, server.data)
        server.start()
        return
    server.start()
    session = psycopg2.connect(host=str(server.socket_folder), user="crm", dbname="postgres")
    session.autocommit = True
    with session.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {TEMPLATE}")
    session.close()
    address = server.url.replace("@/crm?", f"@/{TEMPLATE}?")
    command = [sys.executable, "-W", "ignore", "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"DATABASE_URL": address}, check=True)
    server.stop()
    _keep(server.data, kept)
    server.start()


def _fingerprint(version: int) -> str:
    """What the migrated database depends on: migrations, the modules they read, settings and versions."""
    migrations = sorted(ROOT.glob("*/migrations/*.py"))
    files = {*migrations, ROOT / "requirements.lock", ROOT / "crm_sync" / "settings.py"}
    for migration in migrations:
        for name in OWN_IMPORT.findall(migration.read_text()):
            place = ROOT.joinpath(*name.split("."))
            files |= {file for file in (place.with_suffix(".py"), place / "__init__.py") if file.exists()}
            files |= set(place.glob("*.py"))
    digest = hashlib.sha256(f"{version} {sys.version_info[:2]}".encode())
    for file in sorted(files):
        digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _keep(data: Path, kept: Path) -> None:
    """Keep a stopped server's data, and of the ones kept before only those that another run may just be copying."""
    unfinished = kept.with_name(f"{kept.name}.{os.getpid()}")
    shutil.copytree(data, unfinished)
    for old in sorted(KEPT.iterdir(), key=lambda folder: folder.stat().st_mtime)[:-MANY]:
        shutil.rmtree(old, ignore_errors=True)
    try:
        unfinished.rename(kept)
    except OSError:
        # Another run was first.
        shutil.rmtree(unfinished, ignore_errors=True)
