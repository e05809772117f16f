"""What a program says of an invoice, into the draft that the wizard fills; problems back to their places."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from api.problems import Mistake, Problem, pointer, unfit, unfit_at
from crm.queries import companies, contacts, products
from invoices.drafts import CREATE, TEXT, DraftContent, DraftCustomer, DraftDiscount, DraftItem, DraftLine
from invoices.enums import TaxMode
from invoices.ports import Account, ItemChoice, NamedChoice, accounting
from invoices.ports import Problem as Trouble
from invoices.services import drafts

# Where the wizard's fields are in the body, if they are called otherwise there.
PLACES = {"account": "connection", "tax_codes": "lines", "free_agreed": "allow_free"}
STEPS = {"account": "connection", "customer": "customer", "products": "lines", "terms": "terms", "message": "message"}
PROPERTY = ("property:", "id_property_")
PLAIN = ("recipient", "cc", "bcc", "number", "message", "private_note", "exchange_rate", "shipping", "deposit")


def fill(content: DraftContent, given: Mapping[str, Any], account: Account, *, deal_id: int | None, user: Any) -> None:
    """Write what was ``given`` into the draft of ``account``. Raises Problem."""
    drafts.choose_account(content, account, deal_id=deal_id)
    if "customer" in given:
        _customer(content, given["customer"], account, user)
    if "lines" in given:
        _lines(content, given["lines"], account, user)
    for name in PLAIN:
        if name in given:
            setattr(content, name, given[name])
    for name in ("billing_address", "shipping_address"):
        if name in given:
            setattr(content, name, {part: value for part, value in given[name].items() if value})
    content.discount = _discount(given, content.discount)
    content.tax_after_discount = given.get("tax_after_discount", content.tax_after_discount)
    _terms(content, given, account)
    _places(content, given, account)
    content.properties |= given.get("properties", {})
    if account.needs_tax_codes:
        content.tax_mode = given.get("tax_mode", content.tax_mode)
        codes = accounting().tax_codes(account.connection_id)
        _shipping_tax(content, given, {code.external_id for code in codes})
        drafts.name_tax_codes(content, codes)
    elif given.get("tax_mode", TaxMode.AUTOMATIC) != TaxMode.AUTOMATIC:
        raise unfit_at("/tax_mode", "QuickBooks adds the tax by itself in this company.")


def _shipping_tax(content: DraftContent, given: Mapping[str, Any], known: set[str]) -> None:
    code = given.get("shipping_tax_code", content.shipping_tax_code)
    if code and code not in known:
        raise unfit_at("/shipping_tax_code", "The QuickBooks company has no such tax code.")
    content.shipping_tax_code = code


def _customer(content: DraftContent, given: Mapping[str, Any], account: Account, user: Any) -> None:
    """A customer of QuickBooks by its id, that of a company or contact of the CRM, or one to create on the way."""
    external_id = given.get("id") or _linked(given, account, user)
    if external_id:
        choice = accounting().customer(account.connection_id, external_id)
        if choice is None or accounting().hidden_customers(account.connection_id, [external_id], user):
            raise unfit_at("/customer/id", "The QuickBooks company has no such customer.")
        drafts.choose_customer(content, choice, account)
        return
    party: dict[str, Any] = _party(given, user) if "id" not in given else {}
    typed = {name: given[name] for name in ("name", "email", "company_name", "phone") if name in given}
    content.customer = DraftCustomer(
        mode=CREATE, **{**party, **typed, **({"billing_address": given["address"]} if "address" in given else {})}
    )
    content.currency, content.exchange_rate = account.currency, ""
    content.recipient = content.recipient or content.customer.email


def _record(given: Mapping[str, Any], user: Any) -> tuple[str, Any]:
    """The company or contact that is named, and which of the two."""
    for name, rows in (("company", companies.visible_to), ("contact", contacts.visible_to)):
        if name in given:
            row = rows(user).filter(pk=given[name], archived_at=None).first()
            if row is None:
                raise unfit_at(f"/customer/{name}", "There is no such record.")
            return name, row
    return "", None


def _linked(given: Mapping[str, Any], account: Account, user: Any) -> str:
    kind, row = _record(given, user)
    if row is None:
        return ""
    linked = accounting().customers_of(kind, row.pk)
    return next((each for connection, each in linked if connection == account.connection_id), "")


def _party(given: Mapping[str, Any], user: Any) -> dict[str, Any]:
    kind, row = _record(given, user)
    if row is None:
        return {}
    names = {"company_name": row.name} if kind == "company" else {
        "given_name": row.first_name, "family_name": row.last_name,
    }  # fmt: skip
    address = dict(row.billing_address or {})
    return {"name": str(row), "email": row.email, "phone": row.phone, "billing_address": address, **names}


def _lines(content: DraftContent, given: Sequence[Mapping[str, Any]], account: Account, user: Any) -> None:
    """Put these lines in place of those that were there. Raises Problem with what QuickBooks does not have."""
    content.lines = []
    connection = account.connection_id
    wanted = [each["product"] for each in given if "product" in each]
    known = products.visible_to(user).in_bulk(wanted)
    items = accounting().items_for_products(connection, list(known))
    named = accounting().items_by_id(connection, {each["item"] for each in given if "item" in each})
    classes = accounting().classes(connection) if any("class" in each for each in given) else []
    codes = {code.external_id for code in accounting().tax_codes(connection)} if account.needs_tax_codes else set()
    wrong: list[Mistake] = []
    for place, each in enumerate(given):
        line = DraftLine(key=content.next_key())
        content.lines.append(line)
        item: ItemChoice | None = None
        if "item" in each:
            item = named.get(each["item"])
            if item is None:
                wrong.append(Mistake("The QuickBooks company has no such product.", pointer("lines", place, "item")))
        elif "product" in each:
            product = known.get(each["product"])
            if product is None:
                wrong.append(Mistake("There is no such product.", pointer("lines", place, "product")))
                continue
            line.product_id, line.name = product.pk, product.name
            line.description = product.description
            item = items.get(product.pk)
            if item is None:
                price = each.get("unit_price", "")
                line.item = DraftItem(mode=CREATE, name=product.name, sku=product.sku, unit_price=price)
        elif "name" in each:
            line.name = each["name"]
            line.item = DraftItem(mode=CREATE, name=each["name"], sku=each.get("sku", ""),
                                  unit_price=each.get("unit_price", ""))  # fmt: skip
        else:
            line.item = DraftItem(mode=TEXT)
        wrong += _line(line, each, place, classes, codes)
        if item is not None:
            line.product_id, line.name = line.product_id or item.product_id, line.name or item.name
            drafts.choose_item(line, item)
    if wrong:
        raise unfit(*wrong)


def _line(
    line: DraftLine, given: Mapping[str, Any], place: int, classes: Sequence[NamedChoice], codes: set[str]
) -> list[Mistake]:
    """The plain values of a line; what the company does not have."""
    for name in ("description", "quantity", "unit_price", "service_on"):
        if name in given:
            setattr(line, name, given[name])
    line.discount = _discount(given, line.discount)
    wrong = []
    if "tax_code" in given:
        line.tax_code = given["tax_code"]
        if line.tax_code not in codes:
            wrong.append(Mistake("The QuickBooks company has no such tax code.", pointer("lines", place, "tax_code")))
    if "class" in given:
        found = next((each for each in classes if each.external_id == given["class"]), None)
        if found is None:
            wrong.append(Mistake("The QuickBooks company has no such class.", pointer("lines", place, "class")))
        else:
            line.class_id, line.class_name = found.external_id, found.name
    return wrong


def _discount(given: Mapping[str, Any], former: DraftDiscount) -> DraftDiscount:
    for kind in ("percent", "amount"):
        if f"discount_{kind}" in given:
            return DraftDiscount(kind, given[f"discount_{kind}"])
    return former


def _terms(content: DraftContent, given: Mapping[str, Any], account: Account) -> None:
    available = accounting().terms(account.connection_id)
    chosen = next((each for each in available if each.external_id == content.terms.external_id), None)
    if "issued_on" in given:
        content.issued_on = given["issued_on"]
    if "terms" in given:
        chosen = next((each for each in available if each.external_id == given["terms"]), None)
        if chosen is None and given["terms"]:
            raise unfit_at("/terms", "The QuickBooks company has no such terms.")
        drafts.choose_terms(content, chosen)
    if "due_on" in given:
        content.due_on = given["due_on"]
    elif "issued_on" in given:
        drafts.compute_due(content, chosen)


def _places(content: DraftContent, given: Mapping[str, Any], account: Account) -> None:
    offers: dict[str, Callable[[int], Sequence[NamedChoice]]] = {
        "class": accounting().classes, "location": accounting().locations,
    }  # fmt: skip
    for name, choices in offers.items():
        if not given.get(name):
            continue
        found = next((each for each in choices(account.connection_id) if each.external_id == given[name]), None)
        if found is None:
            raise unfit_at(f"/{name}", f"The QuickBooks company has no such {name}.")
        setattr(content, f"{name}_id", found.external_id)
        setattr(content, f"{name}_name", found.name)


def told(problems: Sequence[Trouble]) -> Problem:
    """What the wizard would say is wrong, with the places in the body."""
    return unfit(*(Mistake(str(each.message), _place(each)) for each in problems))


def _place(problem: Trouble) -> str:
    for prefix in PROPERTY:
        if problem.field.startswith(prefix):
            return pointer("properties", problem.field.removeprefix(prefix))
    field = PLACES.get(problem.field, problem.field)
    if problem.line is not None:
        return pointer("lines", problem.line, *([field] if field else []))
    return pointer(field or STEPS.get(problem.step, "")) if field or problem.step in STEPS else ""
