"""S4: a secret is in its encrypted column and nowhere else: not in other rows, Redis, tasks, errors or pages."""

# ruff: noqa: PLC0415 -- models need Django set up

import logging
import time
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection as database
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse

from core.redis import redis_client
from qbo_connector import errors
from qbo_connector.enums import Cause
from qbo_connector.gateway import client_for
from qbo_connector.models import ConnectionToken
from qbo_connector.services import tokens
from tests import makers
from tests.quickbooks import drain_until_settled, read_company, sync_company

CANARY = "canary-7f3a91"


def in_database(secret: str) -> list[str]:
    """Tables with a row that holds the text anywhere in it."""
    with database.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = []
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE position(%s in t::text) > 0', [secret])
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def in_redis() -> str:
    """Everything that Redis holds, as text."""
    server, said = redis_client(), []
    readers: dict[bytes, Any] = {
        b"string": server.get,
        b"list": lambda key: server.lrange(key, 0, -1),
        b"hash": server.hgetall,
        b"set": server.smembers,
        b"zset": lambda key: server.zrange(key, 0, -1, withscores=True),
    }
    for key in server.scan_iter(count=1000):
        kind = server.type(key)
        said.append(f"{key!r} {readers.get(kind, lambda _key: '')(key)!r}")
    return "\n".join(said)


@pytest.fixture
def lines(caplog):
    """All that is logged, at the level of an installation."""
    caplog.set_level(logging.INFO)
    return caplog


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_no_secret_is_outside_its_encrypted_column(us_company, quickbooks, lines, settings):
    """Tokens through a first load, a write, a refusal and a broken refresh; then what people typed."""
    from api.services import keys
    from core.models import RequestKind
    from core.services import requests, smtp
    from crm.services import task_feeds

    sync_company(us_company)
    rep, admin = makers.user(), makers.user("Admin", "admin@example.com")
    deal = makers.deal_of("Cool Cars", rep)
    makers.requested_invoice(deal, rep)
    drain_until_settled(us_company)
    row = ConnectionToken.objects.get()
    context = tokens.context_of(us_company)
    found = {
        "access token": tokens.decrypt(row.access_token, context=context),
        "refresh token": tokens.decrypt(row.refresh_token, context=context),
        "client secret": settings.QBO_CLIENT_SECRET,
        "verifier": settings.QBO_WEBHOOK_VERIFIER,
    }
    # Refusals and broken answers, with the token in the request that failed.
    quickbooks.fault(kind="query", code="3200", times=1)
    quickbooks.fault(kind="cdc", action="malformed", times=1)
    for _turn in range(2):
        read_company(us_company)
    quickbooks.fault(kind="refresh", action="malformed", times=1)
    with pytest.raises(errors.QboError) as broken:
        tokens.ConnectionTokens(us_company).renewed(found["access token"])
    assert client_for(us_company, Cause.CYCLE).company_info()

    smtp.change(
        {"enabled": True, "host": "127.0.0.1", "port": 9, "username": "crm", "from_address": "crm@example.com"},
        password=f"{CANARY}-mail",
        by=admin,
    )
    requests.plan_request(
        "s4", kind=RequestKind.SLACK, url=f"https://hooks.slack.com/services/{CANARY}-slack", body="{}", by=admin
    )
    task_feeds.renew(admin)
    _key, secret = keys.create(admin, name="S4", scopes=["contacts.read"], expires_at=None, by=admin)
    found |= {
        "mail password": f"{CANARY}-mail",
        "slack address": f"{CANARY}-slack",
        "webhook secret": requests.webhook_secret(),
        "calendar": task_feeds.address_of(admin).rpartition("/")[2].removesuffix(".ics"),
        "api key": secret,
    }
    Client().get("/api/v1/contacts", headers={"Authorization": f"Bearer {secret}"})
    requests.send_due()

    stored, said = in_redis(), lines.text + repr(broken.value) + str(broken.value.__cause__)
    for name, value in found.items():
        assert len(value) > 8, name
        assert in_database(value) == [], name
        assert value not in stored, name
        # The names of the simulator's own client are words that stand elsewhere too.
        assert name in ("client secret", "verifier") or value not in said, name


