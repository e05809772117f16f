"""Records that are likely the same: the list, merging them side by side, and undoing it."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import require
from core.merging import NotNow
from core.paging import SIZES, BadCursor, Page, page_by_key
from core.properties import BadValues
from crm import duplicate_keys, merge_page
from crm.forms.fields import RecordField
from crm.kinds import COMPANY, CONTACT, DEAL, KINDS, PRODUCT, Kind
from crm.models import Merge
from crm.queries import duplicates, merges
from crm.services import merging, merging_suggestions, merging_undo

MERGES = "crm.merge"
MERGEABLE = (CONTACT, COMPANY, DEAL, PRODUCT)
# The names of the questions that apps ask about a merge begin with one of these.
ANSWERS = ("quickbooks-", "deal-")


def _kind(object_type: str) -> Kind:
    if object_type not in merging.MODELS:
        raise Http404(object_type)
    return KINDS[object_type]


def _numbers(texts: Iterable[Any]) -> list[int]:
    parts = [part.strip() for text in texts for part in str(text).split(",")]
    return list(dict.fromkeys(int(part) for part in parts if part.isdecimal() and len(part) < 19))


@require_safe
def duplicate_list(request: HttpRequest, object_type: str) -> HttpResponse:
    """Pairs that are likely the same, the surest first."""
    require(request.user, MERGES)
    kind = _kind(object_type)
    dismissed = bool(request.GET.get("dismissed"))
    rows = duplicates.open_pairs(request.user, object_type, dismissed=dismissed)
    size = int(request.GET.get("size", "25")) if request.GET.get("size", "") in map(str, SIZES) else SIZES[0]
    try:
        page: Page[Any] = page_by_key(rows, sort="-confidence", cursor=request.GET.get("cursor", ""), size=size)
    except BadCursor:
        page = page_by_key(rows, sort="-confidence", size=size)
    found = duplicates.records(
        request.user, object_type, [pk for row in page.rows for pk in (row.first_id, row.second_id)]
    )
    lines = [
        {
            "row": row,
            "records": [found[pk] for pk in (row.first_id, row.second_id) if pk in found],
            "reasons": duplicate_keys.reasons(row.rules),
            "merge": f"{reverse('crm:merge', args=[object_type])}?ids={row.first_id},{row.second_id}",
        }
        for row in page.rows
    ]
    context = {"kind": kind, "kinds": MERGEABLE, "lines": lines, "page": page, "dismissed": dismissed}
    return render(request, "crm/merging/duplicates.html", context)


@require_POST
def duplicate_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that two records are different, or take that back (``act`` is ``again``)."""
    require(request.user, MERGES)
    pair = get_object_or_404(duplicates.pairs(request.user), pk=pk)
    address = reverse("crm:duplicate-list", args=[pair.object_type])
    if request.POST.get("act") == "again":
        merging_suggestions.suggest_again(pair, by=request.user)
        messages.success(request, _("They are suggested again."))
        return redirect(f"{address}?dismissed=1")
    merging_suggestions.dismiss(pair, by=request.user)
    messages.success(request, _("They stay apart, and are not suggested again."))
    return redirect(address)


class OtherForm(forms.Form):
    """Which record is the same."""

    def __init__(self, kind: Kind, user: Any, known: list[int]) -> None:
        super().__init__()
        label = _("Merge with")
        field: Any = RecordField(f"crm:{kind.name}-choices", label=label, placeholder=_("Find a record"))
        field.find = lambda: kind.visible_to(user).filter(archived_at=None).exclude(pk__in=known)
        self.fields["ids"] = field


