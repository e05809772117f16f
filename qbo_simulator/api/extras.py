"""Addresses of their own: uploads and downloads, the tax service, and exchange rates, which have no Id."""

from __future__ import annotations

import base64
import binascii
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from qbo_simulator import amounts, clock, faults
from qbo_simulator.api.bodies import read_object, unpacked
from qbo_simulator.api.operations import Intent, Outcome, perform
from qbo_simulator.company import load_company
from qbo_simulator.entities import attachments, exchange_rates, tax_setup
from qbo_simulator.shelf import Shelf
from qbo_simulator.wire import Request, Response

if TYPE_CHECKING:
    from qbo_simulator.application import Application

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_PART_NAME = re.compile(r'name="?(file_(metadata|content)_?(\w*))"?', re.IGNORECASE)
_FILE_NAME = re.compile(r'filename="([^"]*)"', re.IGNORECASE)
_DOWNLOAD = re.compile(r"/v3/company/(?P<realm>[^/]+)/download/(?P<id>[^/]+)/?")


def unsigned(app: Application, request: Request) -> Response | None:
    """Answer a download by its temporary address, which needs no token; None for every other request."""
    found = _DOWNLOAD.fullmatch(request.path)
    key = request.parameter("key")
    if found is None or key is None or key != attachments.key_of(found["realm"], found["id"]):
        return None
    with app.store.reading() as tx:
        body = Shelf(tx, found["realm"]).get("Attachable", found["id"])
        content = attachments.content_of(tx, found["realm"], found["id"])
    if body is None or content is None:
        return Response(404, b"", "text/plain")
    name = str(body.get("FileName") or "file").replace('"', "").encode("ascii", "replace").decode()
    kind = str(body.get("ContentType") or "application/octet-stream")
    return Response(200, content, kind, {"Content-Disposition": f'attachment; filename="{name}"'})


def answer(app: Application, request: Request, realm: str, parts: list[str]) -> Outcome | Response | None:
    """Answer what has an address of its own; None for every other request. Raises Refused."""
    name, count = parts[0].lower(), len(parts)
    if name == "upload" and request.method == "POST":
        return _upload(app, request, realm)
    if name == "download" and count == 2 and request.method == "GET":
        return _download(app, realm, parts[1], request)
    if name == "taxservice" and count == 2 and parts[1].lower() == "taxcode" and request.method == "POST":
        return _tax_service(app, request, realm)
    if name == "journalentry" and request.method == "POST" and _voids(request):
        # Seen in a sandbox: nothing is done, and nothing is said about it.
        return Outcome(200, f'"BatchItemResponse":[],"time":"{clock.body_time(app.clock.now())}"')
    if name == "exchangerate" and count == 1 and request.method == "GET":
        return _rate(app, request, realm)
    return None


def _voids(request: Request) -> bool:
    return "void" in (_parameter(request, "operation"), _parameter(request, "include"))


def _parameter(request: Request, name: str) -> str | None:
    return next((value for key, value in request.query.items() if key.lower() == name), None)


def _rate(app: Application, request: Request, realm: str) -> Outcome:
    code = _parameter(request, "sourcecurrencycode")
    if not code:
        raise faults.required("sourcecurrencycode")
    now = app.clock.now()
    with app.store.reading() as tx:
        company = load_company(tx, realm)
        if company is None:
            raise faults.app_not_authorized()
        day = _parameter(request, "asofdate") or now.astimezone(company.zone).date().isoformat()
        body = exchange_rates.rate_on(Shelf(tx, realm), company.home_currency, code.upper(), day)
    if body is None:
        raise faults.object_not_found()
    return Outcome(200, f'"ExchangeRate":{amounts.dump(body)},"time":"{clock.body_time(now)}"')


def _tax_service(app: Application, request: Request, realm: str) -> Outcome:
    asked = read_object(request)
    intent = Intent(
        realm,
        "TaxService",
        lambda books: tax_setup.make_code(books, asked),
        request.parameter("requestid"),
        request.target,
        request.body,
    )
    done = perform(app, intent)
    # The answer is not wrapped in the name of the entity.
    opening, closing = '"TaxService":{', '},"time":'
    if done.fault is None and done.text.startswith(opening):
        inner, _, time = done.text.removeprefix(opening).rpartition(closing)
        return Outcome(done.status, f'{inner},"time":{time}', done.replayed, done.fault)
    return done


