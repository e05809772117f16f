"""Associations of a record: their card, adding with a label, removing with a way back, and the whole list."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import require
from crm import associated
from crm.kinds import KINDS, Kind
from crm.models import Association, AssociationLabel
from crm.queries import companies, contacts, deals, products, quotes
from crm.services import association_naming
from crm.services import associations as services
from crm.views.timeline import kind_of

OFFERED = 8
CHOICES: dict[str, Callable[[Any, str, int], list[Any]]] = {
    "contact": contacts.choices,
    "company": companies.choices,
    "deal": deals.choices,
    "product": products.choices,
    "quote": quotes.choices,
}


@require_GET
def associations_card(request: HttpRequest, pk: int, object_type: str) -> HttpResponse:
    """What a record is associated with."""
    kind = kind_of(object_type)
    record = get_object_or_404(kind.visible_to(request.user), pk=pk)
    return render(request, "crm/associations/_card.html", _context(request, kind, record))


@require_GET
def association_list(request: HttpRequest, object_type: str, pk: int) -> HttpResponse:
    """All of them, on a page of their own, older ones by key."""
    kind = kind_of(object_type)
    record = get_object_or_404(kind.visible_to(request.user), pk=pk)
    before = request.GET.get("before", "")
    context = _context(request, kind, record, before=int(before) if before.isdecimal() and len(before) < 19 else 0)
    return render(request, "crm/associations/list.html", context)


@require_GET
def association_choices(request: HttpRequest, object_type: str, pk: int) -> JsonResponse:
    """Records of every kind that can be associated with this one, while somebody types."""
    get_object_or_404(kind_of(object_type).visible_to(request.user), pk=pk)
    typed = request.GET.get("q", "").strip()[:200]
    found = [
        (kind, record)
        for name, kind in KINDS.items()
        for record in CHOICES[name](request.user, typed, OFFERED)
        if (name, record.pk) != (object_type, pk)
    ]
    results = [{"value": f"{k.name}:{r.pk}", "text": str(r), "detail": str(k.label)} for k, r in found]
    return JsonResponse({"results": results})


@require_http_methods(["GET", "POST"])
def association_add(request: HttpRequest, object_type: str, pk: int) -> HttpResponse:
    """The form of a new association, in the side panel or as a page, and its answer."""
    kind = kind_of(object_type)
    require(request.user, "crm.edit")
    record = get_object_or_404(kind.visible_to(request.user), pk=pk)
    values = request.POST if request.method == "POST" else request.GET
    other = associated.named(request.user, values.get("other", ""))
    problem = ""
    if request.method == "POST":
        if other is None:
            problem = _("Choose a record.")
        else:
            try:
                label, back = _label(values.get("label", ""))
                services.add(record, other[1], by=request.user, label=label, back=back)
            except services.BadAssociation as bad:
                problem = str(bad)
            else:
                messages.success(request, _("“%(one)s” and “%(two)s” belong together now.") % {
                    "one": record, "two": other[1],
                })  # fmt: skip
                return _changed(request, kind, pk, close=True)
    in_panel = bool(getattr(request, "htmx", False))
    context = {
        "kind": kind,
        "record": record,
        "other": other,
        "labels": associated.labels_between(object_type, other[0].name) if other else [],
        "chosen": values.get("label", ""),
        "problem": problem,
        "in_panel": in_panel,
    }
    template = "crm/associations/_form.html" if in_panel else "crm/associations/form.html"
    return render(request, template, context, status=422 if problem else 200)


@require_http_methods(["GET", "POST"])
def association_relabel(request: HttpRequest, pk: int) -> HttpResponse:
    """What two associated records are to one another, told from the one that ``of`` names (``contact:12``)."""
    require(request.user, "crm.edit")
    association = get_object_or_404(Association.objects.select_related("label"), pk=pk, removed_at=None)
    values = request.POST if request.method == "POST" else request.GET
    ends = [(association.from_type, association.from_id), (association.to_type, association.to_id)]
    backwards = values.get("of") == f"{ends[1][0]}:{ends[1][1]}"
    if backwards:
        ends.reverse()
    record, other = (_end(request, *end) for end in ends)
    kind, problem = KINDS[ends[0][0]], ""
    held = f"{association.label_id}{':back' if backwards else ''}" if association.label_id else ""
    if request.method == "POST":
        try:
            label, back = _label(values.get("label", ""))
            association_naming.relabel(association, record, other, by=request.user, label=label, back=back)
        except services.BadAssociation as bad:
            problem = str(bad)
        else:
            messages.success(request, _("Changes saved."))
            return _changed(request, kind, record.pk, close=True)
    in_panel = bool(getattr(request, "htmx", False))
    context = {
        "association": association,
        "kind": kind,
        "record": record,
        "other": other,
        "of": f"{ends[0][0]}:{ends[0][1]}",
        "labels": associated.labels_between(ends[0][0], ends[1][0]),
        "chosen": values.get("label", held),
        "problem": problem,
        "in_panel": in_panel,
    }
    template = "crm/associations/_relabel.html" if in_panel else "crm/associations/relabel.html"
    return render(request, template, context, status=422 if problem else 200)


@require_POST
def association_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take two records apart; ``undo=1`` puts them together again."""
    require(request.user, "crm.edit")
    association = get_object_or_404(Association.objects.select_related("label"), pk=pk)
    first = _end(request, association.from_type, association.from_id)
    second = _end(request, association.to_type, association.to_id)
    kind = KINDS[association.from_type]
    if request.POST.get("undo") or request.GET.get("undo"):
        if services.restore(association, first, second, by=request.user):
            messages.success(request, _("They belong together again."))
        return _changed(request, kind, first.pk)
    services.remove(association, first, second, by=request.user)
    if not getattr(request, "htmx", False):
        messages.success(request, _("They do not belong together any more."))
        return _changed(request, kind, first.pk)
    undo = {"label": _("Undo"), "url": f"{reverse('crm:association-remove', args=[pk])}?undo=1"}
    toast = {"level": "success", "text": _("They do not belong together any more."), "action": undo}
    events = {"associations:changed": None, "record:changed": None, "toast": toast}
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(events)})


def _context(request: HttpRequest, kind: Kind, record: Any, *, before: int = 0) -> dict[str, Any]:
    rows, older = associated.of_record(request.user, kind.name, record.pk, before=before)
    return {
        "kind": kind,
        "record": record,
        "rows": rows,
        "older": older,
        "count": f"{len(rows)}+" if older else str(len(rows)),
        "most": associated.MOST_SHOWN,
        "may_change": record.archived_at is None and request.user.has_perm("crm.edit"),
    }


def _label(value: str) -> tuple[AssociationLabel | None, bool]:
    pk, _colon, way = value.partition(":")
    if not pk:
        return None, False
    label = AssociationLabel.objects.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 19 else None
    if label is None:
        raise services.BadAssociation(_("This label does not exist any more."))
    return label, way == "back"


def _end(request: HttpRequest, object_type: str, pk: int) -> Any:
    if object_type not in KINDS:
        raise Http404
    return get_object_or_404(KINDS[object_type].visible_to(request.user), pk=pk)


def _changed(request: HttpRequest, kind: Kind, pk: int, *, close: bool = False) -> HttpResponse:
    if not getattr(request, "htmx", False):
        return redirect(resolve_url(kind.detail_url, pk))
    events: dict[str, Any] = {"associations:changed": None, "record:changed": None}
    if close:
        events["drawer:close"] = None
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(events)})
