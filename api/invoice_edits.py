"""What a program changes about an invoice that QuickBooks has, through the form of the edit page; mistakes back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from api.problems import Mistake, conflict, pointer, unfit
from api.schemas import DAY, ID, array, nullable, record, text
from crm.queries import products
from invoices import edit_form, reading
from invoices import terms as payment_terms
from invoices.edit_choices import Choices, choices_of, new_lines
from invoices.edit_form import ADDRESS_PARTS, FormContent, FormLine, Wrong
from invoices.models import Invoice
from invoices.ports import ItemChoice, accounting
from invoices.services import edit

NUMBER = {"type": "string", "pattern": r"^-?[0-9]{1,11}(\.[0-9]{1,10})?$"}
POSITIVE = {"type": "string", "pattern": r"^[0-9]{1,11}(\.[0-9]{1,10})?$"}
BOOKS_ID = text(40)
ADDRESS = record({part: text(500) for part in ADDRESS_PARTS}, description="The whole address.")
LINE = record(
    {
        "id": {**ID, "description": "A line of the invoice: what is not given of it stays."},
        "item": {**text(40, minLength=1), "description": "A product of QuickBooks by id."},
        "product": {**ID, "description": "A product of the CRM that QuickBooks has."},
        "description": text(4000),
        "quantity": POSITIVE,
        "unit_price": NUMBER,
        "discount_percent": POSITIVE,
        "discount_amount": POSITIVE,
        "tax_code": BOOKS_ID,
        "class": BOOKS_ID,
        "service_on": nullable(DAY),
    },
    minProperties=1,
)
# What of the body is text in the form's head, and what it is called there.
HEAD = {
    **{name: name for name in ("number", "issued_on", "due_on", "recipient", "cc", "bcc", "message", "private_note")},
    **{name: f"{name}_external_id" for name in ("terms", "class", "location")},
    "shipping": "shipping_total",
    "shipping_tax_code": "shipping_tax_code_external_id",
    "deposit": "deposit",
}
SCHEMAS: dict[str, Any] = {
    "number": {**text(21), "description": "Only where the company numbers its invoices itself."},
    "issued_on": DAY,
    "due_on": nullable(DAY),
    "terms": {**BOOKS_ID, "description": "They give the due date, unless that is given."},
    "recipient": text(100),
    "cc": text(200),
    "bcc": text(200),
    "message": text(1000),
    "private_note": text(3900),
    "billing_address": ADDRESS,
    "shipping_address": ADDRESS,
    "class": BOOKS_ID,
    "location": BOOKS_ID,
    "discount_percent": POSITIVE,
    "discount_amount": POSITIVE,
    "tax_after_discount": {"type": "boolean"},
    "shipping": POSITIVE,
    "shipping_tax_code": BOOKS_ID,
    "deposit": POSITIVE,
    "lines": array(
        LINE,
        minItems=1,
        maxItems=500,
        description="All lines in their order. One that is not named is taken off; texts, discounts and bundles stay.",
    ),
}
# What the company's preferences may not let onto its forms: their name there, and what the page asks.
OPTIONS = {
    "number": "custom_numbers",
    "discount_percent": "discount",
    "discount_amount": "discount",
    "tax_after_discount": "tax_after_discount",
    "shipping": "shipping",
    "shipping_tax_code": "shipping",
    "deposit": "deposit",
    "class": "class_per_transaction",
    "location": "locations",
}
LINE_OPTIONS = {"service_on": "service_dates", "class": "class_per_line"}
SWITCHED_OFF = "The QuickBooks company does not have this on its invoices."


@dataclass
class _Typed:
    """The form as the program fills it, and where its lines stand in the body."""

    content: FormContent
    places: Sequence[int]
    wrong: list[Mistake]


def apply(invoice: Invoice, given: Mapping[str, Any], *, user: Any) -> Invoice:
    """Change the invoice as the page does. Raises Problem."""
    if why := edit.refusal(invoice):
        raise conflict(why, "not-editable")
    lines = list(invoice.lines.all())
    current, choices = edit_form.shown(invoice, lines), choices_of(invoice)
    typed = _typed(invoice, given, current, choices, user)
    if typed.wrong:
        raise unfit(*typed.wrong)
    try:
        found = edit_form.read(typed.content, current.to_json(), current, choices.names(), currency=invoice.currency)
        return edit.edit_invoice(invoice, by=user, lines=found.lines, **found.fields)
    except Wrong as wrong:
        raise unfit(*_told(wrong, given, typed.places)) from wrong
    except edit.NotEditable as error:
        raise conflict(error, "not-editable") from error
    except edit.BadEdit as error:
        raise unfit(Mistake(str(error), _place(error, given, typed.places))) from error


def _typed(invoice: Invoice, given: Mapping[str, Any], current: FormContent, choices: Choices, user: Any) -> _Typed:
    wrong = [*_switched_off(given, OPTIONS, choices), *_unknown(given, current.head, choices)]
    head = {**current.head, **{form: given[name] or "" for name, form in HEAD.items() if name in given}}
    if "tax_after_discount" in given:
        head["tax_after_discount"] = "yes" if given["tax_after_discount"] else ""
    head["discount"] = _discount(given, current.head["discount"])
    if "terms" in given and "due_on" not in given:
        head["due_on"] = _due(head, choices) or head["due_on"]
    billing, shipping = (
        _address(given.get(f"{kind}_address"), getattr(current, kind)) for kind in ("billing", "shipping")
    )
    if "lines" not in given:
        return _Typed(FormContent(head, billing, shipping, current.lines), (), wrong)
    lines, places, found = _lines(invoice, given["lines"], current, choices, user)
    return _Typed(FormContent(head, billing, shipping, lines), places, [*wrong, *found])


def _address(given: Mapping[str, str] | None, current: Mapping[str, str]) -> Mapping[str, str]:
    return current if given is None else {part: given.get(part, "").strip() for part in ADDRESS_PARTS}


def _due(head: Mapping[str, str], choices: Choices) -> str:
    chosen = next((each for each in choices.terms if each.external_id == head["terms_external_id"]), None)
    issued_on = reading.date(head["issued_on"])
    due = payment_terms.due_on(issued_on, chosen) if chosen is not None and issued_on is not None else None
    return due.isoformat() if due is not None else ""


def _discount(given: Mapping[str, Any], current: str) -> str:
    for name, sign in (("discount_percent", "%"), ("discount_amount", "")):
        if name in given:
            return f"{given[name]}{sign}"
    return current


def _switched_off(given: Mapping[str, Any], options: Mapping[str, str], choices: Choices, *place: Any) -> list[Mistake]:
    """What the company does not have on its forms; what only empties it is no question."""
    return [
        Mistake(choices.options.reasons.get(option) or SWITCHED_OFF, pointer(*place, name))
        for name, option in options.items()
        if given.get(name) not in (None, "", "0", False) and not getattr(choices.options, option)
    ]


def _unknown(given: Mapping[str, Any], current: Mapping[str, str], choices: Choices) -> list[Mistake]:
    """Choices that the company does not offer; the one that is there may stay."""
    offered = {**choices.names(), "shipping_tax_code_external_id": choices.names()["tax_code"]}
    return [
        Mistake("The QuickBooks company has no such choice.", pointer(name))
        for name in ("terms", "class", "location", "shipping_tax_code")
        if given.get(name) and given[name] not in offered[HEAD[name]] and given[name] != current[HEAD[name]]
    ]


def _lines(
    invoice: Invoice, given: Sequence[Mapping[str, Any]], current: FormContent, choices: Choices, user: Any
) -> tuple[list[FormLine], list[int], list[Mistake]]:
    """The form's lines, where each stands in the body, and what is wrong."""
    items, missing = _items(invoice, given, user)
    there = {line.pk: line for line in current.lines}
    fresh = [place for place in items if "id" not in given[place]]
    begun = new_lines(invoice, [items[place] for place in fresh], us_codes=choices.us_codes)
    new = dict(zip(fresh, begun, strict=True))
    lines: list[FormLine] = []
    places: list[int] = []
    wrong = [Mistake(words, pointer("lines", place, name)) for (place, name), words in missing.items()]
    for place, each in enumerate(given):
        line = there.get(str(each.get("id", "")))
        if "id" in each and line is None:
            wrong.append(Mistake("The invoice has no such line.", pointer("lines", place, "id")))
        elif line is not None and line.fixed and len(each) > 1:
            words = "Texts, discounts and bundles can be changed in QuickBooks only."
            wrong.append(Mistake(words, pointer("lines", place)))
        elif line is None and place not in items and not any(at == place for at, _name in missing):
            wrong.append(Mistake("Name the product: item or product.", pointer("lines", place)))
        elif line is None or not line.fixed:
            start = line or new.get(place)
            if start is not None:
                wrong += _wrong_choices(each, place, start, choices)
                lines.append(_filled(start, each, items.get(place)))
                places.append(place)
    return lines, places, wrong


