"""Custom properties: which there are, new ones, changes, order, deletion and the way back."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F

from accounts.access import require
from api.described import Answer, Call, Operation, Param, Schema
from api.dispatch import same_version
from api.form_fields import NOT_EMPTY
from api.printing import etag_of_body, plain
from api.problems import Mistake, Problem, conflict, missing, pointer, unfit, unfit_at
from api.schemas import MOMENT, array, named, nullable, record, text
from api.scopes import CRM_CONFIGURE, CRM_READ
from core.enums import PropertyKind
from core.forms.fields import CurrencyCodeField
from core.models import PropertyDefinition
from core.properties import PREFIX
from core.properties.objects import in_order
from core.services import properties, property_choices
from core.services.properties import CHOICE_KINDS, INDEXED_KINDS, NUMBER_KINDS, PropertyRefused

TAG = "Properties"
MANAGES = "core.manage_properties"
WORDS = {"type": "string"}
LIMIT = {"type": "string", "pattern": r"^-?[0-9]{1,14}(\.[0-9]{1,10})?$"}
DEFAULT: Schema = {
    "description": "What new records start with, as records hold it.",
    "anyOf": [text(20_000), {"type": ["integer", "boolean", "null"]}, array(text(200), maxItems=500)],
}
KIND = {"type": "string", "enum": list(PropertyKind.values)}
CHOICE = record({"id": WORDS, "label": WORDS, "archived": {"type": "boolean"}}, "id", "label", "archived")
PROPERTY = named(
    "Property",
    record(
        {
            "id": {"type": "string", "description": "Its key in the properties of records."},
            "object": WORDS,
            "key": WORDS,
            "label": WORDS,
            "kind": KIND,
            "group": WORDS,
            "description": WORDS,
            "required": {"type": "boolean"},
            "unique": {"type": "boolean"},
            "default": DEFAULT,
            "currency": WORDS,
            "lowest": nullable(LIMIT),
            "highest": nullable(LIMIT),
            "indexed": {"type": "boolean", "description": "An index for sorting and ranges at any size is wanted."},
            "index_ready": {"type": "boolean", "description": "That index is built."},
            "condition": {"type": "string", "description": "What conditions call it."},
            "choices": array(CHOICE),
            "deleted_at": nullable(MOMENT),
        },
        "id",
        "object",
        "label",
        "kind",
    ),
)
LABEL = text(120, **NOT_EMPTY)
FIELDS: dict[str, Schema] = {
    "label": LABEL,
    "kind": KIND,
    "group": text(120, description="A heading that it stands under; a new name makes a new one, none is empty."),
    "description": text(500),
    "required": {"type": "boolean"},
    "unique": {"type": "boolean"},
    "default": DEFAULT,
    "currency": {"type": "string", "pattern": "^([A-Z]{3})?$"},
    "lowest": nullable(LIMIT),
    "highest": nullable(LIMIT),
    "indexed": {"type": "boolean"},
}
# Which kinds know a setting; the others don't have it.
KNOWN_TO = {
    "lowest": NUMBER_KINDS,
    "highest": NUMBER_KINDS,
    "currency": (PropertyKind.CURRENCY,),
    "choices": CHOICE_KINDS,
    "indexed": INDEXED_KINDS,
    "required": tuple(kind for kind in PropertyKind if kind != PropertyKind.CHECKBOX),
    "default": tuple(kind for kind in PropertyKind if kind != PropertyKind.USER),
}


def _rows() -> Any:
    return PropertyDefinition.objects.select_related("group").prefetch_related("choices")


def printed(row: PropertyDefinition) -> dict[str, Any]:
    """A property as JSON."""
    same = ("key", "label", "kind", "description", "required", "unique", "default", "currency", "indexed")
    return {
        "id": str(row.pk),
        "object": row.object_type,
        **{name: getattr(row, name) for name in same},
        "group": row.group.name if row.group else "",
        "lowest": plain(row.lowest),
        "highest": plain(row.highest),
        "index_ready": row.indexed and row.index_ready,
        "condition": f"{PREFIX}{row.pk}",
        "choices": [
            {"id": str(each.pk), "label": each.label, "archived": each.archived_at is not None}
            for each in row.choices.all()
        ],
        "deleted_at": plain(row.deleted_at),
    }


def index(call: Call) -> Answer:
    """The properties of every kind of record, or of one; or those that were deleted."""
    rows = _rows().filter(deleted_at__isnull=call.query["deleted"] == "no")
    if "object" in call.query:
        rows = rows.filter(object_type=call.query["object"])
    return _page(rows)


def _page(rows: Any) -> Answer:
    """Properties in the order of their objects and forms."""
    found: dict[str, list[dict[str, Any]]] = {each.name: [] for each in in_order()}
    for row in rows.order_by(F("group__position").asc(nulls_first=True), "group_id", "position", "pk"):
        found.setdefault(row.object_type, []).append(printed(row))
    return Answer({"data": [each for of_kind in found.values() for each in of_kind]})


def answer(pk: int, status: int = 200) -> Answer:
    """A property as it is now. Raises Problem."""
    row = _rows().filter(pk=pk).first()
    if row is None:
        raise missing()
    body = printed(row)
    return Answer(body, status, etag_of_body(body), f"/api/v1/properties/{pk}" if status == 201 else "")


def read(call: Call) -> Answer:
    """One property, also one that was deleted."""
    return answer(call.at["id"])


def held(call: Call, pk: int, *, deleted: bool = False) -> Any:
    """A property in the version that the caller has read, kept from changes by others. Raises Problem."""
    row = PropertyDefinition.objects.filter(pk=pk).first()
    if row is None:
        raise missing()
    properties.hold(row.object_type)
    row = _rows().select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        raise missing()
    same_version(call, etag_of_body(printed(row)))
    if row.deleted_at is not None and not deleted:
        raise conflict("The property is deleted. Restore it first.", "deleted")
    return row


def refused(error: PropertyRefused) -> Problem:
    """What a service refuses, at its place."""
    return unfit_at(pointer(error.field), error)


def _values(given: Mapping[str, Any], object_type: str, kind: str) -> dict[str, Any]:
    """The columns that were given, as the service takes them. Raises Problem for what the kind does not know."""
    wrong = [
        Mistake("Properties of this kind don't have this.", pointer(name))
        for name, kinds in KNOWN_TO.items()
        if given.get(name) and kind not in kinds
    ]
    default = given.get("default")
    if default and isinstance(default, list) != (kind == PropertyKind.CHOICES):
        wrong.append(Mistake("Several choices are a list, and nothing else is.", pointer("default")))
    if isinstance(default, bool) != (kind == PropertyKind.CHECKBOX) and default:
        wrong.append(Mistake("A checkbox is true or false, and nothing else is.", pointer("default")))
    values = {name: value for name, value in given.items() if name in FIELDS}
    for name in ("lowest", "highest"):
        if values.get(name) is not None:
            values[name] = Decimal(values[name])
    if kind == PropertyKind.CHECKBOX and not values.get("default", True):
        values["default"] = None  # unticked is how records start anyway
    try:
        CurrencyCodeField(required=False).clean(values.get("currency", ""))
    except ValidationError as error:
        wrong.append(Mistake(error.messages[0], pointer("currency")))
    if wrong:
        raise unfit(*wrong)
    if "group" in values:
        values["group"] = properties.group_named(object_type, values["group"])
    return values


def create(call: Call) -> Answer:
    """A new property at the end of its object's form."""
    require(call.user, MANAGES)
    body, kind = call.body, call.body["kind"]
    object_type = body["object"]
    values = _values(body, object_type, kind)
    # Records refer to choices by ids, and there are none before the property is there.
    default = values.pop("default", None) if kind in CHOICE_KINDS else None
    if default:
        raise unfit_at("/default", "Its choices have no ids yet. Create it, then set the default.")
    try:
        row = properties.create(object_type, by=call.user, **values)
        property_choices.arrange(row, [(None, each["label"]) for each in body.get("choices", ())], by=call.user)
    except PropertyRefused as error:
        raise refused(error) from error
    return answer(row.pk, 201)


