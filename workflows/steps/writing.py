"""Properties that steps set: which there are for a kind of record, reading a value, and writing it."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from core import company
from core.enums import PropertyKind
from core.properties import definitions
from core.tables import registry as tables
from core.tables.actions import Refused
from core.tables.common_actions import settable
from core.tables.editing import editor_of, messages_of, plain_value, write
from crm.services.records import Archived

# The stage has a step of its own, which asks what the stage asks for.
ELSEWHERE = {"stage"}
# What a date may be instead of a day.
TODAY = "today"


class CantWrite(Exception):
    """The value can't be written; the message says why."""


def choices(object_type: str) -> list[tuple[str, str]]:
    """The properties of a kind of record that can be set, as (name, label)."""
    table = tables.tables.get(object_type)
    return [pair for pair in settable(table) if pair[0] not in ELSEWHERE] if table is not None else []


def set_property(record: Any, object_type: str, name: str, value: Any, *, by: Any) -> str:
    """Write one property through the record's service; a sentence, empty where nothing differs. Raises CantWrite."""
    table = tables.tables[object_type]
    read = read_value(record, object_type, name, value, by=by)
    before = plain_value(table, record, name)
    try:
        written = write(table, record, name, read, by=None)
    except Refused as refused:
        raise CantWrite(str(refused)) from refused
    except Archived as archived:
        raise CantWrite(_("%s is archived.") % record) from archived
    if plain_value(table, written, name) == before:
        return ""
    words = {"record": written, "property": label_of(object_type, name)}
    return _("Set %(property)s of %(record)s.") % words


def read_value(record: Any, object_type: str, name: str, value: Any, *, by: Any) -> Any:
    """A value as it was given, in the form that services take it. Raises CantWrite."""
    if name not in dict(choices(object_type)):
        raise CantWrite(_("There is no such property to set."))
    editor = editor_of(tables.tables[object_type], name, record, by)
    if editor is None:
        raise CantWrite(_("This property can’t be set."))
    data = QueryDict(mutable=True)
    data.setlist("value", _texts(object_type, name, value))
    try:
        return editor.read(data)
    except ValidationError as error:
        raise CantWrite(messages_of(error)) from error


def _texts(object_type: str, name: str, value: Any) -> list[str]:
    if isinstance(value, list | tuple):
        return [str(each) for each in value]
    if value is None or value is False:
        return []
    if value == TODAY and _is_date(object_type, name):
        return [company.today().isoformat()]
    return [str(value)]


def _is_date(object_type: str, name: str) -> bool:
    custom = next((each for each in definitions(object_type) if each.name == name), None)
    return custom.kind == PropertyKind.DATE if custom is not None else name.endswith("_on")


def label_of(object_type: str, name: str) -> str:
    """What a property is called."""
    return dict(choices(object_type)).get(name, name)