@pytest.mark.django_db(transaction=True)
def test_the_texts_of_an_invoice_are_in_no_log_and_not_in_redis(us_company, quickbooks, lines):
    """Neither of what is read nor of what is written, nor of what QuickBooks refuses with the text in its words."""
    sync_company(us_company)
    rep = makers.user()
    draft = makers.draft_of(makers.deal_of("Cool Cars", rep), rep)
    makers.changed(draft, message=CANARY)
    quickbooks.fault(
        method="POST", path="/invoice", code="6000", message=CANARY, detail=f"Business validation: {CANARY}", times=1
    )
    from invoices.services import create as creating

    invoice = creating.create_invoice(draft, by=rep)
    drain_until_settled(us_company)

    invoice.refresh_from_db()
    assert in_database(CANARY), "it is where it belongs"
    assert CANARY not in lines.text
    assert CANARY not in in_redis()


def raising(request: HttpRequest) -> None:
    """A view with secrets in its variables and in what was sent."""
    refresh_token = f"{CANARY}-variable"
    assert refresh_token
    raise ValueError("broken")


@pytest.mark.parametrize("debug", [True, False])
def test_a_page_of_debugging_hides_values(settings, debug):
    import sys

    from django.views.debug import technical_500_response

    settings.DEBUG = debug
    settings.QBO_WEBHOOK_VERIFIER = f"{CANARY}-setting"
    settings.EMAIL_HOST_PASSWORD = f"{CANARY}-mail"
    request = RequestFactory().post(
        "/x/",
        {"note": f"{CANARY}-form"},
        headers={"Authorization": f"Bearer {CANARY}", "Cookie": f"sessionid={CANARY}"},
    )
    try:
        raising(request)
    except ValueError:
        page = technical_500_response(request, *sys.exc_info()).content.decode()

    assert "ValueError" in page
    # The lines of the program stand there, not what the variables held.
    assert page.replace('f"{CANARY}', "").count(CANARY) == 0


@pytest.mark.django_db
def test_signing_out_ends_the_session_for_whoever_copied_it():
    cache.clear()
    admin = makers.user("Admin", "admin@example.com")
    here, thief = Client(), Client()
    here.post(reverse("accounts:login"), {"username": admin.email, "password": makers.PASSWORD})
    thief.cookies["sessionid"] = here.cookies["sessionid"].value
    assert thief.get("/").status_code == 200

    answer = here.post(reverse("accounts:logout"))

    assert answer["Clear-Site-Data"] == '"storage"'
    assert thief.get("/").status_code == 302
    assert here.get("/").status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("hours_idle", "hours_old", "alive"),
    [(0, 0, True), (11.9, 100, True), (12.1, 13, False), (0.1, 167.9, True), (0.1, 168.1, False)],
)
def test_a_session_ends_without_use_and_by_age(hours_idle, hours_old, alive):
    from allauth.usersessions.models import UserSession

    from accounts.sessions import BEGAN, SEEN

    cache.clear()
    admin = makers.user("Admin", "admin@example.com")
    browser = Client()
    browser.post(reverse("accounts:login"), {"username": admin.email, "password": makers.PASSWORD})
    session, now = browser.session, time.time()
    session[SEEN], session[BEGAN] = int(now - hours_idle * 3600), int(now - hours_old * 3600)
    session.save()

    answer = browser.get("/")

    assert answer.status_code == (200 if alive else 302)
    assert UserSession.objects.filter(user=admin).exists() is alive
    if alive:
        assert browser.session[SEEN] >= int(now) - 300, "use keeps it"
    else:
        assert answer.url == "/login/?next=/"
        assert not browser.session.exists(session.session_key)
