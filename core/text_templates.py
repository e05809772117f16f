"""Texts that are filled in from a record: e-mails, chat messages and webhooks that people write once for many records.

A text names properties, ``Dear {{ first_name }}`` or ``{{ company.name }}``, and what ``add_name`` registered; nothing
runs in it, and a name that is not known is an error when it is saved. Values are printed as people read them, and
escaped for where the text goes: ``plain``, ``slack`` (its ``& < >``), ``json_body`` (texts within JSON).
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import company, placeholders, registry
from core.conditions import BadCondition, parse, setting, values_for
from core.conditions import registry as conditions
from core.conditions.language import Compare
from core.conditions.memory import value_of
from core.events import object_type_of
from core.money import formatted, formatted_number
from core.placeholders import BadText, filled, names_in, one_line

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from core.conditions.fields import Field

# Longer lists of names help nobody; all further ones are found through the condition language.
MOST_NAMES = 90
Reads = Callable[[Any], str]


@dataclass(frozen=True)
class Name:
    """A name that is no property of the record: what it is called, and its value for a record."""

    label: "StrOrPromise"
    read: Reads


def _title(record: Any) -> str:
    return str(record)


def _link(record: Any) -> str:
    kind = registry.object_types.get(object_type_of(record))
    return settings.BASE_URL.rstrip("/") + reverse(kind.url_name, args=[record.pk]) if kind is not None else ""


def _today(_record: Any) -> str:
    return date_format(company.today(), "DATE_FORMAT")


def _our_name(_record: Any) -> str:
    return company.profile().name


# For all kinds of records.
_common: dict[str, Name] = {
    "title": Name(gettext_lazy("Title of the record"), _title),
    "link": Name(gettext_lazy("Link to the record in the CRM"), _link),
    "today": Name(gettext_lazy("Today’s date"), _today),
    "our_name": Name(gettext_lazy("Our company’s name"), _our_name),
}
_names: dict[str, dict[str, Name]] = {}


def add_name(object_type: str, name: str, label: "StrOrPromise", read: Reads) -> None:
    """Register a name for texts about a kind of record."""
    _names.setdefault(object_type, {})[name] = Name(label, read)


def _special(object_type: str) -> dict[str, Name]:
    return {**_names.get(object_type, {}), **_common}


def offered(object_type: str) -> list[tuple[str, str]]:
    """The names that texts about a kind of record can hold, with what they mean, for a picker."""
    found = [(name, str(known.label)) for name, known in _special(object_type).items()]
    found += [(field.name, str(field.label)) for field in _readable(object_type)]
    for relation in conditions.relations_of(object_type).values():
        if not relation.many:
            found += [
                (f"{relation.name}.{field.name}", f"{relation.label}: {field.label}")
                for field in _readable(relation.target)
            ]
    return found


def _readable(object_type: str) -> "list[Field]":
    return [each for each in conditions.fields_of(object_type).values() if each.stands_for is None]


def problems(text: str, object_type: str) -> list[str]:
    """What is wrong with a text, in sentences; empty when it can be filled in for every record of the kind."""
    names = names_in(text)
    try:
        placeholders.check(text, names)
    except BadText as error:
        return [str(error)]
    if len(names) > MOST_NAMES:
        return [_("A text holds at most %d different names.") % MOST_NAMES]
    special = _special(object_type)
    return [
        _unknown(name, object_type) for name in names if name not in special and _compare(name, object_type) is None
    ]


def json_problems(text: str, object_type: str) -> list[str]:
    """The same for the body of a webhook, which has to be JSON with the names in its texts."""
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        return [_("This is no JSON: %s. Names stand within quotes, such as “{{ title }}”.") % error]
    return problems(text, object_type)


def _unknown(name: str, object_type: str) -> str:
    known = [each for each, _label in offered(object_type)]
    close = get_close_matches(name, known, 3, cutoff=0.5) or known[:5]
    words = {"name": name, "names": ", ".join(f"{{{{ {each} }}}}" for each in close)}
    return _("There is no {{ %(name)s }} here. Do you mean %(names)s?") % words


def _compare(name: str, object_type: str) -> Compare | None:
    """The property that a name leads to; None for one that leads nowhere."""
    try:
        # No day is compared with, so it does not matter where it is which day.
        node = parse({"field": name, "op": "not_empty"}, object_type, setting(zone="UTC"))
    except BadCondition:
        return None
    return node if isinstance(node, Compare) and node.field.stands_for is None else None


def values(record: Any, names: Iterable[str]) -> dict[str, str]:
    """What the names of texts say for a record, in a constant number of statements; unknown ones say nothing."""
    object_type = object_type_of(record)
    special = _special(object_type)
    found: dict[str, str] = {}
    compared: dict[str, Compare] = {}
    for name in dict.fromkeys(names):
        if name in special:
            found[name] = special[name].read(record)
        elif (node := _compare(name, object_type)) is not None:
            compared[name] = node
    if compared:
        found |= _read(record, object_type, compared)
    return found


def _read(record: Any, object_type: str, compared: Mapping[str, Compare]) -> dict[str, str]:
    wanted = [*compared, *(each for name in compared if (each := _currency_beside(name, compared[name], object_type)))]
    parts = [{"field": name, "op": "not_empty"} for name in dict.fromkeys(wanted)]
    [held] = values_for([record], {"all": parts}, object_type, zone="UTC")
    found: dict[str, str] = {}
    for name, node in compared.items():
        there: Any = held
        for hop in node.hops:
            there = there.get(hop.name) if there is not None else None
        found[name] = _printed(node.field, there) if there is not None else ""
    return found


def _currency_beside(name: str, node: Compare, object_type: str) -> str:
    """The currency of the record whose amount a name is; empty where there is none."""
    if node.field.kind != "money":
        return ""
    beside = f"{name.rpartition('.')[0]}.currency".lstrip(".")
    return beside if _compare(beside, object_type) is not None else ""


def _printed(field: "Field", held: Mapping[str, Any]) -> str:
    raw, kind = field.value_in(held), field.kind
    if kind == "text":
        return str(raw or "")
    value = value_of(field, held)
    if value is None:
        return ""
    if kind == "money":
        currency = held.get("currency") or ""
        return formatted(Decimal(value), currency) if currency else formatted_number(Decimal(value))
    if kind == "number":
        return formatted_number(Decimal(value))
    if kind == "date":
        return date_format(value, "DATE_FORMAT")
    if kind == "datetime":
        return date_format(timezone.localtime(value, company.zone()), "DATETIME_FORMAT")
    if kind == "checkbox":
        return _("yes") if value else _("no")
    if kind == "multi_choice":
        return ", ".join(sorted(_chosen(field, each) for each in value))
    return _named(field, value) if kind in ("user", "record") else _chosen(field, str(value))


def _chosen(field: "Field", key: str) -> str:
    choices = field.options(None) if field.options is not None else field.choices
    return next((str(label) for value, label in choices if str(value) == key), key)


def _named(field: "Field", pk: int) -> str:
    if field.options is not None:
        return _chosen(field, str(pk))
    known = conditions.objects.get(field.target)
    model = get_user_model() if field.kind == "user" else known.model if known is not None else None
    row = model._default_manager.filter(pk=pk).first() if model is not None else None
    return str(row) if row is not None else ""


def plain(text: str, record: Any) -> str:
    """The text for an e-mail."""
    return filled(text, values(record, names_in(text)))


def subject(text: str, record: Any) -> str:
    """The text on one line, fit for a header."""
    return one_line(plain(text, record))


def slack(text: str, record: Any) -> str:
    """The text for a chat: what records say can't mention people or make links."""
    # Only values: whoever writes the text may use the marks of the chat.
    return filled(text, {name: _for_slack(value) for name, value in values(record, names_in(text)).items()})


