"""Make invoices as the wizard does: of a deal, a quote, an earlier invoice or from scratch, asynchronously."""

from typing import Any

from accounts.access import require
from api import invoice_content
from api.described import Answer, Call, Operation, Schema
from api.form_fields import ADDRESS, PROPERTIES, PROPERTY_VALUES
from api.printing import plain
from api.problems import Problem, conflict, missing, unfit_at
from api.resources.invoice_view import INVOICES, TAG
from api.resources.invoices import location_of
from api.schemas import DAY, ID, MOMENT, array, named, nullable, record, text
from api.scopes import INVOICES_READ, INVOICES_WRITE
from crm.queries import deals, quotes
from invoices import queries
from invoices.drafts import DraftContent
from invoices.enums import InvoiceSource, TaxMode
from invoices.models import Approval, InvoiceDraft
from invoices.ports import Account, AccountingUnavailable, accounting
from invoices.reading import DraftProblems
from invoices.services import approvals, create, drafts, quote_rules
from invoices.wizard_problems import before_creation, problems_of

NUMBER: Schema = {"type": "string", "pattern": r"^-?[0-9]{1,11}(\.[0-9]{1,10})?$"}
POSITIVE: Schema = {"type": "string", "pattern": r"^[0-9]{1,11}(\.[0-9]{1,10})?$"}
BOOKS_ID = text(40, minLength=1)
CUSTOMER = {
    "description": "A customer of QuickBooks by id, the one of a company or contact, or a new one.",
    "anyOf": [
        record({"id": BOOKS_ID}, "id"),
        record({"company": ID}, "company"),
        record({"contact": ID}, "contact"),
        record(
            {
                "name": text(500, minLength=1, pattern=r"\S"),
                "email": text(100),
                "company_name": text(500),
                "phone": text(30),
                "address": ADDRESS,
            },
            "name",
        ),
    ],
}
LINE = record(
    {
        "item": {**BOOKS_ID, "description": "A product of QuickBooks by id."},
        "product": {**ID, "description": "A product of the CRM; QuickBooks gets it where it has none."},
        "name": {**text(100, minLength=1, pattern=r"\S"), "description": "A new product of this name."},
        "sku": text(100),
        "description": text(4000),
        "quantity": POSITIVE,
        "unit_price": NUMBER,
        "discount_percent": POSITIVE,
        "discount_amount": POSITIVE,
        "tax_code": BOOKS_ID,
        "class": BOOKS_ID,
        "service_on": DAY,
    },
    description="Without item, product and name it is a line of text.",
)
NEW = named(
    "NewInvoice",
    record(
        {
            "deal": {**ID, "description": "Bill its line items, unless lines are given."},
            "quote": {**ID, "description": "Bill a quote that is published or accepted."},
            "copy_of": {**ID, "description": "Begin with everything that an earlier invoice says."},
            "override_reason": {**text(500), "description": "Why a quote that may not be billed is billed."},
            "again": {"type": "boolean", "description": "Also where the quote was invoiced before."},
            "allow_free": {"type": "boolean", "description": "Lines without a price are meant."},
            "connection": {**ID, "description": "The QuickBooks company; without it the one that is proposed."},
            "customer": CUSTOMER,
            "lines": array(LINE, minItems=1, maxItems=750),
            "recipient": text(100),
            "cc": text(200),
            "bcc": text(200),
            "billing_address": ADDRESS,
            "shipping_address": ADDRESS,
            "number": {**text(21), "description": "Only where the company numbers its invoices itself."},
            "issued_on": DAY,
            "due_on": DAY,
            "terms": text(40),
            "message": text(1000),
            "private_note": text(3900),
            "exchange_rate": POSITIVE,
            "class": text(40),
            "location": text(40),
            "discount_percent": POSITIVE,
            "discount_amount": POSITIVE,
            "tax_after_discount": {"type": "boolean"},
            "shipping": POSITIVE,
            "shipping_tax_code": text(40),
            "deposit": POSITIVE,
            "tax_mode": {"type": "string", "enum": list(TaxMode.values)},
            PROPERTIES: PROPERTY_VALUES,
        },
        minProperties=1,
    ),
)
DRAFT = named(
    "InvoiceDraft",
    record(
        {
            "id": {"type": "string", "format": "uuid"},
            "approval": {"type": "string", "enum": list(Approval.values)},
            "asked_at": nullable(MOMENT),
            "decided_at": nullable(MOMENT),
            "decision": {"type": "string", "description": "Why it was rejected."},
            "invoice": {**nullable(ID), "description": "What became of it."},
            "deal": nullable(ID),
        },
        "id",
        "approval",
        "invoice",
        description="An invoice that waits for somebody's approval.",
    ),
)


