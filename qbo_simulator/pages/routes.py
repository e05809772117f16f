"""The addresses of the accountant's pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from qbo_simulator import faults
from qbo_simulator.pages import books, workshop
from qbo_simulator.pages.rendering import render, stylesheet
from qbo_simulator.wire import Request, Response

if TYPE_CHECKING:
    from qbo_simulator.application import Application

View = Callable[..., Response]

_PAGES: tuple[tuple[str, str, View], ...] = (
    ("GET", r"/", books.home),
    ("GET", r"/companies/(?P<realm>\w+)", books.invoices),
    ("GET", r"/companies/(?P<realm>\w+)/invoices", books.invoices),
    ("GET", r"/companies/(?P<realm>\w+)/invoices/(?P<identifier>\w+)", books.invoice),
    ("POST", r"/companies/(?P<realm>\w+)/invoices/(?P<identifier>\w+)", books.change_invoice),
    ("GET", r"/companies/(?P<realm>\w+)/invoices/(?P<identifier>\w+)/pdf", books.invoice_pdf),
    ("GET", r"/companies/(?P<realm>\w+)/payments/(?P<identifier>\w+)", books.payment),
    ("POST", r"/companies/(?P<realm>\w+)/payments/(?P<identifier>\w+)", books.change_payment),
    ("GET", r"/companies/(?P<realm>\w+)/customers", books.customers),
    ("GET", r"/companies/(?P<realm>\w+)/customers/(?P<identifier>\w+)", books.customer),
    ("POST", r"/companies/(?P<realm>\w+)/customers/(?P<identifier>\w+)", books.change_customer),
    ("GET", r"/companies/(?P<realm>\w+)/items", books.items),
    ("GET", r"/pay/(?P<realm>\w+)/(?P<identifier>\w+)", books.invoice),
    ("GET", r"/calls", workshop.calls),
    ("GET", r"/faults", workshop.faults_page),
    ("POST", r"/faults", workshop.change_faults),
    ("GET", r"/clock", workshop.clock_page),
    ("POST", r"/clock", workshop.change_clock),
)


def from_another_site(request: Request) -> bool:
    """Whether a browser sent this for a page of another site, which may not change the books."""
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.host


def handle(app: Application, request: Request) -> Response:
    """Answer a request for a page."""
    if request.path == "/static/simulator.css":
        return stylesheet()
    path = request.path.rstrip("/") or "/"
    for method, pattern, view in _PAGES:
        found = re.fullmatch(pattern, path)
        if found is None or method != request.method.replace("HEAD", "GET"):
            continue
        if method == "POST" and from_another_site(request):
            return render("message.html", status=403, title="Not allowed", text="This form came from another site.")
        return _answer(app, request, path, view, found.groupdict())
    return render("message.html", status=404, title="Not found", text="There is no such page.")


def _answer(app: Application, request: Request, path: str, view: View, parts: dict[str, str]) -> Response:
    try:
        answer = view(app, request, **parts)
    except KeyError:
        return render("message.html", status=404, title="Not found", text="There is no such page.")
    except (faults.Refused, ValueError) as refusal:
        if request.method != "POST":
            raise
        # The refusal is shown on the page from which the form came.
        return Response(303, b"", "", {"Location": f"{path}?{urlencode({'refused': str(refusal)})}"})
    if request.method == "POST" and answer.status == 303 and "Location" not in answer.headers:
        answer.headers["Location"] = f"{path}?{urlencode({'done': answer.body.decode()})}"
        answer.body = b""
    return answer
