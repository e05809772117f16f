"""What is wrong with a draft, step by step, with the field that each sentence leads to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from crm.models import Quote
from invoices import typed_properties
from invoices.drafts import TEXT, DraftContent
from invoices.models import Invoice, InvoiceDraft
from invoices.ports import Account, Problem, accounting
from invoices.reading import DraftProblems, costs_nothing, read
from invoices.services import create, quote_rules
from invoices.services.create import account_of

LINE_FIELDS = ("quantity", "unit_price", "service_on", "description", "tax_code", "discount", "class")
# Where the wizard asks for what a problem names.
STEP_OF_FIELD = {"recipient": "message"}
# What to go to for a problem of several fields.
TARGETS = {"billing_address": "bill_line1", "shipping_address": "ship_line1"}


@dataclass(frozen=True)
class Told:
    """A line of the summary on top of a step: ``target`` is the id of the field to go to."""

    message: str
    target: str
    step: str


def problems_of(draft: InvoiceDraft, step: str = "") -> list[Problem]:
    """What is wrong with one step, or with the whole draft as QuickBooks would see it too."""
    content = DraftContent.from_json(draft.data)
    account = account_of(content.connection_id)
    found: list[Problem] = []
    try:
        if step:
            read(content, account)
        else:
            create.checked(content, invoice_id=draft.invoice_id)
    except DraftProblems as refused:
        found = list(refused.problems)
    found += _own(content, account, draft, step)
    told = [replace(each, step=_step_of(each)) for each in found]
    return _once([each for each in told if not step or each.step == step])


def _step_of(problem: Problem) -> str:
    return problem.step if problem.line is not None else STEP_OF_FIELD.get(problem.field, problem.step)


def _own(content: DraftContent, account: Account | None, draft: InvoiceDraft, step: str) -> list[Problem]:
    """What only the wizard checks: a quote that has ended since, a number that is taken, custom properties."""
    found: list[Problem] = []
    if step in ("", "message"):
        found += typed_properties.problems(content)
    if step in ("", "products"):
        found += _prices_of_voided(content)
    if account is not None and step in ("", "terms"):
        found += _number(content, account, draft)
    if not step and draft.invoice_id is None:
        found += _quote(content)
    return found


def before_creation(draft: InvoiceDraft, *, free_agreed: bool) -> list[Problem]:
    """What the wizard checks at the last moment and ``services.create`` does not.

    That is the quote, custom properties, and prices of 0 unless the person has said that they are meant.
    """
    content = DraftContent.from_json(draft.data)
    found = [*typed_properties.problems(content), *([] if draft.invoice_id else _quote(content))]
    if not free_agreed and any(costs_nothing(line) for line in content.lines):
        text = _("Lines without a price: type one, or tick below that they cost nothing.")
        found.append(Problem(text, field="free_agreed"))
    return found


def _prices_of_voided(content: DraftContent) -> list[Problem]:
    """Why the copy of a voided invoice has no prices, for as long as some are missing."""
    missing = any(line.item.mode != TEXT and not line.unit_price.strip() for line in content.lines)
    if not missing or content.copied_from is None:
        return []
    if not Invoice.objects.filter(pk=content.copied_from, voided=True).exists():
        return []
    text = _("QuickBooks sets the prices of a voided invoice to 0, so its copy has none. Type the prices.")
    return [Problem(text, step="products")]


def _quote(content: DraftContent) -> list[Problem]:
    quote = Quote.objects.filter(pk=content.quote_id).first() if content.quote_id else None
    why = quote_rules.refusal(quote) if quote is not None and not content.override_reason.strip() else ""
    words = {"quote": quote, "why": why}
    return [Problem(_("The quote “%(quote)s” can't be invoiced any more: %(why)s") % words)] if why else []


def _number(content: DraftContent, account: Account, draft: InvoiceDraft) -> list[Problem]:
    if not content.number.strip() or not accounting().form_options(account.connection_id).custom_numbers:
        return []
    number, connection_id = content.number.strip(), account.connection_id
    use = accounting().number_taken(connection_id, number, invoice_id=draft.invoice_id)
    if use is None:
        return []
    words = {"number": number, "use": use.words, "free": accounting().next_number(connection_id)}
    text = _("The number %(number)s is taken by %(use)s. %(free)s is free.") % words
    return [Problem(text, step="terms", field="number")]


def _once(problems: Sequence[Problem]) -> list[Problem]:
    """Each sentence, and each field, once."""
    kept: list[Problem] = []
    for problem in problems:
        place = (problem.step, problem.line, problem.field)
        again = any(
            each.message == problem.message or (problem.field and place == (each.step, each.line, each.field))
            for each in kept
            if each.line == problem.line
        )
        if not again:
            kept.append(problem)
    return kept


def summary(problems: Sequence[Problem], content: DraftContent) -> list[Told]:
    """Problems as lines of the summary, each with the id of the field to go to."""
    found = []
    for problem in problems:
        target = TARGETS.get(problem.field, problem.field or problem.step)
        if problem.line is not None and problem.line < len(content.lines):
            key = content.lines[problem.line].key
            target = f"{problem.field}-{key}" if problem.field in LINE_FIELDS else f"line-{key}"
        found.append(Told(str(problem.message), target, problem.step))
    return found
