"""Changes of an invoice in words: “total from $1.00 to $2.00 and quantity of Design from 1 to 2”."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import formats
from django.utils.dateparse import parse_date
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.money import formatted, formatted_number

LONGEST_VALUE = 60
MONEY = frozenset({"total", "unit_price", "amount", "balance"})
DATES = frozenset({"issued_on", "due_on", "service_on"})
# Whole texts and addresses: that they changed is said, not what they were.
UNTOLD = frozenset({"message", "private_note", "billing_address", "shipping_address"})
OF_LINES = {
    "quantity": gettext_lazy("quantity"),
    "unit_price": gettext_lazy("price"),
    "amount": gettext_lazy("amount"),
    "description": gettext_lazy("description"),
    "item_name": gettext_lazy("product"),
    "service_on": gettext_lazy("service date"),
    "tax_code_name": gettext_lazy("tax code"),
}


def in_words(
    changes: Mapping[str, Sequence[Any]], lines: Sequence[Mapping[str, Any]], labels: Mapping[str, Any], currency: str
) -> str:
    """All changes as one phrase; ``lines`` are those of ``services.line_changes``."""
    told = [_told(str(labels.get(name, name)), name, pair, currency) for name, pair in changes.items()]
    told += [phrase for line in lines for phrase in _line(line, currency)]
    return str(get_text_list(list(dict.fromkeys(told)), _("and")))


def _told(label: str, name: str, pair: Sequence[Any], currency: str) -> str:
    if name in UNTOLD:
        return label
    words = {"label": label, "old": value_in_words(name, pair[0], currency)}
    words["new"] = value_in_words(name, pair[1], currency)
    if max(len(words["old"]), len(words["new"])) > LONGEST_VALUE:
        return label
    return str(_("%(label)s from %(old)s to %(new)s") % words)


def _line(line: Mapping[str, Any], currency: str) -> list[str]:
    words = {"line": line.get("line") or _("a line"), "amount": value_in_words("amount", line.get("amount"), currency)}
    if line.get("act") == "added":
        return [str(_("%(line)s (%(amount)s) added") % words)]
    if line.get("act") == "removed":
        return [str(_("%(line)s (%(amount)s) removed") % words)]
    return [
        _told(
            str(_("%(what)s of %(line)s") % {"what": OF_LINES.get(name, name), "line": words["line"]}),
            name,
            pair,
            currency,
        )
        for name, pair in line.get("changes", {}).items()
    ]


def value_in_words(name: str, value: Any, currency: str) -> str:
    """A stored value as people write it."""
    if value in (None, ""):
        return str(_("nothing"))
    try:
        if name in MONEY:
            return formatted(Decimal(str(value)), currency)
        if name == "quantity":
            return formatted_number(Decimal(str(value)))
    except InvalidOperation:
        return str(value)
    if name in DATES and (day := parse_date(str(value))):
        return str(formats.date_format(day, "DATE_FORMAT"))
    return str(value)
