"""The addresses of the accountant's pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from qbo_simulator import faults
from qbo_simulator.pages import (
    companies,
    customers,
    invoice_form,
    invoices,
    items,
    payments,
    traffic,
    workshop,
)
from qbo_simulator.pages.frame import refusal_text
from qbo_simulator.pages.rendering import render, stylesheet
from qbo_simulator.wire import Request, Response

if TYPE_CHECKING:
    from qbo_simulator.application import Application

View = Callable[..., Response]

_COMPANY = r"/companies/(?P<realm>\w+)"
_ONE = r"/(?P<identifier>\w+)"
_PAGES: tuple[tuple[str, str, View], ...] = (
    ("GET", "/", companies.home),
    ("POST", "/", companies.add),
    ("GET", _COMPANY, invoices.invoices),
    ("GET", f"{_COMPANY}/settings", companies.settings),
    ("POST", f"{_COMPANY}/settings", companies.change_settings),
    ("GET", f"{_COMPANY}/invoices", invoices.invoices),
    ("GET", f"{_COMPANY}/invoices/new", invoice_form.new),
    ("POST", f"{_COMPANY}/invoices/new", invoice_form.create),
    ("GET", f"{_COMPANY}/invoices{_ONE}", invoices.invoice),
    ("POST", f"{_COMPANY}/invoices{_ONE}", invoices.change),
    ("GET", f"{_COMPANY}/invoices{_ONE}/edit", invoice_form.edit),
    ("POST", f"{_COMPANY}/invoices{_ONE}/edit", invoice_form.save),
    ("GET", f"{_COMPANY}/invoices{_ONE}/pdf", invoices.invoice_pdf),
    ("GET", f"{_COMPANY}/payments", payments.payments),
    ("GET", f"{_COMPANY}/payments/new", payments.new),
    ("POST", f"{_COMPANY}/payments/new", payments.create),
    ("GET", f"{_COMPANY}/payments{_ONE}", payments.payment),
    ("POST", f"{_COMPANY}/payments{_ONE}", payments.change),
    ("GET", f"{_COMPANY}/payments{_ONE}/edit", payments.edit),
    ("POST", f"{_COMPANY}/payments{_ONE}/edit", payments.save),
    ("GET", f"{_COMPANY}/customers", customers.customers),
    ("GET", f"{_COMPANY}/customers/new", customers.new),
    ("POST", f"{_COMPANY}/customers/new", customers.create),
    ("GET", f"{_COMPANY}/customers{_ONE}", customers.customer),
    ("POST", f"{_COMPANY}/customers{_ONE}", customers.change),
    ("GET", f"{_COMPANY}/customers{_ONE}/edit", customers.edit),
    ("POST", f"{_COMPANY}/customers{_ONE}/edit", customers.save),
    ("GET", f"{_COMPANY}/items", items.items),
    ("GET", f"{_COMPANY}/items/new", items.new),
    ("POST", f"{_COMPANY}/items/new", items.create),
    ("GET", f"{_COMPANY}/items{_ONE}", items.edit),
    ("POST", f"{_COMPANY}/items{_ONE}", items.save),
    ("GET", rf"/pay/(?P<realm>\w+){_ONE}", invoices.invoice),
    ("GET", "/calls", traffic.calls),
    ("POST", "/calls", traffic.forget_calls),
    ("GET", r"/calls/(?P<number>\d+)", traffic.call),
    ("GET", "/webhooks", traffic.webhooks_page),
    ("POST", "/webhooks", traffic.change_webhooks),
    ("GET", r"/webhooks/(?P<number>\d+)", traffic.webhook),
    ("GET", "/faults", workshop.faults_page),
    ("POST", "/faults", workshop.change_faults),
    ("GET", "/rules", workshop.rules_page),
    ("POST", "/rules", workshop.change_rules),
    ("GET", "/clock", workshop.clock_page),
    ("POST", "/clock", workshop.change_clock),
    ("GET", "/snapshots", workshop.snapshots_page),
    ("POST", "/snapshots", workshop.change_snapshots),
)
_COMPILED = tuple((method, re.compile(pattern), view) for method, pattern, view in _PAGES)


def from_another_site(request: Request) -> bool:
    """Whether a browser sent this for a page of another site, which may not change the books."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "none")
    if origin is not None:
        return urlsplit(origin).netloc != request.host
    if request.method == "GET" and request.headers.get("sec-fetch-mode") == "navigate":
        return False
    return site not in ("none", "same-origin")


def handle(app: Application, request: Request) -> Response:
    """Answer a request for a page."""
    if request.path == "/static/simulator.css":
        return stylesheet()
    path = request.path.rstrip("/") or "/"
    for method, pattern, view in _COMPILED:
        found = pattern.fullmatch(path)
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
        return Response(303, b"", "", {"Location": f"{path}?{urlencode({'refused': refusal_text(refusal)})}"})
    if request.method == "POST" and answer.status == 303 and "Location" not in answer.headers:
        answer.headers["Location"] = f"{path}?{urlencode({'done': answer.body.decode()})}"
        answer.body = b""
    return answer
