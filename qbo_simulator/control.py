"""The control interface under ``/_simulator``: for tests, scripts and the curious. No token needed."""

# ruff: noqa: S608 (the texts joined are our own; values are parameters)
from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from qbo_simulator import (
    amounts,
    faults,
    generate,
    grants,
    injection,
    objects,
    pages,
    seed,
    snapshots,
    switches,
    webhooks,
)
from qbo_simulator.books import Change
from qbo_simulator.company import list_companies, load_company
from qbo_simulator.entities.catalogue import entity_named
from qbo_simulator.wire import Request, Response

if TYPE_CHECKING:
    from qbo_simulator.application import Application

Body = dict[str, Any]
Action = Callable[["Application", Request, Body], Any]


class Wrong(Exception):
    """The request makes no sense; answered with 400 and this text."""


class Unknown(Exception):
    """What the request names does not exist; answered with 404."""


def handle(app: Application, request: Request) -> Response:
    """Answer a request for the control interface."""
    if pages.from_another_site(request):
        return _json(403, {"error": "this came from a page of another site"})
    path = request.path.removeprefix("/_simulator").strip("/")
    try:
        if request.body.startswith(snapshots.MAGIC):
            return _json(200, _restore_upload(app, request, path))
        body = amounts.load(request.body) if request.body.strip() else {}
        if not isinstance(body, dict):
            raise Wrong("the body has to be a JSON object")
        if path == "objects" or path.startswith("objects/"):
            return _json(200, objects.handle(app, request, path.split("/")[1:], body))
        action = _ACTIONS.get((request.method, path)) or _ACTIONS.get((request.method, path.split("/")[0]))
        if action is None:
            raise Unknown(f"{request.method} {request.path}")
        answer = action(app, request, body)
        return answer if isinstance(answer, Response) else _json(200, answer)
    except (Wrong, injection.InvalidRule, ValueError) as error:
        return _json(400, {"error": str(error)})
    except (Unknown, KeyError) as error:
        return _json(404, {"error": f"unknown: {error}"})
    except faults.Refused as refusal:
        return _json(refusal.status, {"Fault": refusal.as_json()})


def _json(status: int, body: Any) -> Response:
    return Response(status, amounts.dump(body).encode())


# -- companies and tokens -----------------------------------------------------------------------------------------


def _companies(app: Application, request: Request, body: Body) -> Any:
    with app.store.reading() as tx:
        return list_companies(tx)


def _add_company(app: Application, request: Request, body: Body) -> Any:
    template = str(
        body.get("template") or {"GB": "uk", "CA": "ca", "AU": "au"}.get(str(body.get("country", "US")).upper(), "us")
    )
    with app.store.writing() as tx:
        wanted = body.get("realmId")
        if wanted is not None and load_company(tx, str(wanted)) is not None:
            raise Wrong("there is a company with this realmId")
        if wanted is not None and not re.fullmatch(r"[0-9]{1,19}", str(wanted)):
            raise Wrong("a realmId has digits only, at most 19")
        realm = seed.add_company(
            tx,
            template,
            now=app.clock.now(),
            keep_dates=bool(body.get("keep_dates", app.keep_dates)),
            realm=str(wanted) if wanted is not None else None,
            name=body.get("name"),
            empty=bool(body.get("empty", False)),
            preferences=body.get("preferences"),
        )
        company = load_company(tx, realm)
        assert company is not None
        return {"realmId": realm, "name": company.name, "country": company.country}


def _tokens(app: Application, request: Request, body: Body) -> Any:
    realm, client = str(body.get("realmId")), str(body.get("client_id") or next(iter(app.clients)))
    scope = str(body.get("scope") or "com.intuit.quickbooks.accounting")
    now = app.clock.timestamp()
    with app.store.writing() as tx:
        if load_company(tx, realm) is None:
            raise Unknown(f"realmId {realm}")
        grant = grants.new_grant(tx, client, realm, scope, now)
        answer = grants.give_tokens(tx, grant, app.token_policy, now)
    return {"realmId": answer.pop("realm"), **answer}


def _expire_tokens(app: Application, request: Request, body: Body) -> Any:
    """End access tokens (and, if asked, whole connections) of a company or of all, as QuickBooks may at any time."""
    realm = body.get("realmId")
    of_realm = "SELECT id FROM grants WHERE ? IS NULL OR realm = ?"
    with app.store.writing() as tx:
        if body.get("revoke"):
            count = tx.execute(f"UPDATE grants SET revoked = 1 WHERE id IN ({of_realm})", (realm, realm)).rowcount
        else:
            count = tx.execute(
                f"UPDATE access_tokens SET expires = 0 WHERE grant_id IN ({of_realm})", (realm, realm)
            ).rowcount
    return {"changed": count}