def make(call: Call) -> Answer:
    """An invoice on its way to QuickBooks; of who may not post, a draft that waits for approval."""
    require(call.user, "invoices.create")
    try:
        draft = _draft(call)
        if found := problems_of(draft) + before_creation(draft, free_agreed=call.body.get("allow_free", False)):
            raise invoice_content.told(_once(found))
        if approvals.must_ask(call.user):
            return _shown(approvals.ask(draft, by=call.user), 202)
        invoice = create.create_invoice(draft, by=call.user)
    except DraftProblems as error:
        raise invoice_content.told(error.problems) from error
    except quote_rules.QuoteNotUsable as error:
        raise conflict(f"The quote can't be invoiced: {error}", "quote-not-usable") from error
    except quote_rules.QuoteInvoiced as error:
        raise conflict("The quote was invoiced already. Say again to invoice it once more.", "invoiced") from error
    except AccountingUnavailable as error:
        raise Problem(503, str(error), "unavailable") from error
    return INVOICES.answer(call, INVOICES.found(call, invoice.pk), 202, location=location_of(invoice))


def _once(found: list[Any]) -> list[Any]:
    return list({(each.message, each.line, each.field): each for each in found}.values())


def _draft(call: Call) -> InvoiceDraft:
    body, user = call.body, call.user
    given = [name for name in ("quote", "copy_of") if name in body]
    if len(given) > 1:
        raise unfit_at("/copy_of", "An invoice is made of a quote or of an earlier invoice, not of both.")
    deal = _named(body, "deal", deals.visible_to(user).filter(archived_at=None))
    quote = _named(body, "quote", quotes.visible_to(user))
    copied = _named(body, "copy_of", queries.visible_to(user).exclude(external_id=""))
    accounts = _accounts(body)
    source = InvoiceSource.SCRATCH if "lines" in body or deal is None else InvoiceSource.DEAL
    source = InvoiceSource.QUOTE if quote else InvoiceSource.COPY if copied else source
    draft = drafts.start_from(
        source,
        deal=deal,
        quote=quote,
        invoice=copied,
        override_reason=body.get("override_reason", ""),
        again=body.get("again", False),
        companies=[each.connection_id for each in accounts],
        by=user,
    )
    before = draft.data

    def change(content: DraftContent) -> None:
        chosen = [each for each in accounts if each.connection_id == content.connection_id]
        invoice_content.fill(content, body, (chosen or accounts)[0], deal_id=draft.deal_id, user=user)

    drafts.save(draft, change)
    drafts.follow_rate(draft, before)
    return draft


def _named(body: Any, name: str, rows: Any) -> Any:
    if name not in body:
        return None
    row = rows.filter(pk=body[name]).first()
    if row is None:
        raise unfit_at(f"/{name}", "There is no such record.")
    return row


def _accounts(body: Any) -> list[Account]:
    """The companies that it may be made in. Raises Problem where there is none."""
    accounts = accounting().accounts()
    meant = [each for each in accounts if body.get("connection", each.connection_id) == each.connection_id]
    usable = [each for each in meant if each.usable]
    if not usable and "connection" in body:
        problem = meant[0].problem if meant else ""
        raise unfit_at("/connection", problem or "There is no such QuickBooks company.")
    if not usable:
        raise conflict("No QuickBooks company can be used.", "no-company")
    return usable


def _shown(draft: InvoiceDraft, status: int = 200) -> Answer:
    body = {
        "id": str(draft.request_id),
        "approval": str(draft.approval),
        "asked_at": plain(draft.asked_at),
        "decided_at": plain(draft.decided_at),
        "decision": draft.decision,
        "invoice": draft.invoice_id,
        "deal": draft.deal_id,
    }
    return Answer(body, status, location=f"/api/v1/invoice-drafts/{draft.request_id}" if status == 202 else "")


def read_draft(call: Call) -> Answer:
    """What became of a draft of one's own that waits for approval; approvers see those of others too."""
    rows = queries.drafts_visible_to(call.user).filter(request_id=call.at["key"])
    row = rows.first()
    own = row is not None and row.owner_id == call.user.pk
    asked = row is not None and row.approval == Approval.ASKED and call.user.has_perm(approvals.APPROVE)
    if row is None or not (own or asked):
        raise missing()
    return _shown(row)


def operations() -> list[Operation]:
    """Making invoices."""
    made: Schema = {"anyOf": [INVOICES.shown, DRAFT]}
    return [
        Operation("POST", "invoices", "create-invoice", TAG, "Create an invoice", INVOICES_WRITE, make, {202: made},
                  INVOICES.view.params, NEW, shows_version=True, refuses=(503,),
                  text="Asynchronous: `Location` says how far QuickBooks is. Of who may not post invoices it is a "
                  "draft that waits for approval, and `Location` is that."),
        Operation("GET", "invoice-drafts/{key}", "read-invoice-draft", TAG, "Follow a draft that waits for approval",
                  INVOICES_READ, read_draft, {200: DRAFT}),
    ]  # fmt: skip