def _for_slack(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def json_body(text: str, record: Any) -> str:
    """JSON with the names in its texts filled in: whatever a record says stays within its text."""
    said = values(record, names_in(text))
    return json.dumps(_filled_leaves(json.loads(text), said), ensure_ascii=False)


def _filled_leaves(part: Any, said: Mapping[str, str]) -> Any:
    if isinstance(part, str):
        return filled(part, said)
    if isinstance(part, list):
        return [_filled_leaves(each, said) for each in part]
    if isinstance(part, dict):
        return {filled(key, said): _filled_leaves(each, said) for key, each in part.items()}
    return part


def raw_values(record: Any) -> dict[str, Any]:
    """All properties of a record as JSON: amounts, dates and moments as text, choices by their keys."""
    object_type = object_type_of(record)
    fields = _readable(object_type)
    found: dict[str, Any] = {}
    for start in range(0, len(fields), MOST_NAMES):
        some = fields[start : start + MOST_NAMES]
        parts = [{"field": each.name, "op": "not_empty"} for each in some]
        [held] = values_for([record], {"all": parts}, object_type, zone="UTC")
        found |= {each.name: _as_json(each, held) for each in some}
    return found


def _as_json(field: "Field", held: Mapping[str, Any]) -> Any:
    if field.kind == "text":
        return str(field.value_in(held) or "")
    value = value_of(field, held)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, frozenset):
        return sorted(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    whole, _dot, part = format(Decimal(value), "f").partition(".")
    part = part.rstrip("0")
    part = part.ljust(2, "0") if field.kind == "money" else part
    return f"{whole}.{part}" if part else whole
