"""What ready reports read instead of a million invoices. Kept by ``reports.rollups``; nothing else writes here.

An invoice *counts* as soon as QuickBooks has it, until it is deleted or voided there. Each amount stands beside
itself in its company's home currency, at the document's own rate and rounded document by document. A payment counts
for an invoice on the later of both days (the *effective* day): nothing is paid before it is owed.
"""

from typing import Any

from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now

from core.fields import CurrencyField, MoneyField, RateField
from invoices.models import Invoice
from qbo_connector.models import Connection


def _points_to(model: Any, **more: Any) -> Any:
    # Rows of truth come and go without asking a roll-up: its next turn sees to it.
    return models.ForeignKey(model, models.DO_NOTHING, db_constraint=False, related_name="+", db_index=False, **more)


class InvoiceFact(models.Model):
    """An invoice that counts. ``settled_on`` is the effective day of its last payment once nothing is owed.

    ``other`` is what is neither owed nor paid by known payments (deposits mostly): it counts on the invoice's day.
    """

    invoice = models.OneToOneField(
        Invoice, models.DO_NOTHING, db_constraint=False, primary_key=True, related_name="report_fact"
    )
    connection = _points_to(Connection)
    customer = models.CharField(max_length=40)
    owner_id = models.BigIntegerField(default=0)
    deal_id = models.BigIntegerField(null=True)
    currency = CurrencyField()
    rate = RateField()
    issued_on = models.DateField()
    due_on = models.DateField(null=True)
    settled_on = models.DateField(null=True)
    status = models.CharField(max_length=12)
    total = MoneyField()
    tax = MoneyField()
    deposit = MoneyField()
    balance = MoneyField()
    other = MoneyField()

    class Meta:
        indexes = [
            GistIndex(Func(F("issued_on"), F("settled_on"), function="daterange"), name="report_fact_open_on"),
            models.Index(
                fields=["issued_on"],
                include=["connection", "customer", "owner_id", "currency", "rate", "total"],
                name="report_fact_by_issue",
            ),
            models.Index(
                fields=["settled_on"],
                include=["connection", "customer", "owner_id", "issued_on", "due_on"],
                name="report_fact_by_settling",
                condition=Q(settled_on__isnull=False),
            ),
            models.Index(fields=["deal_id"], name="report_fact_of_deal", condition=Q(deal_id__isnull=False)),
            models.Index(fields=["connection", "customer"], name="report_fact_of_customer"),
        ]

    def __str__(self) -> str:
        return f"fact of invoice {self.invoice_id}"


class DaySum(models.Model):
    """What happened on a day: invoices by their date, payments on invoices by effective day, money by its arrival.

    ``owner_id`` is the invoice's, 0 for none and for money that pays no invoice (yet). ``tax_paid`` is each payment's
    share of its invoice's tax; ``other`` reduced what is owed without a known payment.
    """

    day = models.DateField()
    connection = _points_to(Connection)
    owner_id = models.BigIntegerField(default=0)
    currency = CurrencyField()
    invoices = models.IntegerField(default=0)
    billed = MoneyField(default=0)
    billed_home = MoneyField(default=0)
    tax = MoneyField(default=0)
    tax_home = MoneyField(default=0)
    other = MoneyField(default=0)
    other_home = MoneyField(default=0)
    applied = MoneyField(default=0)
    applied_home = MoneyField(default=0)
    tax_paid = MoneyField(default=0)
    tax_paid_home = MoneyField(default=0)
    received = MoneyField(default=0)
    received_home = MoneyField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "connection", "owner_id", "currency"], name="a_day_is_summed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.day} of company {self.connection_id}"


class CustomerSum(models.Model):
    """What a customer was billed in the quarter that begins on ``quarter``."""

    quarter = models.DateField()
    connection = _points_to(Connection)
    customer = models.CharField(max_length=40)
    currency = CurrencyField()
    invoices = models.IntegerField(default=0)
    billed = MoneyField(default=0)
    billed_home = MoneyField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "customer", "quarter", "currency"], name="a_customer_is_summed_once_a_quarter"
            ),
        ]

    def __str__(self) -> str:
        return f"customer {self.customer} in the quarter from {self.quarter}"


class ProductSum(models.Model):
    """What was billed of a product in the month that begins on ``month``.

    ``product_id`` is 0 where only QuickBooks' item is known: then ``item`` is its name.
    """

    month = models.DateField()
    connection = _points_to(Connection)
    owner_id = models.BigIntegerField(default=0)
    currency = CurrencyField()
    product_id = models.BigIntegerField(default=0)
    item = models.CharField(max_length=500, blank=True)
    lines = models.IntegerField(default=0)
    quantity = RateField(default=0)
    amount = MoneyField(default=0)
    amount_home = MoneyField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["month", "connection", "owner_id", "currency", "product_id", "item"],
                name="a_product_is_summed_once_a_month",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item or self.product_id} in {self.month}"


class StaleSlice(models.Model):
    """Something that triggers saw change since the roll-ups were brought up to date; only ever appended to.

    ``invoice_id`` and ``day`` name the slices; ``products``: what was sold may have changed as well. A row with
    neither means everything.
    """

    invoice_id = models.BigIntegerField(null=True)
    day = models.DateField(null=True)
    products = models.BooleanField(default=False)
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"invoice {self.invoice_id}, {self.day}"


class HealthSample(models.Model):
    """How many records of a company stood how on a day (UTC): the last look of the day stays."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+")
    day = models.DateField()
    in_sync = models.PositiveIntegerField(default=0)
    pending = models.PositiveIntegerField(default=0)
    excluded = models.PositiveIntegerField(default=0)
    conflict = models.PositiveIntegerField(default=0)
    failing = models.PositiveIntegerField(default=0)
    broken = models.PositiveIntegerField(default=0)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "day"], name="sync_health_is_kept_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"health of company {self.connection_id} on {self.day}"
