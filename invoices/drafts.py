"""The shape of what somebody types into the invoice wizard (``InvoiceDraft.data``).

Everything is text as it stands in the form, so that nothing typed is ever lost, not even a mistake; what can be read
is stored in canonical notation (``1234.5``, ``2026-11-22``). ``DraftContent`` gives it attributes, ``read`` turns it
into Decimals and dates or says in words what is wrong.

    {
      "version": 1,
      "connection_id": 3,                      # the company it will be created in; null until chosen
      "source": "deal",                        # invoices.enums.InvoiceSource
      "quote_id": 4, "copied_from": 17, "estimate_id": 9,       # what it was made from, or null
      "override_reason": "",                   # why a quote that is not published, or expired, was used all the same
      "customer": {"mode": "existing", "external_id": "58", "name": "Cool Cars", "email": "", "reason": "Linked"}
               or {"mode": "create", "name": "Cool Cars", "email": "", "company_name": "", "given_name": "",
                   "family_name": "", "phone": "", "billing_address": {...}}
               or {"mode": ""},                # nobody chosen yet
      "new_customer": {...},                   # what was typed for a new customer, kept while another one is chosen
      "recipient": "a@example.com",            # e-mail address the invoice is for; never sends by itself
      "cc": "", "bcc": "",
      "billing_address": {"line1": ...}, "shipping_address": {...},
      "number": "",                            # only where the company numbers its invoices itself
      "currency": "USD",
      "exchange_rate": "",                     # typed; empty: QuickBooks' own rate of the day
      "class_id": "", "class_name": "", "location_id": "", "location_name": "",
      "discount": {"kind": "percent", "value": "10"},           # of the whole; kind "" (none), "percent" or "amount"
      "tax_after_discount": true,
      "shipping": "", "shipping_tax_code": "", "deposit": "",
      "tax_mode": "automatic",                 # invoices.enums.TaxMode; "exclusive" for companies outside the US
      "lines": [{
          "key": "a1",                         # names the line inside this draft
          "item": {"mode": "existing", "external_id": "5", "name": "Rock Fountain", "reason": "Linked"}
               or {"mode": "create", "name": "Rock Fountain", "sku": "", "unit_price": "275"}
               or {"mode": "text"},            # no product: only the description is printed
               or {"mode": ""},                # the product has no item yet
          "product_id": 7,                     # or null
          "name": "Rock Fountain",             # what the deal calls it
          "description": "", "quantity": "1", "unit_price": "275", "service_on": "",
          "home_price": "",                    # in the books' currency: unit_price follows from it at the rate
          "tax_code": "", "tax_code_name": "",
          "discount": {"kind": "", "value": ""}, "class_id": "", "class_name": ""
      }],
      "terms": {"external_id": "3", "name": "Net 30"},     # external_id "" for no terms
      "issued_on": "2026-11-22", "due_on": "2026-12-22",
      "message": "", "private_note": "",
      "properties": {"12": "..."}              # custom properties by id, as typed
    }
"""

import datetime
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

VERSION = 1
STEPS = ("account", "customer", "products", "terms", "message", "review")

EXISTING = "existing"
CREATE = "create"
TEXT = "text"  # of a line: it sells nothing, only its description is printed
NOBODY = ""


@dataclass
class DraftCustomer:
    """Who the invoice is for: an existing customer of QuickBooks or one to be created on the way."""

    mode: str = NOBODY
    external_id: str = ""
    name: str = ""
    email: str = ""
    reason: str = ""
    company_name: str = ""
    given_name: str = ""
    family_name: str = ""
    phone: str = ""
    billing_address: dict[str, str] = field(default_factory=dict)


@dataclass
class DraftItem:
    """What a line sells: an existing item of QuickBooks or one to be created on the way."""

    mode: str = NOBODY
    external_id: str = ""
    name: str = ""
    reason: str = ""
    sku: str = ""
    unit_price: str = ""


@dataclass
class DraftDiscount:
    """A discount as typed: ``kind`` is ``percent``, ``amount`` or empty for none."""

    kind: str = ""
    value: str = ""


