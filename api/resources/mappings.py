"""Field mappings of the sync: which field is which, tried on a real record, added, changed, deleted."""

from typing import Any

from django.db import IntegrityError

from accounts.access import require
from api.described import Answer, Call, Operation, Param, Schema
from api.dispatch import same_version
from api.form_fields import NOT_EMPTY
from api.listed import Filter, Listed
from api.listing import Shown, View
from api.printing import etag_of_body
from api.problems import Mistake, Problem, conflict, missing, pointer, unfit, unfit_at
from api.resources.syncing import CONFIGURES, TAG, links_of
from api.schemas import ID, MOMENT, array, named, nullable, record, text
from api.scopes import SYNC_CONFIGURE, SYNC_READ
from core.properties import remembered
from qbo_connector import queries as connector
from sync.enums import Direction, RecordType, Transform, Winner
from sync.mapping.fields import Field
from sync.models import FieldMapping
from sync.services import mappings

WORDS = {"type": "string"}
RECORD_TYPE = {"type": "string", "enum": list(RecordType.values)}
# Lines have no link of their own to try a mapping on.
TRIED = [kind for kind in RecordType if kind != RecordType.LINE]
FIELDS: dict[str, Schema] = {
    "crm_field": text(80, **NOT_EMPTY),
    "qbo_field": text(120, **NOT_EMPTY),
    "direction": {"type": "string", "enum": list(Direction.values)},
    "winner": {"type": "string", "enum": ["", *Winner.values], "description": "Empty: as set for the object."},
    "transform": {"type": "string", "enum": list(Transform.values)},
    "default": text(500, description="Written where the other side has nothing."),
}
SWITCH: dict[str, Schema] = {"enabled": {"type": "boolean"}}
VIEW = View(
    [
        Shown("id", ID),
        Shown("connection", ID, "connection_id"),
        Shown("record_type", RECORD_TYPE),
        Shown("crm_field", WORDS),
        Shown("qbo_field", WORDS),
        Shown("direction", {"type": "string", "enum": list(Direction.values)}),
        Shown("winner", WORDS),
        Shown("default", WORDS),
        Shown("transform", WORDS),
        Shown("enabled", {"type": "boolean"}),
        Shown("standard", {"type": "boolean"}),
        Shown("last_synced_at", nullable(MOMENT)),
        Shown("failing_since", nullable(MOMENT)),
        Shown("problem", WORDS),
    ],
    needs=("id",),
    sorts=("id", "-id"),
)


def _rows(user: Any) -> Any:
    return FieldMapping.objects.filter(connection__in=connector.visible_to(user))


def _version(row: FieldMapping) -> str:
    return etag_of_body(VIEW.answered([row], VIEW.fields)[0])


MAPPINGS = Listed(
    "mapping",
    "mappings",
    TAG,
    VIEW,
    _rows,
    SYNC_READ,
    CONFIGURES,
    filters={
        "connection": Filter(ID, "connection_id", "Only those of this QuickBooks company."),
        "record_type": Filter(RECORD_TYPE, "record_type", "Only these."),
    },
    version=_version,
)


def _held(call: Call) -> FieldMapping:
    """The mapping of the address, locked, in the version that the caller has read. Raises Problem."""
    row = MAPPINGS.visible(call).select_for_update().filter(pk=call.at["id"]).first()
    if row is None:
        raise missing()
    same_version(call, _version(row))
    found: FieldMapping = row
    return found


def _refused(error: mappings.BadMapping) -> Problem:
    return unfit(*(Mistake(str(words), pointer(name)) for name, words in error.problems.items()))


def _twin() -> Problem:
    return conflict("Somebody has just mapped one of these fields.", "mapped-already")


def create(call: Call) -> Answer:
    """Map two fields; it is applied to what is linked already."""
    require(call.user, CONFIGURES)
    values = dict(call.body)
    connection = connector.visible_to(call.user).filter(pk=values.pop("connection")).first()
    if connection is None:
        raise unfit_at("/connection", "There is no such QuickBooks company.")
    try:
        row = mappings.add(connection, RecordType(values.pop("record_type")), by=call.user, **values)
    except mappings.BadMapping as error:
        raise _refused(error) from error
    except IntegrityError as error:
        raise _twin() from error
    return MAPPINGS.answer(call, row, 201)


def change(call: Call) -> Answer:
    """Change what is given."""
    row = _held(call)
    try:
        return MAPPINGS.answer(call, mappings.change(row, by=call.user, **call.body))
    except mappings.BadMapping as error:
        raise _refused(error) from error
    except IntegrityError as error:
        raise _twin() from error


