"""Intuit's OAuth 2.0 through intuit-oauth, with time-outs and a cached discovery document.

The library fetches the discovery document at every construction, without a time-out; here it is cached for a day.
Source: Intuit, "OAuth 2.0" and "OpenID discovery document"; token policy of November 2025.
"""

import datetime
from dataclasses import dataclass
from typing import Any

import requests
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from intuitlib.exceptions import AuthClientError

from qbo_connector import errors

DISCOVERY_SECONDS = 24 * 3600
DEFAULT_REFRESH_SECONDS = 100 * 24 * 3600
CALLBACK_PATH = "/settings/connected-apps/quickbooks/callback"


@dataclass(frozen=True)
class Tokens:
    """What the token endpoint answered; times are aware."""

    access_token: str
    refresh_token: str
    access_expires_at: datetime.datetime
    refresh_expires_at: datetime.datetime
    hard_expires_at: datetime.datetime | None


class _CachedDiscovery(requests.Response):
    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__()
        self.status_code = 200
        self.document = document

    def json(self, **options: Any) -> dict[str, Any]:
        return self.document


class OAuthClient(AuthClient):
    """intuit-oauth's client; it is a requests session, so this one override covers all of its calls."""

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        """One call with time-outs; the discovery document comes from the cache."""
        options.setdefault("timeout", (settings.QBO_CONNECT_TIMEOUT, settings.QBO_INTERACTIVE_TIMEOUT))
        # What is sent there are secrets: they go to the addresses of the discovery document and to no other.
        options.setdefault("allow_redirects", False)
        if url != settings.QBO_DISCOVERY_URL:
            answer: requests.Response = super().request(method, url, **options)
            return answer
        document = cache.get("qbo-discovery")
        if document is not None:
            return _CachedDiscovery(document)
        response: requests.Response = super().request(method, url, **options)
        if response.status_code == 200:
            cache.set("qbo-discovery", response.json(), DISCOVERY_SECONDS)
        return response


def redirect_uri() -> str:
    """The address that has to be registered with the app at Intuit, letter by letter."""
    return f"{settings.BASE_URL}{CALLBACK_PATH}"


def _client(**tokens: str) -> OAuthClient:
    if not settings.QBO_CLIENT_ID or not settings.QBO_CLIENT_SECRET:
        raise errors.OperatorProblem(plain="QBO_CLIENT_ID and QBO_CLIENT_SECRET are not set.")
    try:
        client = OAuthClient(
            settings.QBO_CLIENT_ID,
            settings.QBO_CLIENT_SECRET,
            redirect_uri(),
            settings.QBO_DISCOVERY_URL,
            **tokens,
        )
    except (requests.RequestException, AuthClientError, KeyError, ValueError) as error:
        raise errors.RetryLater(
            errors.Fault(message=str(error)), plain="QuickBooks' sign-in can't be reached."
        ) from error
    client.headers["x-include-refresh-token-hard-expires-in"] = "true"
    return client


def authorization_url(state: str) -> str:
    """Where the browser goes for consent to one company. Raises OperatorProblem, RetryLater."""
    url: str = _client().get_authorization_url([Scopes.ACCOUNTING], state)
    return url


def exchange(code: str, realm_id: str) -> Tokens:
    """Tokens for a code. Raises NeedsReconnect for a code that is wrong or was used already."""
    client = _client()
    return _ask(client, lambda: client.get_bearer_token(code, realm_id=realm_id))


def refresh(refresh_token: str) -> Tokens:
    """New tokens. Raises NeedsReconnect (dead token), OperatorProblem (wrong app keys) or RetryLater.

    Two refreshes at once can kill the connection, so only the holder of the connection's row lock calls this.
    """
    client = _client(refresh_token=refresh_token)
    return _ask(client, lambda: client.refresh(refresh_token=refresh_token))


def revoke(refresh_token: str) -> None:
    """End both tokens of a connection. A token that is dead already counts as revoked."""
    client = _client(refresh_token=refresh_token)
    try:
        client.revoke(refresh_token)
    except AuthClientError as error:
        if error.status_code not in (400, 401):
            raise errors.RetryLater(errors.Fault(message=str(error.status_code)), tid=str(error.intuit_tid)) from error
    except requests.RequestException as error:
        raise errors.RetryLater(errors.Fault(message=type(error).__name__)) from error


def _ask(client: OAuthClient, call: Any) -> Tokens:
    asked_at = timezone.now()
    try:
        call()
    except AuthClientError as error:
        raise _classified(error) from error
    except (requests.RequestException, ValueError) as error:
        raise errors.OutcomeUnknown(errors.Fault(message=type(error).__name__)) from error
    hard = getattr(client, "x_refresh_token_hard_expires_in", None)
    if not client.access_token or not client.refresh_token:
        raise errors.BadAnswer(errors.Fault(message="No tokens in the answer."))
    return Tokens(
        access_token=client.access_token,
        refresh_token=client.refresh_token,
        access_expires_at=asked_at + datetime.timedelta(seconds=int(client.expires_in or 3600)),
        refresh_expires_at=asked_at
        + datetime.timedelta(seconds=int(client.x_refresh_token_expires_in or DEFAULT_REFRESH_SECONDS)),
        hard_expires_at=asked_at + datetime.timedelta(seconds=int(hard)) if hard else None,
    )


def _classified(error: AuthClientError) -> errors.QboError:
    content = error.content if isinstance(error.content, str) else str(error.content)
    fault = errors.Fault(str(error.status_code), message=content[:300])
    tid = str(error.intuit_tid or "")
    if "invalid_grant" in content:
        return errors.NeedsReconnect(fault, tid=tid, status=error.status_code)
    if error.status_code >= 500:
        return errors.RetryLater(fault, tid=tid, status=error.status_code)
    return errors.OperatorProblem(fault, tid=tid, status=error.status_code)