def _token_policy(app: Application, request: Request, body: Body) -> Any:
    for name, value in body.items():
        if name not in grants.POLICY_DEFAULTS:
            raise Wrong(f"unknown: {name}; there are {', '.join(grants.POLICY_DEFAULTS)}")
        if name in grants.CHOICES and value not in grants.CHOICES[name]:
            raise Wrong(f"{name} is one of {', '.join(grants.CHOICES[name])}")
        if name.endswith("_seconds") and not (
            isinstance(value, (int, Decimal)) and not isinstance(value, bool) and value >= 0
        ):
            raise Wrong(f"{name} is a number of seconds")
    app.token_policy = {**app.token_policy, **body}
    app.store.save_setting("token_policy", app.token_policy)
    return app.token_policy


# -- faults, limits, switches, clock ------------------------------------------------------------------------------


def _faults(app: Application, request: Request, body: Body) -> Any:
    return app.faults.rules()


def _add_fault(app: Application, request: Request, body: Body) -> Any:
    return app.faults.add(_plain(body)).as_json()


def _clear_faults(app: Application, request: Request, body: Body) -> Any:
    last = request.path.rstrip("/").split("/")[-1]
    app.faults.clear(int(last) if last.isdecimal() else None)
    return app.faults.rules()


def _plain(value: Any) -> Any:
    """Return a value without Decimals: delays and probabilities are floats."""
    return json.loads(amounts.dump(value))


def _limits(app: Application, request: Request, body: Body) -> Any:
    app.limits.change(_plain(body))
    if body:
        app.store.save_setting("limits", app.limits.settings)
    return app.limits.settings


def _switches(app: Application, request: Request, body: Body) -> Any:
    app.switches = switches.changed(app.switches, _plain(body))
    if body:
        app.store.save_setting("switches", app.switches)
    return app.switches


def _clock(app: Application, request: Request, body: Body) -> Any:
    if body:
        numbers = {name: float(body[name]) for name in ("offset", "advance", "speed") if name in body}
        if numbers.keys() != body.keys():
            raise Wrong("the clock has offset, advance and speed")
        app.clock.change(**numbers)
        app.store.save_setting("clock", app.clock.state())
    now = app.clock.now()
    return {"now": now.isoformat(), "offset": round(app.clock.offset, 3), "speed": app.clock.speed}


# -- webhooks, calls, requestids ----------------------------------------------------------------------------------


def _webhooks(app: Application, request: Request, body: Body) -> Any:
    app.webhooks.change(_plain(body))
    if body:
        app.store.save_setting("webhooks", app.webhooks.settings)
    return {**app.webhooks.settings, "waiting": app.webhooks.waiting(), "sent": app.webhooks.history()}


def _forget_webhooks(app: Application, request: Request, body: Body) -> Any:
    app.webhooks.forget()
    return {"waiting": 0, "sent": []}


def _send_events(app: Application, request: Request, body: Body) -> Any:
    """Send events of the caller's own making, as the developer portal can: nothing has to have happened."""
    events = []
    for entry in body.get("events") or [body]:
        entity = entity_named(str(entry.get("entity")))
        if entity is None or entry.get("operation", "Update") not in webhooks.OPERATIONS:
            raise Wrong(f"an event has realmId, entity, id and operation, one of {', '.join(webhooks.OPERATIONS)}")
        realm, identifier = str(entry.get("realmId")), str(entry.get("id", "1"))
        operation, merged = str(entry.get("operation", "Update")), entry.get("deletedId")
        events.append(Change(realm, entity.name, identifier, operation, app.clock.now(), merged))
    if not app.webhooks.settings["address"]:
        raise Wrong("there is no address to send to")
    app.webhooks.notify(events)
    return {"queued": len(events)}


def _calls(app: Application, request: Request, body: Body) -> Any:
    last = request.path.rstrip("/").split("/")[-1]
    if last.isdecimal():
        return app.calls.one(int(last))
    wanted = dict(request.query)
    limit = int(wanted.pop("limit", "200"))
    return {**app.calls.summary(), "calls": app.calls.recent(limit, **wanted)}


def _clear_calls(app: Application, request: Request, body: Body) -> Any:
    app.calls.clear()
    return app.calls.summary()