def change(call: Call) -> Answer:
    """Change what is given; ``choices`` are the whole list of those that are offered, in order."""
    require(call.user, MANAGES)
    row = held(call, call.at["id"])
    kind = call.body.get("kind", row.kind)
    values = _values(call.body, row.object_type, kind)
    offered = {str(each.pk): each for each in row.choices.all() if each.archived_at is None}
    wanted = [(each.get("id"), each["label"]) for each in call.body.get("choices", ())]
    if unknown := [place for place, (pk, _label) in enumerate(wanted) if pk is not None and pk not in offered]:
        raise unfit(*(Mistake("No such choice is offered.", pointer("choices", each, "id")) for each in unknown))
    if len({pk for pk, _label in wanted if pk}) < sum(pk is not None for pk, _label in wanted):
        raise unfit_at("/choices", "A choice is there twice.")
    try:
        properties.change(row, by=call.user, **values)
        row.refresh_from_db()
        if "choices" in call.body or (kind in CHOICE_KINDS and not offered):
            property_choices.arrange(row, [(int(pk) if pk else None, label) for pk, label in wanted], by=call.user)
    except PropertyRefused as error:
        raise refused(error) from error
    return answer(row.pk)


def delete(call: Call) -> Answer:
    """Take a property away; its values stay for 30 days."""
    require(call.user, MANAGES)
    row = held(call, call.at["id"], deleted=True)
    try:
        properties.delete(row, by=call.user, confirmed=call.query["confirmed"])
    except properties.StillUsed as error:
        said = " ".join([str(error), *error.uses])
        raise conflict(f"{said} Send confirmed=true to delete it all the same.", "still-used") from error
    return Answer(None, 204)


