"""All companies, and what one is set up like: its preferences and its size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qbo_simulator import amounts, generate, seed
from qbo_simulator.company import Company, list_companies
from qbo_simulator.entities.catalogue import ENTITIES
from qbo_simulator.objects import act
from qbo_simulator.pages.frame import choices, company_of, done, frame, today_of
from qbo_simulator.pages.rendering import render
from qbo_simulator.store import Transaction
from qbo_simulator.wire import Request, Response

if TYPE_CHECKING:
    from qbo_simulator.application import Application

Body = dict[str, Any]
_COUNTED = 10000

#: Preferences that can be switched on and off: group, name, what it means.
SWITCHES = (
    ("SalesFormsPrefs", "CustomTxnNumbers", "Custom transaction numbers"),
    ("SalesFormsPrefs", "AllowDiscount", "Discounts on sales forms"),
    ("SalesFormsPrefs", "AllowDeposit", "Deposits on sales forms"),
    ("SalesFormsPrefs", "AllowShipping", "Shipping on sales forms"),
    ("SalesFormsPrefs", "AllowServiceDate", "Service dates on lines"),
    ("SalesFormsPrefs", "AllowEstimates", "Estimates"),
    ("SalesFormsPrefs", "AutoApplyPayments", "Apply payments automatically"),
    ("SalesFormsPrefs", "AutoApplyCredit", "Apply credits automatically"),
    ("SalesFormsPrefs", "ETransactionPaymentEnabled", "Online payments"),
    ("CurrencyPrefs", "MultiCurrencyEnabled", "Several currencies"),
    ("TaxPrefs", "UsingSalesTax", "Sales tax"),
    ("TaxPrefs", "PartnerTaxEnabled", "Automated sales tax (US)"),
    ("AccountingInfoPrefs", "ClassTrackingPerTxn", "Classes, one for a transaction"),
    ("AccountingInfoPrefs", "ClassTrackingPerTxnLine", "Classes, one for a line"),
    ("AccountingInfoPrefs", "TrackDepartments", "Locations"),
    ("AccountingInfoPrefs", "UseAccountNumbers", "Account numbers"),
)


def home(app: Application, request: Request) -> Response:
    """All companies."""
    with app.store.reading() as tx:
        cards = [_card(tx, company_of(tx, entry["realmId"])) for entry in list_companies(tx)]
    templates = sorted(seed.SAMPLES)
    return render("home.html", **frame(request, "home"), cards=cards, clients=sorted(app.clients), templates=templates)


def _card(tx: Transaction, company: Company) -> Body:
    """Return what a company's card shows; nothing that takes longer the more invoices there are."""
    counts = {
        entity: tx.one(
            "SELECT count(*) FROM (SELECT 1 FROM objects WHERE realm = ? AND entity = ? AND deleted = 0 LIMIT ?)",
            (company.realm, entity, _COUNTED + 1),
        )[0]
        for entity in ("Customer", "Invoice")
    }
    currency = "json_extract(body, '$.CurrencyRef.value')" if company.multicurrency else "?"
    parameters = (company.realm,) if company.multicurrency else (company.home_currency, company.realm)
    owed = tx.execute(
        f"SELECT {currency}, sum(balance) FROM objects WHERE realm = ? AND entity = 'Customer' "  # noqa: S608 (ours)
        "AND deleted = 0 GROUP BY 1 ORDER BY 1",
        parameters,
    ).fetchall()
    shown = {name: f"{count:,}" if count <= _COUNTED else f"over {_COUNTED:,}" for name, count in counts.items()}
    return {"company": company, "invoices": shown["Invoice"], "people": shown["Customer"], "owed": owed}


def add(app: Application, request: Request) -> Response:
    """Make a company."""
    form = request.form
    name, template = form.get("name", "").strip(), form.get("template", "")
    if not name or template not in seed.SAMPLES:
        raise ValueError("A company needs a name and a template.")
    with app.store.writing() as tx:
        realm = seed.add_company(
            tx, template, now=app.clock.now(), keep_dates=app.keep_dates, name=name, empty=form.get("empty") == "1"
        )
    return done(f"{name} is there.", f"/companies/{realm}/settings")


def settings(app: Application, request: Request, realm: str) -> Response:
    """A company's preferences."""
    with app.store.reading() as tx:
        company = company_of(tx, realm)
        terms = choices(tx, realm, "Term")
    groups = company.preferences
    switches = [(f"{g}.{n}", text, bool((groups.get(g) or {}).get(n))) for g, n, text in SWITCHES]
    return render(
        "settings.html",
        **frame(request, "settings", company),
        switches=switches,
        closed=company.books_closed_on or "",
        term=company.default_term or "",
        terms=terms,
        lapsed=realm in app.switches["inactive_companies"],
        info=company.info,
        token=groups.get("SyncToken"),
        today=today_of(app, company).isoformat(),
    )


def change_settings(app: Application, request: Request, realm: str) -> Response:
    """Set preferences, let the subscription lapse, or fill the books."""
    form = request.form
    match form.get("action"):
        case "preferences":
            fields: dict[str, Body] = {}
            for group, name, _ in SWITCHES:
                fields.setdefault(group, {})[name] = form.get(f"{group}.{name}") == "1"
            fields["AccountingInfoPrefs"]["BookCloseDate"] = form.get("closed") or None
            fields["SalesFormsPrefs"]["DefaultTerms"] = {"value": form["term"]} if form.get("term") else None
            act(app, realm, ENTITIES["preferences"], "1", {"operation": "update", "fields": fields})
            return done("Preferences saved.")
        case "name":
            fields = {"CompanyName": form.get("name", "").strip()}
            if not fields["CompanyName"]:
                raise ValueError("A company needs a name.")
            act(app, realm, ENTITIES["companyinfo"], "1", {"operation": "update", "fields": fields})
            with app.store.writing() as tx:
                tx.execute("UPDATE companies SET name = ? WHERE realm = ?", (fields["CompanyName"], realm))
            return done("Renamed.")
        case "subscription":
            lapsed = [one for one in app.switches["inactive_companies"] if one != realm]
            lapsed += [realm] if form.get("lapsed") == "1" else []
            app.switches = {**app.switches, "inactive_companies": lapsed}
            app.store.save_setting("switches", app.switches)
            return done("The subscription has lapsed: writes are refused." if realm in lapsed else "Subscribed again.")
        case "generate":
            wanted = {n: _count(form.get(n)) for n in ("customers", "items", "invoices", "payments")}
            made = generate.fill(app, realm, **wanted, seed=_count(form.get("seed")) or 1)
            return done("Made " + ", ".join(f"{count:,} {name}" for name, count in made.items() if count) + ".")
    raise ValueError("There is no such action.")


def _count(text: str | None) -> int:
    value = int(amounts.decimal_of(text or "0"))
    if value < 0 or value > 1000000:
        raise ValueError("A count is between 0 and 1,000,000.")
    return value
