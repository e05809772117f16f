"""OAuth 2.0 as Intuit serves it: discovery, consent, tokens, revocation."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from qbo_simulator import grants, identity, pages
from qbo_simulator.company import list_companies, load_company
from qbo_simulator.wire import Request, Response

if TYPE_CHECKING:
    from qbo_simulator.application import Application

ACCOUNTING = "com.intuit.quickbooks.accounting"
#: Clients compare it with a constant of their own, so it is the real one.
ISSUER = "https://oauth.platform.intuit.com/op/v1"
SCOPES = frozenset(
    {
        ACCOUNTING,
        "com.intuit.quickbooks.payment",
        "openid",
        "profile",
        "email",
        "phone",
        "address",
        "project-management.project",
        "app-foundations.custom-field-definitions",
        "app-foundations.custom-field-definitions.read",
        "app-foundations.custom-dimensions.read",
        "custom-dimensions.read",
        "indirect-tax.tax-calculation.quickbooks",
        "payroll.compensation.read",
        "time-tracking.time-entry",
    }
)
#: A consent to one of these is for one company.
_WITH_COMPANY = frozenset({ACCOUNTING, "com.intuit.quickbooks.payment"})
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def handle(app: Application, request: Request) -> Response | None:
    """Answer a request for one of the OAuth addresses; None for any other."""
    path = request.path.rstrip("/")
    if path in ("/.well-known/openid_sandbox_configuration", "/.well-known/openid_configuration"):
        return _json(200, _discovery(request))
    if path in ("/connect/oauth2", "/connect/oauth2/companyselection"):
        return _decide(app, request) if request.method == "POST" else _ask(app, request)
    if path == "/oauth2/v1/tokens/bearer":
        return _token(app, request)
    if path == "/v2/oauth2/tokens/revoke":
        return _revoke(app, request)
    if path == "/v1/openid_connect/userinfo":
        return _user(app, request)
    if path == "/op/v1/jwks":
        return _json(200, identity.key_set())
    return None


def _json(status: int, body: dict[str, Any]) -> Response:
    headers = {
        "Cache-Control": "no-cache, no-store",
        "Pragma": "no-cache",
        "intuit_tid": f"1-{secrets.token_hex(4)}-{secrets.token_hex(12)}",
    }
    return Response(status, json.dumps(body).encode(), headers=headers)


def _discovery(request: Request) -> dict[str, Any]:
    base = f"http://{request.host}"
    return {
        "issuer": ISSUER,
        "authorization_endpoint": f"{base}/connect/oauth2",
        "token_endpoint": f"{base}/oauth2/v1/tokens/bearer",
        "userinfo_endpoint": f"{base}/v1/openid_connect/userinfo",
        "revocation_endpoint": f"{base}/v2/oauth2/tokens/revoke",
        "jwks_uri": f"{base}/op/v1/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile", "address", "phone"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": ["aud", "exp", "iat", "iss", "realmid", "sub"],
    }


def _problem(app: Application, asked: dict[str, str]) -> str | None:
    """Return why an authorization request can't be shown to a user, or None."""
    if asked.get("client_id") not in app.clients:
        return "The client_id is unknown. The simulator knows: " + ", ".join(sorted(app.clients)) + "."
    address = urlsplit(asked.get("redirect_uri", ""))
    host = address.hostname or ""
    here = host in _LOOPBACK or host.endswith(".localhost")
    if address.scheme != "https" and not (address.scheme == "http" and here):
        return "The redirect_uri must be https, or http on this machine."
    if asked.get("response_type") != "code":
        return "The response_type must be code."
    if not asked.get("scope"):
        return "The scope is missing."
    if not asked.get("state"):
        return "The state is missing."
    return None


def _strange_scope(asked: dict[str, str]) -> bool:
    return not SCOPES.issuperset(asked["scope"].split())


def _ask(app: Application, request: Request) -> Response:
    problem = _problem(app, request.query)
    if problem:
        return pages.render("consent_error.html", status=400, problem=problem)
    if _strange_scope(request.query):
        return _back(request.query, {"error": "invalid_scope", "state": request.query["state"]})
    with app.store.reading() as tx:
        companies = list_companies(tx)
    return pages.render("consent.html", companies=companies, asked=request.query, scopes=request.query["scope"].split())