def restore(call: Call) -> Answer:
    """Bring a deleted property back with its values."""
    require(call.user, MANAGES)
    row = held(call, call.at["id"], deleted=True)
    try:
        properties.restore(row, by=call.user)
    except PropertyRefused as error:
        raise conflict(error, "not-restorable") from error
    return answer(row.pk)


def order(call: Call) -> Answer:
    """Put the properties of a kind of record into an order; those that are not named follow."""
    require(call.user, MANAGES)
    object_type, ids = call.body["object"], [int(each) for each in call.body["ids"]]
    known = set(
        PropertyDefinition.objects.filter(object_type=object_type, deleted_at=None).values_list("pk", flat=True)
    )
    if unknown := [place for place, pk in enumerate(ids) if pk not in known]:
        raise unfit(*(Mistake("There is no such property.", pointer("ids", each)) for each in unknown))
    properties.reorder(object_type, ids, by=call.user)
    return _page(_rows().filter(object_type=object_type, deleted_at=None))


def operations() -> list[Operation]:
    """What can be done with custom properties."""
    of_kind: Schema = {"type": "string", "enum": [each.name for each in in_order()]}
    asked = (
        Param("object", of_kind, "Only those of this kind of record."),
        Param("deleted", {"type": "string", "enum": ["no", "only"], "default": "no"}, "Those that can be restored."),
    )
    sure = Param("confirmed", {"type": "boolean", "default": False}, "Also where records or settings use it.")
    slot: Schema = {"type": "string", "pattern": "^[0-9]{1,15}$"}
    most = property_choices.MOST_CHOICES
    new_choices = array(record({"label": LABEL}, "label"), maxItems=most)
    choices = array(record({"id": slot, "label": LABEL}, "label"), maxItems=most)
    new = named("NewProperty", record({"object": of_kind, **FIELDS, "choices": new_choices}, "object", "label", "kind"))
    changed = named("PropertyChange", record({**FIELDS, "choices": choices}, minProperties=1))
    placed = record({"object": of_kind, "ids": array(slot, maxItems=properties.MOST_PROPERTIES)}, "object", "ids")
    page = record({"data": array(PROPERTY)}, "data")
    own: dict[str, Any] = {"tag": TAG, "scope": CRM_CONFIGURE, "shows_version": True}
    changing: dict[str, Any] = {**own, "answers": {200: PROPERTY}, "versioned": True}
    return [
        Operation("GET", "properties", "list-properties", TAG, "The custom properties of records", CRM_READ, index,
                  {200: page}, asked),
        Operation("POST", "properties", "create-property", summary="Add a property to a kind of record", run=create,
                  answers={201: PROPERTY}, body=new, **own),
        Operation("GET", "properties/{id}", "read-property", TAG, "Read a property", CRM_READ, read, {200: PROPERTY},
                  shows_version=True),
        Operation("PATCH", "properties/{id}", "change-property", summary="Change a property", run=change, body=changed,
                  text="`choices` are all that are offered, in order: with an id one is kept or renamed, without one "
                  "it is new, and those that are not named follow. The kind changes while no record has a value.",
                  **changing),
        Operation("DELETE", "properties/{id}", "delete-property", TAG, "Delete a property", CRM_CONFIGURE, delete,
                  {204: None}, (sure,), versioned=True,
                  text=f"It can be restored with its values for {properties.KEPT_DAYS} days. One that is used is only "
                  "deleted with `confirmed=true`; without it, the answer says where."),
        Operation("POST", "properties/{id}/restore", "restore-property", summary="Restore a deleted property",
                  run=restore, **changing),
        Operation("PUT", "properties/order", "order-properties", TAG, "Put properties into an order", CRM_CONFIGURE,
                  order, {200: page}, body=placed),
    ]  # fmt: skip
