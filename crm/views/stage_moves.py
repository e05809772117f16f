"""Moving a deal to another stage, from the board or its page; the form for what the stage asks for; undoing."""

import json
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import require
from core.properties import BadValues
from crm.forms.stage_move import StageMoveForm
from crm.models import Deal, Stage
from crm.queries import deals
from crm.services import deals as services
from crm.services import records, stage_moves
from crm.services.deals import MovedMeanwhile
from crm.services.stage_requirements import StageNeeds
from crm.views.board import board_context


@require_POST
def deal_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a deal to the stage ``stage``, out of ``seen``; asks first for what that stage needs.

    Answers with the board when it came from there, else the page comes anew.
    """
    require(request.user, "crm.edit")
    deal = get_object_or_404(deals.visible_to(request.user).select_related("stage"), pk=pk)
    chosen, seen = request.POST.get("stage", ""), request.POST.get("seen", "")
    stage = get_object_or_404(Stage.objects.select_related("pipeline"), pk=int(chosen) if chosen.isdecimal() else 0)
    asked = "asked" in request.POST
    form = StageMoveForm(request.POST if asked else None, deal=deal, stage=stage, user=request.user)
    current = deal.archived_at is None and deal.stage_id != stage.pk and (not seen or seen == str(deal.stage_id))
    if current and form.asks and not asked:
        return _ask(request, deal, stage, form, seen)
    if asked and not form.is_valid():
        return _ask(request, deal, stage, form, seen)
    values = form.values() if asked else {}
    before = deal.stage_id
    try:
        moved = stage_moves.move(deal, stage, by=request.user, seen=int(seen) if seen.isdecimal() else None, **values)
    except StageNeeds as needs:
        return _ask(request, deal, stage, form, seen, problem=str(needs))
    except BadValues as refused:
        form.refuse(refused)
        return _ask(request, deal, stage, form, seen)
    except records.Archived:
        return _done(request, deal, "error", _("“%s” is archived. Restore it to move it.") % deal)
    except MovedMeanwhile as other:
        return _done(request, deal, "warning", told_meanwhile(other))
    if moved.stage_id == before:
        return _done(request, moved)
    text = _("“%(deal)s” is in “%(stage)s” now.") % {"deal": moved, "stage": stage}
    return _done(request, moved, "success", text, undo=services.last_change(moved))


@require_POST
def deal_move_undo(request: HttpRequest, pk: int, change: int) -> HttpResponse:
    """Take the move ``change`` back, unless the deal has been moved again since."""
    require(request.user, "crm.edit")
    deal = get_object_or_404(deals.visible_to(request.user), pk=pk)
    try:
        back = services.undo_move(deal, change, by=request.user)
    except records.Archived:
        level, text = "error", _("“%s” is archived. Restore it to move it.") % deal
    except MovedMeanwhile as other:
        level, text = "warning", told_meanwhile(other)
    else:
        level, text = "success", _("“%(deal)s” is back in “%(stage)s”.") % {"deal": back, "stage": back.stage}
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers=_events(text, level, {"board:changed": None}))
    messages.add_message(request, messages.SUCCESS if level == "success" else messages.WARNING, text)
    return redirect(resolve_url("crm:deal-detail", pk))


@require_GET
def deal_stages(request: HttpRequest, pk: int) -> HttpResponse:
    """Through which stages a deal went, how long it was in each, and who moved it."""
    deal = get_object_or_404(deals.visible_to(request.user), pk=pk)
    return render(request, "crm/_stages_card.html", {"deal": deal, "moves": deals.moves_of(deal)})


def told_meanwhile(other: MovedMeanwhile) -> str:
    """Who moved the deal, and where it is now."""
    words = {"deal": other.deal, "stage": other.deal.stage}
    if other.change is not None and other.change.by is not None:
        words["who"] = other.change.by
        return _("%(who)s moved “%(deal)s” to “%(stage)s” in the meantime.") % words
    return _("“%(deal)s” was moved to “%(stage)s” in the meantime.") % words


def _ask(
    request: HttpRequest, deal: Deal, stage: Stage, form: StageMoveForm, seen: str, *, problem: str = ""
) -> HttpResponse:
    """The form, in the side panel or as a page."""
    context = {"deal": deal, "stage": stage, "form": form, "seen": seen, "problem": problem}
    status = 422 if form.errors or problem else 200
    if getattr(request, "htmx", False):
        answer = render(request, "crm/_stage_move.html", context, status=status)
        answer["HX-Retarget"], answer["HX-Reswap"] = "#drawer-body", "innerHTML"
        return answer
    return render(request, "crm/stage_move.html", context, status=status)


def _done(request: HttpRequest, deal: Deal, level: str = "", text: str = "", *, undo: Any = None) -> HttpResponse:
    """The board, the page anew, or where the page is."""
    htmx: Any = getattr(request, "htmx", None)
    if htmx and _on_board(request):
        answer = render(request, "crm/_board.html", board_context(request, _address(request), moved=deal.pk))
        answer["HX-Retarget"], answer["HX-Reswap"] = "#board", "outerHTML"
        action = None
        if undo is not None:
            action = {"label": _("Undo"), "url": reverse("crm:deal-move-undo", args=[deal.pk, undo.pk])}
        answer["HX-Trigger"] = _events(text, level, {}, action)["HX-Trigger"]
        # Not before the board is there: a form that is taken out of the page finds no board.
        answer["HX-Trigger-After-Swap"] = json.dumps({"drawer:close": None})
        return answer
    if text:
        levels = {"error": messages.ERROR, "warning": messages.WARNING, "success": messages.SUCCESS}
        messages.add_message(request, levels[level], text)
    if htmx:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return redirect(resolve_url("crm:deal-detail", deal.pk))


def _events(text: str, level: str, more: dict[str, Any], action: dict[str, str] | None = None) -> dict[str, str]:
    told = {"level": level, "text": text} | ({"action": action} if action else {})
    return {"HX-Trigger": json.dumps(({"toast": told} if text else {}) | more)}


def _on_board(request: HttpRequest) -> bool:
    htmx: Any = getattr(request, "htmx", None)
    return bool(urlsplit(htmx.current_url or "").path == reverse("crm:deal-board")) if htmx else False


def _address(request: HttpRequest) -> QueryDict:
    htmx: Any = getattr(request, "htmx", None)
    return QueryDict(urlsplit(htmx.current_url or "").query)