@dataclass
class DraftLine:
    """One line as typed."""

    key: str
    item: DraftItem = field(default_factory=DraftItem)
    product_id: int | None = None
    name: str = ""
    description: str = ""
    quantity: str = "1"
    unit_price: str = ""
    home_price: str = ""
    service_on: str = ""
    tax_code: str = ""
    tax_code_name: str = ""
    discount: DraftDiscount = field(default_factory=DraftDiscount)
    class_id: str = ""
    class_name: str = ""


@dataclass
class DraftTerms:
    """Payment terms; an empty id means none."""

    external_id: str = ""
    name: str = ""


@dataclass
class DraftContent:
    """``InvoiceDraft.data`` with attributes; ``from_json`` and ``to_json`` are each other's inverse."""

    connection_id: int | None = None
    source: str = "scratch"
    quote_id: int | None = None
    copied_from: int | None = None
    estimate_id: int | None = None
    override_reason: str = ""
    customer: DraftCustomer = field(default_factory=DraftCustomer)
    new_customer: DraftCustomer = field(default_factory=DraftCustomer)
    recipient: str = ""
    cc: str = ""
    bcc: str = ""
    billing_address: dict[str, str] = field(default_factory=dict)
    shipping_address: dict[str, str] = field(default_factory=dict)
    number: str = ""
    currency: str = ""
    exchange_rate: str = ""
    class_id: str = ""
    class_name: str = ""
    location_id: str = ""
    location_name: str = ""
    tax_mode: str = "automatic"
    discount: DraftDiscount = field(default_factory=DraftDiscount)
    tax_after_discount: bool = True
    shipping: str = ""
    shipping_tax_code: str = ""
    deposit: str = ""
    lines: list[DraftLine] = field(default_factory=list)
    terms: DraftTerms = field(default_factory=DraftTerms)
    issued_on: str = ""
    due_on: str = ""
    message: str = ""
    private_note: str = ""
    properties: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "DraftContent":
        """Read stored data; what an older version did not have gets its default, what is unknown is dropped."""
        plain = _known(cls, data)
        plain["customer"] = DraftCustomer(**_known(DraftCustomer, data.get("customer") or {}))
        plain["new_customer"] = DraftCustomer(**_known(DraftCustomer, data.get("new_customer") or {}))
        plain["terms"] = DraftTerms(**_known(DraftTerms, data.get("terms") or {}))
        plain["discount"] = DraftDiscount(**_known(DraftDiscount, data.get("discount") or {}))
        plain["lines"] = [_line(line) for line in data.get("lines") or []]
        return cls(**plain)

    def to_json(self) -> dict[str, Any]:
        """What is stored in ``InvoiceDraft.data``."""
        return {"version": VERSION, **asdict(self)}

    def line(self, key: str) -> DraftLine | None:
        """The line with this key."""
        return next((line for line in self.lines if line.key == key), None)

    def next_key(self) -> str:
        """A key that no line of this draft has."""
        taken = [int(line.key[1:]) for line in self.lines if line.key[:1] == "l" and line.key[1:].isdigit()]
        return f"l{max(taken, default=0) + 1}"


@dataclass(frozen=True)
class ReadLine:
    """A line that can be created: numbers are numbers, dates dates."""

    draft: DraftLine
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal  # after the line's own discount
    service_on: datetime.date | None
    discount_percent: Decimal | None = None
    discount_amount: Decimal = Decimal(0)


@dataclass(frozen=True)
class ReadDraft:
    """A draft without mistakes of its own, ready to become an invoice."""

    content: DraftContent
    connection_id: int
    lines: tuple[ReadLine, ...]
    issued_on: datetime.date
    due_on: datetime.date | None
    subtotal: Decimal
    discount_percent: Decimal | None = None
    discount_amount: Decimal = Decimal(0)  # as typed, where it is not a percentage
    shipping: Decimal = Decimal(0)
    deposit: Decimal = Decimal(0)
    exchange_rate: Decimal | None = None
    number: str = ""


def _line(data: Mapping[str, Any]) -> DraftLine:
    plain = _known(DraftLine, data)
    plain["item"] = DraftItem(**_known(DraftItem, data.get("item") or {}))
    plain["discount"] = DraftDiscount(**_known(DraftDiscount, data.get("discount") or {}))
    return DraftLine(**plain)


def _known(shape: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: data[key] for key in shape.__dataclass_fields__ if key in data}
