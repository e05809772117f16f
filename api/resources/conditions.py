"""What searches can ask: the properties of a kind of record, how each is compared, and where associations lead."""

from typing import Any

from api.described import Answer, Call, Operation, Param
from api.problems import missing
from api.schemas import array, named, nullable, record
from api.scopes import CRM_READ
from core.conditions import registry
from core.conditions.description import describe_object
from core.conditions.fields import KINDS, Field
from core.conditions.operators import OPERATORS, operators_of
from core.properties import remembered

WORDS = {"type": "string"}
FIELD = named(
    "ConditionField",
    record(
        {
            "name": WORDS,
            "label": WORDS,
            "group": WORDS,
            "kind": {"type": "string", "enum": list(KINDS)},
            "operators": array({"type": "string", "enum": list(OPERATORS)}),
            "choices": array(record({"value": WORDS, "label": WORDS}, "value", "label")),
            "object": {**nullable(WORDS), "description": "Of a record: of which kind it is."},
        },
        "name",
        "label",
        "kind",
        "operators",
    ),
)
RELATION = named(
    "ConditionRelation",
    record(
        {
            "name": WORDS,
            "label": WORDS,
            "object": WORDS,
            "many": {"type": "boolean", "description": "Asked with some or none; else its fields follow a dot."},
        },
        "name",
        "label",
        "object",
        "many",
    ),
)
OBJECT = {"type": "string", "pattern": "^[a-z_]{1,40}$"}


def read(call: Call) -> Answer:
    """What conditions about a kind of record may say."""
    name = call.query["object"]
    if not registry.may_use(name, call.user):
        raise missing()
    with remembered():
        told = describe_object(name, call.user)
        by_name = registry.fields_of(name, call.user)
    relations = [
        {"name": each["name"], "label": each["label"], "object": each["target"], "many": each["many"]}
        for each in told["relations"]
    ]
    return Answer({"fields": [_field(each, by_name[each["name"]]) for each in told["fields"]], "relations": relations})


def _field(told: dict[str, Any], field: Field) -> dict[str, Any]:
    # Segments can be asked for by name, and not for being empty.
    operators = [each for each in operators_of(told["kind"]) if field.stands_for is None or each.shape == "list"]
    return {
        "name": told["name"],
        "label": told["label"],
        "group": told.get("group", ""),
        "kind": told["kind"],
        "operators": [each.name for each in operators],
        "choices": [{"value": value, "label": label} for value, label in told.get("choices", ())],
        "object": told.get("target"),
    }


def operations() -> list[Operation]:
    """The one that lists them."""
    answered = record({"fields": array(FIELD), "relations": array(RELATION)}, "fields", "relations")
    asked = Param("object", OBJECT, "company, contact, deal, product, quote, task, invoice, payment ...", required=True)
    return [
        Operation("GET", "condition-fields", "list-condition-fields", "Workspace", "What searches can ask of records",
                  CRM_READ, read, {200: answered}, (asked,), refuses=(404,)),
    ]  # fmt: skip
