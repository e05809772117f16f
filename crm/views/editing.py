"""Create and edit: the same flow for every kind of record."""

from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import require
from core.access import decided
from core.properties import BadValues
from crm.forms import closing
from crm.forms.base import RecordForm
from crm.kinds import DEAL, KINDS, QUOTE, Kind
from crm.models import Company, Contact, Deal
from crm.queries import duplicates
from crm.services import contact_companies, deal_contacts, deals, quotes, records
from crm.services.stage_requirements import REASON, StageNeeds


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest, kind: Kind) -> HttpResponse:
    """The form of a new record, in the side panel or as a page, and its answer."""
    require(request.user, "crm.edit")
    asked = {name: value for name, value in request.GET.items() if name in kind.form.base_fields}
    if "contacts" in asked:
        asked["contacts"] = request.GET.getlist("contacts")  # type: ignore[assignment]
    form = kind.form(request.POST or None, user=request.user, initial=asked)
    if request.method == "POST" and form.is_valid() and not form.to_be_asked:
        if likely := _likely(request, kind, form):
            return _form_page(request, kind, form, None, likely)
        try:
            record = _create(kind, form, request.user)
        except BadValues as refused:
            form.refuse(refused)
        except StageNeeds as needs:
            form.add_error("stage", str(needs))
        else:
            _put_on(request, record)
            messages.success(request, kind.created)
            return to(request, back_or(request, resolve_url(kind.detail_url, record.pk)))
    return _form_page(request, kind, form, None)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int, kind: Kind) -> HttpResponse:
    """The form of a record, in the side panel or as a page, and its answer."""
    require(request.user, "crm.edit")
    record = get_object_or_404(kind.record(request.user), pk=pk)
    page = resolve_url(kind.detail_url, record.pk)
    form = kind.form(request.POST or None, user=request.user, record=record)
    if request.method == "POST" and form.is_valid():
        try:
            kind.services.update(record, by=request.user, **form.values())
        except BadValues as refused:
            form.refuse(refused)
            return _form_page(request, kind, form, record)
        except records.Archived:
            messages.error(request, _("This record is archived. Restore it to change it."))
        except quotes.NotADraft:
            messages.error(request, _("A published quote does not change any more."))
        else:
            messages.success(request, _("Changes saved."))
        return to(request, page)
    return _form_page(request, kind, form, record)


def to(request: HttpRequest, address: str) -> HttpResponse:
    """Lead the reader to ``address``: the whole window, also from a fragment."""
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


def back_or(request: HttpRequest, address: str) -> str:
    """Where the form says the reader came from, if that is on this site; else ``address``."""
    back = request.POST.get("next", "")
    return back if url_has_allowed_host_and_scheme(back, {request.get_host()}) else address


def _create(kind: Kind, form: RecordForm, user: Any) -> Model:
    values = form.values()
    if kind is DEAL:
        stage, contacts = values.pop("stage"), values.pop("contacts")
        why: dict[str, Any] = closing.given({name: values.pop(name, "") for name in (REASON, closing.NOTE)})
        return deals.create(by=user, stage=stage, contacts=contacts, **why, **values)
    if kind is QUOTE:
        return quotes.create_from_deal(values.pop("deal"), by=user, **values)
    record: Model = kind.services.create(by=user, **values)
    return record


def _belongs(request: HttpRequest) -> str:
    return request.POST.get("belongs", "") or request.GET.get("belongs", "")


def _put_on(request: HttpRequest, record: Any) -> None:
    """Put a new contact on the deal, or a new company to the contact, whose card it was made from."""
    name, _dash, number = _belongs(request).partition("-")
    found = KINDS[name].visible_to(request.user) if name in ("deal", "contact") else None
    if found is None or not number.isdecimal() or len(number) > 18:
        return
    # Who makes a record for somebody else may not see it any more, but has just put it there.
    with suppress(records.Archived), decided():
        if (other := found.filter(pk=number).first()) is None:
            return
        if isinstance(other, Deal) and isinstance(record, Contact):
            deal_contacts.add(other, record, by=request.user)
        elif isinstance(other, Contact) and isinstance(record, Company):
            contact_companies.add(other, record, by=request.user)


def _likely(request: HttpRequest, kind: Kind, form: RecordForm) -> list[tuple[Any, list[str]]]:
    """Records that the new one looks like, unless the reader has seen them and wants it anyway."""
    if request.POST.get("anyway"):
        return []
    company = form.cleaned_data.get("company")
    values = {**form.cleaned_data, "company_id": company.pk if company is not None else None}
    return duplicates.alike(request.user, kind.name, values)


def _form_page(
    request: HttpRequest, kind: Kind, form: RecordForm, record: Any, likely: list[tuple[Any, list[str]]] | None = None
) -> HttpResponse:
    in_panel = bool(getattr(request, "htmx", False))
    context = {"kind": kind, "form": form, "record": record, "in_panel": in_panel, "next": request.GET.get("next", "")}
    context["next"] = context["next"] or request.POST.get("next", "")
    context["likely"], context["belongs"] = likely, _belongs(request)
    template = "crm/_record_form.html" if in_panel else "crm/record_form.html"
    return render(request, template, context, status=422 if form.errors or likely or form.to_be_asked else 200)
