"""Invoices that are made again and again, and what came of each time."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Deal
from invoices.models.drafts import InvoiceDraft
from invoices.models.invoices import Invoice
from qbo_connector.models import Connection


class Every(models.TextChoices):
    """The unit of a schedule."""

    DAY = "day", _("day")
    WEEK = "week", _("week")
    MONTH = "month", _("month")
    YEAR = "year", _("year")


class RecurringState(models.TextChoices):
    """Whether a recurring invoice is made."""

    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")
    ENDED = "ended", _("Ended")


class Making(models.TextChoices):
    """What is done when the day comes."""

    APPROVAL = "approval", _("Make a draft that somebody approves")
    CREATE = "create", _("Create the invoice in QuickBooks")
    SEND = "send", _("Create the invoice and send it")


class RecurringInvoice(models.Model):
    """A schedule and what to invoice: ``data`` is a draft's content (see ``invoices.drafts``).

    Occurrence number n falls on ``starts_on`` plus n times ``interval`` units, by the calendar of the company.
    ``ends_on`` and ``most`` end it, whichever comes first. ``made`` counts the occurrences that are behind it,
    ``next_on`` is the day of the next one, empty when there is none.
    """

    name = models.CharField(max_length=200)
    connection = models.ForeignKey(Connection, models.PROTECT, related_name="recurring_invoices")
    deal = models.ForeignKey(Deal, models.SET_NULL, null=True, blank=True, related_name="recurring_invoices")
    data = models.JSONField(default=dict)
    customer_name = models.CharField(max_length=500, blank=True)
    interval = models.PositiveSmallIntegerField(default=1)
    unit = models.CharField(max_length=5, choices=Every, default=Every.MONTH)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    most = models.PositiveIntegerField(null=True, blank=True, help_text="How many invoices at most.")
    making = models.CharField(max_length=8, choices=Making, default=Making.APPROVAL)
    state = models.CharField(max_length=6, choices=RecurringState, default=RecurringState.ACTIVE)
    made = models.PositiveIntegerField(default=0)
    next_on = models.DateField(null=True)
    waits_for = models.TextField(blank=True, help_text="Why what is due can't be made now, in plain words.")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(interval__gte=1), name="a_recurring_invoice_recurs"),
        ]
        indexes = [
            models.Index(fields=["next_on"], condition=Q(state="active"), name="inv_recurring_due"),
            models.Index(fields=["-updated_at", "-id"], name="inv_recurring_by_update"),
        ]

    def __str__(self) -> str:
        return self.name


class RecurringRun(models.Model):
    """One occurrence: what was made of it, or why nothing was. There is one for each day, whatever runs twice."""

    recurring = models.ForeignKey(RecurringInvoice, models.CASCADE, related_name="runs")
    falls_on = models.DateField()
    draft = models.ForeignKey(InvoiceDraft, models.SET_NULL, null=True, related_name="+")
    invoice = models.ForeignKey(Invoice, models.SET_NULL, null=True, related_name="+")
    to_send = models.BooleanField(default=False, help_text="It was made to be sent.")
    sent = models.BooleanField(default=False)
    problem = models.TextField(blank=True, help_text="In plain words.")
    waits = models.TextField(blank=True, help_text="Why it is not sent yet, in plain words; it is tried again.")
    waits_since = models.DateTimeField(null=True)
    try_at = models.DateTimeField(null=True, help_text="When sending is tried again.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recurring", "falls_on"], name="an_occurrence_is_made_once"),
        ]
        indexes = [models.Index(fields=["id"], condition=~Q(problem=""), name="inv_recurring_run_failed")]

    def __str__(self) -> str:
        return f"{self.recurring_id} on {self.falls_on}"
