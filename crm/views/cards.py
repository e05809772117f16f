"""The CRM's own cards on record pages, as fragments."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import require
from crm import associated
from crm.kinds import KINDS
from crm.queries import companies, contacts, deals, quotes
from crm.services import contact_companies, deal_contacts, records

LIMIT = 10


@require_GET
def deal_billing(request: HttpRequest, pk: int) -> HttpResponse:
    """The invoice properties of a deal, as they are now."""
    deal = get_object_or_404(deals.visible_to(request.user).select_related("billing"), pk=pk)
    return render(request, "crm/_billing.html", {"record": deal, "billing": deals.billing_of(deal)})


@require_GET
def company_contacts(request: HttpRequest, pk: int) -> HttpResponse:
    """The contacts of a company."""
    company = get_object_or_404(companies.visible_to(request.user), pk=pk)
    found = contacts.of_company(request.user, pk, LIMIT + 1)
    others, _older = associated.of_record(request.user, "company", pk, other="contact", limit=LIMIT)
    context = {"company": company, "others": others, **_some(found)} | _adding("contact", company, company=pk)
    if others and not context["more"]:
        context["count"] = str(len(context["rows"]) + len(others))
    return render(request, "crm/_contacts_card.html", context)


@require_GET
def contact_companies_card(request: HttpRequest, pk: int) -> HttpResponse:
    """The companies of a contact: the primary one first."""
    return _contact_companies(request, get_object_or_404(contacts.record(request.user), pk=pk))


@require_POST
def contact_company_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a contact to a company, take it off, or make one the primary one: ``act`` says which."""
    require(request.user, "crm.edit")
    contact = get_object_or_404(contacts.record(request.user), pk=pk)
    act = {
        "add": contact_companies.add,
        "remove": contact_companies.remove,
        "primary": contact_companies.make_primary,
    }.get(request.POST.get("act", ""))
    chosen = request.POST.get("company", "")
    if act is None or not chosen.isdecimal() or len(chosen) > 18:
        return _contact_companies(request, contact, problem=_("Choose a company."), status=422)
    company = get_object_or_404(companies.visible_to(request.user), pk=int(chosen))
    try:
        act(contact, company, by=request.user)
    except records.Archived:
        problem = _("This contact is archived. Restore it to change it.")
        return _contact_companies(request, contact, problem=problem, status=422)
    if not getattr(request, "htmx", False):
        return redirect(resolve_url("crm:contact-detail", pk))
    answer = _contact_companies(request, get_object_or_404(contacts.record(request.user), pk=pk))
    answer["HX-Trigger"] = "record:changed"
    return answer


@require_GET
def company_deals(request: HttpRequest, pk: int) -> HttpResponse:
    """The deals of a company."""
    company = get_object_or_404(companies.visible_to(request.user), pk=pk)
    found = deals.of_record(request.user, limit=LIMIT + 1, company_id=pk)
    context = {"by": "company", "pk": pk, "archived": company.archived_at, **_some(found)}
    return render(request, "crm/_deals_card.html", context | _adding("deal", company, company=pk))


@require_GET
def contact_deals(request: HttpRequest, pk: int) -> HttpResponse:
    """The deals of a contact."""
    contact = get_object_or_404(contacts.visible_to(request.user), pk=pk)
    found = deals.of_record(request.user, limit=LIMIT + 1, contacts=pk)
    context = {"by": "contact", "pk": pk, "archived": contact.archived_at, **_some(found)}
    adding = _adding("deal", contact, contacts=pk, company=contact.company_id or "")
    return render(request, "crm/_deals_card.html", context | adding)


@require_GET
def deal_contacts_card(request: HttpRequest, pk: int) -> HttpResponse:
    """The contacts of a deal."""
    return _deal_contacts(request, get_object_or_404(deals.visible_to(request.user), pk=pk))