def _requestids(app: Application, request: Request, body: Body) -> Any:
    with app.store.reading() as tx:
        rows = tx.execute(
            "SELECT realm, requestid, at, path, digest, status, entity, id FROM requests "
            "WHERE (? IS NULL OR realm = ?) ORDER BY at",
            (request.query.get("realmId"), request.query.get("realmId")),
        ).fetchall()
    names = ("realmId", "requestid", "at", "path", "digest", "status", "entity", "id")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _forget_requestids(app: Application, request: Request, body: Body) -> Any:
    """Forget requestids: all, those of a company, one, or those older than some seconds."""
    before = app.clock.timestamp() - float(body["older_than"]) if "older_than" in body else None
    parameters = (
        body.get("realmId"),
        body.get("realmId"),
        body.get("requestid"),
        body.get("requestid"),
        before,
        before,
    )
    with app.store.writing() as tx:
        count = tx.execute(
            "DELETE FROM requests WHERE (? IS NULL OR realm = ?) AND (? IS NULL OR requestid = ?) "
            "AND (? IS NULL OR at < ?)",
            parameters,
        ).rowcount
    return {"forgotten": count}


# -- snapshots ----------------------------------------------------------------------------------------------------


def _snapshots(app: Application, request: Request, body: Body) -> Any:
    return snapshots.listing(app)


def _download(app: Application, request: Request, body: Body) -> Any:
    name = request.query.get("name")
    headers = {"Content-Disposition": f'attachment; filename="{name or "now"}.sqlite3"'}
    return Response(200, snapshots.content(app, name), "application/vnd.sqlite3", headers)


def _snapshot(app: Application, request: Request, body: Body) -> Any:
    """Save the state under ``name``, or go back to the one that ``restore`` names."""
    if "restore" in body:
        snapshots.restore(app, str(body["restore"]))
        return {"restored": body["restore"], "companies": _companies(app, request, body)}
    return snapshots.save(app, str(body.get("name", "default")))


def _restore_upload(app: Application, request: Request, path: str) -> Any:
    if (request.method, path) != ("POST", "snapshot"):
        raise Wrong("a snapshot is for POST snapshot")
    snapshots.restore_content(app, request.body)
    return {"restored": None, "companies": _companies(app, request, {})}


def _remove_snapshot(app: Application, request: Request, body: Body) -> Any:
    snapshots.remove(app, request.path.rstrip("/").split("/")[-1])
    return snapshots.listing(app)


# -- the whole ----------------------------------------------------------------------------------------------------


def _reset(app: Application, request: Request, body: Body) -> Any:
    """Start over: sample companies as at the first start, no faults; settings, too, unless ``settings`` is false."""
    snapshots.start_over(app, settings=bool(body.get("settings", True)))
    return _companies(app, request, body)


def _generate(app: Application, request: Request, body: Body) -> Any:
    realm = str(body.get("realmId"))
    counts = {name: int(body.get(name, 0)) for name in ("customers", "items", "invoices", "payments")}
    options = {name: int(body[name]) for name in ("seed", "days", "lines") if name in body}
    if unknown := body.keys() - {"realmId", "seed", "days", "lines", *counts}:
        raise Wrong(f"unknown: {', '.join(sorted(unknown))}")
    if min(*counts.values(), *options.values(), 0) < 0 or options.get("days") == 0 or options.get("lines") == 0:
        raise Wrong("counts are not negative, days and lines at least 1")
    return generate.fill(app, realm, **counts, **options)


def _health(app: Application, request: Request, body: Body) -> Any:
    return {"ok": True}


_ACTIONS: dict[tuple[str, str], Action] = {
    ("GET", "companies"): _companies,
    ("POST", "companies"): _add_company,
    ("POST", "tokens"): _tokens,
    ("POST", "tokens/expire"): _expire_tokens,
    ("GET", "token-policy"): _token_policy,
    ("POST", "token-policy"): _token_policy,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "limits"): _limits,
    ("POST", "limits"): _limits,
    ("GET", "switches"): _switches,
    ("POST", "switches"): _switches,
    ("GET", "clock"): _clock,
    ("POST", "clock"): _clock,
    ("GET", "webhooks"): _webhooks,
    ("POST", "webhooks"): _webhooks,
    ("DELETE", "webhooks"): _forget_webhooks,
    ("POST", "webhooks/events"): _send_events,
    ("GET", "snapshots"): _snapshots,
    ("DELETE", "snapshots"): _remove_snapshot,
    ("GET", "snapshot"): _download,
    ("POST", "snapshot"): _snapshot,
    ("GET", "calls"): _calls,
    ("DELETE", "calls"): _clear_calls,
    ("GET", "requestids"): _requestids,
    ("POST", "requestids/forget"): _forget_requestids,
    ("POST", "reset"): _reset,
    ("POST", "generate"): _generate,
    ("GET", "health"): _health,
}