def _decide(app: Application, request: Request) -> Response:
    asked = {**request.query, **request.form}
    problem = _problem(app, asked)
    if problem:
        return pages.render("consent_error.html", status=400, problem=problem)
    if asked.get("decision") != "connect":
        return _back(asked, {"error": "access_denied", "state": asked["state"]})
    if _strange_scope(asked):
        return _back(asked, {"error": "invalid_scope", "state": asked["state"]})
    realm = asked.get("realmId", "")
    with app.store.writing() as tx:
        if load_company(tx, realm) is None:
            return pages.render("consent_error.html", status=400, problem="Choose a company.")
        now = app.clock.timestamp()
        code = grants.new_code(tx, asked["client_id"], realm, asked["scope"], asked["redirect_uri"], now)
    answer = {"code": code, "state": asked["state"]}
    if _WITH_COMPANY & set(asked["scope"].split()):
        answer["realmId"] = realm
    return _back(asked, answer)


def _back(asked: dict[str, str], answer: dict[str, str]) -> Response:
    joint = "&" if urlsplit(asked["redirect_uri"]).query else "?"
    return Response(302, b"", "", {"Location": f"{asked['redirect_uri']}{joint}{urlencode(answer)}"})


def client_of(app: Application, request: Request) -> str | None:
    """Return the client that authenticates itself with Basic or in the form, or None."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    identifier, secret = request.form.get("client_id", ""), request.form.get("client_secret", "")
    if kind.lower() == "basic":
        try:
            identifier, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except ValueError:
            return None
    known = app.clients.get(identifier)
    return identifier if known is not None and hmac.compare_digest(known.encode(), secret.encode()) else None


def _token(app: Application, request: Request) -> Response:
    if request.method != "POST":
        return _json(405, {"error": "invalid_request"})
    if "json" in request.headers.get("content-type", ""):
        return _json(415, {"error": "invalid_request", "error_description": "Unsupported Media Type"})
    client = client_of(app, request)
    if client is None:
        return _json(401, {"error": "invalid_client"})
    form, now, policy = request.form, app.clock.timestamp(), app.token_policy
    kind = form.get("grant_type")
    wanted = {"authorization_code": ("code", "redirect_uri"), "refresh_token": ("refresh_token",)}.get(kind or "")
    if kind and wanted is None:
        return _json(400, {"error": "unsupported_grant_type"})
    if wanted is None or any(not form.get(name) for name in wanted):
        return _json(400, {"error": "invalid_request", "error_description": "A required parameter is missing"})
    failure: grants.InvalidGrant | None = None
    with app.store.writing() as tx:
        try:
            if kind == "refresh_token":
                answer = grants.refresh(tx, form["refresh_token"], client, policy, now)
            else:
                answer = grants.exchange(tx, form["code"], client, form["redirect_uri"], policy, now)
        except grants.InvalidGrant as error:
            # Not raised through: what a replay ended has to stay ended.
            failure = error
    if failure is not None:
        return _json(400, {"error_description": str(failure), "error": failure.error})
    if request.headers.get("x-include-refresh-token-hard-expires-in", "").lower() != "true":
        del answer["x_refresh_token_hard_expires_in"]
    scope = answer.pop("scope").split()
    if "openid" in scope and kind == "authorization_code":
        answer["id_token"] = identity.id_token(
            {
                "sub": "simulator-user",
                "aud": [client],
                "realmid": answer.pop("realm"),
                "iss": ISSUER,
                "exp": int(now) + 3600,
                "iat": int(now),
            }
        )
    answer.pop("realm", None)
    return _json(200, answer)


def _revoke(app: Application, request: Request) -> Response:
    client = client_of(app, request)
    if client is None:
        return _json(401, {"error": "invalid_client"})
    try:
        token = json.loads(request.body).get("token")
    except (ValueError, AttributeError):
        token = request.form.get("token")
    if not token:
        return _json(400, {"error": "invalid_request"})
    with app.store.writing() as tx:
        found = grants.revoke(tx, str(token), client)
    return Response(200, b"") if found else _json(400, {"error": "invalid_request"})


def _user(app: Application, request: Request) -> Response:
    token = request.headers.get("authorization", "").partition(" ")[2]
    with app.store.reading() as tx:
        found = grants.grant_of(tx, token)
    if found is None or found[2] or found[1] < app.clock.timestamp():
        return _json(401, {"error": "invalid_token"})
    return _json(
        200,
        {
            "sub": "simulator-user",
            "email": "accountant@example.com",
            "emailVerified": True,
            "givenName": "Sample",
            "familyName": "Accountant",
        },
    )
