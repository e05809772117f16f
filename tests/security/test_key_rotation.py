"""The keys of what is encrypted can be changed while the product runs, and nothing is lost."""

import io
import threading

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt as open_factor
from allauth.mfa.utils import encrypt as seal_factor
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection as database

from api.services import webhooks
from core.encryption import UnreadableSecret, key_of
from core.models import MailServer, OutgoingRequest, RequestKind, WebhookSigning
from core.services import requests, smtp
from crm.models import TaskFeed
from crm.services import task_feeds
from crm_sync import sealed
from qbo_connector.enums import Cause, ConnectionStatus
from qbo_connector.gateway import client_for
from qbo_connector.models import Connection, ConnectionToken
from qbo_connector.services import tokens
from tests import makers
from tests.workflows.makers import step, workflow_of
from workflows.models import Workflow

FORMER, FRESH = "test:" + "A" * 43 + "=", "fresh:" + "B" * 43 + "="


def ran(**options) -> str:
    out = io.StringIO()
    call_command("rotate_keys", stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def secrets(db):
    """One secret of every kind but QuickBooks', under the former key."""
    admin = makers.user("Admin", "admin@example.com")
    Authenticator.objects.create(
        user=admin, type=Authenticator.Type.TOTP, data={"secret": seal_factor("TOTPSECRET"), "other": "kept"}
    )
    smtp.change(
        {"enabled": True, "host": "smtp.example.com", "username": "crm", "from_address": "crm@example.com"},
        password="mail password",
        by=admin,
    )
    requests.webhook_secret()
    requests.change_secret(by=admin)
    requests.plan_request("k1", kind=RequestKind.SLACK, url="https://hooks.slack.com/services/T/B/x", body="{}")
    task_feeds.renew(admin)
    webhooks.create(url="https://hooks.example.com/secret", events=["deal.won"], scopes=["crm:read"], by=admin)
    workflow_of(admin, step("a", "slack_message", url="https://hooks.slack.com/services/T/B/y", text="Hi"))
    return admin


def test_every_encrypted_column_is_known():
    """A new column of secrets that rotation does not know would be lost with its former key."""
    known = {(kind.model, column) for kind in sealed.ALL for column in kind.columns}
    named = {
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if getattr(field, "column", None) and (field.name.startswith("sealed") or field.name.endswith("_token"))
        # The version of a QuickBooks object, and the number of a lease: no secrets.
        if field.name not in ("sync_token", "lease_token")
    }
    assert named <= known
    assert len(known) == 11


def test_all_secrets_take_the_new_key_and_say_the_same(secrets, settings):
    address = task_feeds.address_of(secrets)
    both = [requests.webhook_secret(), WebhookSigning.objects.get().sealed_previous]
    settings.ENCRYPTION_KEYS = [FRESH, FORMER]

    told = ran()

    assert "Everything needs “fresh” alone" in told
    assert {key for keys in sealed.keys_in_use().values() for key in keys} == {"fresh"}
    settings.ENCRYPTION_KEYS = [FRESH]
    factor = Authenticator.objects.get()
    assert (open_factor(factor.data["secret"]), factor.data["other"]) == ("TOTPSECRET", "kept")
    assert smtp.decrypt(MailServer.objects.get().sealed_password, context=smtp.CONTEXT) == "mail password"
    assert requests.webhook_secret() == both[0]
    assert WebhookSigning.objects.get().sealed_previous != both[1]
    assert requests.decrypt(OutgoingRequest.objects.get().sealed_url, context=requests.URL_CONTEXT).endswith("/x")
    assert task_feeds.address_of(secrets) == address
    workflow = Workflow.objects.select_related("published").get()
    for definition in (workflow.draft, workflow.published.definition):
        assert definition["steps"][0]["settings"]["url"].endswith("/y")
    before = list(TaskFeed.objects.values_list("sealed_token", flat=True))
    ran()
    assert list(TaskFeed.objects.values_list("sealed_token", flat=True)) == before, "a second run writes nothing"


def test_checking_changes_nothing_and_names_the_keys_that_are_needed(secrets, settings):
    settings.ENCRYPTION_KEYS = [FRESH, FORMER]

    told = ran(check=True)

    assert "Still needed besides “fresh”: test." in told
    assert key_of(TaskFeed.objects.get().sealed_token) == "test"


def test_a_lost_key_is_named_and_keeps_nothing_else_from_rotating(secrets, settings):
    foreign = TaskFeed.objects.get().sealed_token.replace("test:", "lost:")
    TaskFeed.objects.update(sealed_token=foreign)
    settings.ENCRYPTION_KEYS = [FRESH, FORMER]

    with pytest.raises(CommandError, match="addresses of calendars: 1 can't be read"):
        ran()

    assert TaskFeed.objects.get().sealed_token == foreign
    assert key_of(MailServer.objects.get().sealed_password) == "fresh"


def test_a_secret_can_be_read_in_no_other_row(us_company, quickbooks):
    """A row that somebody copies to another company opens nothing there."""
    row = ConnectionToken.objects.get()
    other = Connection.objects.create(realm_id="2", environment="simulator", company_name="Other")
    row.pk = row.connection = None
    row.connection = other
    row.save(force_insert=True)

    with pytest.raises(UnreadableSecret):
        tokens.refresh_token(other)


def test_tokens_that_are_refreshed_all_the_time_survive_rotation(us_company, quickbooks, settings):
    """Each refresh ends the token before it: one that rotation wrote back by mistake would end the connection."""
    quickbooks.call("POST", "token-policy", {"rotation": "every", "previous": "strict", "replay_revokes": True})
    settings.ENCRYPTION_KEYS = [FRESH, FORMER]
    problems, stop = [], threading.Event()

    def refresh() -> None:
        try:
            source = tokens.ConnectionTokens(us_company)
            access = source.current()
            while not stop.is_set():
                access = source.renewed(access)
        except Exception as error:  # what happened is told below
            problems.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=refresh) for _ in range(2)]
    began = ConnectionToken.objects.get().generation
    for thread in threads:
        thread.start()
    turn = 0
    while ConnectionToken.objects.get().generation < began + 12 and not problems:
        turn += 1
        settings.ENCRYPTION_KEYS = [FRESH, FORMER] if turn % 2 else [FORMER, FRESH]
        assert [outcome.unreadable for outcome in sealed.rotate()] == [[]] * len(sealed.ALL)
    stop.set()
    for thread in threads:
        thread.join(30)

    assert problems == []
    us_company.refresh_from_db()
    assert us_company.status == ConnectionStatus.ACTIVE
    assert client_for(us_company, Cause.CYCLE).company_info()["CompanyName"]
