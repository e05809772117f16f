"""The settings of what a company syncs: changed, tried before, switched on and off."""

from collections.abc import Callable
from typing import Any

from accounts.access import require
from api.described import Answer, Call, Operation, Schema
from api.dispatch import same_version
from api.form_fields import NOT_EMPTY
from api.listed import CONDITION
from api.printing import etag_of_body, plain
from api.problems import Mistake, Problem, conflict, missing, pointer, unfit
from api.resources.syncing import CONFIGURES, OBJECT, TAG, printed_object
from api.schemas import DAY, ID, MOMENT, array, named, nullable, record, text
from api.scopes import SYNC_CONFIGURE, SYNC_READ
from core.properties import remembered
from qbo_connector import queries as connector
from qbo_connector.models import Connection
from sync.consequences import summary
from sync.dry_run import CRM, QUICKBOOKS, Report
from sync.enums import DryRunState, Generation, RecordType, SyncObject
from sync.models import ConnectionSettings, ObjectSettings, SyncDryRun
from sync.object_form import ObjectSettingsForm
from sync.queries import stored_settings
from sync.services import dry_runs, objects, settings
from sync.setting_words import APPLY

WORDS = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}
FILTER: Schema = {
    "type": "object",
    "description": "A condition, or one for each kind of record: {company: {…}, contact: {…}}. {} lets all pass.",
    "properties": dict.fromkeys(RecordType.values, CONDITION),
}
FIELDS: dict[str, Schema] = {
    **{name: {"type": "string", "enum": list(kind.values)} for name, kind in settings.CHOICES.items()},
    "back_fill_since": nullable(DAY),
    "matching_fields": array(text(80), maxItems=50, uniqueItems=True),
    "filter_in": FILTER,
    "filter_out": FILTER,
    "display_name_template": text(200, **NOT_EMPTY),
    "display_name_suffix": text(60),
    "income_account": text(40, description="The id of an account in QuickBooks; empty: found by its name."),
}
# What a company with the simple set-up lets one choose.
SIMPLE = {"incoming", "removal"}
DRY_RUN = named(
    "DryRun",
    record(
        {
            "id": ID,
            "connection": ID,
            "object": {"type": "string", "enum": list(SyncObject.values)},
            "state": {"type": "string", "enum": list(DryRunState.values)},
            "percent": {"type": "integer", "minimum": 0, "maximum": 100},
            "requested_at": MOMENT,
            "finished_at": nullable(MOMENT),
            "problem": WORDS,
            "complete": {"type": "boolean", "description": "False where there was no time for all."},
            "settings": {"type": "object", "description": "What it tries."},
            "consequences": array(
                record(
                    {
                        "side": {"type": "string", "enum": [CRM, QUICKBOOKS]},
                        "kind": WORDS,
                        "count": COUNT,
                        "text": WORDS,
                        "reasons": array(WORDS),
                    },
                    "side",
                    "kind",
                    "count",
                    "text",
                )
            ),
        },
        "id",
        "state",
        "consequences",
    ),
)


def company_and_object(call: Call) -> tuple[Connection, SyncObject]:
    """The company and object of the address, for who may configure the sync. Raises Problem."""
    require(call.user, CONFIGURES)
    connection = connector.visible_to(call.user).filter(pk=call.at["id"]).first()
    if connection is None or call.at["object"] not in SyncObject:
        raise missing()
    return connection, SyncObject(call.at["object"])


def _answer(row: ObjectSettings) -> Answer:
    body = printed_object(row)
    return Answer(body, etag=etag_of_body(body))


def read(call: Call) -> Answer:
    """The settings of one object of a company; the defaults where nothing is set up."""
    return _answer(stored_settings(*company_and_object(call)))


def hold(call: Call, connection: Connection, sync_object: SyncObject) -> None:
    """Lock the settings, in the version that the caller has read. Raises Problem."""
    about: dict[str, Any] = {"connection": connection, "sync_object": sync_object}
    ObjectSettings.objects.get_or_create(**about)
    row = ObjectSettings.objects.select_for_update().get(**about)
    same_version(call, etag_of_body(printed_object(row)))


def _check(call: Call, connection: Connection, sync_object: SyncObject) -> None:
    """Raises Problem for settings that the page of this object would not offer."""
    simple = ConnectionSettings.objects.filter(connection=connection, generation=Generation.SIMPLE).exists()
    if simple and set(call.body) - SIMPLE:
        raise conflict("This company has the simple sync. Upgrade it to set more than incoming and removal.", "simple")
    form = ObjectSettingsForm(stored=stored_settings(connection, sync_object), user=call.user)
    wrong = [
        Mistake("This object does not have this setting.", pointer(name))
        for name in call.body
        if name not in APPLY[sync_object]
    ]
    account = call.body.get("income_account")
    accounts: Any = form.fields.get("income_account")
    if account and accounts is not None and account not in dict(accounts.choices):
        wrong.append(Mistake("There is no such income account.", pointer("income_account")))
    if wrong:
        raise unfit(*wrong)


