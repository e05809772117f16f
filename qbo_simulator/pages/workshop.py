"""Behind the counter: calls that came in, faults made on purpose, the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qbo_simulator import injection
from qbo_simulator.pages.books import done
from qbo_simulator.pages.rendering import render
from qbo_simulator.wire import Request, Response

if TYPE_CHECKING:
    from qbo_simulator.application import Application

#: What can be picked on the page; everything else goes through the control interface.
PRESETS: dict[str, tuple[str, dict[str, Any]]] = {
    "slow": ("Answers take 3 seconds", {"action": "latency", "latency": 3, "path": "/v3/"}),
    "throttle": ("Too many requests (429), five times", {"action": "throttle", "path": "/v3/", "times": 5}),
    "html": ("Service unavailable (503, a web page), three times", {"action": "html", "path": "/v3/", "times": 3}),
    "drop": ("Connection dropped before anything is done, once", {"action": "drop", "path": "/v3/", "times": 1}),
    "lost": (
        "The next new invoice is written, but its answer is lost",
        {"action": "drop", "when": "after", "kind": "create", "entity": "Invoice", "times": 1},
    ),
    "fault": ("System fault (500, code 10000), once", {"code": "10000", "path": "/v3/", "times": 1}),
    "fault200": ("A Fault within status 200, once", {"action": "fault_in_200", "path": "/v3/", "times": 1}),
    "stale": (
        "Every change of an object is refused as stale (5010), twice",
        {"code": "5010", "kind": "update", "times": 2},
    ),
}


def _common(request: Request, here: str) -> dict[str, Any]:
    return {"here": here, "done": request.query.get("done"), "refused": request.query.get("refused")}


def calls(app: Application, request: Request) -> Response:
    """The newest calls, and counts of all."""
    summary = app.calls.summary()
    return render("calls.html", **_common(request, "calls"), summary=summary, calls=app.calls.recent(200)[::-1])


def faults_page(app: Application, request: Request) -> Response:
    """Faults in force, and a choice of new ones."""
    presets = {name: text for name, (text, _) in PRESETS.items()}
    limits = app.limits.settings
    return render("faults.html", **_common(request, "faults"), rules=app.faults.rules(), presets=presets, limits=limits)


def change_faults(app: Application, request: Request) -> Response:
    """Add a fault, take one or all away, or switch the limits."""
    form = request.form
    match form.get("action"):
        case "add":
            if form.get("preset") not in PRESETS:
                raise injection.InvalidRule("Choose a fault.")
            app.faults.add(PRESETS[form["preset"]][1])
            return done("Added.")
        case "remove":
            app.faults.clear(int(form["id"]))
            return done("Removed.")
        case "clear":
            app.faults.clear()
            return done("All removed.")
        case "limits":
            app.limits.change({"on": form.get("on") == "1"})
            app.store.save_setting("limits", app.limits.settings)
            return done("Limits are on." if app.limits.settings["on"] else "Limits are off.")
    raise ValueError("There is no such action.")


def clock_page(app: Application, request: Request) -> Response:
    """The simulated time."""
    days = round(app.clock.offset / 86400, 2)
    return render("clock.html", **_common(request, "clock"), now=app.clock.now(), days=days, speed=app.clock.speed)


def change_clock(app: Application, request: Request) -> Response:
    """Move on by some days, or go back to real time."""
    if request.form.get("action") == "reset":
        app.clock.change(offset=0.0, speed=1.0)
        text = "Back to real time."
    else:
        days = float(request.form.get("days") or 0)
        app.clock.change(advance=days * 86400)
        text = f"Moved by {days:g} days."
    app.store.save_setting("clock", app.clock.state())
    return done(text)
