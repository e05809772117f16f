"""Line items of deals and quotes: what is checked before they are written, and how they are replaced."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from core.money import ZERO
from crm.enums import BillingPeriod
from crm.models import DealLine, Product, QuoteLine

# As many as QuickBooks takes on a taxable invoice. Eleven fields a line in the editor: the settings'
# DATA_UPLOAD_MAX_NUMBER_FIELDS goes with this.
MOST_LINES = 750
MOST_PERIODS = 1200
LARGEST_QUANTITY = Decimal(10) ** 9
LARGEST_PRICE = Decimal(10) ** 12
LARGEST_TOTAL = Decimal(10) ** 14


@dataclass(frozen=True)
class LineValues:
    """A line item; ``unit_price`` in the currency of its deal or quote, before tax."""

    name: str
    quantity: Decimal = Decimal(1)
    unit_price: Decimal = Decimal(0)
    discount_percent: Decimal = Decimal(0)
    description: str = ""
    product_id: int | None = None
    discount_amount: Decimal = Decimal(0)
    tax_code: str = ""
    tax_rate: Decimal | None = None  # percent; None where there is no tax or its rate is not known
    billing_period: str = BillingPeriod.ONCE
    billing_count: int | None = None


class BadLine(ValueError):
    """A line can't be written: ``position`` counts from 0, ``field`` names the column, the message says why."""

    def __init__(self, position: int, field: str, message: str) -> None:
        super().__init__(message)
        self.position = position
        self.field = field


class TooMuch(ValueError):
    """There are more lines, or more money, than a deal or quote can hold."""


def check(lines: Sequence[LineValues]) -> None:
    """Raises BadLine for the first line that can't be written, TooMuch for too many lines."""
    if len(lines) > MOST_LINES:
        raise TooMuch(_("At most %d lines fit here.") % MOST_LINES)
    known = Product.objects.in_bulk([line.product_id for line in lines if line.product_id])
    for position, line in enumerate(lines):
        if not line.name.strip():
            raise BadLine(position, "name", _("Name the product or service."))
        if len(line.name) > 200:
            raise BadLine(position, "name", _("A name has at most 200 characters."))
        if not ZERO < line.quantity < LARGEST_QUANTITY:
            raise BadLine(position, "quantity", _("The quantity has to be more than zero and less than a billion."))
        if not abs(line.unit_price) < LARGEST_PRICE:
            raise BadLine(position, "unit_price", _("The price is too large."))
        if not ZERO <= line.discount_percent <= 100:
            raise BadLine(position, "discount_percent", _("A discount is between 0 and 100 percent."))
        if line.discount_amount < ZERO or (line.discount_amount and line.discount_amount > _before(line)):
            raise BadLine(position, "discount_percent", _("A discount can't be more than its line."))
        if len(line.tax_code) > 120:
            raise BadLine(position, "tax_code", _("A tax code has at most 120 characters."))
        if line.tax_rate is not None and not ZERO <= line.tax_rate <= 100:
            raise BadLine(position, "tax_code", _("A tax is between 0 and 100 percent."))
        if line.billing_period not in BillingPeriod.values:
            raise BadLine(position, "billing_period", _("Choose how often this is billed."))
        if line.billing_count is not None and not (line.billing_period and 0 < line.billing_count <= MOST_PERIODS):
            raise BadLine(position, "billing_count", _("Say how many times it is billed, 1 to %d.") % MOST_PERIODS)
        if line.product_id and line.product_id not in known:
            raise BadLine(position, "product", _("This product does not exist any more."))


def _before(line: LineValues) -> Decimal:
    return line.quantity * line.unit_price


def values_of(line: DealLine | QuoteLine) -> LineValues:
    """A stored line as values, to compare or to copy."""
    return LineValues(
        name=line.name,
        quantity=line.quantity,
        unit_price=line.unit_price,
        discount_percent=line.discount_percent,
        description=line.description,
        product_id=line.product_id,
        discount_amount=line.discount_amount,
        tax_code=line.tax_code,
        tax_rate=line.tax_rate,
        billing_period=line.billing_period,
        billing_count=line.billing_count,
    )


def columns(line: LineValues, position: int) -> dict[str, Any]:
    """The columns of a stored line."""
    return {**vars(line), "name": line.name.strip(), "position": position}
