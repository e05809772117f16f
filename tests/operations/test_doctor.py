"""``manage.py doctor``: each thing that is wrong is told with what to do, with real servers."""

import datetime
import io
import json
import os
import subprocess
import sys

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from core.models import Heartbeat
from core.redis import redis_client
from crm_sync.doctor import examination, servers
from qbo_connector.models import Connection, ConnectionToken
from tests import workers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _an_installation(settings, tmp_path):
    # The browser of other tests sets DJANGO_ALLOW_ASYNC_UNSAFE for the process, and queries beside it need it.
    settings.SILENCED_SYSTEM_CHECKS = ["async.E001"]
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.CSRF_TRUSTED_ORIGINS = [settings.BASE_URL]
    Heartbeat.objects.update_or_create(name="worker", defaults={"beaten_at": timezone.now()})


def examined(*, network: bool = False) -> dict[str, list[tuple[str, str, str]]]:
    return {
        part: [(str(one.level), one.text, one.remedy) for one in findings]
        for part, findings in examination.examine(network=network)
    }


def worst(part: str, *, network: bool = False) -> tuple[str, str, str]:
    """The first thing that is not as it should be."""
    return next(one for one in examined(network=network)[part] if one[0] != "ok")


def test_nothing_fails_where_all_is_well(us_company, quickbooks, settings):
    found = examined(network=True)
    failures = [one for findings in found.values() for one in findings if one[0] == "failure"]

    assert failures == []
    assert list(found) == [name for name, _check in examination.PARTS]
    assert "QuickBooks takes the keys of the app." in [text for _level, text, _remedy in found["QuickBooks"]]
    assert found["Companies"] == [("ok", "One company is connected.", "")]


@pytest.mark.parametrize(
    ("changed", "text", "remedy"),
    [
        ({"ALLOWED_HOSTS": ["other.example"]}, "127.0.0.1, the host of BASE_URL, is refused.", "ALLOWED_HOSTS"),
        ({"BASE_URL": "crm.example.com"}, "is no address", "https://crm.example.com"),
        ({"CSRF_TRUSTED_ORIGINS": []}, "Forms sent from http://127.0.0.1:8000 are refused.", "CSRF_TRUSTED_ORIGINS"),
        ({"LEASE_SECONDS": 60}, "LEASE_SECONDS is 60", "above 120"),
        ({"QBO_READ_TIMEOUT": 500.0}, "A call to QuickBooks may take", "QBO_READ_TIMEOUT"),
        ({"DEMO": True, "QBO_ENVIRONMENT": "production"}, "DEMO shows logins", "DEMO=false"),
        ({"DEBUG": True, "BASE_URL": "https://crm.example.com"}, "DEBUG is on", "DEBUG=false"),
        ({"SECRET_KEY": ""}, "SECRET_KEY", "token_urlsafe"),
        ({"ENCRYPTION_KEYS": []}, "ENCRYPTION_KEYS is empty", "ENCRYPTION_KEYS"),
    ],
)
def test_settings_that_do_not_fit(settings, changed, text, remedy):
    for name, value in changed.items():
        setattr(settings, name, value)

    found = [one for one in examined()["Configuration"] if one[0] == "failure"]

    assert [one for one in found if text in one[1] and remedy in one[2]], found


def test_migrations_that_are_missing():
    recorder = MigrationRecorder(connection)
    newest = recorder.migration_qs.filter(app="core").order_by("-name").first()
    recorder.record_unapplied("core", newest.name)
    try:
        level, text, remedy = worst("Database")
    finally:
        recorder.record_applied("core", newest.name)

    assert (level, f"core.{newest.name}" in text, "migrate" in remedy) == ("failure", True, True)


def test_a_broker_that_forgets(settings):
    client = redis_client()
    client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        level, text, remedy = worst("Broker")
    finally:
        client.config_set("maxmemory-policy", "noeviction")

    assert (level, "allkeys-lru" in text, remedy) == ("failure", True, "Set maxmemory-policy noeviction.")


def test_no_worker_and_a_long_queue(settings, monkeypatch):
    Heartbeat.objects.update(beaten_at=timezone.now() - datetime.timedelta(minutes=5))
    monkeypatch.setattr(servers, "LONG_QUEUE", 2)
    key = f"{settings.CELERY_BROKER_TRANSPORT_OPTIONS['global_keyprefix']}{settings.CELERY_TASK_DEFAULT_QUEUE}"
    redis_client().rpush(key, *["message"] * 3)
    try:
        found = examined()["Worker"]
    finally:
        redis_client().delete(key)

    assert [level for level, _text, _remedy in found] == ["failure", "warning"]
    assert "Procfile" in found[0][2]
    assert "3 messages wait" in found[1][1]


