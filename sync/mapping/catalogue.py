"""The fields of a company that can be mapped, its custom ones included."""

from django.core.cache import cache
from django.utils.translation import gettext as _

from core import properties
from core.properties import Definition, PropertyKind
from qbo_connector.mirror import read
from sync.enums import RecordType
from sync.mapping import fields as known
from sync.mapping.fields import CRM_FIELDS, CUSTOM_FIELD, ENTITY_OF, QUICKBOOKS_FIELDS, Field
from sync.mapping.reading import BadPayload, Payload, parts

_KINDS = {
    PropertyKind.TEXT: known.TEXT,
    PropertyKind.LONG_TEXT: known.TEXT,
    PropertyKind.NUMBER: known.NUMBER,
    PropertyKind.CURRENCY: known.NUMBER,
    PropertyKind.DATE: known.DATE,
    PropertyKind.DATETIME: known.MOMENT,
    PropertyKind.CHOICE: known.CHOICE,
    PropertyKind.CHOICES: known.CHOICES,
    PropertyKind.CHECKBOX: known.FLAG,
    PropertyKind.USER: known.TEXT,
}
_LIMITS = {PropertyKind.TEXT: 500, PropertyKind.LONG_TEXT: 10_000}
# QuickBooks names custom fields on the objects that carry them; the newest show which ones are in use.
LOOKED_AT = 200
CACHED_SECONDS = 300
CUSTOM_FIELD_LIMIT = 31


def crm_fields(record_type: RecordType) -> dict[str, Field]:
    """The CRM's fields of a record type by name, custom properties last. One query, inside ``remembered()`` at most."""
    own = [field_of(definition) for definition in properties.definitions(str(record_type))]
    return {**CRM_FIELDS[record_type], **{field.name: field for field in own}}


def field_of(definition: Definition) -> Field:
    """A custom property as a field that can be mapped. People are only read: as their names."""
    return Field(
        definition.name,
        definition.label,
        _KINDS[definition.kind],
        _LIMITS.get(definition.kind),
        writable=definition.kind != PropertyKind.USER,
        choices=tuple((choice.id, choice.label) for choice in definition.choices),
    )


def quickbooks_fields(connection_id: int, record_type: RecordType) -> dict[str, Field]:
    """QuickBooks' fields of a record type by name, custom ones last; read from the mirror and kept for minutes."""
    found = {**QUICKBOOKS_FIELDS[record_type]}
    if record_type != RecordType.LINE:
        for name, label in _custom_fields(connection_id, ENTITY_OF[record_type]).items():
            found[name] = custom_field(name, label)
    return found


def quickbooks_field(record_type: RecordType, name: str) -> Field | None:
    """One field by its name, without looking at the mirror: a custom field is called by its number then."""
    if name.startswith(CUSTOM_FIELD) and record_type != RecordType.LINE:
        return custom_field(name, _("Custom field %s") % name.removeprefix(CUSTOM_FIELD))
    return QUICKBOOKS_FIELDS[record_type].get(name)


def custom_field(name: str, label: str) -> Field:
    """A custom field of QuickBooks: a short text."""
    return Field(name, label, known.TEXT, CUSTOM_FIELD_LIMIT)


def _custom_fields(connection_id: int, entity: str) -> dict[str, str]:
    key = f"sync:custom-fields:{connection_id}:{entity}"
    found: dict[str, str] | None = cache.get(key)
    if found is None:
        found = {}
        newest = read.objects(connection_id, entity).order_by("-id")[:LOOKED_AT]
        for mirrored in reversed(read.with_payloads(newest)):
            for custom in _listed(mirrored.payload):
                if number := str(custom.get("DefinitionId", "")):
                    found[f"{CUSTOM_FIELD}{number}"] = str(custom.get("Name") or _("Custom field %s") % number)
        cache.set(key, found, CACHED_SECONDS)
    return found


def _listed(payload: Payload) -> list[Payload]:
    try:
        return parts(payload, "CustomField")
    except BadPayload:
        return []
