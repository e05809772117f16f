"""What the edit form of an invoice holds: text as typed, read into values, and compared with what was there before.

The form remembers what it showed first (``base``). Only what was typed differently is written; what QuickBooks changed
meanwhile stays, and both is told. Pure but for the choices, which come from accounting.
"""

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import money
from core.plain import plain
from invoices import reading
from invoices.editing import EditedLine, discount_text
from invoices.enums import LineKind
from invoices.line_discounts import LinePrice, TooMuch, priced, with_words
from invoices.models import Invoice, InvoiceLine

ZERO = Decimal(0)
ADDRESS_PARTS = (*(f"line{number}" for number in range(1, 6)), "city", "region", "postal_code", "country")
TEXTS = ("number", "recipient", "cc", "bcc", "message", "private_note")
CHOICES = ("terms_external_id", "class_external_id", "location_external_id", "shipping_tax_code_external_id")
DATES = ("issued_on", "due_on")
AMOUNTS = ("shipping_total", "deposit")
HEAD = (*TEXTS, *CHOICES, *DATES, *AMOUNTS, "discount", "tax_after_discount")
LINE = (
    *("item", "item_name", "product", "description", "quantity", "unit_price", "amount", "service_on"),
    *("tax_code", "class", "discount"),
)
LABELS = {
    "number": gettext_lazy("number"),
    "recipient": gettext_lazy("e-mail"),
    "cc": gettext_lazy("copy to"),
    "bcc": gettext_lazy("hidden copy to"),
    "message": gettext_lazy("message"),
    "private_note": gettext_lazy("private note"),
    "terms_external_id": gettext_lazy("terms"),
    "class_external_id": gettext_lazy("class"),
    "location_external_id": gettext_lazy("location"),
    "shipping_tax_code_external_id": gettext_lazy("tax on shipping"),
    "issued_on": gettext_lazy("invoice date"),
    "due_on": gettext_lazy("due date"),
    "shipping_total": gettext_lazy("shipping"),
    "deposit": gettext_lazy("deposit"),
    "discount": gettext_lazy("discount"),
    "tax_after_discount": gettext_lazy("tax after discount"),
    "billing_address": gettext_lazy("billing address"),
    "shipping_address": gettext_lazy("shipping address"),
    "lines": gettext_lazy("lines"),
}


@dataclass(frozen=True)
class FormLine:
    """A line as text. ``key`` tells it apart in the form; ``pk`` and ``external_id`` name the invoice's line."""

    key: str
    pk: str = ""
    external_id: str = ""
    kind: str = str(LineKind.ITEM)
    item: str = ""
    item_name: str = ""
    product: str = ""
    description: str = ""
    quantity: str = ""
    unit_price: str = ""
    amount: str = ""
    service_on: str = ""
    tax_code: str = ""
    klass: str = ""
    discount: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def fixed(self) -> bool:
        """Texts and bundles can be changed in QuickBooks only."""
        return self.kind != LineKind.ITEM

    @property
    def in_words(self) -> str:
        """What is wrong with it, in one sentence."""
        return " ".join(self.errors.values())

    def content(self) -> tuple[str, ...]:
        """What a person can change of it."""
        return (
            self.item, self.description, self.quantity, self.unit_price, self.service_on, self.tax_code, self.klass,
            self.discount,
        )  # fmt: skip

    def price(self, currency: str) -> LinePrice:
        """What its typed numbers come to. Raises core.money.NotAnAmount, and TooMuch of the discount."""
        if not self.quantity.strip() or not self.unit_price.strip():
            return LinePrice(None, None, reading.number(self.amount) if self.amount.strip() else ZERO)
        quantity, price = reading.number(self.quantity), reading.number(self.unit_price)
        return priced(quantity, price, discount_of(self.discount), currency)


@dataclass(frozen=True)
class FormContent:
    """The whole form as text."""

    head: Mapping[str, str]
    billing: Mapping[str, str]
    shipping: Mapping[str, str]
    lines: Sequence[FormLine]

    def to_json(self) -> str:
        """For the hidden field that remembers what was shown first."""
        lines = [{"pk": line.pk, "external_id": line.external_id, "content": line.content()} for line in self.lines]
        return json.dumps({"head": self.head, "billing": self.billing, "shipping": self.shipping, "lines": lines})