@pytest.mark.parametrize(("seconds", "level"), [(1, None), (-10, "warning"), (10, "warning"), (600, "failure")])
def test_clocks_that_differ(seconds, level):
    finding = servers.clock_finding("PostgreSQL", seconds)

    assert (finding.level if finding else None) == level
    if finding:
        assert ("ahead of" if seconds > 0 else "behind") in finding.text
        assert "NTP" in finding.remedy


def test_secrets_that_no_key_opens(us_company, settings):
    settings.ENCRYPTION_KEYS = ["new:" + "B" * 43 + "="]
    level, text, remedy = worst("Keys")

    assert (level, "QuickBooks tokens" in text, "“test” (2)" in text) == ("failure", True, True)
    assert "behind the first" in remedy
    settings.ENCRYPTION_KEYS = ["new:" + "B" * 43 + "=", "test:" + "A" * 43 + "="]
    level, text, remedy = worst("Keys")
    assert (level, "“test” (2)" in text, "rotate_keys" in remedy) == ("warning", True, True)


def test_files_that_can_not_be_written(settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.MEDIA_ROOT = tmp_path / "file" / "media"
    level, text, remedy = worst("Files")

    assert (level, "MEDIA_ROOT" in text, "user that web and workers run as" in remedy) == ("failure", True, True)


def test_e_mails_that_go_nowhere(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

    assert worst("E-mail")[0] == "warning"
    assert "EMAIL_URL" in worst("E-mail")[2]


def test_keys_of_an_app_that_quickbooks_refuses(quickbooks, settings):
    settings.QBO_CLIENT_SECRET = "wrong"
    level, text, remedy = worst("QuickBooks", network=True)

    assert (level, "refuses" in text, "developer.intuit.com" in remedy) == ("failure", True, True)
    assert "wrong" not in text + remedy


def test_quickbooks_that_is_not_reached(settings):
    settings.QBO_DISCOVERY_URL = "http://127.0.0.1:9/discovery"
    level, text, remedy = worst("QuickBooks", network=True)

    assert (level, "127.0.0.1:9" in text, "intuit.com" in remedy) == ("failure", True, True)


@pytest.mark.parametrize(
    ("values", "level", "text"),
    [
        ({"environment": "sandbox"}, "failure", "another environment"),
        ({"status": "reconnect"}, "failure", "Acme has to be connected again."),
        ({"status": "paused", "status_reason": "Subscription ended."}, "failure", "Subscription ended."),
        ({"consent": 3}, "warning", "The consent of Acme ends"),
    ],
)
def test_companies_that_need_somebody(values, level, text):
    days = values.pop("consent", None)
    made = Connection.objects.create(**{"environment": "simulator", "realm_id": "1", "company_name": "Acme", **values})
    now = timezone.now()
    ConnectionToken.objects.create(
        connection=made, access_token="test:x", refresh_token="test:x", access_expires_at=now, refresh_expires_at=now,
        hard_expires_at=now + datetime.timedelta(days=days) if days else None,
    )  # fmt: skip
    found = worst("Companies")

    assert (found[0], text in found[1], bool(found[2])) == (level, True, True)


def test_the_command_tells_and_ends_with_its_code(settings):
    told = io.StringIO()
    call_command("doctor", "--no-network", "--json", stdout=told)
    assert json.loads(told.getvalue())["failures"] == 0

    settings.LEASE_SECONDS = 1
    told = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--no-network", stdout=told, no_color=True)
    assert ended.value.code == 1
    assert "  FAILURE  LEASE_SECONDS is 1" in told.getvalue()
    assert "           → Set LEASE_SECONDS above 120" in told.getvalue()


def test_it_runs_with_nothing_there(tmp_path):
    env = {
        **os.environ, "DATABASE_URL": f"postgres://crm:hidden-password@/crm?host={tmp_path}",
        "REDIS_URL": f"unix://{tmp_path}/none.sock", "SECRET_KEY": "", "ENCRYPTION_KEYS": "",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", "doctor", "--no-network"],
        env=env, cwd=workers.ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip

    assert done.returncode == 1, done.stderr
    assert "PostgreSQL does not answer" in done.stdout
    assert "compare DATABASE_URL" in done.stdout
    assert "Redis does not answer" in done.stdout
    assert "SECRET_KEY is empty" in done.stdout
    assert "hidden-password" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
