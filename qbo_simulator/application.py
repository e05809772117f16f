"""Everything between the socket and the books: which part answers, limits, faults made on purpose, the call log."""

from __future__ import annotations

import hashlib
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qbo_simulator import clock, control, grants, injection, limits, oauth, pages, seed, switches, webhooks
from qbo_simulator.api import routes, xml
from qbo_simulator.calls import Call, CallLog
from qbo_simulator.clock import Clock
from qbo_simulator.injection import FaultBook, FaultRule
from qbo_simulator.store import Store, Transaction
from qbo_simulator.wire import DropConnection, Request, Response

_OAUTH_KINDS = {
    "/connect/oauth2": "authorize",
    "/oauth2/v1/tokens/bearer": "token",
    "/v2/oauth2/tokens/revoke": "revoke",
    "/v1/openid_connect/userinfo": "userinfo",
}


class Application:
    """The simulator without its socket."""

    def __init__(
        self,
        directory: Path,
        *,
        companies: Sequence[str] | None = None,
        keep_dates: bool = False,
        clients: dict[str, str] | None = None,
    ) -> None:
        self.closed = False
        self.store = Store(directory)
        self.clients = {"demo-client": "demo-secret", **(clients or {})}
        self.picked = list(companies or seed.USUAL)
        self.keep_dates = keep_dates
        self.clock = Clock()
        self.clock.resume(self.store.setting("clock", {}))
        self.switches = {**switches.DEFAULTS, **self.store.setting("switches", {})}
        self.token_policy = {**grants.POLICY_DEFAULTS, **self.store.setting("token_policy", {})}
        self.limits = limits.Limits(self.store.setting("limits", {}))
        self.calls = CallLog(lambda: self.switches)
        self.faults = FaultBook()
        self.webhooks = webhooks.Webhooks(self.store.setting("webhooks", {}))
        with self.store.reading() as tx:
            fresh = tx.one("SELECT 1 FROM companies LIMIT 1") is None
        if fresh:
            with self.store.writing() as tx:
                self.plant(tx)

    def plant(self, tx: Transaction) -> None:
        """Make the sample companies. Raises KeyError for an unknown one."""
        for key in self.picked:
            sample = seed.SAMPLES[key]
            seed.add_company(tx, key, now=self.clock.now(), keep_dates=self.keep_dates, realm=sample.realm)

    def reset_settings(self) -> None:
        """Put clock, switches, limits, token policy and webhooks back to their defaults."""
        for name in ("clock", "switches", "token_policy", "limits", "webhooks"):
            self.store.save_setting(name, {})
        self.clock.change(offset=0.0, speed=1.0)
        self.switches = dict(switches.DEFAULTS)
        self.token_policy = dict(grants.POLICY_DEFAULTS)
        self.limits.change(limits.DEFAULTS)
        self.webhooks.change(webhooks.DEFAULTS)

    def close(self) -> None:
        """Stop the background work and close the store."""
        self.closed = True
        self.webhooks.close()
        self.store.close()

    def serve(self, request: Request) -> Response:
        """Answer a request; our own mistakes become a 500. Raises DropConnection."""
        try:
            if request.path.startswith("/_simulator"):
                return control.handle(self, request)
            if request.path.startswith("/v3/") or self._is_oauth(request):
                return self._serve_recorded(request)
            return pages.handle(self, request)
        except DropConnection:
            raise
        except Exception:  # noqa: BLE001 (one broken request must not end the connection)
            if self.closed:
                # Whoever still waits when the simulator stops gets no answer.
                raise DropConnection from None
            traceback.print_exc(file=sys.stderr)
            return Response(500, b'{"error":"the simulator failed; its output says how"}')

    def _is_oauth(self, request: Request) -> bool:
        return request.path.startswith((*_OAUTH_KINDS, "/.well-known/", "/op/v1/"))

    def _serve_recorded(self, request: Request) -> Response:
        call = self._begin(request)
        try:
            response = self._serve_with_faults(request, call)
            call.status = response.status
            self.calls.keep_bodies(call, request, response)
            return response
        finally:
            self.calls.end(call)

    def _begin(self, request: Request) -> Call:
        path, _, query = request.target.partition("?")
        call = Call(0, time.time(), self.clock.now().isoformat(), "other", None, request.method, path, query)
        if request.path.startswith("/v3/"):
            routes.describe(request, call)
        else:
            kinds = [kind for start, kind in _OAUTH_KINDS.items() if request.path.startswith(start)]
            call.kind = kinds[0] if kinds else "discovery"
            if call.kind == "token" and request.form.get("grant_type") == "refresh_token":
                call.kind = "refresh"
        if request.body:
            call.digest = hashlib.sha256(request.body).hexdigest()
        return self.calls.begin(call)

    def _serve_with_faults(self, request: Request, call: Call) -> Response:
        if call.realm and self.limits.refuses(
            call.realm, batch=call.kind == "batch", in_flight=self.calls.in_flight(call.realm)
        ):
            call.fault = "3001"
            return self._throttled()
        for rule in self.faults.take(call, "before"):
            response = self._act(rule, call)
            if response is not None:
                return response
        if request.path.startswith("/v3/"):
            response = routes.handle(self, request, call)
        else:
            response = oauth.handle(self, request) or Response(404, b"{}")
        for rule in self.faults.take(call, "after"):
            changed = self._act(rule, call, response)
            if changed is not None:
                return changed
        return response

    def _throttled(self) -> Response:
        if self.switches["throttle_body"] == "empty":
            return Response(429, b"", "")
        if self.switches["throttle_body"] == "json":
            error = {"Message": "message=ThrottleExceeded; errorCode=003001; statusCode=429", "code": "3001"}
            error["Detail"] = "The request limit was reached.  Try again later"
            fault = {"Fault": {"Error": [error], "type": "SERVICE"}, "time": clock.body_time(self.clock.now())}
            return Response(429, injection.body_bytes(fault))
        body = xml.throttled(clock.body_time(self.clock.now()))
        return Response(429, body, "application/xml;charset=UTF-8")

    def _act(self, rule: FaultRule, call: Call, made: Response | None = None) -> Response | None:
        """Carry out a rule; None means that the call goes on as if nothing was."""
        call.injected = True
        if rule.latency:
            time.sleep(rule.latency)
        match rule.action:
            case "latency":
                return None
            case "drop":
                raise DropConnection
            case "throttle":
                return self._throttled()
            case "html":
                return Response(rule.status or 503, injection.HTML, "text/html")
            case "empty":
                return Response(rule.status or 200, b"")
            case "malformed":
                return Response(rule.status or 200, b'{"QueryResponse":{"Invoice":[{"Id":"1","TotalAmt":12.')
            case "body":
                return Response(rule.status or 200, injection.body_bytes(rule.body), rule.content_type)
            case "cut":
                whole = made or Response(200, b'{"QueryResponse":{"Invoice":[' + b" " * 256)
                whole.cut = rule.cut_after if rule.cut_after is not None else len(whole.body) // 2
                return whole
            case "status":
                return Response(rule.status or 500, b"", "text/plain")
        return self._fault(rule)

    def _fault(self, rule: FaultRule) -> Response:
        if rule.action == "fault_lowercase":
            return Response(rule.fault_status(), injection.body_bytes(self._lower_case(rule)))
        status = 200 if rule.action == "fault_in_200" else rule.fault_status()
        body: dict[str, Any] = {"Fault": rule.fault_body(), "time": clock.body_time(self.clock.now())}
        return Response(status, injection.body_bytes(body))

    def _lower_case(self, rule: FaultRule) -> dict[str, Any]:
        """Return a Fault with the other casing that is sometimes seen, its time a number."""
        fault = rule.fault_body()
        errors = [{name.lower(): value for name, value in error.items()} for error in fault["Error"]]
        time_of_body = int(self.clock.timestamp() * 1000)
        return {"fault": {"error": errors, "type": fault["type"]}, "batchItemResponse": [], "time": time_of_body}