@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, object_type: str) -> HttpResponse:
    """Two to five records side by side, and merging them."""
    require(request.user, MERGES)
    kind = _kind(object_type)
    sent = request.POST if request.method == "POST" else request.GET
    ids = _numbers(sent.getlist("ids"))[: merging.MOST]
    rows = kind.record(request.user).filter(pk__in=ids, archived_at=None)
    found = {record.pk: record for record in rows}
    records = [found[pk] for pk in ids if pk in found]
    if not records:
        raise Http404(_("These records are archived, merged or gone."))
    problem = ""
    if request.method == "POST" and len(records) > 1:
        try:
            merged = _merge(request, object_type, [record.pk for record in records], sent)
        except (NotNow, merging.Changed, BadValues) as error:
            problem = str(error)
        else:
            text = ngettext("%d record is part of “%s” now.", "%d records are part of “%s” now.", len(records) - 1)
            messages.success(request, text % (len(records) - 1, merged.title))
            return redirect(resolve_url(kind.detail_url, merged.winner_id))
    context: dict[str, Any] = {"kind": kind, "problem": problem, "ids": [record.pk for record in records]}
    if len(records) < 2:
        context |= {"record": records[0], "form": OtherForm(kind, request.user, ids)}
        return render(request, "crm/merging/choose.html", context)
    asked = {name.removeprefix(merge_page.VALUE): value for name, value in _choices(sent, merge_page.VALUE).items()}
    winner = next(iter(_numbers(sent.getlist("winner"))), None)
    context["merge"] = merge_page.page_of(object_type, records, asked, winner)
    context["answers"] = _answers(sent)
    return render(request, "crm/merging/merge.html", context, status=422 if problem else 200)


def _choices(sent: QueryDict, prefix: str) -> dict[str, int]:
    names = [name for name in sent if name.startswith(prefix)]
    return {name: numbers[0] for name in names if (numbers := _numbers(sent.getlist(name)))}


def _answers(sent: QueryDict) -> dict[str, int]:
    return {name: pk for prefix in ANSWERS for name, pk in _choices(sent, prefix).items()}


def _merge(request: HttpRequest, object_type: str, ids: list[int], sent: QueryDict) -> Merge:
    winner = next((pk for pk in _numbers(sent.getlist("winner")) if pk in ids), None)
    if winner is None:
        raise NotNow(_("Choose the record that stays."))
    chosen = {name.removeprefix(merge_page.VALUE): pk for name, pk in _choices(sent, merge_page.VALUE).items()}
    return merging.merge(
        object_type,
        winner,
        [pk for pk in ids if pk != winner],
        by=request.user,
        chosen=chosen,
        answers=_answers(sent),
        seen={pk: sent.get(f"seen-{pk}", "") for pk in ids},
    )


@require_safe
def merge_list(request: HttpRequest) -> HttpResponse:
    """The merges of the last 30 days."""
    require(request.user, MERGES)
    try:
        page = page_by_key(
            merges.recent(request.user), sort="-merged_at", cursor=request.GET.get("cursor", ""), size=SIZES[0]
        )
    except BadCursor:
        page = page_by_key(merges.recent(request.user), sort="-merged_at", size=SIZES[0])
    lines = [
        {
            "row": row,
            "kind": KINDS[row.object_type],
            "url": reverse(KINDS[row.object_type].detail_url, args=[row.winner_id]),
            "may_undo": merges.may_undo(row),
        }
        for row in page.rows
    ]
    return render(request, "crm/merging/merges.html", {"lines": lines, "page": page})


@require_http_methods(["GET", "POST"])
def merge_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what will not go back, and undo a merge."""
    require(request.user, MERGES)
    row = get_object_or_404(merges.visible_to(request.user).select_related("by").prefetch_related("losers"), pk=pk)
    if request.method == "POST":
        try:
            kept = merging_undo.undo(row, by=request.user)
        except NotNow as error:
            messages.error(request, str(error))
            return redirect("crm:merge-list")
        text = _("The merge is undone: the records are there again.")
        (messages.warning if kept else messages.success)(request, " ".join([text, *kept]))
        return redirect(resolve_url(KINDS[row.object_type].detail_url, row.winner_id))
    if not merges.may_undo(row):
        messages.error(request, _("This merge can't be undone any more."))
        return redirect("crm:merge-list")
    context = {"row": row, "kind": KINDS[row.object_type], "kept": merging_undo.kept(row)}
    return render(request, "crm/merging/undo.html", context)