def delete(call: Call) -> Answer:
    """Delete a mapping that somebody added; values stay on both sides."""
    try:
        mappings.delete(_held(call), by=call.user)
    except mappings.Standard as error:
        raise conflict("A standard mapping can't be deleted. Switch it off instead.", "standard") from error
    return Answer(None, 204)


def preview(call: Call) -> Answer:
    """What a mapping would do to a linked record; nothing is written."""
    require(call.user, CONFIGURES)
    values = dict(call.body)
    asked, stored = values.pop("link"), values.pop("mapping", None)
    link = links_of(call.user).select_related("connection").filter(pk=asked, object_type__in=TRIED).first()
    if link is None or not link.qbo_id:
        raise unfit_at("/link", "There is no such linked record that mappings apply to.")
    row = FieldMapping(connection=link.connection, record_type=link.object_type)
    if stored is not None:
        found = FieldMapping.objects.filter(connection=link.connection, record_type=link.object_type, pk=stored).first()
        if found is None:
            raise unfit_at("/mapping", "There is no such mapping for this record.")
        row = found
    try:
        tried = mappings.preview(row, link, **values, enabled=True)
    except mappings.BadMapping as error:
        raise _refused(error) from error
    return Answer(
        {
            "crm": {"before": tried.crm_before, "after": tried.crm_after},
            "quickbooks": {"before": tried.quickbooks_before, "after": tried.quickbooks_after},
            "problem": tried.problem,
            "conflict": tried.conflict,
        }
    )


def _told(field: Field) -> dict[str, Any]:
    return {"name": field.name, "label": str(field.label), "kind": field.kind, "writable": field.writable}


def fields(call: Call) -> Answer:
    """The fields of both sides that can be mapped."""
    require(call.user, CONFIGURES)
    connection = connector.visible_to(call.user).filter(pk=call.query["connection"]).first()
    if connection is None:
        raise unfit(Mistake("There is no such QuickBooks company.", parameter="connection"))
    with remembered():
        ours, theirs = mappings.options(connection, RecordType(call.query["record_type"]))
    return Answer({"crm": [_told(each) for each in ours], "quickbooks": [_told(each) for each in theirs]})


def operations() -> list[Operation]:
    """What can be done with mappings."""
    sides = array(
        record({"name": WORDS, "label": WORDS, "kind": WORDS, "writable": {"type": "boolean"}}, "name", "label", "kind")
    )
    value: Schema = {"type": ["string", "number", "boolean", "object", "array", "null"]}
    side = record({"before": value, "after": value}, "before", "after")
    tried = named(
        "TriedMapping",
        record(
            {"crm": side, "quickbooks": side, "problem": WORDS, "conflict": {"type": "boolean"}}, "crm", "quickbooks"
        ),
    )
    asked = (
        Param("connection", ID, "The QuickBooks company.", required=True),
        Param("record_type", RECORD_TYPE, "The kind of record.", required=True),
    )
    new = named(
        "NewMapping",
        record(
            {"connection": ID, "record_type": RECORD_TYPE, **FIELDS, **SWITCH},
            "connection", "record_type", "crm_field", "qbo_field",
        ),
    )  # fmt: skip
    changed = named("MappingChange", record({**FIELDS, **SWITCH}, minProperties=1))
    trial = record(
        {"link": ID, "mapping": {**nullable(ID), "description": "One that is there, to try changes of it."}, **FIELDS},
        "link",
    )
    own: dict[str, Any] = {"tag": TAG, "scope": SYNC_CONFIGURE, "params": VIEW.params, "shows_version": True}
    return [
        *MAPPINGS.operations(),
        Operation("POST", "mappings", "create-mapping", summary="Map two fields", run=create,
                  answers={201: MAPPINGS.shown}, body=new,
                  text="It is applied to what is linked already, without asking QuickBooks.", **own),
        Operation("PATCH", "mappings/{id}", "change-mapping", summary="Change a mapping", run=change,
                  answers={200: MAPPINGS.shown}, body=changed, versioned=True,
                  text="A standard one keeps its fields.", **own),
        Operation("DELETE", "mappings/{id}", "delete-mapping", TAG, "Delete a mapping", SYNC_CONFIGURE, delete,
                  {204: None}, versioned=True, text="Standard ones are switched off instead."),
        Operation("POST", "mappings/preview", "preview-mapping", TAG, "Try a mapping on a linked record",
                  SYNC_CONFIGURE, preview, {200: tried}, body=trial, writes=False),
        Operation("GET", "mappings/fields", "list-mapping-fields", TAG, "The fields that can be mapped", SYNC_READ,
                  fields, {200: record({"crm": sides, "quickbooks": sides}, "crm", "quickbooks")}, asked),
    ]  # fmt: skip