@require_POST
def deal_contact_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a contact to a deal, take one off, or make one the primary one: ``act`` says which."""
    require(request.user, "crm.edit")
    deal = get_object_or_404(deals.visible_to(request.user), pk=pk)
    act = {
        "add": deal_contacts.add,
        "remove": deal_contacts.remove,
        "primary": deal_contacts.make_primary,
    }.get(request.POST.get("act", ""))
    chosen = request.POST.get("contact", "")
    if act is None or not chosen.isdecimal():
        return _deal_contacts(request, deal, problem=_("Choose a contact."), status=422)
    contact = get_object_or_404(contacts.visible_to(request.user), pk=int(chosen))
    try:
        act(deal, contact, by=request.user)
    except records.Archived:
        return _deal_contacts(request, deal, problem=_("This deal is archived. Restore it to change it."), status=422)
    if not getattr(request, "htmx", False):
        return redirect(resolve_url("crm:deal-detail", pk))
    return _deal_contacts(request, deal)


@require_GET
def deal_quotes(request: HttpRequest, pk: int) -> HttpResponse:
    """The quotes of a deal."""
    deal = get_object_or_404(deals.visible_to(request.user), pk=pk)
    found = quotes.of_deal(request.user, pk, LIMIT + 1)
    return render(request, "crm/_quotes_card.html", {"deal": deal, **_some(found)} | _adding("quote", deal, deal=pk))


@require_GET
def company_quotes(request: HttpRequest, pk: int) -> HttpResponse:
    """The quotes of a company."""
    get_object_or_404(companies.visible_to(request.user), pk=pk)
    found = quotes.of_record(request.user, LIMIT + 1, company_id=pk)
    return render(request, "crm/_quotes_card.html", _some(found))


@require_GET
def contact_quotes(request: HttpRequest, pk: int) -> HttpResponse:
    """The quotes of a contact."""
    get_object_or_404(contacts.visible_to(request.user), pk=pk)
    found = quotes.of_record(request.user, LIMIT + 1, contact_id=pk)
    return render(request, "crm/_quotes_card.html", _some(found))


def _adding(kind: str, record: Any, **filled: Any) -> dict[str, Any]:
    """The address behind a card's plus: the form of a new record that belongs to this one.

    It leads back to this page, but for a quote, which is written on its own.
    """
    back = "" if kind == "quote" else resolve_url(f"crm:{record._meta.model_name}-detail", record.pk)
    query = urlencode({name: value for name, value in {**filled, "next": back}.items() if value})
    return {"add_url": f"{reverse(f'crm:{kind}-create')}?{query}", "add_label": KINDS[kind].new}


def _some(found: list[Any]) -> dict[str, Any]:
    """The first rows, how many to print, and whether there are more than that."""
    more = len(found) > LIMIT
    return {"rows": found[:LIMIT], "more": more, "count": f"{LIMIT}+" if more else str(len(found))}


def _deal_contacts(request: HttpRequest, deal: Any, *, problem: str = "", status: int = 200) -> HttpResponse:
    links = deals.contacts_of(deal.pk)
    context = {"deal": deal, "links": links, "count": str(len(links)), "problem": problem}
    context |= _adding("contact", deal, company=deal.company_id, belongs=f"deal-{deal.pk}")
    return render(request, "crm/_deal_contacts_card.html", context, status=status)


def _contact_companies(request: HttpRequest, contact: Any, *, problem: str = "", status: int = 200) -> HttpResponse:
    others, _older = associated.of_record(request.user, "contact", contact.pk, other="company")
    primary = [(contact.company, "", True)] if contact.company else []
    rows = [*primary, *((each.record, each.label, False) for each in others if each.record != contact.company)]
    may_change = contact.archived_at is None and request.user.has_perm("crm.edit")
    context = {"contact": contact, "rows": rows, "count": len(rows), "problem": problem, "may_change": may_change}
    context |= _adding("company", contact, belongs=f"contact-{contact.pk}")
    return render(request, "crm/_companies_card.html", context, status=status)
