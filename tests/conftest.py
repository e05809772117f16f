"""The environment of every test run, complete before anything of the product is imported: importing it reads settings.

TEST_DATABASE_URL and TEST_REDIS_URL name running servers; without them ``tests.servers`` starts embedded ones. With
xdist the controlling process starts them once and its workers inherit the addresses; each worker has a PostgreSQL
database (pytest-django), a numbered Valkey database and a key prefix of its own.
"""

import atexit
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings

if "crm_sync.settings" in sys.modules:
    raise pytest.UsageError("The tests set DJANGO_SETTINGS_MODULE themselves: unset it, and do not pass --ds.")

# What the tests run with, whatever the shell or a .env file holds.
SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "crm_sync.settings",
    "READ_DOT_ENV": "false",
    "DEBUG": "false",
    "DEMO": "false",
    "LOG_LEVEL": "WARNING",
    "SECRET_KEY": "for-tests-only-and-long-enough-to-pass-the-deployment-checks-of-django",
    "ENCRYPTION_KEYS": "test:" + "A" * 43 + "=",
    "BASE_URL": "http://127.0.0.1:8000",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
    "OUTGOING_ALLOWED_HOSTS": "localhost,127.0.0.1",
    "QBO_ENVIRONMENT": "simulator",
    "QBO_CLIENT_ID": "demo-client",
    "QBO_CLIENT_SECRET": "demo-secret",
    "QBO_WEBHOOK_VERIFIER": "test-verifier",
    "QBO_LIMITER_COLD_START": "false",
    "STATICFILES_BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",
}

# The same examples in every run: a run that fails can be repeated. `make test-long` looks further.
# How long making examples takes says nothing on a busy machine.
CALMLY = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("repeatable", derandomize=True, database=None, suppress_health_check=CALMLY)
hypothesis.settings.register_profile("searching", database=None, suppress_health_check=CALMLY)
hypothesis.settings.load_profile("searching" if os.environ.get("FAULT_SEEDS") else "repeatable")

worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if not worker:
    sockets = tempfile.mkdtemp(prefix=f"crm-test-{os.getpid()}-")
    atexit.register(shutil.rmtree, sockets, ignore_errors=True)
    os.environ["CRM_TEST_SOCKETS"] = sockets
    # Servers of the tests serve the files under their own names. A copy: collecting empties its target first.
    shutil.copytree(Path(__file__).resolve().parent.parent / "static", Path(sockets, "static"))
    os.environ["CRM_TEST_DATABASE_URL"] = (
        os.environ.get("TEST_DATABASE_URL") or f"postgres://crm@/crm?host={sockets}/postgres"
    )
    os.environ["CRM_TEST_REDIS_URL"] = os.environ.get("TEST_REDIS_URL") or f"unix://{sockets}/valkey/valkey.sock"

# A query that waits for a lock can't be interrupted by pytest's time limit: the server has to end it. These apply to
# every connection of the tests and of the processes that they start.
os.environ["PGOPTIONS"] = "-c lock_timeout=90s -c statement_timeout=170s -c idle_in_transaction_session_timeout=120s"
os.environ.update(SETTINGS)
os.environ["STATIC_ROOT"] = f"{os.environ['CRM_TEST_SOCKETS']}/static"
os.environ["DATABASE_URL"] = os.environ["CRM_TEST_DATABASE_URL"]
os.environ["REDIS_URL"] = f"{os.environ['CRM_TEST_REDIS_URL']}?db={int(re.sub(r'[^0-9]', '', worker) or -1) + 1}"
os.environ["REDIS_KEY_PREFIX"] = f"test-{worker or 'main'}"
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

pytest_plugins = [
    "tests.running",
    "tests.emptying",
    "tests.servers",
    "tests.browser",
    "tests.windows",
    "tests.messages",
    "tests.watching",
]


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Fixtures that import models can only be loaded once Django is set up."""
    settings.PASSWORD_HASHERS = ["tests.passwords.QuickArgon2PasswordHasher"]
    config.pluginmanager.import_plugin("tests.quickbooks")
    config.pluginmanager.import_plugin("tests.books")
    config.pluginmanager.import_plugin("tests.faults.world")
