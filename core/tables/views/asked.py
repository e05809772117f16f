"""What requests about a list have in common: its state, its chosen rows, answers."""

import json
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_cache_control

from core.tables.described import Table

MOST_IDS = 1000


def unstored(view: Any) -> Any:
    """Figures and names are never stored by browsers."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = view(request, *args, **kwargs)
        patch_cache_control(response, no_cache=True, no_store=True)
        return response

    return answered


def state_of(request: HttpRequest) -> QueryDict:
    """The state of the list that the reader looks at: given with the form, else that of the page behind it."""
    given = request.POST.get("state", request.GET.get("state"))
    if given is not None:
        return QueryDict(given)
    page = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    return QueryDict(urlsplit(page).query)


def ids_in(request: HttpRequest) -> list[int] | None:
    """The chosen rows; None for all that match."""
    asked = request.POST if request.method == "POST" else request.GET
    if asked.get("all"):
        return None
    ids = [value for each in asked.getlist("ids") for value in each.split(",")]
    return [int(value) for value in ids if value.isdecimal() and len(value) < 19][:MOST_IDS]


def list_address(table: Table, query: str = "") -> str:
    """The address of the list in a state."""
    return reverse(table.index) + (f"?{query.removeprefix('?')}" if query.removeprefix("?") else "")


def lead(request: HttpRequest, address: str) -> HttpResponse:
    """Lead the whole window to an address, also from a fragment."""
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


def changed(text: str, *, level: str = "success", undo: str = "", label: str = "") -> HttpResponse:
    """Close the side panel, have the list read again, and say what happened."""
    toast: dict[str, Any] = {"level": level, "text": text}
    if undo:
        toast["action"] = {"label": label, "url": undo}
    # Closing the panel comes last: it takes the form away on which the events are.
    events = {"list:changed": None, "toast": toast, "drawer:close": None}
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(events)})
