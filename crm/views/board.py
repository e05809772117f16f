"""The board of deals."""

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from core.paging import BadCursor
from core.tables.listing import Control, chosen_in, controls_of, selected
from core.tables.saved import views_of
from crm.kinds import DEAL
from crm.models import Stage
from crm.queries import board
from crm.services import pipelines
from crm.tables.deals import DEALS

# These choose what the columns are, so they are no filters here.
OWN = ("pipeline", "column", "after")


@require_GET
def deal_board(request: HttpRequest) -> HttpResponse:
    """Deals by stage, filtered as their list would be."""
    context = board_context(request, request.GET)
    known = _filters(request.GET)
    controls = controls_of(DEALS, request.user, chosen_in(DEALS, known), ())
    context["controls"] = [control for control in controls if control.chip.name not in ("stage", "status")]
    context["carried"] = _carried(known, context["controls"])
    context["where"] = context["found"].where
    context["views"] = views_of(DEALS, request.user, known)
    return render(request, "crm/deal_board.html", context)


@require_GET
def deal_board_more(request: HttpRequest) -> HttpResponse:
    """The next cards of the stage ``column``, behind those up to ``after``."""
    asked = request.GET.get("column", "")
    stage = get_object_or_404(Stage, pk=int(asked) if asked.isdecimal() else 0)
    found = selected(DEALS, request.user, _filters(request.GET))
    try:
        cards, more = board.further(found.rows, stage, request.GET.get("after", ""))
    except BadCursor:
        cards, more = board.further(found.rows, stage, "")
    context = {
        "cards": cards,
        "more": more,
        "stage": stage,
        "stages": list(stage.pipeline.stages.all()),
        "can_move": request.user.has_perm("crm.edit"),
        "address": _address(request.GET),
    }
    return render(request, "crm/_board_cards.html", context)


def board_context(request: HttpRequest, query: QueryDict, *, moved: int = 0) -> dict[str, Any]:
    """What the board prints for the filters in ``query``."""
    every = board.pipelines()
    if not every:
        pipelines.ensure_default()
        every = board.pipelines()
    wanted = query.get("pipeline", "")
    pipeline = next((each for each in every if str(each.pk) == wanted), next(iter(every)))
    known = _filters(query)
    found = selected(DEALS, request.user, known)
    return {
        "kind": DEAL,
        "table": DEALS,
        "pipelines": list(every),
        "pipeline": pipeline,
        "stages": every[pipeline],
        "columns": board.columns(found.rows, every[pipeline]),
        "found": found,
        "problems": found.problems,
        "q": query.get("q", "").strip(),
        "can_move": request.user.has_perm("crm.edit"),
        "moved": moved,
        "address": _address(query),
        "list_address": known.urlencode(),
    }


def _filters(query: QueryDict) -> QueryDict:
    known = query.copy()
    for name in OWN:
        known.pop(name, None)
    return known


def _address(query: QueryDict) -> str:
    """The state of the board for links of the page."""
    known = query.copy()
    for name in ("column", "after"):
        known.pop(name, None)
    return known.urlencode()


def _carried(known: QueryDict, controls: list[Control]) -> list[tuple[str, str]]:
    """Filters of the address without a control here, to be kept."""
    shown = {control.chip.name for control in controls} | {"q", "where"}
    return [(name, value) for name, values in known.lists() if name not in shown for value in values]
