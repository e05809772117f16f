"""Steps that reach QuickBooks: make an invoice or estimate, send, remind of and void invoices.

A step writes the intent, once, in the transaction that notes it; the sync carries it over. The step then waits for the
answer, so that a refusal stands in the run, in the words that stand on the record.
"""

import datetime
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.placeholders import BadText, check
from invoices import reminder_texts
from invoices.enums import SendState, SyncState
from invoices.models import Invoice, InvoiceSend
from invoices.ports import accounting
from invoices.reading import DraftProblems
from invoices.services import approvals, create, endings, reminders, send
from invoices.services.quote_rules import QuoteInvoiced, QuoteNotUsable
from workflows.models import MadeRecord
from workflows.steps import drafting
from workflows.steps.drafting import CREATE_MISSING, FAIL, USE_DEFAULT, CantDraft, draft_for
from workflows.steps.registry import (
    Done,
    Failed,
    Outcome,
    Settings,
    Skipped,
    StepContext,
    StepField,
    StepType,
    Wait,
    WouldFail,
    WouldSkip,
    add_step_types,
)

GROUP = gettext_lazy("QuickBooks")
NAMESPACE = uuid.UUID("6b0b2f5e-5f0c-4a4e-9a3b-0f5d6c1b7e21")
# Its answer wakes the step; this is for answers that nobody was told of.
LOOK_AGAIN = datetime.timedelta(minutes=5)
MADE, ALL = "made", "all"
CUSTOMERS = (
    (CREATE_MISSING, gettext_lazy("Create it in QuickBooks")),
    (FAIL, gettext_lazy("Fail, with the reason")),
)
ITEMS = (
    (CREATE_MISSING, gettext_lazy("Create them in QuickBooks")),
    (USE_DEFAULT, gettext_lazy("Use the company’s default item")),
    (FAIL, gettext_lazy("Fail, with the reason")),
)
NO_OWNER = gettext_lazy("The workflow has no owner any more. Choose one: invoices are made in the owner’s name.")
# What keeps a deal or quote from being billed.
CANT_BILL = (DraftProblems, CantDraft, QuoteNotUsable, QuoteInvoiced, PermissionDenied, create.IntentReused)


def wait_for_answer(run: StepContext, data: dict[str, Any]) -> Wait:
    """Wait until QuickBooks has answered, which wakes the step."""
    return Wait(run.now + LOOK_AGAIN, _("Waits for QuickBooks."), data, wakes=True)


# Create an invoice.


def preview_invoice(settings: Settings, run: StepContext) -> str:
    """What invoice would be made for whom, and where."""
    words = what_is_billed(settings, run)
    return _("Creates an invoice in %(company)s for %(customer)s from the %(lines)d lines of %(record)s.") % words


def what_is_billed(settings: Settings, run: StepContext) -> dict[str, Any]:
    """The record, its customer, how many lines it has, and the company, for a preview. Raises WouldFail."""
    record = run.record
    lines = list(record.lines.all())
    if not lines:
        raise WouldFail(_("There are no line items."))
    company, contact = drafting.parties_of(record)
    party = company or contact
    if party is None:
        raise WouldFail(_("There is no contact or company to be the customer."))
    try:
        account = drafting.proposed_account(record, settings)
    except CantDraft as refused:
        raise WouldFail(str(refused)) from refused
    return {"record": record, "customer": party, "lines": len(lines), "company": account.name}


def run_invoice(settings: Settings, run: StepContext) -> Outcome:
    """Make the invoice of a deal or quote; done when QuickBooks has it."""
    if run.waiting.get("invoice"):
        return _invoice_answer(run)
    if run.owner is None:
        return Failed(str(NO_OWNER))
    try:
        draft = draft_for(run.record, settings, by=run.owner)
        draft.request_id = uuid.uuid5(NAMESPACE, run.key)
        draft.save(update_fields=["request_id"])
        if approvals.must_ask(run.owner):
            approvals.ask(draft, by=run.owner)
            return Done(_("Handed the invoice over for approval."), {"draft": draft.pk})
        invoice = create.create_invoice(draft, by=run.owner)
    except CANT_BILL as refused:
        return cant_bill(refused)
    run.note(invoice)
    return wait_for_answer(run, {"invoice": invoice.pk})


def cant_bill(refused: Exception) -> Failed:
    """Why a deal or quote can't be billed, in words."""
    if isinstance(refused, DraftProblems):
        return Failed(" ".join(dict.fromkeys(str(problem.message) for problem in refused.problems)))
    return Failed(str(refused))


