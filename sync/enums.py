"""Fixed vocabularies of the sync. The first choice of each setting is its default."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SyncObject(models.TextChoices):
    """What can be switched on for a connection."""

    CONTACT = "contact", _("Contacts and companies")
    PRODUCT = "product", _("Products")
    INVOICE = "invoice", _("Invoices and payments")


class RecordType(models.TextChoices):
    """Kinds of CRM records that have field mappings; the value is the object type that events name."""

    COMPANY = "company", _("Companies")
    CONTACT = "contact", _("Contacts")
    PRODUCT = "product", _("Products")
    INVOICE = "invoice", _("Invoices")
    LINE = "line", _("Invoice lines")


class Outcome(models.TextChoices):
    """How a record stands after the last time the sync looked at it."""

    IN_SYNC = "in_sync", _("In sync")
    PENDING = "pending", _("Waiting")
    EXCLUDED = "excluded", _("Excluded")
    CONFLICT = "conflict", _("Conflict")
    FAILING = "failing", _("Failing")
    BROKEN = "broken", _("Gone in QuickBooks")


class Exclusion(models.TextChoices):
    """Why a record is left out of the sync: the setting that has to change for it to come back."""

    NONE = "", _("Not excluded")
    FILTER = "filter", _("It does not match the filter")
    NO_EMAIL = "no_email", _("It has no e-mail address")
    POLICY = "policy", _("The settings don't create or update it")
    DIRECTION = "direction", _("The sync runs the other way only")
    BACK_FILL = "back_fill", _("It was there before the sync was switched on")
    COMPANY_IS_CUSTOMER = "company", _("Its company is the customer")
    UNLINKED = "unlinked", _("It was unlinked")
    SUGGESTED = "suggested", _("A likely match waits to be confirmed")


class Generation(models.TextChoices):
    """How a connection is set up: one-way toggles with two dropdowns each, or everything."""

    FULL = "full", _("Full sync")
    SIMPLE = "simple", _("Simple sync")


class Direction(models.TextChoices):
    """Which way values flow. ``IN`` is from QuickBooks to the CRM."""

    BOTH = "both", _("Both ways")
    IN = "in", _("QuickBooks to CRM")
    OUT = "out", _("CRM to QuickBooks")


class Incoming(models.TextChoices):
    """What happens here when something is created or updated in QuickBooks."""

    CREATE_AND_UPDATE = "create_update", _("Create and update")
    CREATE = "create", _("Only create new")
    UPDATE = "update", _("Only update existing")
    NOTHING = "nothing", _("Do nothing")


class Removal(models.TextChoices):
    """What happens here when something is deleted in QuickBooks."""

    NOTHING = "nothing", _("Do nothing")
    ARCHIVE = "archive", _("Archive, keep history")
    UNLINK = "unlink", _("Unlink")
    DELETE = "delete", _("Delete")


class Winner(models.TextChoices):
    """Whose value is taken when both sides changed one field since they last agreed."""

    QUICKBOOKS = "quickbooks", _("QuickBooks")
    CRM = "crm", _("CRM")
    NEWEST = "newest", _("The newest change")
    ASK = "ask", _("Ask")


class Matching(models.TextChoices):
    """How objects that are not linked yet find their record."""

    DEFAULT = "default", _("Standard")
    FIELDS = "fields", _("By chosen fields")
    NONE = "none", _("Don't match")


class WithoutEmail(models.TextChoices):
    """What happens to customers and contacts without an e-mail address."""

    EXCLUDED = "excluded", _("Excluded")
    INCLUDED = "included", _("Included")


class CustomerIs(models.TextChoices):
    """Whom a QuickBooks customer that the CRM creates stands for."""

    COMPANY = "company", _("The company, if the contact has one")
    PERSON = "person", _("The person")


class BackFill(models.TextChoices):
    """How far back the sync reaches when an object is switched on."""

    EVERYTHING = "everything", _("Everything")
    SINCE = "since", _("Since a date")
    FROM_NOW = "from_now", _("From now on")


class Transform(models.TextChoices):
    """A small change to a text on its way across; all of them change nothing when applied twice."""

    NONE = "", _("None")
    TRIM = "trim", _("Trim spaces")
    LOWER = "lower", _("lower case")
    UPPER = "upper", _("UPPER CASE")
    TITLE = "title", _("Title Case")
    DIGITS = "digits", _("Digits only")


class DryRunState(models.TextChoices):
    """How far a dry run is."""

    WAITING = "waiting", _("Waiting for a worker")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
