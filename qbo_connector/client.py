"""The QuickBooks Online API, one method for each verb. Speaks HTTP and nothing else; knows no Django model.

python-quickbooks builds the addresses and requests; reading answers is ours, because a fault may come in any casing,
as XML or with status 200, and its own classes can't be told apart. Raw dicts and bytes in and out: the library's
object classes add defaults that would overwrite data.
"""

import datetime
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from quickbooks.client import QuickBooks

from qbo_connector import errors
from qbo_connector.session import QuickBooksSession

MINOR_VERSION = 75
PAGE_SIZE = 1000
_decoder = msgspec.json.Decoder(float_hook=Decimal)


class QuickBooksClient(QuickBooks):
    """One company. Amounts in answers are Decimal (or int); errors are those of ``qbo_connector.errors``."""

    def __new__(cls, **options: Any) -> "QuickBooksClient":
        client: QuickBooksClient = super().__new__(cls, company_id=options["realm_id"], minorversion=MINOR_VERSION)
        return client

    def __init__(self, *, session: QuickBooksSession, realm_id: str, api_url: str) -> None:
        self.session = session
        self.realm_id = realm_id
        self.base_url = f"{api_url}/v3"
        self.tid = ""

    @property
    def api_url(self) -> str:
        """python-quickbooks' own choice between two addresses is replaced by the configured one."""
        return self.base_url

    def raw(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        params: dict[str, Any] | None = None,
    ) -> bytes:
        """The body of one call. Raises the classified error of the answer."""
        headers = {"Content-Type": content_type, "Accept": accept, "User-Agent": "CRM Sync"}
        query = {"minorversion": MINOR_VERSION, **(params or {})}
        writing = method == "POST" and not url.endswith("/query")
        response = self.process_request(method, url, headers=headers, params=query, data=body or b"")
        self.tid = response.headers.get("intuit_tid", "")
        if accept == "application/pdf" and response.status_code == 200 and response.content[:4] == b"%PDF":
            self.session.pace.answered()
            return bytes(response.content)
        error = errors.classify(response.status_code, response.content, tid=self.tid, writing=writing)
        if isinstance(error, errors.Throttled):
            wait = response.headers.get("Retry-After", "")
            self.session.pace.throttled(int(wait) if wait.isdecimal() else 0)
        else:
            self.session.pace.answered()
        if error is not None:
            raise error
        return bytes(response.content)

    def make_request(
        self,
        request_type: str,
        url: str,
        request_body: str | bytes | None = None,
        content_type: str = "application/json",
        params: dict[str, Any] | None = None,
        file_path: None = None,
        file_bytes: None = None,
        request_id: str | None = None,
    ) -> dict[str, Any]:
        """What every method of python-quickbooks ends in: send, classify, decode."""
        query = dict(params or {})
        if request_id:
            query["requestid"] = request_id
        body = request_body.encode() if isinstance(request_body, str) else (request_body or None)
        writing = request_type == "POST" and not url.endswith("/query")
        return self._decoded(
            self.raw(request_type, url, body=body, content_type=content_type, params=query), writing=writing
        )

    def _decoded(self, content: bytes, *, writing: bool) -> dict[str, Any]:
        try:
            answer = _decoder.decode(content)
        except msgspec.DecodeError as error:
            kind = errors.OutcomeUnknown if writing else errors.BadAnswer
            raise kind(errors.Fault(message=str(error)), tid=self.tid, status=200) from error
        if not isinstance(answer, dict):
            raise errors.BadAnswer(errors.Fault(message="The answer is not an object."), tid=self.tid, status=200)
        return answer

    def _url(self, *parts: str) -> str:
        return "/".join([self.base_url, "company", self.realm_id, *parts])

    def company_info(self) -> dict[str, Any]:
        """GET companyinfo: name, country, time zone. One read."""
        return self._entity(self.get(self._url("companyinfo", self.realm_id)), "CompanyInfo")

    def preferences(self) -> dict[str, Any]:
        """GET preferences: currency, tax and sales form switches. One read."""
        return self._entity(self.get(self._url("preferences")), "Preferences")

    def changes_since(self, entities: Sequence[str], since: datetime.datetime) -> bytes:
        """GET cdc: every object of ``entities`` changed since (at most 30 days back, at most 1,000). One read."""
        params = {"entities": ",".join(entities), "changedSince": since.isoformat(timespec="milliseconds")}
        return self.raw("GET", self._url("cdc"), params=params)

    def select(self, statement: str) -> bytes:
        """POST query with a statement of QuickBooks' query language. One read."""
        return self.raw("POST", self._url("query"), body=statement.encode(), content_type="application/text")

    def count(self, entity: str, where: str = "") -> int:
        """How many objects there are. Counted as one read."""
        answer = self._decoded(self.select(" ".join(["SELECT COUNT(*) FROM", entity, where]).strip()), writing=False)
        try:
            return int(answer["QueryResponse"]["totalCount"])
        except (KeyError, TypeError, ValueError) as error:
            raise errors.BadAnswer(errors.Fault(message="No count in the answer."), tid=self.tid) from error

    def upload(self, metadata: bytes, *, name: str, content_type: str, content: bytes, request_id: str) -> bytes:
        """POST upload: a file with its Attachable (JSON). The whole answer. Raises OutcomeUnknown like ``write``.

        The same ``request_id`` gives the same bytes, so that QuickBooks can answer from its memory.
        """
        boundary = f"file-{request_id}"
        quoted = name.replace("\\", "_").replace('"', "_")
        parts = (
            (b'name="file_metadata_01"; filename="attachment.json"', b"application/json", metadata),
            (f'name="file_content_01"; filename="{quoted}"'.encode(), content_type.encode(), content),
        )
        body = b"".join(
            b"--%b\r\nContent-Disposition: form-data; %b\r\nContent-Type: %b\r\n\r\n%b\r\n"
            % (boundary.encode(), head, kind, part)
            for head, kind, part in parts
        )
        return self.raw(
            "POST",
            self._url("upload"),
            body=body + f"--{boundary}--\r\n".encode(),
            content_type=f"multipart/form-data; boundary={boundary}",
            params={"requestid": request_id},
        )

    def write(
        self, entity: str, body: bytes, *, request_id: str, params: dict[str, str] | None = None
    ) -> tuple[dict[str, Any], bytes]:
        """POST an object: create without Id, update with it. The stored object and the whole answer.

        The same ``request_id`` with the same bytes is answered from QuickBooks' memory and done once.
        Raises OutcomeUnknown when nothing proves whether it was done.
        """
        query = {**(params or {}), "requestid": request_id}
        content = self.raw("POST", self._url(entity.lower()), body=body, params=query)
        answer = self._decoded(content, writing=True)
        try:
            return self._entity(answer, entity), content
        except errors.BadAnswer as error:
            raise errors.OutcomeUnknown(error.fault, tid=self.tid, status=200) from error

    def send_document(self, entity: str, qbo_id: str, *, send_to: str = "") -> bytes:
        """POST a transaction's e-mail to its customer or to ``send_to``; the whole answer with the document.

        QuickBooks knows no requestid here. Raises OutcomeUnknown when nothing proves whether it was sent.
        """
        params = {"sendTo": send_to} if send_to else {}
        url = self._url(entity.lower(), qbo_id, "send")
        content = self.raw("POST", url, content_type="application/octet-stream", params=params)
        try:
            self._entity(self._decoded(content, writing=True), entity)
        except errors.BadAnswer as error:
            raise errors.OutcomeUnknown(error.fault, tid=self.tid, status=200) from error
        return content

    def batch(self, body: bytes, *, request_id: str) -> bytes:
        """POST up to 30 operations that don't depend on each other; the whole answer, with one part for each.

        The same ``request_id`` with the same bytes does nothing twice. QuickBooks counts each part like a call.
        """
        return self.raw("POST", self._url("batch"), body=body, params={"requestid": request_id})

    def pdf(self, entity: str, qbo_id: str) -> bytes:
        """GET the PDF of a transaction. Counted as one read."""
        content = self.raw("GET", self._url(entity.lower(), qbo_id, "pdf"), accept="application/pdf")
        if content[:4] != b"%PDF":
            raise errors.BadAnswer(errors.Fault(message="The answer is not a PDF."), tid=self.tid)
        return content

    def payment_link(self, qbo_id: str) -> str:
        """GET an invoice with the address where its customer can pay; empty where it has none. One read.

        Source: Intuit, Invoice, "include=invoiceLink".
        """
        url = self._url("invoice", qbo_id)
        found = self._entity(
            self._decoded(self.raw("GET", url, params={"include": "invoiceLink"}), writing=False), "Invoice"
        )
        return str(found.get("InvoiceLink") or "")

    def _entity(self, answer: dict[str, Any], entity: str) -> dict[str, Any]:
        # Success is the expected entity in the body: QuickBooks has answered 200 without having done anything.
        found = answer.get(entity)
        if not isinstance(found, dict):
            raise errors.BadAnswer(errors.Fault(message=f"No {entity} in the answer."), tid=self.tid, status=200)
        return found
