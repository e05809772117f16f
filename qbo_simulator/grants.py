"""Tokens: what is given out, how refresh tokens rotate, and what ends a connection."""

# ruff: noqa: S608 (table names are our own; values are parameters)
from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from typing import Any

from qbo_simulator.store import Transaction

POLICY_DEFAULTS: dict[str, Any] = {
    # "daily": a new value at the first refresh after 24 hours; "every": at each refresh; "never".
    "rotation": "daily",
    # What the previous value still does after a rotation: "grace" (works for a day) or "strict" (is refused).
    "previous": "grace",
    # Using a superseded value ends the whole connection, as for a stolen token.
    "replay_revokes": False,
    "access_seconds": 3600,
    "refresh_seconds": 8726400,
    "hard_seconds": 157680000,
    "code_seconds": 600,
}
DAY = 86400.0
CHOICES = {"rotation": ("daily", "every", "never"), "previous": ("grace", "strict")}


class InvalidGrant(Exception):
    """The token endpoint answers 400 ``invalid_grant``; the text is its description."""

    error = "invalid_grant"


class RedirectMismatch(InvalidGrant):
    """The app is set up wrongly: the code was asked for with another address. It stays usable."""

    error = "invalid_request"


@dataclass(frozen=True)
class Grant:
    """One user's consent for one app and one company."""

    id: int
    client: str
    realm: str
    scope: str
    started: float


def new_grant(tx: Transaction, client: str, realm: str, scope: str, now: float) -> Grant:
    """Record a consent."""
    row = tx.one(
        "INSERT INTO grants (client, realm, scope, started) VALUES (?, ?, ?, ?) RETURNING id",
        (client, realm, scope, now),
    )
    return Grant(int(row[0]), client, realm, scope, now)


def new_code(tx: Transaction, client: str, realm: str, scope: str, redirect: str, now: float) -> str:
    """Return a code that can be exchanged once."""
    code = "AB" + secrets.token_hex(24)
    tx.execute("INSERT INTO codes VALUES (?, ?, ?, ?, ?, ?, NULL)", (code, client, realm, scope, redirect, now))
    return code


def exchange(
    tx: Transaction, code: str, client: str, redirect: str, policy: dict[str, Any], now: float
) -> dict[str, Any]:
    """Exchange a code for tokens. Raises InvalidGrant."""
    row = tx.one("SELECT client, realm, scope, redirect, at, grant_id FROM codes WHERE code = ?", (code,))
    if row is None or row[0] != client or now - row[4] > policy["code_seconds"]:
        raise InvalidGrant("Invalid authorization code")
    if row[3] != redirect:
        raise RedirectMismatch("Invalid redirect_uri")
    if row[5] is not None:
        if policy["replay_revokes"]:
            revoke_grant(tx, row[5])
        raise InvalidGrant("Invalid authorization code")
    grant = new_grant(tx, client, row[1], row[2], now)
    tx.execute("UPDATE codes SET grant_id = ? WHERE code = ?", (grant.id, code))
    return give_tokens(tx, grant, policy, now)


def give_tokens(tx: Transaction, grant: Grant, policy: dict[str, Any], now: float) -> dict[str, Any]:
    """Return a first pair of tokens for a consent."""
    token = _refresh_value()
    tx.execute("INSERT INTO refresh_tokens VALUES (?, ?, ?, ?, NULL)", (token, grant.id, now, now))
    return _answer(tx, grant, token, policy, now)


