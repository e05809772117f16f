"""Connect a company: send a person to Intuit's consent page, and take what comes back."""

import contextlib
import datetime
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import needs
from core.encryption import UnreadableSecret
from core.events import emit
from qbo_connector import company, errors, gateway, oauth
from qbo_connector.enums import Cause, ConnectionStatus
from qbo_connector.models import Connection, OAuthState, PullSchedule
from qbo_connector.services import meter
from qbo_connector.services import tokens as token_service

STATE_LIFETIME = datetime.timedelta(minutes=10)


class ConsentProblem(Exception):
    """The consent did not lead to a connection. ``kind`` names the page, the message says what happened."""

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@needs("qbo_connector.connect")
def begin(*, by: Any, session_key: str, reconnect: Connection | None = None) -> str:
    """The consent page's address. The state in it works once, for this person in this browser session."""
    state = secrets.token_urlsafe(32)
    OAuthState.objects.create(digest=_digest(state), session_digest=_digest(session_key), user=by, reconnect=reconnect)
    return oauth.authorization_url(state)


@needs("qbo_connector.connect")
def finish(*, by: Any, session_key: str, answer: Mapping[str, str]) -> Connection:
    """Take the browser's return from the consent page. Raises ConsentProblem with what to tell the person."""
    state = _use_state(by, session_key, answer.get("state", ""))
    if answer.get("error"):
        raise ConsentProblem("denied", _("You chose not to connect, so nothing was connected."))
    code, realm_id = answer.get("code", ""), answer.get("realmId", "")
    if not code or not realm_id.isdigit():
        raise ConsentProblem(
            "incomplete", _("QuickBooks sent you back without naming a company. Please connect again.")
        )
    try:
        tokens = oauth.exchange(code, realm_id)
        facts = _company_facts(realm_id, tokens)
    except errors.NeedsReconnect as error:
        raise ConsentProblem(
            "code", _("QuickBooks did not accept this sign-in code; it had been used already or was too old.")
        ) from error
    except errors.OperatorProblem as error:
        raise ConsentProblem("keys", error.plain) from error
    except errors.QboError as error:
        raise ConsentProblem("unavailable", error.plain) from error
    if state.reconnect is not None and state.reconnect.realm_id != realm_id:
        _give_up(realm_id, tokens)
        raise ConsentProblem(
            "other-company",
            _("You chose “%(chosen)s”, but “%(expected)s” is the company to reconnect. Nothing was changed.")
            % {"chosen": facts["company_name"], "expected": state.reconnect.company_name},
        )
    return _save(by, realm_id, tokens, facts)


def _give_up(realm_id: str, tokens: oauth.Tokens) -> None:
    """End an authorisation nobody wanted; not where the same company is connected, which it might end as well."""
    living = Connection.objects.filter(environment=settings.QBO_ENVIRONMENT, realm_id=realm_id)
    if not living.filter(status=ConnectionStatus.ACTIVE).exists():
        with contextlib.suppress(errors.QboError):
            oauth.revoke(tokens.refresh_token)


def _use_state(by: Any, session_key: str, state: str) -> OAuthState:
    """Mark the state as used; a condition in the database lets it happen once."""
    found = OAuthState.objects.filter(
        digest=_digest(state),
        session_digest=_digest(session_key),
        user=by,
        used_at=None,
        created_at__gt=timezone.now() - STATE_LIFETIME,
    )
    if not found.update(used_at=timezone.now()):
        raise ConsentProblem(
            "state",
            _("This sign-in was started elsewhere, was finished already, or took longer than ten minutes."),
        )
    return OAuthState.objects.select_related("reconnect").get(digest=_digest(state))


class _NewTokens:
    """Token source for the one call that proves which company the new tokens belong to."""

    def __init__(self, tokens: oauth.Tokens) -> None:
        self.tokens = tokens

    def current(self) -> str:
        return self.tokens.access_token

    def renewed(self, rejected: str) -> str:
        raise errors.NeedsReconnect()


def _company_facts(realm_id: str, tokens: oauth.Tokens) -> dict[str, Any]:
    """Name, country and switches of the company. The realm came through the browser, so it is verified here."""
    unsaved = Connection(environment=settings.QBO_ENVIRONMENT, realm_id=realm_id)
    client = gateway.client_for(unsaved, Cause.CONNECT, interactive=True, tokens=_NewTokens(tokens))
    return company.facts(client.company_info(), client.preferences())


@transaction.atomic
def _save(by: Any, realm_id: str, tokens: oauth.Tokens, facts: dict[str, Any]) -> Connection:
    values = {
        **facts,
        "status": ConnectionStatus.ACTIVE,
        "status_reason": "",
        "connected_by": by,
        "connected_at": timezone.now(),
        "disconnected_at": None,
    }
    connection, created = Connection.objects.select_for_update().update_or_create(
        environment=settings.QBO_ENVIRONMENT,
        realm_id=realm_id,
        # The time zone is a setting: QuickBooks' is proposed once, and what an admin chose stays.
        defaults={name: value for name, value in values.items() if name != "time_zone"},
        create_defaults=values,
    )
    token_service.store(connection, tokens)
    meter.record(connection, Cause.CONNECT, reads=2)  # companyinfo and preferences, read before the row existed
    PullSchedule.objects.get_or_create(connection=connection)
    PullSchedule.objects.filter(connection=connection).update(due_at=timezone.now(), read_reference=True, failures=0)
    emit("connection.connected" if created else "connection.reconnected", connection, by=by)
    return connection


@needs("qbo_connector.connect")
@transaction.atomic
def disconnect(connection: Connection, *, by: Any) -> bool:
    """Withdraw our authorisation at Intuit and stop all work; data, links and what is pending stay.

    Returns whether Intuit confirmed. Without its answer the connection ends here all the same, and the token is kept
    nowhere, so that it runs out by itself.
    """
    locked = Connection.objects.select_for_update().get(pk=connection.pk)
    revoked = True
    try:
        oauth.revoke(token_service.refresh_token(locked))
    except (errors.QboError, UnreadableSecret, Connection.token.RelatedObjectDoesNotExist):
        revoked = False
    Connection.objects.filter(pk=locked.pk).update(
        status=ConnectionStatus.DISCONNECTED, status_reason="", disconnected_at=timezone.now()
    )
    if hasattr(locked, "token"):
        locked.token.delete()
    emit("connection.disconnected", locked, by=by, revoked=revoked)
    return revoked
