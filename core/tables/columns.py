"""A column of a list: what it reads, how it prints as a cell, and what it is in an export."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.template.loader import get_template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.money import formatted, formatted_number

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Show = Callable[[Any, Any], Any]
NOTHING = mark_safe('<span class="muted">–</span>')
CLASSES = {"money": "num", "number": "num", "date": "cell-short", "datetime": "cell-short", "person": "cell-person"}


@dataclass(frozen=True)
class Column:
    """A column. ``path`` is an ORM path from the record (its name, unless given).

    ``value(record)`` reads something else than the path; ``load(records)`` gives the values of many records by id in a
    constant number of statements, asked once for a page or slice. ``show(value, record)`` prints the cell,
    ``plain(value, record)`` is the value in an export; both follow ``kind`` unless given. ``needs`` are further ORM
    paths that these functions read, ``annotate`` expressions by name. ``sort`` is the field or annotation to sort by;
    give one only where an index serves it. ``currency`` is the path of an amount's currency. ``link(record)`` is the
    address that the cell leads to. ``edit`` names the property that is changed in the cell. ``plain_loads`` is False
    where ``plain`` does not need what ``load`` gives.
    """

    name: str
    label: "StrOrPromise"
    kind: str = "text"  # text, long, money, number, date, datetime, checkbox, choice, person
    path: str = ""
    sort: str = ""
    value: Callable[[Any], Any] | None = None
    load: Callable[[Sequence[Any]], Mapping[int, Any]] | None = None
    show: Show | None = None
    plain: Show | None = None
    plain_loads: bool = True
    needs: tuple[str, ...] = ()
    annotate: Mapping[str, Any] = field(default_factory=dict)
    default: bool = True
    currency: str = "currency"
    link: Callable[[Any], str] | None = None
    edit: str = ""
    look: str = ""  # further classes of the cell
    permission: str = ""

    @property
    def css(self) -> str:
        """The classes of its cells."""
        return f"{CLASSES.get(self.kind, 'cell-text')} {self.look}".strip()

    @property
    def reads(self) -> tuple[str, ...]:
        """The ORM paths that have to be loaded for it."""
        own: tuple[str, ...] = () if self.value is not None or self.load is not None else (self.path or self.name,)
        if self.kind == "person" and own:
            own = (f"{own[0]}__name", f"{own[0]}__email")
        money = (self.currency,) if self.kind == "money" and self.currency else ()
        return tuple(dict.fromkeys([*own, *money, *self.needs]))

    def of(self, record: Any, loaded: Mapping[int, Any] | None = None) -> Any:
        """Its value for a record; ``loaded`` is what ``load`` gave."""
        if self.load is not None:
            return (loaded or {}).get(record.pk)
        return self.value(record) if self.value is not None else read(record, self.path or self.name)

    def cell(self, value: Any, record: Any) -> Any:
        """The cell in print: safe HTML, or text that the page escapes."""
        printed = self.show(value, record) if self.show is not None else self._printed(value, record)
        address = self.link(record) if self.link is not None and printed not in ("", NOTHING) else ""
        return format_html('<a href="{}">{}</a>', address, printed) if address else printed

    def _printed(self, value: Any, record: Any) -> Any:
        if self.kind == "person":
            return person(value)
        if value is None or value == "":
            return ""
        if self.kind == "money":
            return formatted(value, read(record, self.currency) or "") if read(record, self.currency) else str(value)
        return _PRINTED.get(self.kind, str)(value)

    def export(self, value: Any, record: Any) -> Any:
        """The value in an export: Decimal, int, date, datetime, bool or text; None where there is none."""
        if self.plain is not None:
            return self.plain(value, record)
        if value is None or isinstance(value, Decimal | int | datetime.date | bool):
            return value
        return str(value)


def read(record: Any, path: str) -> Any:
    """What an ORM path leads to; None where a record on the way is missing."""
    value: Any = record
    for part in path.split("__"):
        value = getattr(value, part, None) if value is not None else None
    return value


def rendered(template: str, **context: Any) -> SafeString:
    """What a template prints, without the space around it."""
    return mark_safe(get_template(template).render(context).strip())  # noqa: S308 -- templates escape


def person(user: Any) -> SafeString:
    """A user with initials."""
    return rendered("core/tables/_person.html", person=user)


def ago(moment: datetime.datetime) -> SafeString:
    """How long ago, with the exact time in the tooltip."""
    return rendered("core/tables/_when.html", at=moment)


def _yes_no(value: Any) -> str:
    return _("Yes") if value else _("No")


def _day(value: datetime.date) -> str:
    return date_format(value, "DATE_FORMAT")


def _shortened(value: Any) -> str:
    text = " ".join(str(value).split())
    return f"{text[:119]}…" if len(text) > 120 else text


_PRINTED: dict[str, Callable[[Any], Any]] = {
    "number": formatted_number,
    "date": _day,
    "datetime": ago,
    "checkbox": _yes_no,
    "long": _shortened,
}


def templated(template: str, name: str = "value") -> Show:
    """For ``Column.show``: the cell from a template that finds the value as ``name`` and the record as ``record``."""

    def show(value: Any, record: Any) -> Any:
        return rendered(template, **{name: value, "record": record})

    return show


def person_column(name: str, label: "StrOrPromise", **more: Any) -> Column:
    """A column of users."""
    return Column(name, label, "person", plain=_name_of, **more)


def _name_of(user: Any, _record: Any) -> Any:
    return str(user) if user is not None else None


def exact(moment: datetime.datetime) -> datetime.datetime:
    """A moment in the reader's zone, for exports."""
    return timezone.localtime(moment)


OWNER = person_column("owner", gettext_lazy("Owner"))
