"""Single choices of custom properties: offered no more, and offered again."""

from typing import Any

from accounts.access import require
from api.described import Answer, Call, Operation
from api.problems import conflict, missing, unfit_at
from api.resources.properties import MANAGES, PROPERTY, TAG, answer, held, refused
from api.schemas import ID, nullable, record
from api.scopes import CRM_CONFIGURE
from core.models import PropertyChoice
from core.services import property_choices
from core.services.properties import PropertyRefused, StillUsed


def _found(call: Call) -> tuple[Any, PropertyChoice]:
    """The property in the version that the caller has read, and its choice. Raises Problem."""
    require(call.user, MANAGES)
    choice = PropertyChoice.objects.filter(pk=call.at["id"]).first()
    if choice is None:
        raise missing()
    return held(call, choice.definition_id), choice


def archive(call: Call) -> Answer:
    """Offer a choice no more; says what becomes of records that have it."""
    row, choice = _found(call)
    pk = call.body.get("replacement")
    replacement = PropertyChoice.objects.filter(definition=row, pk=pk).first() if pk is not None else None
    if pk is not None and replacement is None:
        raise unfit_at("/replacement", "There is no such choice of this property.")
    try:
        property_choices.archive(choice, by=call.user, keep=call.body.get("keep", False), replacement=replacement)
    except StillUsed as error:
        raise conflict(f"{error} Send keep, or a replacement.", "still-used") from error
    except PropertyRefused as error:
        raise refused(error) if replacement is not None else conflict(error, "last-choice") from error
    return answer(row.pk)


def restore(call: Call) -> Answer:
    """Offer an archived choice again."""
    row, choice = _found(call)
    try:
        property_choices.restore(choice, by=call.user)
    except PropertyRefused as error:
        raise conflict(error, "not-restorable") from error
    return answer(row.pk)


def operations() -> list[Operation]:
    """What can be done with single choices."""
    becomes = record(
        {
            "keep": {"type": "boolean", "description": "Records that have it keep it."},
            "replacement": nullable({**ID, "description": "They get this choice instead."}),
        }
    )
    own: dict[str, Any] = {"tag": TAG, "scope": CRM_CONFIGURE, "answers": {200: PROPERTY}, "versioned": True,
                           "shows_version": True}  # fmt: skip
    version = "The version is that of the property."
    return [
        Operation("POST", "property-choices/{id}/archive", "archive-choice", summary="Offer a choice no more",
                  run=archive, body=becomes, text=version, **own),
        Operation("POST", "property-choices/{id}/restore", "restore-choice", summary="Offer an archived choice again",
                  run=restore, text=version, **own),
    ]  # fmt: skip
