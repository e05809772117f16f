"""Order that people give to rows, by dragging them or a place up and down."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest


def asked_order(request: HttpRequest, now: Sequence[int]) -> list[int]:
    """The ids in the asked order: a whole one after dragging (``id``), or one moved ``by`` a place up or down.

    Ids that are not among those of ``now`` are left out.
    """
    given = _numbers(request, "id")
    order = list(dict.fromkeys(each for each in given if each in now)) if given else list(now)
    moved, by = moved_one(request), request.POST.get("by") or request.GET.get("by", "")
    if moved in order and by in ("up", "down"):
        place = order.index(moved)
        other = max(0, place - 1) if by == "up" else min(len(order) - 1, place + 1)
        order[place], order[other] = order[other], order[place]
    return order


def moved_one(request: HttpRequest) -> int:
    """The id of the row that is to be moved by a place; 0 for none."""
    return next(iter(_numbers(request, "move")), 0)


def _numbers(request: HttpRequest, name: str) -> list[int]:
    return [int(each) for each in request.POST.getlist(name) if each.isdecimal() and len(each) < 19]


def put_in_order(rows: Any, ids: Sequence[int]) -> None:
    """Write the order of ``ids`` into ``position`` of the ``rows``; those that are not named follow as they were."""
    places = {pk: place for place, pk in enumerate(ids)}
    found = sorted(rows.all(), key=lambda row: (places.get(row.pk, len(places)), row.position, row.pk))
    moved = [(row, place) for place, row in enumerate(found) if row.position != place]
    for row, place in moved:
        row.position = place
    rows.model._default_manager.bulk_update([row for row, _place in moved], ["position"])
