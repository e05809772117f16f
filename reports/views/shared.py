"""What the views of this app have in common."""

from typing import Any

from django.http import HttpRequest

from core.paging import SIZES, BadCursor, Page, page_by_key
from invoices.views.answers import by_htmx, needs, toast, told

VIEW, MANAGE = "reports.view", "reports.manage"

__all__ = ["MANAGE", "VIEW", "by_htmx", "needs", "page_of", "toast", "told"]


def page_of(request: HttpRequest, rows: Any, sort: str) -> Page[Any]:
    """The page of ``rows`` that the address asks for; the first one where its cursor is none of this list."""
    size = {str(each): each for each in SIZES}.get(request.GET.get("size", ""), 50)
    try:
        return page_by_key(rows, sort=sort, cursor=request.GET.get("cursor", ""), size=size)
    except BadCursor:
        return page_by_key(rows, sort=sort, size=size)