def _invoice_answer(run: StepContext) -> Outcome:
    invoice = Invoice.objects.defer("search").filter(pk=run.waiting["invoice"]).first()
    if invoice is None:
        return Failed(_("The invoice was discarded before QuickBooks had it."))
    data = {"invoice": invoice.pk, "number": invoice.number, "external_id": invoice.external_id}
    if invoice.external_id:
        words = {"number": invoice.number or f"#{invoice.pk}", "customer": invoice.customer_name}
        return Done(_("Created invoice %(number)s for %(customer)s.") % words, data)
    mark = accounting().sync_marks([invoice.pk]).get(invoice.pk)
    if mark is not None and mark.state == SyncState.FAILED:
        if run.again:
            accounting().retry(invoice, by=run.owner)
            return wait_for_answer(run, {"invoice": invoice.pk})
        return Failed(answer_words(mark.reason, mark.detail), data=data, keep=True)
    return wait_for_answer(run, {"invoice": invoice.pk})


def answer_words(reason: str, detail: str) -> str:
    """A refusal in our words and in QuickBooks' own."""
    return _("%(reason)s (QuickBooks: %(detail)s)") % {"reason": reason, "detail": detail} if detail else reason


# Invoices that are there.


def _invoices(settings: Settings, run: StepContext) -> list[Invoice]:
    """The invoice itself; else those that this workflow made, or all that belong to the record."""
    if run.object_type == "invoice":
        return [run.record]
    if settings.get("which", MADE) == MADE and run.enrolment is not None:
        made = MadeRecord.objects.filter(enrolment=run.enrolment, object_type="invoice", made=True)
        return list(Invoice.objects.filter(pk__in=made.values("object_id")).defer("search").order_by("pk"))
    return [each for each in run.related("invoices") if isinstance(each, Invoice)]


def _named(found: Sequence[Any]) -> str:
    return ", ".join(str(each) for each in found[:5])


def _preview_of(words: Any, refusal: Callable[[Invoice], str]) -> Callable[[Settings, StepContext], str]:
    """A preview that names the invoices, or says why there is nothing to do."""

    def preview(settings: Settings, run: StepContext) -> str:
        if run.object_type != "invoice" and settings.get("which", MADE) == MADE:
            return str(words) % _("the invoice that this workflow makes")
        found = _invoices(settings, run)
        if not found:
            raise WouldSkip(_("There is no invoice."))
        refused = [why for why in map(refusal, found) if why]
        if len(refused) == len(found):
            raise WouldSkip(refused[0])
        return str(words) % _named(found)

    return preview


def run_send(settings: Settings, run: StepContext) -> Outcome:
    """Have QuickBooks e-mail the invoice; done when it says that it did."""
    if run.waiting.get("sends"):
        return _sent(run)
    found = _invoices(settings, run)
    if not found:
        return Skipped(_("There is no invoice."))
    asked: list[int] = []
    refused: list[str] = []
    for invoice in found:
        addresses = send.Addresses(invoice.recipient, invoice.cc, invoice.bcc)
        intent = uuid.uuid5(NAMESPACE, f"{run.key}:{invoice.pk}")
        try:
            asked.append(send.send(invoice, addresses, request_id=intent, by=run.owner).pk)
        except (send.NotSendable, send.BadAddress) as error:
            refused.append(f"{invoice}: {error}")
        run.note(invoice, made=False)
    if refused and not asked:
        return Failed(" ".join(refused))
    return wait_for_answer(run, {"sends": asked, "refused": refused})


def _sent(run: StepContext) -> Outcome:
    rows = list(InvoiceSend.objects.select_related("invoice").filter(pk__in=run.waiting["sends"]).order_by("pk"))
    if any(row.state == SendState.WAITING for row in rows):
        return wait_for_answer(run, dict(run.waiting))
    unsent = [f"{row.invoice}: {row.problem}" for row in rows if row.state != SendState.SENT]
    refused = [*run.waiting.get("refused", []), *unsent]
    if refused:
        return Failed(" ".join(refused), keep=True)
    return Done(_("Sent %s.") % _named([row.invoice for row in rows]), {"sends": run.waiting["sends"]})


def run_remind(settings: Settings, run: StepContext) -> Outcome:
    """Remind of the invoice by e-mail; not of one that is paid."""
    found = _invoices(settings, run)
    if not found:
        return Skipped(_("There is no invoice."))
    reminded, refused = [], []
    for invoice in found:
        if why := reminders.refusal_of(invoice):
            refused.append(why)
            continue
        try:
            mail = reminders.remind(
                invoice,
                by=run.owner,
                subject=str(settings.get("subject") or reminder_texts.SUBJECT),
                body=str(settings.get("body") or reminder_texts.BODY),
                attach_pdf=bool(settings.get("attach_pdf", True)),
                key=f"workflow:{run.key}:{invoice.pk}",
            )
        except reminders.BadRule as bad:
            return Failed(str(bad))
        reminded.append((invoice, mail.pk))
    if not reminded:
        return Skipped(" ".join(dict.fromkeys(refused)))
    names = _named([invoice for invoice, _mail in reminded])
    return Done(_("Reminded of %s.") % names, {"mails": [mail for _invoice, mail in reminded]})