class Wrong(ValueError):
    """Something typed can't be read. ``errors`` by field; lines carry their own."""

    def __init__(self, errors: Mapping[str, str], lines: Sequence[FormLine]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors, self.lines = errors, lines


def shown(invoice: Invoice, lines: Sequence[InvoiceLine]) -> FormContent:
    """What the form shows of an invoice as it is."""
    head = {name: str(getattr(invoice, name) or "") for name in (*TEXTS, *CHOICES)}
    head |= {name: day.isoformat() if (day := getattr(invoice, name)) else "" for name in DATES}
    head |= {name: str(plain(getattr(invoice, name))) if getattr(invoice, name) else "" for name in AMOUNTS}
    head |= {"discount": discount_text(invoice), "tax_after_discount": "yes" if invoice.tax_after_discount else ""}
    return FormContent(
        head, _address(invoice.billing_address), _address(invoice.shipping_address), [_line(line) for line in lines]
    )


def _address(stored: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(stored.get(name) or "") for name in ADDRESS_PARTS}


def _line(line: InvoiceLine) -> FormLine:
    return FormLine(
        key=f"l{line.pk}",
        pk=str(line.pk),
        external_id=line.external_id,
        kind=str(line.kind),
        item=line.item_external_id,
        item_name=line.item_name,
        product=str(line.product_id or ""),
        description=line.description,
        quantity="" if line.quantity is None else str(plain(line.quantity)),
        unit_price="" if line.unit_price is None else str(plain(line.unit_price)),
        amount=str(plain(line.amount)),
        service_on=line.service_on.isoformat() if line.service_on else "",
        tax_code=line.tax_code_external_id,
        klass=line.class_external_id,
        discount=discount_text(line),
    )


def posted(data: QueryDict) -> FormContent:
    """The form as it was sent."""
    columns = {name: data.getlist(f"line_{name}") for name in ("key", "pk", "external_id", "kind", *LINE)}
    lines = []
    for index, key in enumerate(columns["key"][:500]):
        row = {name: values[index] if index < len(values) else "" for name, values in columns.items()}
        lines.append(
            FormLine(
                key=key,
                pk=row["pk"],
                external_id=row["external_id"],
                kind=row["kind"] or str(LineKind.ITEM),
                item=row["item"],
                item_name=row["item_name"],
                product=row["product"],
                description=row["description"],
                quantity=row["quantity"],
                unit_price=row["unit_price"],
                amount=row["amount"],
                service_on=row["service_on"],
                tax_code=row["tax_code"],
                klass=row["class"],
                discount=row["discount"].strip(),
            )
        )
    return FormContent(
        {name: data.get(name, "").strip() for name in HEAD},
        {name: data.get(f"billing_{name}", "").strip() for name in ADDRESS_PARTS},
        {name: data.get(f"shipping_{name}", "").strip() for name in ADDRESS_PARTS},
        lines,
    )


@dataclass(frozen=True)
class Read:
    """What is to be written, and what is told about a change of QuickBooks' meanwhile."""

    fields: Mapping[str, Any]
    lines: Sequence[EditedLine] | None
    taken: Sequence[str] = ()  # changed there alone: stays
    kept: Sequence[str] = ()  # changed on both sides: what was typed counts


def read(
    content: FormContent,
    base_json: str,
    current: FormContent,
    names: Mapping[str, Mapping[str, str]],
    *,
    currency: str,
) -> Read:
    """The values that were typed differently from what was shown first. Raises Wrong.

    ``current`` is the invoice as it is now; ``names`` gives the words of each choice by the field it belongs to.
    """
    base = _base(base_json, current)
    errors: dict[str, str] = {}
    fields: dict[str, Any] = {}
    taken: list[str] = []
    kept: list[str] = []
    for name in HEAD:
        mine, first, now = content.head[name], str(base["head"].get(name, "")), current.head[name]
        if now not in (first, mine):
            (kept if mine != first else taken).append(str(LABELS[name]))
        if mine != first:
            try:
                fields[name] = _value(name, mine)
            except (ValueError, money.NotAnAmount):
                errors[name] = _unreadable(name, mine)
    for name, mine_of, first_of, now_of in (
        ("billing_address", content.billing, base["billing"], current.billing),
        ("shipping_address", content.shipping, base["shipping"], current.shipping),
    ):
        if now_of not in (first_of, mine_of):
            (kept if mine_of != first_of else taken).append(str(LABELS[name]))
        if mine_of != first_of:
            fields[name] = {part: value for part, value in mine_of.items() if value}
    for reference in ("terms", "class", "location"):
        if f"{reference}_external_id" in fields:
            chosen = fields[f"{reference}_external_id"]
            fields[f"{reference}_name"] = names.get(f"{reference}_external_id", {}).get(chosen, "")
    if "tax_after_discount" in fields:
        fields["tax_after_discount"] = fields["tax_after_discount"] == "yes"
    lines, wrong = _read_lines(content, names, currency)
    if errors or wrong is not None:
        raise Wrong(errors, wrong if wrong is not None else content.lines)
    typed = _changed_lines(content, base["lines"])
    there = [line["content"] for line in base["lines"]] != [list(line.content()) for line in current.lines]
    if there:
        (kept if typed else taken).append(str(LABELS["lines"]))
    written = _on_top(lines, content, base["lines"], current) if typed else None
    return Read(fields, written, taken, kept)


def _base(base_json: str, current: FormContent) -> dict[str, Any]:
    """What the form showed first; what can't be read counts as what is there now."""
    try:
        found: dict[str, Any] = json.loads(base_json)
        fits = {"head", "billing", "shipping", "lines"} <= set(found)
        fits = fits and all(len(line["content"]) == 8 for line in found["lines"])
    except (ValueError, TypeError, KeyError):
        fits, found = False, {}
    return found if fits else dict(json.loads(current.to_json()))


def _value(name: str, text: str) -> Any:
    if name in DATES:
        return reading.date(text)
    if name in AMOUNTS:
        return reading.number(text) if text else ZERO
    if name == "discount":
        return discount_of(text)
    return text


def discount_of(text: str) -> str:
    """A typed discount in the notation of ``invoices.editing``. Raises core.money.NotAnAmount."""
    if not text:
        return ""
    amount = reading.number(text.removesuffix("%"))
    if not amount:
        return ""
    return f"{plain(amount)}%" if text.endswith("%") else str(plain(amount))


def _unreadable(name: str, text: str) -> str:
    if name in DATES:
        return _("“%s” is not a date.") % text
    if name == "discount":
        return _("“%s” is not a discount. Type it like 10% or 25.50.").replace("10% ", "10%% ") % text
    return _("“%s” is not an amount. Type it like 1,234.50.") % text


def _read_lines(
    content: FormContent, names: Mapping[str, Mapping[str, str]], currency: str
) -> tuple[dict[str, EditedLine], Sequence[FormLine] | None]:
    """The editable lines as values, by key; the lines with their errors where there are any."""
    read_lines: dict[str, EditedLine] = {}
    marked: list[FormLine] = []
    for line in content.lines:
        if line.fixed:
            marked.append(line)
            continue
        errors: dict[str, str] = {}
        numbers: dict[str, Decimal | None] = {}
        for name, words in (("quantity", _("Type a quantity.")), ("unit_price", _("Type a price."))):
            try:
                text = getattr(line, name)
                numbers[name] = reading.number(text) if text.strip() else None
            except money.NotAnAmount:
                errors[name] = _("“%s” is not a number.") % getattr(line, name)
            else:
                if numbers[name] is None and not line.external_id:
                    errors[name] = words
        words, price = line.description.replace("\r\n", "\n"), numbers.get("unit_price")
        if line.discount and not errors:
            try:
                off = line.price(currency)
            except (money.NotAnAmount, TooMuch):
                errors["discount"] = _unreadable("discount", line.discount)
            else:
                price, words = off.unit_price, with_words(words, off.words)
        day: datetime.date | None = None
        try:
            day = reading.date(line.service_on)
        except ValueError:
            errors["service_on"] = _("“%s” is not a date.") % line.service_on
        marked.append(replace(line, errors=errors))
        if not errors:
            read_lines[line.key] = EditedLine(
                pk=int(line.pk) if line.pk.isdigit() else None,
                item_external_id=line.item,
                item_name=line.item_name,
                product_id=int(line.product) if line.product.isdigit() else None,
                description=words,
                quantity=numbers.get("quantity"),
                unit_price=price,
                amount=_amount(line.amount),
                service_on=day,
                tax_code_external_id=line.tax_code,
                tax_code_name=names.get("tax_code", {}).get(line.tax_code, ""),
                class_external_id=line.klass,
                class_name=names.get("class_external_id", {}).get(line.klass, ""),
            )
    return read_lines, marked if any(line.errors for line in marked) else None


def _amount(text: str) -> Decimal | None:
    try:
        return reading.number(text) if text.strip() else None
    except money.NotAnAmount:
        return None


def _changed_lines(content: FormContent, base: Sequence[Mapping[str, Any]]) -> bool:
    first = [(line["pk"], _canonical(line["content"])) for line in base]
    return [(line.pk, _canonical(line.content())) for line in content.lines] != first


def _canonical(content: Sequence[str]) -> list[str]:
    """Numbers as they are compared: ``1,234.50`` typed over ``1234.5`` changes nothing."""
    item, description, quantity, price, *rest, discount = content
    rest.append(_canonical_discount(discount))
    numbers = [reading.canonical_number(quantity) if quantity else "", reading.canonical_number(price) if price else ""]
    return [item, description.replace("\r\n", "\n"), *numbers, *rest]


def _canonical_discount(text: str) -> str:
    try:
        return discount_of(text)
    except money.NotAnAmount:
        return text


def _on_top(
    lines: Mapping[str, EditedLine], content: FormContent, base: Sequence[Mapping[str, Any]], current: FormContent
) -> list[EditedLine]:
    """The typed lines on top of the lines as they are now.

    A line that QuickBooks changed meanwhile has new rows here: it is found by QuickBooks' id. What was not typed
    differently is as it is now; what is new there stays, at the end; what is gone there and was not touched is gone.
    """
    by_id = {line.external_id: line for line in current.lines if line.external_id}
    by_pk = {line.pk: line for line in current.lines}
    first = {line["pk"]: line["content"] for line in base}
    wanted: list[EditedLine] = []
    for line in content.lines:
        if line.fixed or line.key not in lines:
            continue
        now = by_pk.get(line.pk) or by_id.get(line.external_id)
        touched = line.pk not in first or _canonical(first[line.pk]) != _canonical(line.content())
        edited = lines[line.key]
        if not line.pk:
            wanted.append(edited)
        elif now is not None:
            # Its values are those of now unless they were typed differently.
            source = edited if touched else _as_now(now, edited)
            wanted.append(replace(source, pk=int(now.pk)))
        elif touched:
            wanted.append(replace(edited, pk=None))
    named = {line.external_id for line in content.lines} | {line.pk for line in content.lines}
    known = {str(line.get("external_id", "")) for line in base} | set(first)
    for line in current.lines:
        new = line.external_id not in known and line.pk not in known
        if new and not line.fixed and line.external_id not in named:
            wanted.append(_as_now(line, EditedLine(int(line.pk), line.item)))
    return wanted


def _as_now(line: FormLine, edited: EditedLine) -> EditedLine:
    return replace(
        edited,
        as_it_is=True,
        pk=int(line.pk),
        item_external_id=line.item,
        item_name=line.item_name,
        description=line.description,
        quantity=reading.number(line.quantity) if line.quantity else None,
        unit_price=reading.number(line.unit_price) if line.unit_price else None,
        amount=_amount(line.amount),
        service_on=reading.date(line.service_on),
        tax_code_external_id=line.tax_code,
        class_external_id=line.klass,
    )
