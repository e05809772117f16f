"""What the products step of the wizard posts, and what its buttons do with the lines."""

from django.http import QueryDict

from invoices import book_prices
from invoices.drafts import CREATE, TEXT, DraftContent, DraftDiscount, DraftLine
from invoices.enums import TaxMode
from invoices.ports import Account, ItemChoice, accounting
from invoices.reading import canonical_number
from invoices.services import draft_sources, drafts

LINE_TEXTS = ("description", "service_on")
LINE_NUMBERS = ("quantity", "unit_price")
DISCOUNTS = ("percent", "amount")
TAX_MODES = (TaxMode.EXCLUSIVE, TaxMode.INCLUSIVE, TaxMode.NOT_APPLICABLE)
ITEMS_OFFERED = 20
LONGEST = 20_000  # a guard against abuse; the limits that people meet are said in words


def text(post: QueryDict, name: str) -> str:
    """What was typed there."""
    return post.get(name, "")[:LONGEST]


def take_over(content: DraftContent, post: QueryDict, account: Account) -> None:
    """The fields of the products step into the draft."""
    known = set(post.getlist("line"))
    names = {each.external_id: each.name for each in accounting().classes(account.connection_id)}
    for line in content.lines:
        if line.key in known:
            _take_over_line(line, post, names)
    if "discount" in post:
        content.discount = _discount(post, "discount", content.discount)
        # A box that is not ticked is not sent; the hidden field says that it was shown.
        content.tax_after_discount = "tax_after_discount" in post or "tax_after_discount_shown" not in post
    for name in ("shipping", "deposit"):
        if name in post:
            setattr(content, name, canonical_number(text(post, name)))
    if not account.needs_tax_codes:
        return
    if "shipping_tax_code" in post:
        content.shipping_tax_code = text(post, "shipping_tax_code")
    tax_mode = post.get("tax_mode", "")
    if tax_mode in TAX_MODES:
        content.tax_mode = tax_mode
    drafts.name_tax_codes(content, accounting().tax_codes(account.connection_id))


def _take_over_line(line: DraftLine, post: QueryDict, classes: dict[str, str]) -> None:
    for name in LINE_TEXTS:
        if f"{name}-{line.key}" in post:
            setattr(line, name, text(post, f"{name}-{line.key}").replace("\r\n", "\n"))
    former = line.unit_price
    for name in LINE_NUMBERS:
        if f"{name}-{line.key}" in post:
            setattr(line, name, canonical_number(text(post, f"{name}-{line.key}")))
    if line.unit_price != former:
        line.home_price = ""  # typed: it follows no rate any more
    if line.item.mode == CREATE and f"item_name-{line.key}" in post:
        line.item.name = text(post, f"item_name-{line.key}")
    if f"tax_code-{line.key}" in post:
        line.tax_code = text(post, f"tax_code-{line.key}")
    if f"discount-{line.key}" in post:
        line.discount = _discount(post, f"discount-{line.key}", line.discount)
    if f"class-{line.key}" in post:
        chosen = post.get(f"class-{line.key}", "")
        line.class_id, line.class_name = (chosen, classes[chosen]) if chosen in classes else ("", "")


def _discount(post: QueryDict, name: str, former: DraftDiscount) -> DraftDiscount:
    value = canonical_number(text(post, name))
    kind = post.get(f"{name}_kind", "")
    kind = kind if kind in DISCOUNTS else former.kind or DISCOUNTS[0]
    return DraftDiscount(kind, value) if value else DraftDiscount()


