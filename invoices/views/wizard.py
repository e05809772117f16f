"""The steps of the wizard, in the side panel or on a page of its own; its beginning is in wizard_begin."""

import uuid
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import require
from core import registry
from invoices import book_prices, queries, typed, wizard, wizard_review
from invoices.beginnings import Beginning
from invoices.drafts import STEPS, DraftContent
from invoices.models import Approval, Invoice, InvoiceDraft
from invoices.ports import AccountingUnavailable, Problem, accounting
from invoices.reading import DraftProblems
from invoices.reading import date as read_date
from invoices.services import approvals, create, drafts
from invoices.services.create import IntentReused, NotCorrectable, account_of
from invoices.typed_lines import ITEMS_OFFERED, act_on_lines
from invoices.views.answers import by_htmx, needs, told
from invoices.wizard_problems import before_creation, problems_of, summary

OWN_PAGES = ("/invoice-drafts/", "/invoices/new")


def _draft(request: HttpRequest, request_id: uuid.UUID) -> InvoiceDraft:
    """A draft of this person. That of a refused invoice may be mended by everybody who may create invoices.

    One that waits for approval may be changed by those who approve.
    """
    seen = queries.drafts_visible_to(request.user).filter(request_id=request_id)
    draft = seen.select_related("deal", "invoice").first()
    if draft is None:
        raise Http404
    return draft


