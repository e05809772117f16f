"""Behind the counter: faults made on purpose, limits, tokens, doubtful points, the clock, snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qbo_simulator import grants, injection, limits, snapshots, switches
from qbo_simulator.amounts import decimal_of
from qbo_simulator.pages.frame import done, frame
from qbo_simulator.pages.rendering import render
from qbo_simulator.wire import Request, Response

if TYPE_CHECKING:
    from qbo_simulator.application import Application

#: What can be picked with one click; everything else has its own fields.
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
KINDS = (
    "read",
    "query",
    "cdc",
    "batch",
    "report",
    "create",
    "update",
    "delete",
    "void",
    "send",
    "pdf",
    "token",
    "refresh",
    "revoke",
    "authorize",
)
_ENDINGS = {"expire": "UPDATE access_tokens SET expires = 0", "revoke": "UPDATE grants SET revoked = 1"}
_RULE_TEXTS = ("method", "path", "regex", "entity", "realm", "kind", "code", "message", "detail", "when", "action")
_RULE_WHOLE = ("times", "skip", "status", "cut_after")
_RULE_PARTS = ("probability", "latency")
#: What each doubtful point is about, in the words of the page.
DOUBTS = {
    "replay_faults": "A repeated requestid gets a stored Fault again",
    "requestid_retention": "Seconds until a requestid is forgotten; empty: never",
    "requestid_mismatch": "A requestid that comes again with another body",
    "docnumber_when_automatic": "A number sent while the company numbers by itself",
    "delete_paid_invoice": "Deleting an invoice that has payments",
    "payment_moves_invoice_token": "A payment moves the SyncToken of its invoice",
    "auto_apply_payments": "Payments without lines pay the oldest invoices",
    "check_amounts": "Amount has to be quantity times price",
    "amount_mismatch_code": "The fault where it is not",
    "refuse_delivery_info": "A DeliveryInfo that is sent back is refused",
    "deactivate_with_balance": "Making a customer with an open balance inactive",
    "query_entity_case": "Entity names in queries",
    "default_order": "Rows without ORDERBY, by Id",
    "batch_size": "How many requests a batch may have",
    "cdc_too_old": "Changes since more than 30 days ago",
    "throttle_body": "The body of a 429",
    "duplicate_number_code": "The fault of a number that is taken",
    "show_close_date": "Preferences tell the closing date",
    "field_limits": "Lengths of fields as in the",
    "unknown_properties": "Names in a request that no object has",
    "metered_kinds": "Kinds of calls that cost money",
    "metered_failures": "Calls that fail cost money, too",
    "given_tax": "Tax amounts in a request",
    "automated_tax_override": "TotalTax in a request overrides automated tax",
    "us_characters": "Characters beyond ISO-8859-1 in a US company",
    "inactive_companies": "Companies whose subscription has lapsed (realm ids)",
}


# -- faults -------------------------------------------------------------------------------------------------------


def faults_page(app: Application, request: Request) -> Response:
    """Faults in force, a choice of new ones, and a form for any other."""
    presets = {name: text for name, (text, _) in PRESETS.items()}
    rules = [(rule, _sentence(rule)) for rule in app.faults.rules()]
    known = {"actions": injection.ACTIONS, "kinds": KINDS}
    return render("faults.html", **frame(request, "faults"), rules=rules, presets=presets, **known)


def _sentence(rule: dict[str, Any]) -> str:
    """Return what a rule says, without what it leaves open."""
    open_ends = {"probability": 1.0, "when": "before", "skip": 0, "latency": 0.0}
    hidden = ("id", "hits", "content_type")
    return " ".join(f"{n}={v}" for n, v in rule.items() if n not in hidden and open_ends.get(n, ...) != v)


def change_faults(app: Application, request: Request) -> Response:
    """Add a fault, or take one or all away."""
    form = request.form
    match form.get("action"):
        case "preset":
            if form.get("preset") not in PRESETS:
                raise injection.InvalidRule("Choose a fault.")
            app.faults.add(PRESETS[form["preset"]][1])
            return done("Added.")
        case "add":
            app.faults.add(_rule(form))
            return done("Added.")
        case "remove":
            app.faults.clear(int(form["id"]))
            return done("Removed.")
        case "clear":
            app.faults.clear()
            return done("All removed.")
    raise ValueError("There is no such action.")


def _rule(form: dict[str, str]) -> dict[str, Any]:
    given = {name.removeprefix("rule-"): text.strip() for name, text in form.items() if name.startswith("rule-")}
    rule: dict[str, Any] = {name: given[name] for name in _RULE_TEXTS if given.get(name)}
    rule |= {name: int(given[name]) for name in _RULE_WHOLE if given.get(name)}
    rule |= {name: float(given[name]) for name in _RULE_PARTS if given.get(name)}
    if given.get("body"):
        rule["body"] = given["body"]
    return rule


# -- limits, tokens, doubtful points ------------------------------------------------------------------------------


def rules_page(app: Application, request: Request) -> Response:
    """Limits, what tokens do, and the points that nobody knows for sure."""
    doubts = [
        (name, DOUBTS.get(name, name), app.switches[name], default, switches.CHOICES.get(name))
        for name, default in switches.DEFAULTS.items()
    ]
    return render(
        "rules.html",
        **frame(request, "rules"),
        limits=app.limits.settings,
        policy=app.token_policy,
        policy_choices=grants.CHOICES,
        doubts=doubts,
    )


def change_rules(app: Application, request: Request) -> Response:
    """Set limits, the token policy or switches, or end tokens."""
    form = request.form
    match form.get("action"):
        case "limits":
            app.limits.change(
                {name: form.get("on") == "1" if name == "on" else _count(form.get(name)) for name in limits.DEFAULTS}
            )
            app.store.save_setting("limits", app.limits.settings)
            return done("Limits are on." if app.limits.settings["on"] else "Limits are off.")
        case "tokens":
            app.token_policy = {name: _typed(name, form, value) for name, value in grants.POLICY_DEFAULTS.items()}
            app.store.save_setting("token_policy", app.token_policy)
            return done("Saved.")
        case "expire" | "revoke" as action:
            with app.store.writing() as tx:
                ended = (
                    "UPDATE access_tokens SET expires = 0" if action == "expire" else "UPDATE grants SET revoked = 1"
                )
                tx.execute(ended)
            return done("All access tokens are expired." if action == "expire" else "All connections are revoked.")
        case "switches":
            wanted = {name: _typed(name, form, value) for name, value in switches.DEFAULTS.items()}
            app.switches = switches.changed(app.switches, wanted)
            app.store.save_setting("switches", app.switches)
            return done("Saved.")
    raise ValueError("There is no such action.")


def _count(text: str | None) -> int | None:
    if not (text or "").strip():
        return None
    value = int(decimal_of(text))
    if value < 0:
        raise ValueError("A limit is not negative.")
    return value


def _typed(name: str, form: dict[str, str], default: Any) -> Any:
    """Return a field of the form as the kind of value that its default is."""
    text = form.get(name, "").strip()
    if isinstance(default, bool):
        return text == "1"
    if isinstance(default, list):
        return [part for part in text.replace(",", " ").split() if part]
    if isinstance(default, str):
        return text or default
    return _count(text) if default is None or text else default


# -- clock and snapshots ------------------------------------------------------------------------------------------


def clock_page(app: Application, request: Request) -> Response:
    """The simulated time."""
    days = round(app.clock.offset / 86400, 2)
    return render("clock.html", **frame(request, "clock"), now=app.clock.now(), days=days, speed=app.clock.speed)


def change_clock(app: Application, request: Request) -> Response:
    """Move on by some days, run faster, or go back to real time."""
    form = request.form
    match form.get("action"):
        case "reset":
            app.clock.change(offset=0.0, speed=1.0)
            text = "Back to real time."
        case "speed":
            speed = float(form.get("speed") or 1)
            app.clock.change(speed=speed)
            text = f"Time runs {speed:g} times as fast."
        case _:
            days = float(form.get("days") or 0)
            if abs(days) > 36500:
                raise ValueError("At most a hundred years.")
            app.clock.change(advance=days * 86400)
            text = f"Moved by {days:g} days."
    app.store.save_setting("clock", app.clock.state())
    return done(text)


def snapshots_page(app: Application, request: Request) -> Response:
    """What was saved, and starting over."""
    return render("snapshots.html", **frame(request, "snapshots"), rows=snapshots.listing(app))


def change_snapshots(app: Application, request: Request) -> Response:
    """Save, go back to or delete a snapshot, or start over."""
    form = request.form
    name = form.get("name", "").strip()
    match form.get("action"):
        case "save":
            snapshots.save(app, name)
            return done(f"Saved as {name}.")
        case "restore":
            snapshots.restore(app, name)
            return done(f"Everything is as it was in {name}.")
        case "remove":
            snapshots.remove(app, name)
            return done(f"{name} is deleted.")
        case "reset":
            snapshots.start_over(app)
            return done("Everything is as at the first start.")
    raise ValueError("There is no such action.")
