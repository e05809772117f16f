"""The way to the identity provider and back: discovery, state, PKCE, nonce, code and the signed token.

django-allauth has the flow; what is stricter here: discovery has to name the issuer that is configured, the token's
signature is always checked, the nonce is asked for, and no answer leads elsewhere, is endless or slow.
"""

import secrets
import time
from typing import Any
from urllib.parse import urlsplit

import jwt
import requests
import structlog
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from accounts.oidc import configuration
from core import outgoing

log = structlog.get_logger(__name__)
CONNECT_SECONDS, READ_SECONDS, WHOLE_SECONDS = 5.0, 10.0, 20.0
LARGEST_ANSWER = 256 * 1024
# How far the provider's clock may be off.
LEEWAY_SECONDS = 60
# Signatures with a key pair alone: a secret that both know would do to forge a token, and “none” is none.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Refused(Exception):
    """Nobody comes in by this; ``kind`` is the page that says why, ``person`` whom it is about if that is known."""

    def __init__(self, kind: str, person: Any = None) -> None:
        super().__init__(kind)
        self.kind, self.person = kind, person


class Bounded(requests.Session):
    """HTTP to the provider: by https to addresses of the web, the issuer's host aside, and limited in every way."""

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """As requests does it. Raises RequestException for what is not allowed, too."""
        address = url.decode() if isinstance(url, bytes) else url
        if problem := address_problem(address):
            raise requests.exceptions.InvalidURL(problem)
        kwargs |= {"timeout": (CONNECT_SECONDS, READ_SECONDS), "allow_redirects": False, "stream": True}
        ends_at = time.monotonic() + WHOLE_SECONDS
        answer = super().request(method, url, *args, **kwargs)
        read = bytearray()
        for piece in answer.iter_content(8192):
            read += piece
            if len(read) > LARGEST_ANSWER or time.monotonic() > ends_at:
                answer.close()
                raise requests.exceptions.ContentDecodingError("too large or too slow")
        answer._content = bytes(read)
        return answer


def address_problem(address: str) -> str:
    """Why an address of the provider is not asked, in words; empty when it is."""
    issuer = urlsplit(settings.OIDC_ISSUER)
    if urlsplit(address).scheme != "https" and issuer.hostname not in configuration.LOOPBACK:
        return "not https"
    return outgoing.problem_of(address, allowed=[issuer.hostname or "", *settings.OUTGOING_ALLOWED_HOSTS])


class Provider(OpenIDConnectProvider):  # type: ignore[misc] # the library has no types
    """The library's, with the adapter below."""

    def get_oauth2_adapter(self, request: HttpRequest) -> "Adapter":
        """The one that is stricter."""
        return Adapter(request)


class Adapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc] # as above
    """The library's, for the one provider of the environment."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request, configuration.key())

    def get_provider(self) -> Provider:
        """Made of the settings."""
        return Provider(self.request, app=configuration.app())

    @property
    def openid_config(self) -> dict[str, Any]:
        """The provider's description of itself. Raises Refused and RequestException."""
        if not hasattr(self, "_openid_config"):
            self._openid_config = discovered()
        return self._openid_config

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        """Not by the Host header of a request."""
        return configuration.callback()


def discovered() -> dict[str, Any]:
    """The provider's description of itself. Raises Refused (``issuer``) and RequestException."""
    return checked(described())


def described() -> dict[str, Any]:
    """What the configured address says, whoever it says that it is. Raises RequestException."""
    return _fetched(f"{settings.OIDC_ISSUER.rstrip('/')}/.well-known/openid-configuration")


def checked(found: dict[str, Any]) -> dict[str, Any]:
    """A description that is of the issuer, with addresses that may be asked. Raises Refused (``issuer``)."""
    if found.get("issuer") != settings.OIDC_ISSUER:
        raise Refused("issuer")
    if not all(isinstance(found.get(name), str) and not address_problem(found[name]) for name in ENDPOINTS):
        raise Refused("issuer")
    return found


