"""The settings of a whole QuickBooks company: its pace, its budget, read-only mode; reading it now; ending a sync."""

from typing import Any

from django import forms

from accounts.access import require
from api.described import Answer, Call, Operation, Param
from api.dispatch import same_version
from api.form_fields import as_typed
from api.printing import etag_of_body
from api.problems import Mistake, conflict, missing, pointer, unfit
from api.resources.sync_settings import company_and_object, hold
from api.resources.syncing import CONFIGURES, SETTINGS, TAG, printed_company
from api.schemas import nullable, record, text
from api.scopes import SYNC_CONFIGURE, SYNC_READ
from qbo_connector import queries as connector
from qbo_connector.models import Connection
from qbo_connector.services import settings as company_settings
from sync.forms import LimitsForm, PaceForm
from sync.services import connections, objects, settings

RUNS = "sync.run"
PACE, LIMITS = ("interval_minutes", "time_zone", "economical"), ("monthly_budget", "alert_records", "alert_minutes")
COUNT = {"type": "integer", "minimum": 0}
CHANGE = record(
    {
        "interval_minutes": {"type": "integer", "minimum": 1, "maximum": 60},
        "time_zone": text(60),
        "economical": {"type": "boolean", "description": "Read only when a webhook says that something changed."},
        "monthly_budget": {
            **nullable({"type": "integer", "minimum": 1, "maximum": 10_000_000}),
            "description": "Reads a month; null: no budget.",
        },
        "alert_records": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
        "alert_minutes": {"type": "integer", "minimum": 0, "maximum": 10_080},
        "read_only": {"type": "boolean", "description": "Nothing is written to QuickBooks; it waits and is shown."},
    },
    minProperties=1,
)
KEEP = Param("links", {"type": "string", "enum": ["keep", "remove"]}, "What becomes of the links; they are kept.")


def _company(call: Call, *, permission: str = CONFIGURES, lock: bool = False) -> Connection:
    """The company of the address. Raises Problem."""
    require(call.user, permission)
    rows = connector.visible_to(call.user).filter(pk=call.at["id"])
    found = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if found is None:
        raise missing()
    return found


def _answer(company: Connection) -> Answer:
    body = printed_company(company)
    return Answer(body, etag=etag_of_body(body))


def read(call: Call) -> Answer:
    """How one company is set up."""
    return _answer(_company(call))


def _checked(form: forms.Form) -> dict[str, Any]:
    """What the page's form makes of the values. Raises Problem."""
    if not form.is_valid():
        raise unfit(*(Mistake(str(error), pointer(name)) for name, errors in form.errors.items() for error in errors))
    return form.cleaned_data


def change(call: Call) -> Answer:
    """Change what is given, with the checks of the company's page."""
    company, given, by = _company(call, lock=True), call.body, call.user
    same_version(call, etag_of_body(printed_company(company)))

    def typed(names: tuple[str, ...]) -> dict[str, Any]:
        return {name: as_typed(given.get(name, getattr(company, name))) for name in names}

    if given.get("economical") and PaceForm(connection=company).fields["economical"].disabled:
        raise unfit(Mistake("This installation takes no webhooks: set QBO_WEBHOOK_VERIFIER.", pointer("economical")))
    if given.keys() & set(PACE):
        company_settings.change(company, by=by, **_checked(PaceForm(typed(PACE), connection=company)))
    if given.keys() & set(LIMITS):
        limits = _checked(LimitsForm(typed(LIMITS)))
        company_settings.set_budget(company, monthly_budget=limits["monthly_budget"], by=by)
        company_settings.set_alerts(company, records=limits["alert_records"], minutes=limits["alert_minutes"], by=by)
    if "read_only" in given:
        settings.set_read_only(company, on=given["read_only"], by=by)
    return _answer(_company(call))


def read_now(call: Call) -> Answer:
    """Have a company read now. Raises Problem for one that can't be."""
    company = _company(call, permission=RUNS)
    if not company.active:
        raise conflict(f"It can't be read: {str(company.get_status_display()).lower()}.", "not-connected")
    connections.read_now([company.pk])
    return Answer({"connection": company.pk}, 202, location=f"/api/v1/sync/health/{company.pk}")


def end(call: Call) -> Answer:
    """Switch an object's sync off and forget its settings; records stay."""
    company, sync_object = company_and_object(call)
    hold(call, company, sync_object)
    keep = call.query.get("links", "keep") == "keep"
    return Answer({"links_removed": objects.delete_sync(company, sync_object, keep_links=keep, by=call.user)})


def operations() -> list[Operation]:
    """What can be done with a whole company, and with the sync of one of its objects."""
    path = "sync/settings/{id}"
    shown: dict[str, Any] = {"tag": TAG, "answers": {200: SETTINGS}, "shows_version": True}
    return [
        Operation("GET", path, "read-sync-company", summary="How a company is set up", scope=SYNC_READ, run=read,
                  **shown),
        Operation("PATCH", path, "change-sync-company", summary="Change how a company is read and written",
                  scope=SYNC_CONFIGURE, run=change, body=CHANGE, versioned=True, **shown),
        Operation("POST", f"{path}/read", "read-company-now", TAG, "Read a company now", SYNC_CONFIGURE, read_now,
                  {202: record({"connection": {"type": "integer"}}, "connection")},
                  text="It costs some reads of QuickBooks. `Location` says when it was last read with success."),
        Operation("DELETE", f"{path}/{{object}}", "delete-sync-object", TAG, "End the sync of an object",
                  SYNC_CONFIGURE, end, {200: record({"links_removed": COUNT}, "links_removed")}, (KEEP,),
                  versioned=True, text="It is switched off and its settings are forgotten; records and mappings stay. "
                  "Without their links, records are matched anew when it is set up again."),
    ]  # fmt: skip