def refresh(tx: Transaction, token: str, client: str, policy: dict[str, Any], now: float) -> dict[str, Any]:
    """Return a new access token, and a new refresh token where the policy says so. Raises InvalidGrant."""
    row = tx.one(
        "SELECT t.grant_id, t.at, t.used, t.replaced, g.client, g.realm, g.scope, g.started, g.revoked "
        "FROM refresh_tokens t JOIN grants g ON g.id = t.grant_id WHERE t.token = ?",
        (token,),
    )
    if row is None or row[4] != client or row[8]:
        raise InvalidGrant("Incorrect or invalid refresh token")
    grant_id, at, used, replaced, _, realm, scope, started, _ = row
    grant = Grant(grant_id, client, realm, scope, started)
    if now - used > policy["refresh_seconds"] or now - started > policy["hard_seconds"]:
        raise InvalidGrant("Incorrect or invalid refresh token")
    if replaced is not None:
        if policy["replay_revokes"]:
            revoke_grant(tx, grant_id)
            raise InvalidGrant("Incorrect or invalid refresh token")
        if policy["previous"] == "strict" or now - replaced > DAY:
            raise InvalidGrant("Incorrect or invalid refresh token")
        current = tx.one("SELECT token FROM refresh_tokens WHERE grant_id = ? AND replaced IS NULL", (grant_id,))[0]
        return _answer(tx, grant, current, policy, now)
    if policy["rotation"] == "every" or (policy["rotation"] == "daily" and now - at >= DAY):
        fresh = _refresh_value()
        tx.execute("UPDATE refresh_tokens SET replaced = ? WHERE token = ?", (now, token))
        tx.execute("INSERT INTO refresh_tokens VALUES (?, ?, ?, ?, NULL)", (fresh, grant_id, now, now))
        token = fresh
    else:
        tx.execute("UPDATE refresh_tokens SET used = ? WHERE token = ?", (now, token))
    return _answer(tx, grant, token, policy, now)


def revoke(tx: Transaction, token: str, client: str) -> bool:
    """End the connection to which either token belongs; False when there is none."""
    for table in ("access_tokens", "refresh_tokens"):
        row = tx.one(
            f"SELECT g.id FROM {table} t JOIN grants g ON g.id = t.grant_id WHERE t.token = ? AND g.client = ? "
            "AND g.revoked = 0",
            (token, client),
        )
        if row is not None:
            revoke_grant(tx, row[0])
            return True
    return False


def revoke_grant(tx: Transaction, grant_id: int) -> None:
    """End a connection."""
    tx.execute("UPDATE grants SET revoked = 1 WHERE id = ?", (grant_id,))


def grant_of(tx: Transaction, access_token: str) -> tuple[Grant, float, bool] | None:
    """Return the consent behind an access token, when the token ends, and whether it was revoked."""
    row = tx.one(
        "SELECT g.id, g.client, g.realm, g.scope, g.started, t.expires, g.revoked "
        "FROM access_tokens t JOIN grants g ON g.id = t.grant_id WHERE t.token = ?",
        (access_token,),
    )
    return (Grant(*row[:5]), row[5], bool(row[6])) if row else None


def _refresh_value() -> str:
    return "RT1-" + secrets.token_hex(36)


def _access_value() -> str:
    # As long as the real ones, which do not fit into a column of 255 characters.
    head = base64.urlsafe_b64encode(b'{"enc":"A128CBC-HS256","alg":"dir"}').rstrip(b"=").decode()
    return f"{head}..{secrets.token_urlsafe(16)}.{secrets.token_urlsafe(600)}.{secrets.token_urlsafe(16)}"


def _answer(tx: Transaction, grant: Grant, refresh_token: str, policy: dict[str, Any], now: float) -> dict[str, Any]:
    access = _access_value()
    lifetime = int(policy["access_seconds"])
    tx.execute("INSERT INTO access_tokens VALUES (?, ?, ?)", (access, grant.id, now + lifetime))
    answer: dict[str, Any] = {
        "token_type": "bearer",
        "access_token": access,
        "expires_in": lifetime,
        "refresh_token": refresh_token,
        "x_refresh_token_expires_in": int(policy["refresh_seconds"]),
        "scope": grant.scope,
        "realm": grant.realm,
        "x_refresh_token_hard_expires_in": max(0, int(grant.started + policy["hard_seconds"] - now)),
    }
    return answer
