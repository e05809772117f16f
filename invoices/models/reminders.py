"""Reminders before and after the due date."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from core.models import OutgoingMail
from invoices.models.invoices import Invoice
from qbo_connector.models import Connection


class ReminderRule(models.Model):
    """An e-mail to the recipient of each open invoice, ``days`` after its due date (before, where negative).

    Subject and text hold placeholders (see ``invoices.reminder_texts``). It leaves at ``hour`` in the company's time
    zone, for invoices that came to be open since ``active_since``: switching a rule on sends nothing for the past.
    """

    name = models.CharField(max_length=120)
    connection = models.ForeignKey(
        Connection, models.CASCADE, null=True, blank=True, related_name="reminder_rules", help_text="Empty: all."
    )
    days = models.SmallIntegerField()
    hour = models.PositiveSmallIntegerField(default=9)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    attach_pdf = models.BooleanField(default=True)
    working_days_only = models.BooleanField(default=False)
    active = models.BooleanField(default=False)
    active_since = models.DateField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["days", "id"]

    def __str__(self) -> str:
        return self.name


class ReminderPause(models.Model):
    """No reminders for one customer, until a day or until somebody ends the pause."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="reminder_pauses")
    customer_external_id = models.CharField(max_length=40)
    customer_name = models.CharField(max_length=500, blank=True)
    until = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "customer_external_id"], name="a_customer_is_paused_once"),
        ]

    def __str__(self) -> str:
        return self.customer_name


class Reminder(models.Model):
    """A reminder of one invoice, by a rule or by hand; of a rule there is one for each invoice and due date."""

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="reminders")
    rule = models.ForeignKey(ReminderRule, models.SET_NULL, null=True, related_name="reminders")
    due_on = models.DateField(null=True, help_text="The due date that it reminded of.")
    mail = models.OneToOneField(OutgoingMail, models.SET_NULL, null=True, related_name="+")
    skipped = models.CharField(max_length=300, blank=True, help_text="Why none was sent, in words.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "invoice", "due_on"], name="a_rule_reminds_once_of_a_due_date"),
        ]
        indexes = [models.Index(fields=["invoice", "-id"], name="inv_reminder_of_invoice")]

    def __str__(self) -> str:
        return f"reminder of {self.invoice_id}"
