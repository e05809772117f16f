"""The queue of drafts that wait for approval, and what approvers do with them."""

import uuid

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.money import ZERO
from core.paging import BadCursor, page_by_key
from invoices import queries
from invoices.draft_totals import line_total
from invoices.drafts import DraftContent
from invoices.forms_automation import RejectForm
from invoices.models import Approval, InvoiceDraft
from invoices.reading import DraftProblems
from invoices.services import approvals
from invoices.services.create import IntentReused, digest_of
from invoices.views.answers import by_htmx, needs


def _line(draft: InvoiceDraft) -> dict[str, object]:
    content = DraftContent.from_json(draft.data)
    amounts = [line_total(line, content.currency) for line in content.lines]
    return {
        "draft": draft,
        "customer": content.customer.name,
        "currency": content.currency or "USD",
        "subtotal": sum((amount for amount in amounts if amount is not None), start=ZERO),
        "digest": digest_of(draft.data),
    }


@require_GET
@needs("invoices.create")
def approval_list(request: HttpRequest) -> HttpResponse:
    """Drafts that wait for approval, the oldest first; who may not approve sees only their own."""
    rows = approvals.waiting(request.user)
    try:
        page = page_by_key(rows, sort="asked_at", cursor=request.GET.get("cursor", ""), size=50)
    except BadCursor:
        page = page_by_key(rows, sort="asked_at", size=50)
    rejected = InvoiceDraft.objects.filter(owner_id=request.user.pk, approval=Approval.REJECTED, invoice=None)
    context = {
        "page": page,
        "lines": [_line(draft) for draft in page.rows],
        "rejected": [
            _line(draft) for draft in rejected.select_related("deal", "decided_by").order_by("-decided_at")[:20]
        ],
        "may_approve": request.user.has_perm(approvals.APPROVE),
    }
    return render(request, "invoices/automation/approvals.html", context)


@require_GET
@needs("invoices.create")
def approval_home(request: HttpRequest) -> HttpResponse:
    """The queue's beginning, on the home page."""
    lines = [_line(draft) for draft in approvals.waiting(request.user)[:6]]
    mine = InvoiceDraft.objects.filter(owner_id=request.user.pk, approval=Approval.REJECTED, invoice=None)
    context = {"lines": lines, "rejected": mine.count(), "may_approve": request.user.has_perm(approvals.APPROVE)}
    return render(request, "invoices/automation/_approvals_card.html", context)


def _draft(request: HttpRequest, request_id: uuid.UUID) -> InvoiceDraft:
    """A draft of this person, or one in the queue for those who approve."""
    seen = queries.drafts_visible_to(request.user).filter(Q(owner=request.user) | Q(approval=Approval.ASKED))
    return get_object_or_404(seen.select_related("deal"), request_id=request_id)


@require_POST
@needs(approvals.APPROVE)
def draft_approve(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Create the invoice of a draft that waits."""
    draft = _draft(request, request_id)
    try:
        # The queue always says what it showed; nothing is approved unseen.
        invoice = approvals.approve(draft, by=request.user, seen=request.POST.get("seen") or "nothing")
    except DraftProblems as refused:
        messages.error(request, _("It can't be created as it is: %s") % refused)
        return _to(request, "invoices:draft-open", request_id)
    except (approvals.NotAsked, IntentReused) as late:
        messages.error(request, str(late))
        return _to(request, "invoices:approval-list")
    messages.success(request, _("Approved. The invoice is on its way to QuickBooks."))
    return _to(request, "invoices:invoice-detail", invoice.pk)


@require_http_methods(["GET", "POST"])
@needs(approvals.APPROVE)
def draft_reject(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Send a draft back with a reason."""
    draft = _draft(request, request_id)
    form = RejectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            approvals.reject(draft, form.cleaned_data["reason"], by=request.user)
        except approvals.NotAsked as late:
            messages.error(request, str(late))
        else:
            messages.success(request, _("Sent back to %s.") % draft.owner)
        return _to(request, "invoices:approval-list")
    context = {"form": form, "draft": draft, "line": _line(draft), "in_panel": by_htmx(request)}
    template = "invoices/automation/_reject_form.html" if by_htmx(request) else "invoices/automation/reject.html"
    return render(request, template, context, status=422 if form.errors else 200)


@require_POST
@needs("invoices.create")
def draft_withdraw(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Take one's own draft back out of the queue."""
    draft = get_object_or_404(InvoiceDraft, request_id=request_id, owner=request.user)
    approvals.withdraw(draft, by=request.user)
    messages.success(request, _("It does not wait for approval any more."))
    return _to(request, "invoices:draft-open", request_id)


def _to(request: HttpRequest, name: str, *arguments: object) -> HttpResponse:
    answer = redirect(name, *arguments)
    if by_htmx(request):
        return HttpResponse(status=204, headers={"HX-Redirect": answer.url})
    return answer
