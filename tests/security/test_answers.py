"""What every answer carries: nothing is stored, framed or guessed at, whatever page it is and however it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.urls import reverse

from tests import makers
from tests.test_permission_matrix import ADMIN, MATRIX, NOBODY, address_of, routes

ROOT = Path(__file__).resolve().parents[2]
# Everybody may keep these: a logo whose address changes with it.
PUBLIC = {"core:brand-logo"}
# An e-mail as it will look, with its styles, in a frame where nothing can run.
STYLED = {"core:mail-sample"}


def script_part_of(policy: str) -> str:
    """What a policy says of scripts."""
    parts = {part.split()[0]: part for part in map(str.strip, policy.split(";")) if part}
    return parts.get("script-src", parts.get("default-src", "unsafe: nothing"))


def browser_of(role: str):
    from django.test import Client  # noqa: PLC0415

    client = Client(raise_request_exception=False)
    if role != NOBODY:
        client.force_login(makers.user(role, "headers@example.com"))
    return client


@pytest.mark.parametrize("role", [NOBODY, ADMIN])
def test_every_route_answers_with_all_protections(db, role):
    """Also redirects, refusals and errors; asked with GET, which every route answers in some way."""
    client, wrong = browser_of(role), []
    for name, pattern in routes():
        line = MATRIX.get(name)
        if line is None:
            continue  # tests/test_permission_matrix.py fails for it
        answer = client.get(address_of(name, pattern, line))
        caching = {part.strip() for part in answer.headers.get("Cache-Control", "").split(",")}
        policy = answer.headers.get("Content-Security-Policy", "")
        problems = [
            not {"no-cache", "no-store"} <= caching and name not in PUBLIC and "cached",
            answer.headers.get("X-Content-Type-Options") != "nosniff" and "sniffed",
            "default-src 'none'" not in policy and "no policy",
            name not in STYLED and "unsafe" in policy and "unsafe policy",
            "unsafe" in script_part_of(policy) and "unsafe scripts",
            "frame-ancestors" not in policy and "sandbox" not in policy and "framed",
            answer.headers.get("Referrer-Policy") != "same-origin" and "referrer",
            answer.headers.get("Cross-Origin-Opener-Policy") != "same-origin" and "opener",
            answer.status_code >= 500 and answer.status_code != 503 and f"status {answer.status_code}",
            answer.headers.get("Access-Control-Allow-Origin") is not None and "open to other sites",
            "Server" in answer.headers and "tells what runs",
        ]
        wrong += [f"{name}: {problem}" for problem in problems if problem]
    assert wrong == []


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND"])
def test_methods_that_nobody_uses_are_refused_everywhere(client, db, method):
    for path in ("/", "/healthz", reverse("accounts:login"), "/api/v1/contacts", "/static/css/app.css"):
        answer = client.generic(method, path)
        assert answer.status_code == 405, (method, path)
        assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_a_host_that_is_not_ours_gets_nothing(client, db):
    answer = client.get("/login/", headers={"host": "evil.example"})

    assert answer.status_code == 400
    assert b"evil.example" not in answer.content


def test_a_forwarded_host_changes_no_address(client, db):
    makers.user()
    answer = client.get("/", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"})

    assert answer["Location"] == "/login/?next=/"


def test_static_files_carry_the_policy_too(client, db):
    answer = client.get("/static/js/shell.js")
    content = b"".join(answer.streaming_content)
    answer.close()

    assert (answer.status_code, answer["X-Content-Type-Options"]) == (200, "nosniff")
    assert "object-src 'none'" in answer["Content-Security-Policy"]
    assert content


PROBE = """
import io, json, django
django.setup()
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client
said = io.StringIO()
try:
    call_command("check", deploy=True, fail_level="WARNING", stdout=said, stderr=said)
except SystemCheckError as error:
    said.write(str(error))
plain = Client().get("/login/", headers={"host": "crm.example.com"})
secure = Client().get("/", secure=True, headers={"host": "crm.example.com"})
print(json.dumps({
    "check": said.getvalue(),
    "session": [settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY,
                settings.SESSION_COOKIE_SAMESITE],
    "csrf": [settings.CSRF_COOKIE_NAME, settings.CSRF_COOKIE_SECURE, settings.CSRF_COOKIE_HTTPONLY],
    "path": settings.SESSION_COOKIE_PATH, "domain": settings.SESSION_COOKIE_DOMAIN,
    "plain": [plain.status_code, plain.headers.get("Location", "")],
    "hsts": secure.headers.get("Strict-Transport-Security", ""),
    "debug": settings.DEBUG,
}))
"""


@pytest.mark.slow
def test_an_installation_behind_https_is_complete_to_django(db, tmp_path):
    """``check --deploy`` says nothing, with the settings that README tells to set and no other."""
    from crm_sync.launch.environment import kept_secrets  # noqa: PLC0415

    inherited = {name: os.environ[name] for name in ("PATH", "DATABASE_URL", "REDIS_URL", "HOME") if name in os.environ}
    given = inherited | kept_secrets(tmp_path / "secrets.env") | {
        "DJANGO_SETTINGS_MODULE": "crm_sync.settings",
        "READ_DOT_ENV": "false",
        "BASE_URL": "https://crm.example.com",
        "ALLOWED_HOSTS": "crm.example.com",
        "BEHIND_PROXY": "true",
        "QBO_ENVIRONMENT": "production",
        "QBO_CLIENT_ID": "id",
        "QBO_CLIENT_SECRET": "secret",
        "STATIC_ROOT": os.environ["STATIC_ROOT"],
        "STATICFILES_BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=ROOT, env=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])

    assert "no issues" in found["check"], found["check"]
    assert found["session"] == ["__Host-sessionid", True, True, "Lax"]
    assert found["csrf"] == ["__Host-csrftoken", True, True]
    assert (found["path"], found["domain"], found["debug"]) == ("/", None, False)
    assert found["plain"] == [301, "https://crm.example.com/login/"]
    assert found["hsts"] == "max-age=31536000; includeSubDomains; preload"
