"""Which records invoices belong to: add existing ones to a record, link, unlink, answer suggestions."""

import datetime
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.visibility import sees_all
from core.search import matching
from crm.queries import companies, contacts, deals
from invoices import queries
from invoices.models import Invoice
from invoices.ports import Account, FoundInvoice, InvoiceSearch, accounting
from invoices.services import links
from invoices.services.links import LinkedRecord
from invoices.views.answers import needs, toast, told

FINDERS: dict[str, Any] = {
    "deal": deals.visible_to,
    "contact": contacts.visible_to,
    "company": companies.visible_to,
}
OFFERED = 20
MOST_CHOSEN = 200
LONGEST_SEARCH = 200


def _record(request: HttpRequest, object_type: str, pk: int) -> LinkedRecord:
    if object_type not in FINDERS:
        raise Http404
    found: LinkedRecord = get_object_or_404(FINDERS[object_type](request.user).defer("search"), pk=pk)
    return found


def _invoice(request: HttpRequest, pk: int) -> Invoice:
    return get_object_or_404(queries.visible_to(request.user).select_related("connection", "deal"), pk=pk)


def _account(request: HttpRequest, accounts: Sequence[Account]) -> Account | None:
    """The chosen company, else the first one."""
    given = request.POST.get("account") or request.GET.get("account", "")
    chosen = [account for account in accounts if str(account.connection_id) == given]
    return chosen[0] if chosen else (accounts[0] if accounts else None)


@require_http_methods(["GET", "POST"])
@needs("invoices.create")
def invoice_add(request: HttpRequest, object_type: str, pk: int) -> HttpResponse:
    """Search the invoices of a QuickBooks company, and add those that are ticked to a record."""
    record = _record(request, object_type, pk)
    accounts = list(accounting().accounts())
    account = _account(request, accounts)
    if request.method == "POST":
        if account is None:
            raise Http404
        return _add(request, record, object_type, account)
    context: dict[str, Any] = {"record": record, "object_type": object_type, "accounts": accounts, "account": account}
    if account is not None:
        context |= _found(request, record, object_type, account)
    by_part = {"rows": "invoices/add/_rows.html", "results": "invoices/add/_results.html"}
    return render(request, by_part.get(request.GET.get("part", ""), "invoices/add/_dialog.html"), context)


def _found(request: HttpRequest, record: LinkedRecord, object_type: str, account: Account) -> dict[str, Any]:
    """The page of results that the address asks for; what is ticked already stays above it."""
    words = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    # At first those of the record's own customers; a search goes through all of them.
    own = request.GET.get("own", "") == "yes" if "part" in request.GET else True
    after = request.GET.get("after", "")
    wanted = InvoiceSearch(
        words=words,
        issued_from=_day(request.GET.get("from", "")),
        issued_to=_day(request.GET.get("to", "")),
        record=(object_type, record.pk) if own else None,
        after=int(after) if after.isdigit() else 0,
        seen_by=request.user,
    )
    page = accounting().find_invoices(account.connection_id, wanted)
    if "part" not in request.GET and not page.rows:
        # Without customers of its own, or without invoices of theirs, the first look is at all of them.
        own, wanted = False, replace(wanted, record=None)
        page = accounting().find_invoices(account.connection_id, wanted)
    ticked = _ticked(request.GET.getlist("invoice"))
    chosen = _named(request, account, ticked) if request.GET.get("part") == "results" else []
    shown = [row for row in page.rows if row.external_id not in ticked]
    query = request.GET.copy()
    query["after"], query["part"] = str(page.next), "rows"
    query["own"], query["account"] = "yes" if own else "", str(account.connection_id)
    query.setlist("invoice", [])
    return {
        "rows": [(row, _here(row, record, object_type)) for row in shown],
        "chosen": [(row, _here(row, record, object_type)) for row in chosen],
        "more": f"{request.path}?{query.urlencode()}" if page.next else "",
        "q": words, "own": own, "narrowed": bool(words or own or wanted.issued_from or wanted.issued_to),
    }  # fmt: skip


def _named(request: HttpRequest, account: Account, external_ids: Sequence[str]) -> list[FoundInvoice]:
    if not external_ids:
        return []
    wanted = InvoiceSearch(external_ids=external_ids, seen_by=request.user)
    return list(accounting().find_invoices(account.connection_id, wanted, limit=MOST_CHOSEN).rows)


