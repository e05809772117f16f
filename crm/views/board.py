"""The board of deals, and moving a deal to another stage."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import require
from core.tables.listing import chosen_in, controls_of, selected
from crm.kinds import DEAL
from crm.models import Stage
from crm.queries import board, deals
from crm.services import deals as services
from crm.services import pipelines, records
from crm.tables import DEALS


@require_GET
def deal_board(request: HttpRequest) -> HttpResponse:
    """Deals by stage."""
    context = board_context(request, request.GET)
    controls = controls_of(DEALS, request.user, context["chosen"], ())
    context["options"] = {control.chip.name: control.options for control in controls}
    return render(request, "crm/deal_board.html", context)


@require_POST
def deal_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a deal to the stage ``stage``; answers with the board when it came from there."""
    require(request.user, "crm.edit")
    deal = get_object_or_404(deals.visible_to(request.user), pk=pk)
    chosen = request.POST.get("stage", "")
    stage = get_object_or_404(Stage, pk=int(chosen) if chosen.isdecimal() else 0)
    try:
        services.move_to_stage(deal, stage, by=request.user)
    except records.Archived:
        messages.error(request, _("“%s” is archived. Restore it to move it.") % deal)
    htmx: Any = getattr(request, "htmx", None)
    if htmx and htmx.target == "board":
        query = QueryDict(urlsplit(htmx.current_url or "").query)
        return render(request, "crm/_board.html", board_context(request, query, moved=deal.pk))
    if htmx:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return redirect(resolve_url("crm:deal-detail", pk))


def board_context(request: HttpRequest, query: QueryDict, *, moved: int = 0) -> dict[str, Any]:
    """What the board prints for the filters in ``query``."""
    every = board.pipelines()
    if not every:
        pipelines.ensure_default()
        every = board.pipelines()
    wanted = query.get("pipeline", "")
    pipeline = next((each for each in every if str(each.pk) == wanted), next(iter(every)))
    known = query.copy()
    known.pop("pipeline", None)
    found = selected(DEALS, request.user, known)
    return {
        "kind": DEAL,
        "pipelines": list(every),
        "pipeline": pipeline,
        "columns": board.columns(found.rows, every[pipeline]),
        "problems": found.problems,
        "q": query.get("q", "").strip(),
        "chosen": chosen_in(DEALS, query),
        "can_move": request.user.has_perm("crm.edit"),
        "moved": moved,
    }