def _refused(error: settings.BadSettings) -> Problem:
    return unfit(*(Mistake(str(words), pointer(name)) for name, words in error.problems.items()))


def change(call: Call) -> Answer:
    """Change what is given; what it concerns is looked at again."""
    connection, sync_object = company_and_object(call)
    hold(call, connection, sync_object)
    with remembered():
        _check(call, connection, sync_object)
        try:
            settings.change(connection, sync_object, call.body, by=call.user)
        except settings.BadSettings as error:
            raise _refused(error) from error
    return _answer(stored_settings(connection, sync_object))


def preview(call: Call) -> Answer:
    """Have a worker count what settings would do; nothing is changed."""
    connection, sync_object = company_and_object(call)
    with remembered():
        _check(call, connection, sync_object)
        try:
            tried = settings.draft(connection, sync_object, call.body)
        except settings.BadSettings as error:
            raise _refused(error) from error
    run = dry_runs.wanted(connection, sync_object, by=call.user, settings=tried, max_age=dry_runs.FRESH)
    return Answer(_printed_run(run), 202, location=f"/api/v1/sync/dry-runs/{run.pk}")


def _printed_run(run: SyncDryRun) -> dict[str, Any]:
    report = Report.from_json(run.report) if run.report else None
    return {
        "id": run.pk,
        "connection": run.connection_id,
        "object": run.sync_object,
        "state": run.state,
        "percent": run.percent if run.busy else 100,
        "requested_at": plain(run.requested_at),
        "finished_at": plain(run.finished_at),
        "problem": run.problem,
        "complete": report is None or report.complete,
        "settings": run.values,
        "consequences": [
            {"side": each.side, "kind": each.kind, "count": each.count, "text": each.sentence,
             "reasons": list(each.reasons)}
            for each in (summary(report).every if report else ())
        ],
    }  # fmt: skip


def dry_run(call: Call) -> Answer:
    """How far a dry run is, and what it found."""
    require(call.user, CONFIGURES)
    run = SyncDryRun.objects.filter(connection__in=connector.visible_to(call.user), pk=call.at["id"]).first()
    if run is None:
        raise missing()
    return Answer(_printed_run(run))


def _switch(*, on: bool) -> Callable[[Call], Answer]:
    def switch(call: Call) -> Answer:
        """Switch an object's sync on or off."""
        connection, sync_object = company_and_object(call)
        hold(call, connection, sync_object)
        objects.switch(connection, sync_object, on=on, by=call.user)
        return _answer(stored_settings(connection, sync_object))

    return switch


def operations() -> list[Operation]:
    """What can be done with the settings of an object."""
    path = "sync/settings/{id}/{object}"
    tried = record(FIELDS)
    changed = named("SyncObjectChange", record(FIELDS, minProperties=1))
    own: dict[str, Any] = {"tag": TAG, "answers": {200: OBJECT}, "shows_version": True}
    changing: dict[str, Any] = {**own, "scope": SYNC_CONFIGURE, "versioned": True}
    return [
        Operation("GET", path, "read-sync-object", summary="How an object of a company is set up", scope=SYNC_READ,
                  run=read, **own),
        Operation("PATCH", path, "change-sync-object", summary="Change how an object of a company is synced",
                  run=change, body=changed, text="What the change concerns is looked at again at once.",
                  **changing),
        Operation("POST", f"{path}/preview", "preview-sync-object", TAG, "Count what settings would do",
                  SYNC_CONFIGURE, preview, {202: DRY_RUN}, body=tried,
                  text="Takes what a change takes, and changes nothing: a worker goes through all records, "
                  "and `Location` says how far it is."),
        Operation("POST", f"{path}/turn-on", "turn-on-sync-object", summary="Switch the sync of an object on",
                  run=_switch(on=True), **changing),
        Operation("POST", f"{path}/turn-off", "turn-off-sync-object", summary="Switch the sync of an object off",
                  run=_switch(on=False), text="Records and links stay.", **changing),
        Operation("GET", "sync/dry-runs/{id}", "read-dry-run", TAG, "What settings would do", SYNC_READ, dry_run,
                  {200: DRY_RUN}),
    ]  # fmt: skip
