"""The addresses of the accountant's pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qbo_simulator.pages.rendering import render, stylesheet
from qbo_simulator.wire import Request, Response

if TYPE_CHECKING:
    from qbo_simulator.application import Application


def handle(app: Application, request: Request) -> Response:
    """Answer a request for a page."""
    if request.path == "/static/simulator.css":
        return stylesheet()
    return render("not_found.html", status=404)
