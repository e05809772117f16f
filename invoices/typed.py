"""What a step of the wizard posts, into the draft. Everything typed is kept, readable or not."""

from collections.abc import Callable, Sequence
from typing import Any

from django.http import QueryDict

from invoices import typed_lines, typed_properties
from invoices.drafts import CREATE, EXISTING, DraftContent, DraftCustomer
from invoices.ports import Account, NamedChoice, accounting
from invoices.reading import canonical_number
from invoices.services import drafts
from invoices.typed_lines import text

ADDRESS = ("line1", "city", "region", "postal_code", "country")
NEW_CUSTOMER = ("name", "email", "company_name", "given_name", "family_name", "phone")


def apply_step(
    content: DraftContent, step: str, post: QueryDict, account: Account | None, *, deal_id: int | None, user: Any
) -> None:
    """Take over the fields of ``step``; what the form does not hold stays, and so does what ``user`` may not choose."""
    mode, _colon, chosen = post.get("customer", "").partition(":")
    other = account is not None and mode == EXISTING and chosen != content.customer.external_id
    if other and account is not None and accounting().hidden_customers(account.connection_id, [chosen], user):
        return
    if step == "account":
        _account(content, post, deal_id=deal_id)
    elif account is not None and step in STEPS:
        STEPS[step](content, post, account)


def _account(content: DraftContent, post: QueryDict, *, deal_id: int | None) -> None:
    wanted = post.get("account", "")
    for account in accounting().accounts():
        if str(account.connection_id) == wanted and account.usable:
            drafts.choose_account(content, account, deal_id=deal_id)


def _customer(content: DraftContent, post: QueryDict, account: Account) -> None:
    _recipients(content, post)
    if "new_name" in post:
        content.new_customer = _new_customer(post)
    if "new_ship_line1" in post and post.get("customer") == CREATE:
        content.shipping_address = _address(post, "new_ship_")
    mode, _colon, external_id = post.get("customer", "").partition(":")
    if mode == EXISTING:
        if content.customer.mode != EXISTING or content.customer.external_id != external_id:
            choice = accounting().customer(account.connection_id, external_id)
            if choice is not None:
                drafts.choose_customer(content, choice, account)
    elif mode == CREATE:
        former = content.customer
        content.customer = content.new_customer
        if former.mode != CREATE:
            # The address that was typed for the invoice was the former customer's.
            content.billing_address = {}
            content.currency, content.exchange_rate = account.currency, ""
        if content.recipient in ("", former.email):
            content.recipient = content.customer.email.strip()


def _new_customer(post: QueryDict) -> DraftCustomer:
    values = {name: text(post, f"new_{name}") for name in NEW_CUSTOMER}
    return DraftCustomer(mode=CREATE, billing_address=_address(post, "new_"), **values)


def _address(post: QueryDict, prefix: str) -> dict[str, str]:
    address = {name: text(post, prefix + name) for name in ADDRESS}
    return {name: value for name, value in address.items() if value}


def _terms(content: DraftContent, post: QueryDict, account: Account) -> None:
    available = accounting().terms(account.connection_id)
    issued_on, due_on = text(post, "issued_on").strip(), text(post, "due_on").strip()
    chosen = next((terms for terms in available if terms.external_id == post.get("terms", "")), None)
    other_terms = (chosen.external_id if chosen else "") != content.terms.external_id
    moved = other_terms or issued_on != content.issued_on
    untouched = due_on == content.due_on
    if "issued_on" in post:
        content.issued_on = issued_on
    if "due_on" in post:
        content.due_on = due_on
    if "terms" in post:
        content.terms.external_id, content.terms.name = (chosen.external_id, chosen.name) if chosen else ("", "")
    if moved and untouched:
        # The due date follows terms and invoice date until somebody types another one.
        drafts.compute_due(content, chosen)
    if "number" in post:
        content.number = text(post, "number").strip()
    if "exchange_rate" in post:
        content.exchange_rate = canonical_number(text(post, "exchange_rate"))
    if "class_id" in post:
        content.class_id, content.class_name = named(post, "class_id", accounting().classes, account)
    if "location_id" in post:
        content.location_id, content.location_name = named(post, "location_id", accounting().locations, account)


def named(
    post: QueryDict, field: str, choices: Callable[[int], Sequence[NamedChoice]], account: Account
) -> tuple[str, str]:
    """The chosen class or location with its name; empty for one that the company does not have."""
    wanted = post.get(field, "")
    found = choices(account.connection_id) if wanted else []
    return next(((each.external_id, each.name) for each in found if each.external_id == wanted), ("", ""))


def _message(content: DraftContent, post: QueryDict, _account_of_draft: Account) -> None:
    _recipients(content, post)
    for name in ("message", "private_note"):
        if name in post:
            setattr(content, name, text(post, name).replace("\r\n", "\n"))
    if "bill_line1" in post:
        typed = _address(post, "bill_")
        # The customer's own address is not repeated, so that a change of the customer's goes along.
        own = {name: value for name, value in content.customer.billing_address.items() if name in ADDRESS and value}
        content.billing_address = {} if typed == own else typed
    if "ship_line1" in post:
        content.shipping_address = _address(post, "ship_")
    typed_properties.take_over(content, post)


def _recipients(content: DraftContent, post: QueryDict) -> None:
    for name in ("recipient", "cc", "bcc"):
        if name in post:
            setattr(content, name, text(post, name).strip())


STEPS: dict[str, Callable[[DraftContent, QueryDict, Account], None]] = {
    "customer": _customer,
    "products": typed_lines.take_over,
    "terms": _terms,
    "message": _message,
}
