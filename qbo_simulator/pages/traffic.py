"""What went over the wire: API calls that came in and webhooks that went out, each with its detail."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from qbo_simulator.calls import FILTERS
from qbo_simulator.company import list_companies
from qbo_simulator.pages.frame import done, frame
from qbo_simulator.pages.rendering import render
from qbo_simulator.wire import Request, Response

if TYPE_CHECKING:
    from qbo_simulator.application import Application

_ROWS = 200


def calls(app: Application, request: Request) -> Response:
    """The newest calls that meet the filters, and counts of all."""
    wanted = {name: value for name, value in request.query.items() if name in FILTERS and value}
    try:
        found = app.calls.recent(_ROWS, **wanted)[::-1]
        refused = None
    except ValueError as error:
        found, refused = [], str(error)
    with app.store.reading() as tx:
        companies = list_companies(tx)
    shown = frame(request, "calls")
    return render(
        "calls.html",
        **{**shown, "refused": refused or shown["refused"]},
        summary=app.calls.summary(),
        calls=found,
        wanted=wanted,
        companies=companies,
    )


def forget_calls(app: Application, request: Request) -> Response:
    """Forget all calls and start counting anew."""
    app.calls.clear()
    return done("All calls are forgotten.")


def call(app: Application, request: Request, number: str) -> Response:
    """One call with what was asked and answered."""
    found = app.calls.one(int(number))
    return render(
        "call.html",
        **frame(request, "calls"),
        call=found,
        asked=pretty(str(found.get("request_body") or "")),
        answered=pretty(str(found.get("response_body") or "")),
        query=parse_qsl(found["query"], keep_blank_values=True),
    )


def pretty(text: str) -> str:
    """Return a body for reading: JSON with its structure, anything else as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def webhooks_page(app: Application, request: Request) -> Response:
    """Where webhooks go and how, and what was sent."""
    sent = [_shown(entry) for entry in app.webhooks.history()[::-1]]
    return render(
        "webhooks.html",
        **frame(request, "webhooks"),
        settings=app.webhooks.settings,
        waiting=app.webhooks.waiting(),
        sent=sent,
    )


def _shown(entry: dict[str, Any]) -> dict[str, Any]:
    """Return a sent webhook with its time and what it tells of, in words."""
    body = json.loads(entry["body"])
    if isinstance(body, list):
        events = [
            f"{event['type'].removeprefix('qbo.').removesuffix('.v1')} {event['intuitentityid']}" for event in body
        ]
    else:
        events = [
            f"{one['name']} {one['id']} {one['operation']}"
            for notification in body["eventNotifications"]
            for one in notification["dataChangeEvent"]["entities"]
        ]
    return {**entry, "when": datetime.fromtimestamp(entry["at"], UTC), "events": events}


def webhook(app: Application, request: Request, number: str) -> Response:
    """One webhook as it was sent."""
    found = [entry for entry in app.webhooks.history() if entry["number"] == int(number)]
    if not found:
        raise KeyError(number)
    return render("webhook.html", **frame(request, "webhooks"), sent=_shown(found[0]), body=pretty(found[0]["body"]))


def change_webhooks(app: Application, request: Request) -> Response:
    """Set where webhooks go and how, or forget what was sent."""
    form = request.form
    if form.get("action") == "forget":
        app.webhooks.forget()
        return done("Forgotten.")
    entities = [name.strip() for name in form.get("entities", "").split(",") if name.strip()]
    app.webhooks.change(
        {
            "address": form.get("address", "").strip() or None,
            "verifier": form.get("verifier", ""),
            "format": form.get("format"),
            "delay": float(form.get("delay") or 0),
            "duplicates": int(form.get("duplicates") or 0),
            "shuffle": form.get("shuffle") == "1",
            "own_writes": form.get("own_writes") == "1",
            "companies_together": form.get("companies_together") == "1",
            "entities": entities or None,
            "retries": [float(text) for text in form.get("retries", "").replace(",", " ").split()],
        }
    )
    app.store.save_setting("webhooks", app.webhooks.settings)
    return done("Saved.")
