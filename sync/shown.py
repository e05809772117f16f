"""Fields and stored values of the sync as people read them: in the conflict queue, previews and side by side."""

import datetime
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.money import formatted_number
from sync.enums import Exclusion, RecordType
from sync.mapping import fields as known
from sync.mapping.fields import CRM_FIELDS, PROPERTY, Field

LINE = "line:"
# What of invoices no mapping names: it always goes both ways.
_UNMAPPED = {
    "cc": gettext_lazy("Copy to (cc)"),
    "bcc": gettext_lazy("Hidden copy to (bcc)"),
    "class_external_id": gettext_lazy("Class"),
    "location_external_id": gettext_lazy("Location"),
    "discount": gettext_lazy("Discount"),
    "tax_after_discount": gettext_lazy("Tax after the discount"),
    "shipping_total": gettext_lazy("Shipping"),
    "shipping_tax_code_external_id": gettext_lazy("Tax code of shipping"),
    "deposit": gettext_lazy("Deposit"),
}
_ADDRESS = ("name", "line1", "line2", "line3", "line4", "line5", "postal_code", "city", "region", "country")


def excluded_because(exclusion: str, reason: str) -> str:
    """The rule that leaves something out, and what of it failed where that says more."""
    rule = str(Exclusion(exclusion).label) if exclusion and exclusion in Exclusion else ""
    # What the settings leave out for a reason that is no setting tells that reason alone.
    if not rule or not reason or exclusion == Exclusion.POLICY:
        return reason or rule
    return reason if reason.startswith(rule) else f"{rule}: {reason}"


def field_of(name: str, record_type: str, fields: Mapping[str, Field]) -> Field | None:
    """The field that a stored name means, among ``fields`` of the record type; fields of an invoice's lines too."""
    if name.startswith(LINE):
        parts = name.split(":")
        return CRM_FIELDS[RecordType.LINE].get(parts[2]) if len(parts) > 2 else None
    return fields.get(name)


def label_of(name: str, record_type: str, fields: Mapping[str, Field]) -> str:
    """What people call a field: “Phone”, “Line 3, Quantity”, “Line 3”."""
    field = field_of(name, record_type, fields)
    if name.startswith(LINE):
        line = _("Line %s") % name.split(":")[1]
        label = field.label if field else _UNMAPPED.get(name.rpartition(":")[2], "")
        return f"{line}, {label}" if label else line
    if field is not None:
        return str(field.label)
    if name in _UNMAPPED:
        return str(_UNMAPPED[name])
    return _("A deleted property") if name.startswith(PROPERTY) else name.replace("_", " ").capitalize()


def value_in_words(value: Any, field: Field | None) -> str:
    """A plain value as text, lines kept apart by newlines; empty for nothing."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, Mapping):
        return _several(value)
    if isinstance(value, list | tuple):
        return ", ".join(value_in_words(each, field) for each in value)
    if field is not None and field.choices:
        return str(dict(field.choices).get(value, value))
    kind = field.kind if field is not None else known.TEXT
    return _typed(str(value), kind)


def _typed(text: str, kind: str) -> str:
    try:
        if kind == known.NUMBER:
            return formatted_number(Decimal(text))
        if kind == known.DATE:
            return str(formats.date_format(datetime.date.fromisoformat(text), "DATE_FORMAT"))
        if kind == known.MOMENT:
            return str(formats.date_format(datetime.datetime.fromisoformat(text), "DATETIME_FORMAT"))
    except (InvalidOperation, ValueError):
        pass
    return text


def _several(value: Mapping[str, Any]) -> str:
    """An address by its lines, or a whole invoice line by its fields."""
    named = CRM_FIELDS[RecordType.LINE]
    if any(name in named for name in value):
        parts = [f"{named[n].label}: {value_in_words(v, named[n])}" for n, v in value.items() if n in named and v]
        return "\n".join(parts)
    order = {name: place for place, name in enumerate(_ADDRESS)}
    names = sorted(value, key=lambda name: order.get(name, len(order)))
    return "\n".join(str(value[name]) for name in names if value[name])