def _wrong_choices(given: Mapping[str, Any], place: int, line: FormLine, choices: Choices) -> list[Mistake]:
    wrong = _switched_off(given, LINE_OPTIONS, choices, "lines", place)
    names = choices.names()
    for name, offered, now in (
        ("tax_code", names["tax_code"], line.tax_code),
        ("class", names["class_external_id"], line.klass),
    ):
        if given.get(name) and given[name] not in offered and given[name] != now:
            wrong.append(Mistake("The QuickBooks company has no such choice.", pointer("lines", place, name)))
    return wrong


def _filled(line: FormLine, given: Mapping[str, Any], item: ItemChoice | None) -> FormLine:
    """A line with what was given of it."""
    names = ("description", "quantity", "unit_price", "service_on", "tax_code")
    plain: dict[str, Any] = {name: given[name] or "" for name in names if name in given}
    if item is not None:
        plain |= {"item": item.external_id, "item_name": item.name, "product": str(item.product_id or "")}
    return replace(line, **plain, klass=given.get("class", line.klass), discount=_discount(given, line.discount))


def _items(
    invoice: Invoice, given: Sequence[Mapping[str, Any]], user: Any
) -> tuple[dict[int, ItemChoice], dict[tuple[int, str], str]]:
    """QuickBooks' products by the place of the line that names one, and what there is not."""
    books = invoice.connection_id
    by_id = accounting().items_by_id(books, {line["item"] for line in given if "item" in line})
    wanted = [line["product"] for line in given if "product" in line]
    known = products.visible_to(user).in_bulk(wanted)
    by_product = accounting().items_for_products(books, list(known)) if wanted else {}
    found: dict[int, ItemChoice] = {}
    missing: dict[tuple[int, str], str] = {}
    for place, line in enumerate(given):
        name = "item" if "item" in line else "product" if "product" in line else ""
        if not name:
            continue
        item = by_id.get(line["item"]) if name == "item" else by_product.get(line["product"])
        if item is None:
            missing[place, name] = "The QuickBooks company has no such product."
        else:
            found[place] = item
    return found, missing


def _called(column: str, given: Mapping[str, Any]) -> str:
    """What a column of the invoice is called in the body."""
    if column == "discount":
        return "discount_percent" if "discount_percent" in given else "discount_amount"
    return next((name for name, form in HEAD.items() if form == column), column)


def _place(error: edit.BadEdit, given: Mapping[str, Any], places: Sequence[int]) -> str:
    if error.field == "lines":
        return pointer("lines", *([places[error.line]] if error.line is not None and error.line < len(places) else []))
    return pointer(_called(error.field, given)) if error.field else ""


def _told(wrong: Wrong, given: Mapping[str, Any], places: Sequence[int]) -> list[Mistake]:
    """What the form can't read, with the places in the body."""
    found = [Mistake(words, pointer(_called(name, given))) for name, words in wrong.errors.items()]
    for place, line in zip(places, wrong.lines, strict=False):
        for name, words in line.errors.items():
            told = _called(name, given["lines"][place]) if name == "discount" else name
            found.append(Mistake(words, pointer("lines", place, told)))
    return found
