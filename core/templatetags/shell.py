"""Template filters and tags that every page has."""

import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import money as core_money

register = template.Library()


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """``{{ invoice.total|money:invoice.currency }}`` -> ``$1,234.50``."""
    return core_money.formatted(amount, currency)


@register.filter
def number(value: Decimal | None) -> str:
    """A quantity or price without trailing zeros."""
    return core_money.formatted_number(value)


@register.filter
def ago(moment: datetime.datetime | None) -> str:
    """``2 min ago``; the exact time belongs into a ``title`` beside it."""
    if moment is None:
        return _("never")
    seconds = int((timezone.now() - moment).total_seconds())
    if seconds < 45:
        return _("just now")
    for limit, divisor, one, many in (
        (5400, 60, "%d min ago", "%d min ago"),
        (129600, 3600, "%d hour ago", "%d hours ago"),
        (3888000, 86400, "%d day ago", "%d days ago"),
    ):
        if seconds < limit:
            count = max(1, round(seconds / divisor))
            return ngettext(one, many, count) % count
    return timezone.localtime(moment).strftime("%Y-%m-%d")


@register.simple_tag(takes_context=True)
def query_with(context: dict[str, Any], **changes: Any) -> str:
    """The current query string with some keys replaced (None removes); for sort, filter and page links."""
    query = context["request"].GET.copy()
    for key, value in changes.items():
        query.pop(key, None)
        if value is not None:
            query[key] = value
    encoded = query.urlencode()
    return f"?{encoded}" if encoded else "?"
