"""The step that makes a QuickBooks estimate from a quote."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.enums import QuoteStatus
from crm.models import Deal, Quote
from invoices.models import Estimate
from invoices.ports import accounting
from invoices.services import estimates
from sync.enums import Outcome as SyncOutcome
from sync.models import Link
from workflows.steps.drafting import CREATE_MISSING, FAIL, CantDraft, proposed_account
from workflows.steps.quickbooks import COMPANY, CUSTOMER, GROUP, answer_words, wait_for_answer
from workflows.steps.registry import (
    Done,
    Failed,
    Outcome,
    Settings,
    StepContext,
    StepType,
    WouldFail,
    add_step_types,
)


def _quote_of(record: Any) -> Quote | None:
    if isinstance(record, Quote):
        return record
    counting = [QuoteStatus.PUBLISHED, QuoteStatus.ACCEPTED]
    found = Quote.objects.filter(deal=record, status__in=counting, archived_at=None)
    return found.order_by("-published_at", "-pk").first() if isinstance(record, Deal) else None


def preview_estimate(settings: Settings, run: StepContext) -> str:
    """Which quote would become an estimate."""
    quote = _quote_of(run.record)
    if quote is None:
        raise WouldFail(_("The deal has no published quote."))
    try:
        account = proposed_account(quote, settings)
    except CantDraft as refused:
        raise WouldFail(str(refused)) from refused
    return _("Creates an estimate in %(company)s from quote %(quote)s.") % {"company": account.name, "quote": quote}


def run_estimate(settings: Settings, run: StepContext) -> Outcome:
    """Make the estimate of a quote, or of the deal's quote that counts; done when QuickBooks has it."""
    if run.waiting.get("estimate"):
        return _estimate_answer(run)
    quote = _quote_of(run.record)
    if quote is None:
        return Failed(_("The deal has no published quote."))
    try:
        connection_id = proposed_account(quote, settings).connection_id
        proposal = estimates.propose(quote, connection_id)
        customer = next((each.external_id for each in proposal.customers if each.certain), "")
        if not customer and settings.get("customer", CREATE_MISSING) == FAIL:
            name = proposal.new_customer["name"] or quote
            return Failed(_("QuickBooks has no customer that is linked to %s.") % name)
        estimate = estimates.request(quote, estimates.Wanted(connection_id, customer), by=run.owner)
    except (estimates.NoEstimate, CantDraft) as refused:
        return Failed(str(refused))
    run.note(estimate)
    return _estimate_answer_of(estimate, run)


def _estimate_answer(run: StepContext) -> Outcome:
    estimate = Estimate.objects.filter(pk=run.waiting["estimate"]).first()
    if estimate is None:
        return Failed(_("The estimate was given up before QuickBooks had it."))
    return _estimate_answer_of(estimate, run)


def _estimate_answer_of(estimate: Estimate, run: StepContext) -> Outcome:
    data = {"estimate": estimate.pk, "external_id": estimate.external_id}
    if estimate.external_id:
        return Done(_("Created estimate %s.") % estimate, data)
    link = Link.objects.filter(object_type="estimate", object_id=estimate.pk).first()
    if link is not None and link.outcome == SyncOutcome.FAILING:
        if run.again and accounting().retry_document("estimate", estimate.pk):
            return wait_for_answer(run, {"estimate": estimate.pk})
        return Failed(answer_words(link.reason, link.detail), data=data, keep=True)
    return wait_for_answer(run, {"estimate": estimate.pk})


def register() -> None:
    """Add the step."""
    add_step_types(
        StepType(
            "create_estimate",
            gettext_lazy("Create a QuickBooks estimate"),
            gettext_lazy("Makes an estimate from the quote, or from the deal’s quote that counts."),
            GROUP,
            "file-text",
            preview_estimate,
            run_estimate,
            objects=("quote", "deal"),
            fields=(COMPANY, CUSTOMER),
            permission="invoices.create",
        ),
    )
