"""The addresses under ``/v3/company/{realm}``."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from qbo_simulator import amounts, clock, faults, grants, pdf
from qbo_simulator.api import batch, bodies, cdc, extras, query, reports, xml
from qbo_simulator.api.operations import Intent, Outcome, perform, refused, work_for
from qbo_simulator.calls import Call
from qbo_simulator.company import Company, load_company
from qbo_simulator.entities.catalogue import Entity, entity_named
from qbo_simulator.shelf import Shelf
from qbo_simulator.wire import Request, Response

if TYPE_CHECKING:
    from qbo_simulator.application import Application

_PATH = re.compile(r"/v3/company/(?P<realm>[^/]+)(?:/(?P<rest>.*))?")
_XML = "application/xml;charset=UTF-8"
_PLAIN_READS = {"query": "query", "cdc": "cdc", "batch": "batch", "reports": "report"}


def describe(request: Request, call: Call) -> None:
    """Fill in what a request for the API is about, before anything is done."""
    found = _PATH.fullmatch(request.path.rstrip("/"))
    if found is None:
        return
    call.realm = found["realm"]
    parts = (found["rest"] or "").split("/")
    entity = entity_named(parts[0])
    call.entity = entity.name if entity else None
    if parts[0].lower() in _PLAIN_READS:
        call.kind = _PLAIN_READS[parts[0].lower()]
    elif len(parts) == 3 and parts[2].lower() in ("pdf", "send"):
        call.kind = parts[2].lower()
    elif request.method in ("GET", "HEAD"):
        call.kind = "read"
    elif request.method == "POST":
        call.kind = _write_kind(request)
    call.requestid = request.parameter("requestid")


def _write_kind(request: Request) -> str:
    operation = (request.parameter("operation") or "").lower()
    if (request.parameter("include") or "").lower() == "void":
        return "void"
    if operation in ("delete", "void"):
        return operation
    if operation in ("create", "update"):
        return operation
    try:
        body = bodies.read_object(request)
    except faults.Refused:
        return "create"
    return "update" if body.get("Id") else "create"


def handle(app: Application, request: Request, call: Call) -> Response:
    """Answer a request for the API."""
    if request.method == "OPTIONS":
        return Response(200, b"", "", {"Allow": "GET, HEAD, POST, OPTIONS", **_headers()})
    try:
        outcome = _answer(app, request, call)
    except faults.GatewayRefused as refusal:
        call.fault = refusal.error["code"]
        return _gateway(app, request, refusal)
    except faults.Refused as refusal:
        outcome = refused(app, refusal)
    if isinstance(outcome, Response):
        outcome.headers |= _headers()
        return outcome
    call.replayed = outcome.replayed
    call.fault = outcome.fault
    return _respond(request, outcome)


def _headers() -> dict[str, str]:
    return {"intuit_tid": f"1-{secrets.token_hex(4)}-{secrets.token_hex(12)}", "QBO-Version": "1990.123"}


def _wants_xml(request: Request) -> bool:
    return xml.wants_xml(request.headers.get("accept", ""), request.headers.get("content-type", ""))


def _gateway(app: Application, request: Request, refusal: faults.GatewayRefused) -> Response:
    if _wants_xml(request):
        body = xml.gateway_fault(_time(app), refusal.kind, refusal.error)
        return Response(refusal.status, body, _XML, _headers())
    text = amounts.dump(refusal.as_json(int(app.clock.timestamp() * 1000)))
    return Response(refusal.status, text.encode(), headers=_headers())


def _respond(request: Request, outcome: Outcome) -> Response:
    body = f"{{{outcome.text}}}".encode()
    if _wants_xml(request):
        return Response(outcome.status, xml.as_xml(body), _XML, _headers())
    return Response(outcome.status, body, headers=_headers())


def _authorize(app: Application, request: Request, realm: str) -> None:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    with app.store.reading() as tx:
        found = grants.grant_of(tx, token.strip()) if kind.lower() == "bearer" else None
    if found is None:
        raise faults.token_malformed()
    grant, expires, revoked = found
    if revoked:
        raise faults.token_revoked(token)
    if expires <= app.clock.timestamp():
        raise faults.token_expired(token)
    if grant.realm != realm or "com.intuit.quickbooks.accounting" not in grant.scope.split():
        raise faults.app_not_authorized()


def _answer(app: Application, request: Request, call: Call) -> Outcome | Response:
    found = _PATH.fullmatch(request.path.rstrip("/"))
    realm = found["realm"] if found else ""
    fetched = extras.unsigned(app, request)
    if fetched is not None:
        return fetched
    _authorize(app, request, realm)
    parts = ((found["rest"] if found else None) or "").split("/")
    own = extras.answer(app, request, realm, parts)
    if own is not None:
        return own
    name = parts[0].lower()
    if name == "query":
        return _query(app, request, realm)
    if name == "cdc":
        return _changes(app, request, realm)
    if name == "batch" and request.method == "POST":
        return batch.run(app, request, realm, call)
    if name == "reports" and len(parts) == 2:
        return _report(app, request, realm, parts[1])
    entity = entity_named(name)
    if entity is None or len(parts) > 3:
        detail = f"Could not find resource for relative : {request.path}"
        raise faults.Refused(*faults.system_failure(detail).errors, type="SystemFault", status=404)
    reads = request.method in ("GET", "HEAD")
    if len(parts) == 3 and parts[2].lower() == "pdf" and reads:
        return _pdf(app, realm, entity, parts[1])
    if reads:
        return _read(app, request, realm, entity, parts[1] if len(parts) > 1 else None)
    if request.method != "POST":
        raise faults.unsupported_operation(request.method)
    return _write(app, request, realm, entity, parts)


def _time(app: Application) -> str:
    return clock.body_time(app.clock.now())


def _company(app: Application, realm: str) -> Company:
    with app.store.reading() as tx:
        company = load_company(tx, realm)
    if company is None:
        raise faults.app_not_authorized()
    return company


def _query_text(request: Request) -> str | None:
    """Return the statement: in the address by GET, in the body by POST, whatever a client calls its type."""
    if request.method != "POST":
        return request.parameter("query")
    text = bodies.unpacked(request).decode("utf-8", "replace").removeprefix("\ufeff")
    if not text.strip():
        return request.parameter("query")
    if "form" in request.headers.get("content-type", "") and text.lower().startswith("query="):
        return dict(parse_qsl(text)).get(text[:5])
    return text


def _query(app: Application, request: Request, realm: str) -> Outcome:
    text = _query_text(request) or ""
    now = app.clock.now()
    with app.store.reading() as tx:
        response = query.run(tx, realm, text, now.date(), app.switches)
    return Outcome(200, f'"QueryResponse":{response},"time":"{clock.body_time(now)}"')


def _changes(app: Application, request: Request, realm: str) -> Outcome:
    # Taken before reading: a change committed after this moment is in the next window.
    now = app.clock.now()
    with app.store.reading() as tx:
        names, since = request.parameter("entities"), request.parameter("changedSince")
        response = cdc.run(tx, realm, names, since, now, app.switches["cdc_too_old"])
    return Outcome(200, f'"CDCResponse":{response},"time":"{clock.body_time(now)}"')


def _report(app: Application, request: Request, realm: str, name: str) -> Outcome:
    with app.store.reading() as tx:
        text = reports.run(tx, realm, name, request.query, app.clock.now())
    # A report has no time beside it: it is the whole body.
    return Outcome(200, text[1:-1])


def _read(app: Application, request: Request, realm: str, entity: Entity, identifier: str | None) -> Outcome:
    if entity.kind == "single":
        identifier = "1"
    if identifier is None:
        raise faults.unsupported_operation("read")
    with app.store.reading() as tx:
        text = Shelf(tx, realm).text(entity.name, identifier)
    if text is None:
        raise faults.object_not_found()
    text = query.shown(entity.name, text, app.switches)
    if entity.name == "Invoice" and "invoicelink" in (request.parameter("include") or "").lower():
        body = amounts.load(text)
        payable = body.get("AllowOnlineCreditCardPayment") or body.get("AllowOnlineACHPayment")
        if payable and body.get("BillEmail"):
            link = f"http://{request.host}/pay/{realm}/{identifier}"
            text = amounts.dump({"InvoiceLink": link, **body})
    return Outcome(200, f'"{entity.name}":{text},"time":"{_time(app)}"')


def _pdf(app: Application, realm: str, entity: Entity, identifier: str) -> Response:
    if "pdf" not in entity.operations:
        raise faults.unsupported_operation("pdf")
    company = _company(app, realm)
    with app.store.reading() as tx:
        body = Shelf(tx, realm).get(entity.name, identifier)
    if body is None:
        raise faults.object_not_found()
    content = pdf.document(entity.name, body, company.name)
    return Response(200, content, "application/pdf", {"Content-Disposition": f"attachment; filename={identifier}.pdf"})


def _write(app: Application, request: Request, realm: str, entity: Entity, parts: list[str]) -> Outcome:
    requestid = request.parameter("requestid")
    if requestid is not None and len(requestid) > 50:
        raise faults.too_long("requestid", 50, len(requestid))
    include = frozenset(filter(None, (request.parameter("include") or "").lower().split(",")))
    if len(parts) == 3 and parts[2].lower() == "send":
        address = request.parameter("sendTo")
        intent = Intent(realm, entity.name, lambda books: books.send(entity, parts[1], address), requestid)
        return perform(app, intent)
    body = bodies.read_object(request, entity.name)
    operation = (request.parameter("operation") or "").lower()
    if operation == "update" and "void" in include:
        operation = "void"
    work = work_for(entity, operation, body)
    return perform(app, Intent(realm, entity.name, work, requestid, request.target, request.body, include))