def _download(app: Application, realm: str, identifier: str, request: Request) -> Response:
    """Answer with the temporary address of a file, as plain text."""
    with app.store.reading() as tx:
        there = attachments.content_of(tx, realm, identifier) is not None
        body = Shelf(tx, realm).get("Attachable", identifier)
    if body is None or not there:
        raise faults.object_not_found()
    address = f"http://{request.host}/v3/company/{realm}/download/{identifier}"
    key = attachments.key_of(realm, identifier)
    return Response(200, f"{address}?key={key}".encode(), "text/plain;charset=UTF-8")


def _upload(app: Application, request: Request, realm: str) -> Outcome:
    """Store the files of a multipart request; each answers for itself."""
    files = _files(request)
    if not files:
        raise faults.required("file_content")
    requestid = request.parameter("requestid")
    answers = []
    for number, (metadata, name, kind, content) in enumerate(files):
        intent = Intent(
            realm,
            "Attachable",
            partial(
                attachments.keep_file,
                metadata=metadata,
                name=name,
                content_type=kind,
                content=content,
                base=f"http://{request.host}",
            ),
            f"{requestid}:{number}" if requestid else None,
            request.target,
            content,
        )
        answers.append(_item(perform(app, intent)))
    time = clock.body_time(app.clock.now())
    return Outcome(200, f'"AttachableResponse":[{",".join(answers)}],"time":"{time}"')


def _item(outcome: Outcome) -> str:
    """Return an answer without its time, which belongs to the whole."""
    return "{" + outcome.text.rpartition(',"time":')[0] + "}"


File = tuple[dict[str, Any], str, str, bytes]


def _files(request: Request) -> list[File]:
    """Return metadata, name, type and content of every file in a multipart body. Raises Refused."""
    found = _BOUNDARY.search(request.headers.get("content-type", ""))
    if found is None:
        raise faults.invalid_property("Unexpected or malformed content: multipart/form-data is expected")
    metadata: dict[str, dict[str, Any]] = {}
    contents: dict[str, tuple[str, str, bytes]] = {}
    for part in unpacked(request).split(b"--" + found[1].encode()):
        head, content = _split(part)
        named = _PART_NAME.search(head.get("content-disposition", ""))
        if named is None:
            continue
        content = _decoded(content, head.get("content-transfer-encoding", ""))
        if named[2].lower() == "metadata":
            metadata[named[3]] = _metadata(content)
        else:
            file_name = _FILE_NAME.search(head.get("content-disposition", ""))
            kind = head.get("content-type", "").split(";")[0].strip()
            contents[named[3]] = (file_name[1] if file_name else "", kind, content)
    files = []
    for key, (name, kind, content) in contents.items():
        known = metadata.get(key, {})
        usual = known.get("FileName") or name or "upload"
        files.append((known, str(usual), str(known.get("ContentType") or kind or ""), content))
    return files


def _split(part: bytes) -> tuple[dict[str, str], bytes]:
    """Return the headers and the content of one part; some clients end lines with LF alone."""
    text = part.removeprefix(b"\r\n").removeprefix(b"\n")
    marks = [mark for mark in (b"\r\n\r\n", b"\n\n") if mark in text]
    if not marks:
        return {}, b""
    mark = min(marks, key=text.index)
    head, _, content = text.partition(mark)
    headers = {}
    for line in head.decode("utf-8", "replace").splitlines():
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    content = content.removesuffix(b"\n").removesuffix(b"\r")
    return headers, content


def _decoded(content: bytes, encoding: str) -> bytes:
    if encoding.strip().lower() != "base64":
        return content
    try:
        return base64.b64decode(content)
    except (binascii.Error, ValueError) as error:
        raise faults.invalid_property("Unexpected or malformed content: base64 is expected") from error


def _metadata(content: bytes) -> dict[str, Any]:
    try:
        body = amounts.load(content)
    except ValueError as error:
        raise faults.invalid_property(f"Unexpected or malformed content: {error}") from error
    if not isinstance(body, dict):
        raise faults.invalid_property("An object is expected")
    return body
