"""Associations between records, with labels that say as what they belong together."""

from collections.abc import Callable
from typing import Any

from accounts.access import require
from api.described import Answer, Call, Operation, Param
from api.problems import Mistake, missing, unfit, unfit_at
from api.resources.records import EDITS, PATHS, found
from api.schemas import ID, array, named, nullable, record
from api.scopes import CRM_READ, CRM_WRITE
from crm import associated
from crm.kinds import KINDS
from crm.models import Association, AssociationLabel
from crm.services import associations

TAG = "Associations"
TYPE = {"type": "string", "enum": list(KINDS)}
ASSOCIATION = named(
    "Association",
    record(
        {
            "id": ID,
            "type": TYPE,
            "record": ID,
            "title": {"type": "string"},
            "label": {"type": "string", "description": "What the other record is to this one."},
        },
        "id",
        "type",
        "record",
        "label",
    ),
)
LABEL = named(
    "AssociationLabel",
    record(
        {
            "id": ID,
            "from_type": {"type": "string"},
            "to_type": {"type": "string"},
            "name": {"type": "string"},
            "inverse": {"type": "string"},
        },
        "id",
        "from_type",
        "to_type",
        "name",
        "inverse",
    ),
)


def _printed(each: associated.Associated) -> dict[str, Any]:
    return {
        "id": each.pk,
        "type": each.kind.name,
        "record": each.record.pk,
        "title": str(each.record),
        "label": each.label,
    }


def _lister(name: str) -> Callable[[Call], Answer]:
    def index(call: Call) -> Answer:
        """What a record is associated with, the newest first."""
        row = found(call, KINDS[name])
        rows, older = associated.of_record(
            call.user, name, row.pk, other=call.query.get("type", ""), before=int(call.query.get("cursor", 0)),
            limit=call.query["limit"],
        )  # fmt: skip
        return Answer({"data": [_printed(each) for each in rows], "next_cursor": str(older) if older else None})

    return index


def _adder(name: str) -> Callable[[Call], Answer]:
    def add(call: Call) -> Answer:
        """Associate two records; the association that there is when there is one."""
        require(call.user, EDITS)
        row = found(call, KINDS[name])
        kind = KINDS[call.body["type"]]
        other = kind.visible_to(call.user).filter(pk=call.body["id"], archived_at=None).first()
        if other is None:
            raise unfit(Mistake("There is no such record.", "/id"))
        label = None
        if call.body.get("label") is not None:
            label = AssociationLabel.objects.filter(pk=call.body["label"]).first()
            if label is None:
                raise unfit_at("/label", "There is no such label.")
        try:
            made = associations.add(row, other, by=call.user, label=label, back=call.body.get("back", False))
        except associations.BadAssociation as error:
            raise unfit_at("/label" if label else "/id", error) from error
        ahead = (made.from_type, made.from_id) == (name, row.pk)
        words = made.label.told(from_first=ahead) if made.label else ""
        return Answer(_printed(associated.Associated(made.pk, kind, other, words)), 201)

    return add


def remove(call: Call) -> Answer:
    """Take two records apart."""
    require(call.user, EDITS)
    row = Association.objects.select_related("label").filter(pk=call.at["id"], removed_at=None).first()
    first = _end(call, row.from_type, row.from_id) if row is not None else None
    second = _end(call, row.to_type, row.to_id) if row is not None else None
    if row is None or first is None or second is None:
        raise missing()
    associations.remove(row, first, second, by=call.user)
    return Answer(None, 204)


def _end(call: Call, name: str, pk: int) -> Any:
    return KINDS[name].visible_to(call.user).filter(pk=pk).first() if name in KINDS else None


def labels(call: Call) -> Answer:
    """Every label."""
    names = ("id", "from_type", "to_type", "name", "inverse")
    return Answer({"data": list(AssociationLabel.objects.values(*names))})


def operations() -> list[Operation]:
    """What can be done with associations."""
    page = named(
        "AssociationPage", record({"data": array(ASSOCIATION), "next_cursor": nullable({"type": "string"})}, "data")
    )
    new = record(
        {
            "type": TYPE,
            "id": ID,
            "label": nullable(ID),
            "back": {"type": "boolean", "description": "The label is told from the other record."},
        },
        "type",
        "id",
    )
    asked = (
        Param("type", TYPE, "Only records of this kind."),
        Param("limit", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}, "How many at most."),
        Param("cursor", {"type": "string", "pattern": "^[0-9]{1,15}$"}, "The next_cursor of the page before."),
    )
    found_ = [
        Operation("GET", "association-labels", "list-association-labels", TAG, "The labels of associations", CRM_READ,
                  labels, {200: record({"data": array(LABEL)}, "data")}),
        Operation("DELETE", "associations/{id}", "remove-association", TAG, "Take two records apart", CRM_WRITE, remove,
                  {204: None}),
    ]  # fmt: skip
    for name, path in PATHS.items():
        address = f"{path}/{{id}}/associations"
        found_ += [
            Operation("GET", address, f"list-{name}-associations", TAG, f"What a {name} is associated with", CRM_READ,
                      _lister(name), {200: page}, asked,
                      text="Contacts and companies of one another are among those of their type only."),
            Operation("POST", address, f"add-{name}-association", TAG, f"Associate a {name} with another record",
                      CRM_WRITE, _adder(name), {201: ASSOCIATION}, body=new),
        ]  # fmt: skip
    return found_