def check_remind(settings: Settings, _object_type: str) -> list[str]:
    """Whether its texts name only what there is."""
    found = []
    for name in ("subject", "body"):
        try:
            check(str(settings.get(name) or ""), reminder_texts.PLACEHOLDERS)
        except BadText as bad:
            found.append(str(bad))
    return found


def _void_refusal(invoice: Invoice) -> str:
    return _("This invoice is voided already.") if invoice.voided else ""


def run_void(settings: Settings, run: StepContext) -> Outcome:
    """Void the invoice in QuickBooks; done when QuickBooks has done it."""
    found = _invoices(settings, run)
    waiting = [each for each in found if not each.voided]
    if not waiting:
        if run.waiting:
            return Done(_("Voided %s.") % _named(found))
        return Skipped(_("This invoice is voided already.") if found else _("There is no invoice."))
    marks = accounting().sync_marks([each.pk for each in waiting])
    for invoice in waiting:
        mark = marks.get(invoice.pk)
        if invoice.ending and mark is not None and mark.state == SyncState.FAILED:
            if not run.again:
                return Failed(answer_words(mark.reason, mark.detail), keep=True)
            # The wish still stands: it is sent once more.
            accounting().retry(invoice, by=run.owner)
        try:
            endings.void(invoice, by=run.owner)
        except endings.NotPossible as refused:
            return Failed(str(refused))
        run.note(invoice, made=False)
    return wait_for_answer(run, {"invoices": [each.pk for each in waiting]})


WHICH = StepField(
    "which",
    gettext_lazy("Which invoices"),
    "choice",
    choices=lambda object_type: (
        ((MADE, _("The invoice itself")),)
        if object_type == "invoice"
        else ((MADE, _("The one that this workflow made")), (ALL, _("All of the record")))
    ),
    default=MADE,
)
CUSTOMER = StepField(
    "customer",
    gettext_lazy("Where QuickBooks lacks the customer"),
    "choice",
    choices=CUSTOMERS,
    default=CREATE_MISSING,
)


COMPANY = StepField(
    "company",
    gettext_lazy("QuickBooks company"),
    "choice",
    choices=lambda _object_type: (
        ("", _("The usual one: by pipeline, customer and currency")),
        *((str(account.connection_id), account.name) for account in accounting().accounts()),
    ),
    default="",
)


# What a step that bills a deal or quote has to know.
BILLING = (
    COMPANY,
    CUSTOMER,
    StepField(
        "items", gettext_lazy("Where QuickBooks lacks products"), "choice", choices=ITEMS, default=CREATE_MISSING
    ),
    StepField(
        "tax_code",
        gettext_lazy("Tax code of lines without one"),
        "text",
        help=gettext_lazy("Its name in QuickBooks; outside the US only."),
    ),
)


def register() -> None:
    """Add the steps that reach QuickBooks."""
    about = ("invoice", "deal", "quote", "contact", "company")
    add_step_types(
        StepType(
            "create_invoice",
            gettext_lazy("Create a QuickBooks invoice"),
            gettext_lazy("Makes an invoice from the deal’s or the quote’s lines."),
            GROUP,
            "file-invoice",
            preview_invoice,
            run_invoice,
            objects=("deal", "quote"),
            fields=BILLING,
            permission="invoices.create",
        ),
        StepType(
            "send_invoice",
            gettext_lazy("Send the invoice"),
            gettext_lazy("Has QuickBooks e-mail the invoice to its recipient."),
            GROUP,
            "send",
            _preview_of(gettext_lazy("Sends %s."), send.refusal),
            run_send,
            objects=about,
            fields=(WHICH,),
            permission="invoices.send",
        ),
        StepType(
            "remind",
            gettext_lazy("Remind of the invoice"),
            gettext_lazy("Sends the recipient a reminder, unless the invoice is paid."),
            GROUP,
            "bell",
            _preview_of(gettext_lazy("Reminds of %s."), reminders.refusal_of),
            run_remind,
            objects=about,
            fields=(
                WHICH,
                StepField("subject", gettext_lazy("Subject"), "text", default=reminder_texts.SUBJECT),
                StepField("body", gettext_lazy("Text"), "long_text", default=reminder_texts.BODY),
                StepField("attach_pdf", gettext_lazy("Attach the PDF"), "checkbox", default=True),
            ),
            check=check_remind,
            permission="invoices.send",
        ),
        StepType(
            "void_invoice",
            gettext_lazy("Void the invoice"),
            gettext_lazy("Voids the invoice in QuickBooks."),
            GROUP,
            "ban",
            _preview_of(gettext_lazy("Voids %s."), _void_refusal),
            run_void,
            objects=about,
            fields=(WHICH,),
            permission="invoices.void",
        ),
    )
