"""Template filters and tags that every page has."""

import datetime
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, FileInput, RadioSelect, Select
from django.http import QueryDict
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import finding
from core import money as core_money

register = template.Library()

AVATAR_HUES = 6


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """``{{ invoice.total|money:invoice.currency }}`` -> ``$1,234.50``."""
    return core_money.formatted(amount, currency)


@register.filter
def number(value: Decimal | None) -> str:
    """A quantity or price without trailing zeros."""
    return core_money.formatted_number(value)


@register.filter
def marked(text: str, words: Sequence[str]) -> SafeString:
    """``{{ hit.title|marked:words }}``: the beginnings of words that were looked for, marked."""
    return finding.highlighted(text, words)


@register.filter
def ago(moment: datetime.datetime | None) -> str:
    """``2 min ago``, ``in 3 days``; the exact time belongs into a ``title`` beside it."""
    if moment is None:
        return _("never")
    seconds = int((timezone.now() - moment).total_seconds())
    if abs(seconds) < 45:
        return _("just now")
    for limit, divisor, past, coming in (
        (5400, 60, ("%d min ago", "%d min ago"), ("in %d min", "in %d min")),
        (129600, 3600, ("%d hour ago", "%d hours ago"), ("in %d hour", "in %d hours")),
        (3888000, 86400, ("%d day ago", "%d days ago"), ("in %d day", "in %d days")),
    ):
        if abs(seconds) < limit:
            count = max(1, round(abs(seconds) / divisor))
            return ngettext(*(past if seconds > 0 else coming), count) % count
    return date_format(timezone.localtime(moment), "DATE_FORMAT")


@register.simple_tag(takes_context=True)
def query_with(context: dict[str, Any], **changes: Any) -> str:
    """The current query string with some keys replaced (None removes); for sort, filter and page links."""
    query = _query(context).copy()
    for key, value in changes.items():
        query.pop(key, None)
        if value is not None:
            query[key] = value
    encoded = query.urlencode()
    return f"?{encoded}" if encoded else "?"


@register.simple_tag(takes_context=True)
def sort_link(context: dict[str, Any], sort: str, current: str) -> dict[str, str]:
    """For a column's header: ``url`` that sorts by it (or turns it round), ``aria`` state and ``icon``."""
    ascending, descending = current == sort, current == f"-{sort}"
    query = _query(context).copy()
    query.pop("cursor", None)
    query["sort"] = f"-{sort}" if ascending else sort
    return {
        "url": f"?{query.urlencode()}",
        "aria": "ascending" if ascending else "descending" if descending else "",
        "icon": "arrow-up" if ascending else "arrow-down" if descending else "arrows-sort",
    }


@register.simple_tag(takes_context=True)
def page_links(context: dict[str, Any], page: Any, sizes: Iterable[int] = (25, 50, 100)) -> dict[str, Any]:
    """For the foot of a list: addresses of the neighbouring pages and of the page sizes."""
    query = _query(context)

    def address(**changes: Any) -> str:
        changed = query.copy()
        changed.pop("cursor", None)
        changed.update(changes)
        return f"?{changed.urlencode()}"

    size = query.get("size", "50")
    return {
        "previous": address(cursor=page.previous) if page.previous else "",
        "next": address(cursor=page.next) if page.next else "",
        "sizes": [(each, address(size=each), str(each) == size) for each in sizes],
    }


@register.simple_tag(takes_context=True)
def address_filtered(context: dict[str, Any]) -> bool:
    """Whether the address holds a search or a filter, not only sort, page and size."""
    return any(
        value
        for key, values in _query(context).lists()
        if key not in ("sort", "cursor", "size", "tab", "view", "columns", "density")
        for value in values
    )


def _query(context: dict[str, Any]) -> QueryDict:
    request = context.get("request")
    return request.GET if request is not None else QueryDict()


@register.filter
def range_parts(value: Any) -> dict[str, str]:
    """``2026-01-01..2026-02-01`` or a pair as ``lowest`` and ``highest``; empty where open."""
    if isinstance(value, list | tuple):
        lowest, highest = (str(part) if part is not None else "" for part in (*value, None, None)[:2])
    else:
        lowest, _dots, highest = str(value or "").partition("..")
    return {"lowest": lowest, "highest": highest}


@register.filter
def chosen(options: Iterable[tuple[Any, Any]], selected: Any) -> list[dict[str, Any]]:
    """Options of a filter as dicts with ``value``, ``label`` and ``checked``."""
    wanted = {str(each) for each in ([selected] if isinstance(selected, str | int) else selected or []) if each != ""}
    return [{"value": str(value), "label": label, "checked": str(value) in wanted} for value, label in options]


@register.filter
def checked_labels(options: Iterable[dict[str, Any]]) -> str:
    """The labels of the checked options, in one line."""
    return ", ".join(str(option["label"]) for option in options if option["checked"])


@register.filter
def control(field: BoundField) -> SafeString:
    """A form field's widget with the classes of the design system."""
    widget = field.field.widget
    if isinstance(widget, CheckboxSelectMultiple | RadioSelect):
        return SafeString(field)
    look = "form-control"
    if isinstance(widget, CheckboxInput):
        look = "form-check-input"
    elif isinstance(widget, Select):
        look = "form-select"
    elif isinstance(widget, FileInput):
        look = "form-control form-control-file"
    classes = " ".join(filter(None, [widget.attrs.get("class", ""), look, "is-invalid" if field.errors else ""]))
    return field.as_widget(attrs={"class": classes})


@register.filter
def is_check(field: BoundField) -> bool:
    """Whether the field is one check box, whose label stands behind it."""
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def hue(user: Any) -> int:
    """One of the avatar colours, always the same for a person."""
    return int(getattr(user, "pk", 0) or 0) % AVATAR_HUES


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """An icon of the sprite; decorative, so the text beside it or an aria-label has to say it."""
    sprite = static("vendor/tabler-icons/sprite.svg")
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>', extra, sprite, name
    )


@register.simple_tag
def product_name() -> str:
    """What the product is called on its pages."""
    return str(getattr(settings, "PRODUCT_NAME", "CRM Sync"))
