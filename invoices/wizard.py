"""What a step of the wizard shows: computed here, printed by templates/invoices/draft/."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoices import reading
from invoices.drafts import CREATE, EXISTING, STEPS, DraftContent, DraftLine
from invoices.models import InvoiceDraft
from invoices.ports import Account, CustomerChoice, Problem, TaxCodeChoice, TermsChoice, accounting
from invoices.services import drafts
from invoices.services.create import digest_of
from invoices.totals import subtotal

LABELS = {
    "account": gettext_lazy("Company"),
    "customer": gettext_lazy("Customer"),
    "products": gettext_lazy("Products"),
    "terms": gettext_lazy("Terms"),
    "message": gettext_lazy("Message"),
    "review": gettext_lazy("Review"),
}


@dataclass(frozen=True)
class StepView:
    """An entry of the step list."""

    name: str
    label: str
    number: int
    current: bool
    done: bool


@dataclass(frozen=True)
class LineView:
    """A line with what it comes to and what is wrong with it, by field."""

    line: DraftLine
    number: int
    amount: Decimal | None
    errors: dict[str, str]
    first: bool
    last: bool
    tax_code: TaxCodeChoice | None = None

    @property
    def matched(self) -> bool:
        """Whether it sells something of QuickBooks, or something that will be created there."""
        return self.line.item.mode in (EXISTING, CREATE)

    @property
    def creates(self) -> bool:
        """Whether its product will be created in QuickBooks on the way."""
        return self.line.item.mode == CREATE

    @property
    def title(self) -> str:
        """What to call the line."""
        return self.line.item.name or self.line.name or _("Line %d") % self.number


@dataclass(frozen=True)
class WizardPage:
    """One step of one draft."""

    draft: InvoiceDraft
    content: DraftContent
    step: str
    steps: Sequence[StepView]
    account: Account | None
    accounts: Sequence[Account]
    lines: Sequence[LineView]
    subtotal: Decimal
    incomplete: bool  # some line's numbers can't be read, so the subtotal lacks it
    problems: Sequence[Problem] = ()
    matches: Sequence[CustomerChoice] = ()
    customer: CustomerChoice | None = None
    terms: Sequence[TermsChoice] = ()
    tax_codes: Sequence[TaxCodeChoice] = ()
    focus: str = ""
    notice: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def currency(self) -> str:
        """The currency of the invoice."""
        return self.content.currency or (self.account.currency if self.account else "USD")

    @property
    def first(self) -> bool:
        """Whether there is nothing to go back to."""
        return self.steps[0].name == self.step

    @property
    def correcting(self) -> bool:
        """Whether a refused invoice is being mended."""
        return self.draft.invoice_id is not None

    @property
    def needs_tax_codes(self) -> bool:
        """Whether each line needs a tax code."""
        return self.account is not None and self.account.needs_tax_codes

    @property
    def tax_codes_open(self) -> bool:
        """Whether the tax panel is open: a code is missing, or somebody is at work in it."""
        return self.focus == "view-tax-codes" or any(not view.line.tax_code for view in self.lines)

    @property
    def unmatched(self) -> int:
        """How many lines have no product in QuickBooks yet."""
        return sum(not view.matched for view in self.lines)

    @property
    def digest(self) -> str:
        """The fingerprint of what the review shows."""
        return digest_of(self.draft.data)

    @property
    def issued_on(self) -> datetime.date | None:
        """The invoice date, where it can be read."""
        return _date(self.content.issued_on)

    @property
    def due_on(self) -> datetime.date | None:
        """The due date, where it can be read."""
        return _date(self.content.due_on)

    @property
    def chosen_elsewhere(self) -> bool:
        """Whether the chosen customer is none of the proposed ones."""
        chosen = self.content.customer
        return chosen.mode == EXISTING and all(choice.external_id != chosen.external_id for choice in self.matches)


def _date(text: str) -> datetime.date | None:
    try:
        return reading.date(text)
    except ValueError:
        return None


def step_names(accounts: Sequence[Account], draft: InvoiceDraft) -> list[str]:
    """The steps of this wizard: the company is only asked for where there are several, and not while mending."""
    several = len([account for account in accounts if account.usable]) > 1
    return [name for name in STEPS if name != "account" or (several and draft.invoice_id is None)]


def page_of(
    draft: InvoiceDraft,
    step: str,
    *,
    problems: Sequence[Problem] = (),
    focus: str = "",
    notice: str = "",
) -> WizardPage:
    """Everything that ``step`` of ``draft`` shows; asks accounting only for what this step needs."""
    content = DraftContent.from_json(draft.data)
    accounts = accounting().accounts()
    account = next((each for each in accounts if each.connection_id == content.connection_id), None)
    names = step_names(accounts, draft)
    step = step if step in names else names[0]
    at = names.index(step)
    connection_id = account.connection_id if account else 0
    codes = accounting().tax_codes(connection_id) if account and account.needs_tax_codes and step == "products" else []
    lines = _lines(content, problems, codes)
    amounts = [view.amount for view in lines]
    matches: Sequence[CustomerChoice] = []
    if step == "customer" and account and draft.deal_id:
        matches = accounting().customer_matches(connection_id, deal_id=draft.deal_id)
    return WizardPage(
        draft=draft,
        content=content,
        step=step,
        steps=[
            StepView(name, str(LABELS[name]), number, number == at + 1, number <= at)
            for number, name in enumerate(names, 1)
        ],
        account=account,
        accounts=accounts,
        lines=lines,
        subtotal=subtotal(amount for amount in amounts if amount is not None),
        incomplete=None in amounts,
        problems=problems,
        matches=matches,
        terms=accounting().terms(connection_id) if account and step == "terms" else [],
        tax_codes=codes,
        focus=focus,
        notice=notice,
        errors={each.field: str(each.message) for each in reversed(problems) if each.line is None and each.field},
    )


def _lines(content: DraftContent, problems: Sequence[Problem], codes: Sequence[TaxCodeChoice]) -> list[LineView]:
    by_id = {code.external_id: code for code in codes}
    views = []
    for index, line in enumerate(content.lines):
        errors: dict[str, str] = {}
        for problem in problems:
            if problem.line == index:
                known = problem.field in ("quantity", "unit_price", "service_on", "description", "tax_code")
                errors.setdefault(problem.field if known else "item", str(problem.message))
        views.append(
            LineView(
                line=line,
                number=index + 1,
                amount=drafts.line_total(line, content.currency),
                errors=errors,
                first=index == 0,
                last=index == len(content.lines) - 1,
                tax_code=by_id.get(line.tax_code),
            )
        )
    return views


def summary(problems: Sequence[Problem], content: DraftContent) -> list[dict[str, Any]]:
    """Problems as lines of the summary on top of a step, each with the id of the field to go to."""
    found = []
    for problem in problems:
        target = problem.field or problem.step
        if problem.line is not None and problem.line < len(content.lines):
            key = content.lines[problem.line].key
            known = problem.field in ("quantity", "unit_price", "service_on", "description", "tax_code")
            target = f"{problem.field}-{key}" if known else f"line-{key}"
        found.append({"message": problem.message, "target": target, "step": problem.step})
    return found