def act_on_lines(content: DraftContent, action: str, account: Account, *, searched: str = "") -> str:
    """Do what a button of the products step asks; returns the id of the field to go to.

    ``add:5`` adds QuickBooks' item 5, ``new:`` a product called ``searched`` that is created on the way, ``text:`` a
    line of text, ``match:l2:5`` sells item 5 on line l2, ``create:l2``
    creates the product of line l2 on the way, ``default:l2`` sells the company's default item on it, ``unmatch:l2``
    takes that back, ``remove:l2``, ``up:l2`` and ``down:l2`` do what they say, ``tax:3`` sets tax code 3 on all lines,
    ``create-all:`` and ``default-all:`` do it for all lines without a product. ``searched`` is what was searched for.
    """
    verb, _colon, rest = action.partition(":")
    if verb == "add" and (item := _item(account, rest, searched)) is not None:
        return _add(content, item, account)
    if verb == "tax":
        for each in content.lines:
            each.tax_code = "" if each.item.mode == TEXT else rest
        drafts.name_tax_codes(content, accounting().tax_codes(account.connection_id))
        return "view-tax-codes"
    if verb == "new" and searched.strip():
        return _add_new(content, searched.strip())
    if verb == "text":
        content.lines.append(draft_sources.text_line(content.next_key()))
        return f"description-{content.lines[-1].key}"
    if verb in ("create-all", "default-all"):
        return _match_all(content, verb, account)
    key, _colon, external_id = rest.partition(":")
    line = content.line(key)
    if line is None:
        return ""
    place = content.lines.index(line)
    if verb in ("match", "default"):
        default = verb == "default"
        item = accounting().default_item(account.connection_id) if default else _item(account, external_id, searched)
        if item is not None:
            _choose(content, line, item, account)
    elif verb == "create":
        _create(line)
    elif verb == "unmatch":
        line.item.mode = line.item.external_id = line.item.reason = ""
    elif verb == "remove":
        content.lines.remove(line)
        left = content.lines[min(place, len(content.lines) - 1)] if content.lines else None
        return _first_field(left) if left is not None else "item-search"
    elif verb in ("up", "down"):
        other = place + (-1 if verb == "up" else 1)
        if 0 <= other < len(content.lines):
            content.lines[place], content.lines[other] = content.lines[other], content.lines[place]
        return f"{verb}-{key}"
    return f"quantity-{key}"


def _match_all(content: DraftContent, verb: str, account: Account) -> str:
    waiting = [line for line in content.lines if not line.item.mode]
    item = accounting().default_item(account.connection_id) if verb == "default-all" else None
    for line in waiting:
        if verb == "create-all":
            _create(line)
        elif item is not None:
            drafts.choose_item(line, *book_prices.priced([item], content, account))
    if account.needs_tax_codes:
        drafts.name_tax_codes(content, accounting().tax_codes(account.connection_id))
    return f"quantity-{waiting[0].key}" if waiting else "item-search"


def _first_field(line: DraftLine) -> str:
    return f"description-{line.key}" if line.item.mode == TEXT else f"quantity-{line.key}"


def _create(line: DraftLine) -> None:
    line.item.mode, line.item.name, line.item.external_id = CREATE, line.item.name or line.name, ""
    line.item.unit_price = line.unit_price


def _choose(content: DraftContent, line: DraftLine, item: ItemChoice, account: Account) -> None:
    drafts.choose_item(line, *book_prices.priced([item], content, account))
    if account.needs_tax_codes:
        # The item may bring its tax code along, which the page names.
        drafts.name_tax_codes(content, accounting().tax_codes(account.connection_id))


def _add(content: DraftContent, item: ItemChoice, account: Account) -> str:
    key = content.next_key()
    content.lines.append(DraftLine(key=key, product_id=item.product_id, name=item.name))
    _choose(content, content.lines[-1], item, account)
    return f"quantity-{key}"


def _add_new(content: DraftContent, name: str) -> str:
    content.lines.append(DraftLine(key=content.next_key(), name=name[:LONGEST]))
    _create(content.lines[-1])
    return f"unit_price-{content.lines[-1].key}"


def _item(account: Account, external_id: str, searched: str) -> ItemChoice | None:
    """An item of the list that the picker showed for ``searched``."""
    listed = accounting().items(account.connection_id, search=searched, limit=ITEMS_OFFERED)
    return next((item for item in listed if item.external_id == external_id), None)