def _fetched(address: str, **kwargs: Any) -> dict[str, Any]:
    with Bounded() as session:
        answer = session.get(address, **kwargs)
        answer.raise_for_status()
        found = answer.json()
    if not isinstance(found, dict):
        raise requests.exceptions.InvalidJSONError("no object")
    return found


def begin(request: HttpRequest, *, to: str) -> str:
    """The provider's page for this browser; what it has to bring back is kept in the session. Raises Refused."""
    nonce = secrets.token_urlsafe(32)
    try:
        provider = Adapter(request).get_provider()
        leaving = provider.redirect(request, "login", to, auth_params={"nonce": nonce}, nonce=nonce)
    except requests.RequestException as error:
        raise _away(error) from error
    return str(leaving.url)


def finish(request: HttpRequest) -> tuple[dict[str, Any], str]:
    """What the provider vouches for about who came back, and where they wanted to go. Raises Refused."""
    state = statekit.unstash_state(
        request, provider_id=configuration.key(), state_id=request.GET.get("state", "")
    )  # fmt: skip
    if state is None:
        raise Refused("state")
    if "error" in request.GET or "code" not in request.GET:
        raise Refused("denied" if request.GET.get("error") == "access_denied" else "problem")
    if request.GET.get("iss", settings.OIDC_ISSUER) != settings.OIDC_ISSUER:
        raise Refused("issuer")
    try:
        adapter = Adapter(request)
        app = configuration.app()
        told = adapter.get_access_token_data(
            request, app, adapter.get_client(request, app), pkce_code_verifier=state["pkce_code_verifier"]
        )
        claims = verified(str(told.get("id_token", "")), adapter.openid_config)
        if not constant_time_compare(str(claims.get("nonce", "")), state["nonce"]):
            raise Refused("untrusted")
        return _with_email(claims, adapter, str(told["access_token"])), str(state.get("next") or "")
    except (requests.RequestException, OAuth2Error) as error:
        raise _away(error) from error


def keys(found: dict[str, Any]) -> int:
    """How many keys there are to verify with. Raises RequestException; ValueError where they can't be read."""
    try:
        return len(jwt.PyJWKSet.from_dict(_fetched(found["jwks_uri"])).keys)
    except jwt.PyJWTError as error:
        raise ValueError("no keys") from error


def verified(token: str, found: dict[str, Any]) -> dict[str, Any]:
    """The claims of a token that the provider has signed, for us and for now. Raises Refused, RequestException."""
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in ALGORITHMS:
            raise Refused("untrusted")
        fitting = [
            each
            for each in jwt.PyJWKSet.from_dict(_fetched(found["jwks_uri"])).keys
            if each.public_key_use in (None, "sig") and header.get("kid") in (None, each.key_id)
        ]
        if len(fitting) != 1:
            raise Refused("untrusted")
        claims = jwt.decode(
            token, fitting[0].key, algorithms=[header["alg"]], audience=settings.OIDC_CLIENT_ID,
            issuer=settings.OIDC_ISSUER, leeway=LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "exp", "iat", "sub"]},
        )  # fmt: skip
    except jwt.PyJWTError as error:
        log.warning("oidc.token_refused", why=type(error).__name__)
        raise Refused("untrusted") from error
    if claims.get("azp", settings.OIDC_CLIENT_ID) != settings.OIDC_CLIENT_ID or not 0 < len(claims["sub"]) < 192:
        raise Refused("untrusted")
    return claims


def _with_email(claims: dict[str, Any], adapter: Adapter, access_token: str) -> dict[str, Any]:
    """Some providers tell the address only where one asks for it."""
    endpoint = adapter.openid_config.get("userinfo_endpoint")
    if "email" in claims or not endpoint:
        return claims
    told = _fetched(endpoint, headers={"Authorization": f"Bearer {access_token}"})
    if told.get("sub") != claims["sub"]:
        raise Refused("untrusted")
    return {**{name: told[name] for name in ("email", "email_verified", "name") if name in told}, **claims}


def _away(error: Exception) -> Refused:
    # Its words may hold what the provider sent.
    log.warning("oidc.away", why=type(error).__name__)
    return Refused("away")