def _ticked(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(values))[:MOST_CHOSEN]


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


def _here(row: FoundInvoice, record: LinkedRecord, object_type: str) -> bool:
    """Whether the invoice is on this very deal already."""
    return object_type == "deal" and row.deal_id == record.pk


def _add(request: HttpRequest, record: LinkedRecord, object_type: str, account: Account) -> HttpResponse:
    ticked = _ticked(request.POST.getlist("invoice"))
    if not ticked:
        context: dict[str, Any] = {"record": record, "object_type": object_type, "account": account}
        context |= {"accounts": list(accounting().accounts()), "nothing": True}
        return render(
            request, "invoices/add/_dialog.html", context | _found(request, record, object_type, account), status=422
        )
    if not sees_all(request.user):
        ticked = [row.external_id for row in _named(request, account, ticked)]
        if not ticked:
            raise Http404
    ids = accounting().track(account.connection_id, ticked)
    move = {ids[each] for each in request.POST.getlist("move") if each in ids}
    added = links.add(ids.values(), record, by=request.user, move=move)
    if added.elsewhere:
        context = {
            "record": record, "object_type": object_type, "account": account, "added": len(added.linked),
            "elsewhere": added.elsewhere,
        }  # fmt: skip
        response = render(request, "invoices/add/_confirm.html", context, status=422)
        response["HX-Trigger"] = "invoices:changed"  # what was added shows already
        return response
    count = len(added.linked)
    words = ngettext("%d invoice added.", "%d invoices added.", count) % count
    if not count:
        words = _("They belong here already.")
    # The panel last: what it holds hears nothing any more once it is closed.
    return told({"invoices:changed": {}, **toast(words), "drawer:close": {}})


@require_http_methods(["GET", "POST"])
@needs("invoices.create")
def invoice_link(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose a contact or company that an invoice belongs to as well."""
    invoice = _invoice(request, pk)
    object_type = request.POST.get("kind") or request.GET.get("kind", "company")
    if object_type not in ("contact", "company"):
        raise Http404
    if request.method == "POST":
        chosen = request.POST.get("record", "")
        if not chosen.isdigit():
            raise Http404
        links.add([invoice.pk], _record(request, object_type, int(chosen)), by=request.user)
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    words = request.GET.get("q", "").strip()
    search = matching(words)
    rows = FINDERS[object_type](request.user).filter(archived_at=None).defer("search")
    offered = (rows.filter(search=search) if search else rows).order_by("-updated_at", "-pk")[:OFFERED]
    context = {"invoice": invoice, "kind": object_type, "records": offered, "q": words}
    template = "invoices/links/_choices.html" if "q" in request.GET else "invoices/links/_form.html"
    return render(request, template, context)


@require_POST
@needs("invoices.create")
def invoice_unlink(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an invoice off a deal, contact or company; no rule brings it back."""
    invoice = _invoice(request, pk)
    chosen = request.POST.get("record", "")
    if not chosen.isdigit():
        raise Http404
    record = _record(request, request.POST.get("kind", ""), int(chosen))
    links.take_off(invoice, record, by=request.user)
    words = _("Invoice %(invoice)s no longer belongs to %(record)s.") % {"invoice": invoice, "record": record}
    return told({"invoices:changed": {}, **toast(words)})


@require_POST
@needs("invoices.create")
def invoice_belongs(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer the suggestion that an invoice belongs to a deal."""
    invoice = _invoice(request, pk)
    chosen = request.POST.get("deal", "")
    if not chosen.isdigit():
        raise Http404
    deal = get_object_or_404(deals.visible_to(request.user), pk=int(chosen))
    if request.POST.get("answer") == "yes":
        added = links.add([invoice.pk], deal, by=request.user)
        if added.elsewhere:
            return told({"invoices:changed": {}, **toast(_("Meanwhile it was put on another deal."), "error")})
        words = _("Invoice %(invoice)s was added to %(deal)s.") % {"invoice": invoice, "deal": deal}
    else:
        links.dismiss(invoice, deal, by=request.user)
        words = _("It is not proposed again.")
    return told({"invoices:changed": {}, **toast(words)})
