"""What a step of the wizard posts, into the draft. Everything typed is kept, readable or not."""

from django.http import QueryDict

from invoices.drafts import CREATE, EXISTING, DraftContent, DraftCustomer, DraftLine
from invoices.enums import TaxMode
from invoices.ports import Account, ItemChoice, accounting
from invoices.reading import canonical_number
from invoices.services import drafts
from invoices.totals import plain

ADDRESS = ("line1", "city", "region", "postal_code", "country")
NEW_CUSTOMER = ("name", "email", "company_name", "given_name", "family_name", "phone")
LINE_TEXTS = ("description", "service_on")
LINE_NUMBERS = ("quantity", "unit_price")
ITEMS_OFFERED = 20
LONGEST = 20_000  # a guard against abuse; the limits that people meet are said in words


def apply_step(
    content: DraftContent, step: str, post: QueryDict, account: Account | None, *, deal_id: int | None
) -> None:
    """Take over the fields of ``step``; what the form does not hold stays."""
    if step == "account":
        _account(content, post, deal_id=deal_id)
    elif step == "customer":
        _customer(content, post, account)
    elif step == "products":
        _products(content, post, account)
    elif step == "terms":
        _terms(content, post, account)
    elif step == "message" and "message" in post:
        content.message = _text(post, "message").replace("\r\n", "\n")


def _text(post: QueryDict, name: str) -> str:
    return post.get(name, "")[:LONGEST]


def _account(content: DraftContent, post: QueryDict, *, deal_id: int | None) -> None:
    wanted = post.get("account", "")
    for account in accounting().accounts():
        if str(account.connection_id) == wanted and account.usable:
            drafts.choose_account(content, account, deal_id=deal_id)


def _customer(content: DraftContent, post: QueryDict, account: Account | None) -> None:
    if "recipient" in post:
        content.recipient = _text(post, "recipient").strip()
    if "new_name" in post:
        content.new_customer = _new_customer(post)
    mode, _colon, external_id = post.get("customer", "").partition(":")
    if mode == EXISTING and account is not None:
        if content.customer.mode != EXISTING or content.customer.external_id != external_id:
            choice = accounting().customer(account.connection_id, external_id)
            if choice is not None:
                drafts.choose_customer(content, choice, account)
    elif mode == CREATE:
        former = content.customer
        content.customer = content.new_customer
        if account is not None:
            content.currency = account.currency
        if content.recipient in ("", former.email):
            content.recipient = content.customer.email.strip()


def _new_customer(post: QueryDict) -> DraftCustomer:
    values = {name: _text(post, f"new_{name}") for name in NEW_CUSTOMER}
    address = {name: _text(post, f"new_{name}") for name in ADDRESS}
    filled = {name: value for name, value in address.items() if value}
    return DraftCustomer(mode=CREATE, billing_address=filled, **values)


def _products(content: DraftContent, post: QueryDict, account: Account | None) -> None:
    for line in content.lines:
        if line.key not in post.getlist("line"):
            continue
        for name in LINE_TEXTS:
            if f"{name}-{line.key}" in post:
                setattr(line, name, _text(post, f"{name}-{line.key}").replace("\r\n", "\n"))
        for name in LINE_NUMBERS:
            if f"{name}-{line.key}" in post:
                setattr(line, name, canonical_number(_text(post, f"{name}-{line.key}")))
        if line.item.mode == CREATE and f"item_name-{line.key}" in post:
            line.item.name = _text(post, f"item_name-{line.key}")
        if f"tax_code-{line.key}" in post:
            line.tax_code = _text(post, f"tax_code-{line.key}")
    if account is None or not account.needs_tax_codes:
        return
    tax_mode = post.get("tax_mode", "")
    if tax_mode in (TaxMode.EXCLUSIVE, TaxMode.INCLUSIVE):
        content.tax_mode = tax_mode
    drafts.name_tax_codes(content, accounting().tax_codes(account.connection_id))


def _terms(content: DraftContent, post: QueryDict, account: Account | None) -> None:
    if account is None:
        return
    available = accounting().terms(account.connection_id)
    issued_on, due_on = _text(post, "issued_on").strip(), _text(post, "due_on").strip()
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


def act_on_lines(content: DraftContent, action: str, account: Account, *, searched: str = "") -> str:
    """Do what a button of the products step asks; returns the id of the field to go to.

    ``add:5`` adds QuickBooks' item 5, ``match:l2:5`` sells it on line l2, ``create:l2`` creates the product of line
    l2 on the way, ``unmatch:l2`` takes that back, ``remove:l2``, ``up:l2`` and ``down:l2`` do what they say,
    ``tax:3`` sets tax code 3 on all lines. ``searched`` is what the item was found by.
    """
    verb, _colon, rest = action.partition(":")
    if verb == "add" and (item := _item(account, rest, searched)) is not None:
        return _add(content, item, account)
    if verb == "tax":
        for each in content.lines:
            each.tax_code = rest
        drafts.name_tax_codes(content, accounting().tax_codes(account.connection_id))
        return "view-tax-codes"
    key, _colon, external_id = rest.partition(":")
    line = content.line(key)
    if line is None:
        return ""
    place = content.lines.index(line)
    if verb == "match" and (item := _item(account, external_id, searched)) is not None:
        _choose(content, line, item, account)
    elif verb == "create":
        line.item.mode, line.item.name, line.item.external_id = CREATE, line.item.name or line.name, ""
        line.item.unit_price = line.unit_price
    elif verb == "unmatch":
        line.item.mode = line.item.external_id = line.item.reason = ""
    elif verb == "remove":
        content.lines.remove(line)
        left = content.lines[min(place, len(content.lines) - 1)].key if content.lines else ""
        return f"quantity-{left}" if left else "item-search"
    elif verb in ("up", "down"):
        other = place + (-1 if verb == "up" else 1)
        if 0 <= other < len(content.lines):
            content.lines[place], content.lines[other] = content.lines[other], content.lines[place]
        return f"{verb}-{key}"
    return f"quantity-{key}"


def _choose(content: DraftContent, line: DraftLine, item: ItemChoice, account: Account) -> None:
    drafts.choose_item(line, item)
    if account.needs_tax_codes:
        # The item may bring its tax code along, which the page names.
        drafts.name_tax_codes(content, accounting().tax_codes(account.connection_id))


def _add(content: DraftContent, item: ItemChoice, account: Account) -> str:
    key = content.next_key()
    content.lines.append(DraftLine(key=key, product_id=item.product_id, name=item.name))
    _choose(content, content.lines[-1], item, account)
    if item.unit_price is not None:
        content.lines[-1].unit_price = plain(item.unit_price)
    return f"quantity-{key}"


def _item(account: Account, external_id: str, searched: str) -> ItemChoice | None:
    """An item of the list that the picker showed for ``searched``."""
    listed = accounting().items(account.connection_id, search=searched, limit=ITEMS_OFFERED)
    return next((item for item in listed if item.external_id == external_id), None)
