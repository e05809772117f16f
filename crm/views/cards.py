"""The CRM's own cards on record pages, as fragments."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import require
from crm import associated
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
    context = {"company": company, "others": others, **_some(found)}
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
    get_object_or_404(companies.visible_to(request.user), pk=pk)
    found = deals.of_record(request.user, limit=LIMIT + 1, company_id=pk)
    return render(request, "crm/_deals_card.html", {"by": "company", "pk": pk, **_some(found)})


@require_GET
def contact_deals(request: HttpRequest, pk: int) -> HttpResponse:
    """The deals of a contact."""
    contact = get_object_or_404(contacts.visible_to(request.user), pk=pk)
    found = deals.of_record(request.user, limit=LIMIT + 1, contacts=pk)
    return render(request, "crm/_deals_card.html", {"by": "contact", "pk": pk, "contact": contact, **_some(found)})


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
    return render(request, "crm/_quotes_card.html", {"deal": deal, **_some(found)})


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


def _some(found: list[Any]) -> dict[str, Any]:
    """The first rows, how many to print, and whether there are more than that."""
    more = len(found) > LIMIT
    return {"rows": found[:LIMIT], "more": more, "count": f"{LIMIT}+" if more else str(len(found))}


def _deal_contacts(request: HttpRequest, deal: Any, *, problem: str = "", status: int = 200) -> HttpResponse:
    links = deals.contacts_of(deal.pk)
    context = {"deal": deal, "links": links, "count": str(len(links)), "problem": problem}
    return render(request, "crm/_deal_contacts_card.html", context, status=status)


def _contact_companies(request: HttpRequest, contact: Any, *, problem: str = "", status: int = 200) -> HttpResponse:
    others, _older = associated.of_record(request.user, "contact", contact.pk, other="company")
    primary = [(contact.company, "", True)] if contact.company else []
    rows = [*primary, *((each.record, each.label, False) for each in others if each.record != contact.company)]
    may_change = contact.archived_at is None and request.user.has_perm("crm.edit")
    context = {"contact": contact, "rows": rows, "count": len(rows), "problem": problem, "may_change": may_change}
    return render(request, "crm/_companies_card.html", context, status=status)