@require_GET
@needs("invoices.create")
def draft_open(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Go on where the draft was left."""
    draft = _draft(request, request_id)
    step = "review" if draft.invoice_id is not None else draft.step
    return show_step(request, draft, step)


@require_http_methods(["GET", "POST"])
@needs("invoices.create")
def draft_step(request: HttpRequest, request_id: uuid.UUID, step: str) -> HttpResponse:
    """Show a step, or take over what was typed there and go where the button says."""
    draft = _draft(request, request_id)
    if step not in STEPS:
        raise Http404
    if request.method == "GET":
        return show_step(request, draft, step)
    try:
        _save(request, draft, step)
    except drafts.DraftClosed:
        return _closed(request, draft)
    return _go(request, draft, step, request.POST.get("go", "next"))


def _go(request: HttpRequest, draft: InvoiceDraft, step: str, go: str) -> HttpResponse:
    names = wizard.step_names(accounting().accounts(), draft)
    at = names.index(step) if step in names else 0
    target = {"next": at + 1, "previous": at - 1}.get(go, names.index(go) if go in names else at)
    target = max(0, min(target, len(names) - 1))
    for passed in names[at:target]:
        # Forward only over steps that are right; back is always free, so nobody is held.
        if problems := problems_of(draft, passed):
            return show_step(request, draft, passed, problems=problems, status=422)
    if names[target] == "review":
        _number(draft)
    InvoiceDraft.objects.filter(pk=draft.pk).update(step=names[target])
    return show_step(request, draft, names[target], focus=request.POST.get("focus", "")[:80])


def _number(draft: InvoiceDraft) -> None:
    """Give the draft the next free number where its company numbers by itself and nobody typed one."""
    content = DraftContent.from_json(draft.data)
    if content.number or content.connection_id is None:
        return
    if proposed := accounting().next_number(content.connection_id):
        drafts.save(draft, lambda kept: setattr(kept, "number", proposed))


def _save(request: HttpRequest, draft: InvoiceDraft, step: str) -> None:
    def change(content: DraftContent) -> None:
        account = account_of(content.connection_id)
        typed.apply_step(content, step, request.POST, account, deal_id=draft.deal_id, user=request.user)

    before = draft.data
    drafts.save(draft, change, step=step)
    drafts.follow_rate(draft, before)


@require_POST
@needs("invoices.create")
def draft_save(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Keep what is being typed; answers with the figures that follow from it."""
    draft = _draft(request, request_id)
    step = request.POST.get("step", "")
    if step not in STEPS:
        raise Http404
    if _changed_elsewhere(request, draft):
        return render(request, "invoices/draft/_elsewhere.html", {"draft": draft, "step": step})
    try:
        _save(request, draft, step)
    except drafts.DraftClosed:
        return _closed(request, draft)
    page = wizard.page_of(draft, step)
    follows = {"due_on": step == "terms" and page.content.due_on != request.POST.get("due_on", "")}
    return render(request, "invoices/draft/_saved.html", {"page": page, "follows": follows})


def _changed_elsewhere(request: HttpRequest, draft: InvoiceDraft) -> bool:
    """Whether another window changed the draft since this one showed it; ``force`` keeps what is typed here."""
    seen = request.POST.get("seen", "")
    return bool(seen) and seen != draft.updated_at.isoformat() and request.POST.get("force") != "yes"


@require_POST
@needs("invoices.create")
def draft_lines(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """A button of the products step: add, match, create, remove, move a line."""
    draft, went_to = _draft(request, request_id), ""

    def change(content: DraftContent) -> None:
        nonlocal went_to
        account = account_of(content.connection_id)
        typed.apply_step(content, "products", request.POST, account, deal_id=draft.deal_id, user=request.user)
        if account is not None:
            searched = request.POST.get("searched", "")
            went_to = act_on_lines(content, request.POST.get("action", ""), account, searched=searched)

    before = draft.data
    try:
        drafts.save(draft, change, step="products")
        drafts.follow_rate(draft, before)
    except drafts.DraftClosed:
        return _closed(request, draft)
    return show_step(request, draft, "products", focus=went_to)


@require_GET
@needs("invoices.create")
def draft_customers(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Customers of QuickBooks by what was typed."""
    draft = _draft(request, request_id)
    content = DraftContent.from_json(draft.data)
    words = request.GET.get("q", "").strip()
    found = accounting().customers(content.connection_id or 0, search=words) if words else []
    ids = [choice.external_id for choice in found]
    hidden = accounting().hidden_customers(content.connection_id or 0, ids, request.user)
    found = [choice for choice in found if choice.external_id not in hidden]
    account = account_of(content.connection_id)
    views = [wizard.CustomerView(choice, wizard.currency_note(choice, account)) for choice in found]
    context = {"draft": draft, "customers": views, "q": words, "chosen": content.customer.external_id}
    return render(request, "invoices/draft/_customers.html", context)


@require_GET
@needs("invoices.create")
def draft_items(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Products and services of QuickBooks by what was typed, to add or to sell on the line ``for``."""
    draft = _draft(request, request_id)
    content = DraftContent.from_json(draft.data)
    words = request.GET.get("q", "").strip()
    line = content.line(request.GET.get("for", ""))
    account = account_of(content.connection_id)
    found = accounting().items(account.connection_id, search=words, limit=ITEMS_OFFERED) if account else []
    rate = book_prices.rate_of(content, account) if account else None
    context = {
        "draft": draft,
        "items": book_prices.priced(found, content, account, rate=rate) if account else [],
        "q": words,
        "line": line,
        "currency": content.currency,
    }
    template = "_items.html" if "q" in request.GET else "_item_picker.html"
    return render(request, f"invoices/draft/{template}", context)


@require_GET
@needs("invoices.create")
def draft_rate(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """QuickBooks' exchange rate on the invoice date, with its date; or why it can't be told."""
    content = DraftContent.from_json(_draft(request, request_id).data)
    account = account_of(content.connection_id)
    rate, reason = None, ""
    try:
        on = read_date(request.GET.get("issued_on", "")) or (account.today if account else None)
        if account is not None and on is not None:
            rate = accounting().exchange_rate(account.connection_id, content.currency, on)
    except ValueError:
        reason = _("Type the invoice date first.")
    except AccountingUnavailable as error:
        reason = str(error)
    context = {"content": content, "account": account, "rate": rate, "reason": reason}
    return render(request, "invoices/draft/_rate.html", context)


@require_POST
@needs("invoices.create")
def draft_create(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Create the invoice that the review showed; twice the same click is one invoice."""
    draft = _draft(request, request_id)
    seen = request.POST.get("digest", "")
    if seen != create.digest_of(draft.data) and drafts.still_open(draft):
        notice = _("This draft was changed in another window. Please check it again.")
        return show_step(request, draft, "review", notice=notice, status=422)
    if drafts.still_open(draft) and (found := before_creation(draft, free_agreed="free_agreed" in request.POST)):
        return show_step(request, draft, "review", problems=problems_of(draft) or found, status=422)
    try:
        if draft.approval == Approval.ASKED and request.user.has_perm(approvals.APPROVE):
            invoice = approvals.approve(draft, by=request.user, seen=seen)
        elif approvals.must_ask(request.user):
            return _ask(request, draft)
        elif draft.invoice_id is not None and drafts.still_open(draft):
            invoice = create.correct_invoice(draft, by=request.user)
        else:
            invoice = create.create_invoice(draft, by=request.user)
    except DraftProblems as refused:
        return show_step(request, draft, "review", problems=problems_of(draft) or refused.problems, status=422)
    except approvals.NotAsked as late:
        fresh = InvoiceDraft.objects.select_related("deal", "invoice").get(pk=draft.pk)
        if fresh.invoice_id is None:
            return show_step(request, fresh, "review", notice=str(late), status=422)
        return _closed(request, draft)
    except (IntentReused, NotCorrectable):
        return _closed(request, draft)
    return _created(request, invoice)


def _ask(request: HttpRequest, draft: InvoiceDraft) -> HttpResponse:
    """Who may not post hands the draft over; a refused invoice is mended by those who may."""
    if draft.invoice_id is not None:
        require(request.user, approvals.POST)
    approvals.ask(draft, by=request.user)
    messages.success(request, _("Handed over for approval."))
    back = reverse("crm:deal-detail", args=[draft.deal_id]) if draft.deal_id else reverse("invoices:approval-list")
    return HttpResponse(status=204, headers={"HX-Redirect": back}) if by_htmx(request) else redirect(back)


def _on_its_own_page(request: HttpRequest) -> bool:
    """Whether the wizard fills a page, not the side panel: then another page has to come after it."""
    return urlsplit(request.headers.get("HX-Current-URL", "")).path.startswith(OWN_PAGES)


def _created(request: HttpRequest, invoice: Invoice) -> HttpResponse:
    messages.success(request, _("The invoice is on its way to QuickBooks."))
    if not by_htmx(request) or _on_its_own_page(request) or invoice.deal_id is None:
        back = (
            reverse("crm:deal-detail", args=[invoice.deal_id])
            if invoice.deal_id
            else reverse("invoices:invoice-detail", args=[invoice.pk])
        )
        return HttpResponse(status=204, headers={"HX-Redirect": back}) if by_htmx(request) else redirect(back)
    return told({"invoices:changed": {"invoice": invoice.pk}, "drawer:close": {}})


@require_POST
@needs("invoices.create")
def draft_discard(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Throw the draft away. A draft that has become an invoice stays."""
    draft = _draft(request, request_id)
    if drafts.discard(draft, by=request.user):
        messages.info(request, _("The draft was discarded."))
    back = reverse("crm:deal-detail", args=[draft.deal_id]) if draft.deal_id else reverse("invoices:invoice-list")
    if not by_htmx(request):
        return redirect(back)
    if _on_its_own_page(request):
        return HttpResponse(status=204, headers={"HX-Redirect": back})
    return told({"invoices:changed": {}, "drawer:close": {}})


def _closed(request: HttpRequest, draft: InvoiceDraft) -> HttpResponse:
    """The draft became an invoice, in this or another window; what was typed since then is shown as not taken."""
    draft = InvoiceDraft.objects.select_related("invoice").get(pk=draft.pk)
    if request.method == "GET":
        return render_part(request, "invoices/draft/_closed.html", {"draft": draft, "invoice": draft.invoice})
    response = render_part(
        request, "invoices/draft/_closed.html", {"draft": draft, "invoice": draft.invoice}, status=422
    )
    if by_htmx(request):
        # Also an autosave, which swaps nothing otherwise, has to say this.
        response["HX-Retarget"], response["HX-Reswap"] = "#wizard", "outerHTML"
    return response


def show_step(
    request: HttpRequest,
    draft: InvoiceDraft,
    step: str,
    *,
    problems: Sequence[Problem] = (),
    focus: str = "",
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    """A step of the wizard; once the invoice is on its way, the words that say so."""
    if not drafts.still_open(draft):
        return _closed(request, draft)
    if step == "review" and not problems:
        problems = problems_of(draft)
    try:
        page = wizard.page_of(draft, step, problems=problems, focus=focus, notice=notice)
    except AccountingUnavailable as error:
        begin = Beginning(deal=draft.deal, url=request.path, reason=str(error))
        return render_part(request, "invoices/draft/_begin.html", {"begin": begin})
    context = {"page": page, "problems": summary(problems, page.content)}
    if step == "message":
        # What other apps ask for beside the message: files, for example.
        context["cards"] = registry.cards_for("invoicedraft", request.user)
    if step == "review":
        context |= {"writes": wizard_review.writes(page), "properties": wizard_review.properties_of(page)}
        context["asks"] = approvals.must_ask(request.user)
    return render_part(request, "invoices/draft/_wizard.html", context, status=status)


def render_part(
    request: HttpRequest, partial: str, context: Mapping[str, object], *, status: int = 200
) -> HttpResponse:
    """The partial for the side panel; inside a page of its own when the address was opened by itself."""
    if by_htmx(request):
        return render(request, partial, context, status=status)
    return render(request, "invoices/draft/page.html", {**context, "partial": partial}, status=status)
