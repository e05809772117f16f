"""A small OpenID Connect provider over HTTP: discovery, keys, consent page, code for a signed token; and its faults."""

import base64
import hashlib
import html
import http.server
import json
import secrets
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID, CLIENT_SECRET = "crm", "the secret of the client"


class IdentityProvider:
    """One person is signed in there; ``person`` are their claims, ``token`` what of a token is to be wrong."""

    def __init__(self) -> None:
        self.key, self.strange_key = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in "ab")
        self.person: dict[str, Any] = {
            "sub": "person-1", "email": "rep@example.com", "email_verified": True, "name": "Rita at Work",
        }  # fmt: skip
        self.token: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.described: dict[str, Any] = {}
        self.signed_strangely = self.away = self.email_in_userinfo_only = False
        self.signing: tuple[Any, str] | None = None
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Answers", (_Answers,), {"of": self}))
        self.issuer = f"http://127.0.0.1:{self.server.server_port}/realm"

    def description(self) -> dict[str, Any]:
        """What discovery says."""
        own = {
            name: f"{self.issuer}/{path}"
            for name, path in {
                "authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys",
                "userinfo_endpoint": "userinfo",
            }.items()
        }  # fmt: skip
        return {"issuer": self.issuer, **own, **self.described}

    def keys(self) -> dict[str, Any]:
        """The public half."""
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256"}]}

    def authorize(self, asked: dict[str, str]) -> str:
        """Where a person who agrees is sent back to."""
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urllib.parse.urlencode({'code': code, 'state': asked['state']})}"

    def exchange(self, given: dict[str, str]) -> dict[str, Any] | None:
        """Tokens for a code, once, and for whoever asked for it alone."""
        asked = self.codes.pop(given.get("code", ""), None)
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or (asked["redirect_uri"], asked["code_challenge"]) != (given["redirect_uri"], challenge):
            return None
        if (given.get("client_id"), given.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return None
        now = int(time.time())
        who = {"sub": self.person["sub"]} if self.email_in_userinfo_only else self.person
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **who}
        key, algorithm = self.signing or (self.strange_key if self.signed_strangely else self.key, "RS256")
        signed = jwt.encode(claims | self.token, key, algorithm, {"kid": "one", **self.header})
        return {"access_token": "let-me-read", "token_type": "Bearer", "id_token": signed, "refresh_token": "keep-me"}


class _Answers(http.server.BaseHTTPRequestHandler):
    of: IdentityProvider

    def do_GET(self) -> None:
        parts = urllib.parse.urlsplit(self.path)
        asked = dict(urllib.parse.parse_qsl(parts.query))
        self.of.asked.append((parts.path, asked))
        if self.of.away:
            return self._answer(503, {})
        match parts.path.removeprefix("/realm"):
            case "/.well-known/openid-configuration":
                self._answer(200, self.of.description())
            case "/keys":
                self._answer(200, self.of.keys())
            case "/userinfo":
                self._answer(200, self.of.person)
            case "/authorize":
                self._page(self.of.authorize(asked))
            case _:
                self._answer(404, {})
        return None

    def do_POST(self) -> None:
        given = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self.of.asked.append((self.path, given))
        found = None if self.of.away else self.of.exchange(given)
        self._answer(200 if found else 400, found or {"error": "invalid_grant"})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        self._send(status, json.dumps(body).encode(), "application/json")

    def _page(self, back: str) -> None:
        text = f'<!doctype html><title>Provider</title><h1>Rita?</h1><a href="{html.escape(back)}">That is me</a>'
        self._send(200, text.encode(), "text/html")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[IdentityProvider]:
    """A provider that answers."""
    provider = IdentityProvider()
    thread = threading.Thread(target=provider.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.server.shutdown()
        thread.join()
        provider.server.server_close()


def set_up(settings: Any, provider: IdentityProvider) -> None:
    """An installation that knows the provider."""
    settings.OIDC_ISSUER, settings.OIDC_NAME = provider.issuer, "Acme ID"
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
