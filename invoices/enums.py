"""Fixed vocabularies of invoices."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class InvoiceStatus(models.TextChoices):
    """Where an invoice stands towards the customer. The words are those that users know; never change them."""

    DRAFT = "draft", _("Draft")
    WAITING = "waiting", _("Waiting to be sent")
    SENT = "sent", _("Sent to customer")
    PARTIAL = "partial", _("Partial payment")
    PAID = "paid", _("Paid in full")
    OVERDUE = "overdue", _("Overdue")
    VOIDED = "voided", _("Voided")


class SyncState(models.TextChoices):
    """Where a record stands towards QuickBooks: a second mark beside the status, never a value of it."""

    NONE = "none", _("Not synced")
    CREATING = "creating", _("Creating")
    IN_SYNC = "in_sync", _("In sync")
    WAITING = "waiting", _("Waiting")
    EXCLUDED = "excluded", _("Excluded")
    CONFLICT = "conflict", _("Conflict")
    FAILED = "failed", _("Sync failed")


class LineKind(models.TextChoices):
    """What a line of an invoice is."""

    ITEM = "item", _("Product or service")
    TEXT = "text", _("Text")
    DISCOUNT = "discount", _("Discount")
    BUNDLE = "bundle", _("Bundle")
    MEMBER = "member", _("Part of a bundle")


class TaxMode(models.TextChoices):
    """How tax relates to the line amounts (QuickBooks: GlobalTaxCalculation)."""

    NOT_APPLICABLE = "none", _("No tax on this invoice")
    EXCLUSIVE = "exclusive", _("Amounts are before tax")
    INCLUSIVE = "inclusive", _("Amounts include tax")
    AUTOMATIC = "automatic", _("QuickBooks adds the tax")


class InvoiceOrigin(models.TextChoices):
    """Where an invoice was first made."""

    CRM = "crm", _("CRM")
    QUICKBOOKS = "quickbooks", _("QuickBooks")


class InvoiceSource(models.TextChoices):
    """What an invoice was made from in the CRM; empty for those of QuickBooks."""

    DEAL = "deal", _("The deal's line items")
    QUOTE = "quote", _("A quote")
    SCRATCH = "scratch", _("Scratch")
    COPY = "copy", _("An earlier invoice")
    ESTIMATE = "estimate", _("An estimate")
    RECURRING = "recurring", _("A recurring invoice")
    WORKFLOW = "workflow", _("A workflow")


class Ending(models.TextChoices):
    """What a person asked QuickBooks to do with an invoice, until it is done."""

    NONE = "", _("Nothing")
    VOID = "void", _("Void")
    DELETE = "delete", _("Delete")


class CreditKind(models.TextChoices):
    """Sales documents that are no invoices; the value is the record type."""

    CREDIT_MEMO = "creditmemo", _("Credit memo")
    REFUND = "refund", _("Refund receipt")
    SALES_RECEIPT = "salesreceipt", _("Sales receipt")


class SendState(models.TextChoices):
    """What became of an e-mail that somebody asked for."""

    WAITING = "waiting", _("On its way")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Not sent")
    DOUBTFUL = "doubtful", _("In doubt")


class EstimateStatus(models.TextChoices):
    """Where an estimate stands in QuickBooks, in its words."""

    PENDING = "Pending", _("Pending")
    ACCEPTED = "Accepted", _("Accepted")
    CLOSED = "Closed", _("Closed")
    REJECTED = "Rejected", _("Rejected")
