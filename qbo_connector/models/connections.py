"""Connected QuickBooks companies and their tokens."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from core.fields import CurrencyField
from qbo_connector.enums import ConnectionStatus


class Connection(models.Model):
    """A QuickBooks company (realm) of one environment. Production and sandbox are never mixed."""

    environment = models.CharField(max_length=12)
    realm_id = models.CharField(max_length=40)
    status = models.CharField(max_length=12, choices=ConnectionStatus, default=ConnectionStatus.ACTIVE)
    status_reason = models.TextField(blank=True)
    company_name = models.CharField(max_length=500, blank=True)
    country = models.CharField(max_length=3, blank=True, help_text="ISO 3166 alpha-2; US, GB, CA and so on.")
    home_currency = CurrencyField(default="USD")
    multicurrency = models.BooleanField(default=False)
    time_zone = models.CharField(max_length=60, default="UTC")
    fiscal_year_start = models.PositiveSmallIntegerField(
        null=True, help_text="CompanyInfo.FiscalYearStartMonth, 1 to 12; empty until it was read."
    )
    custom_numbers = models.BooleanField(default=False, help_text="Custom transaction numbers are switched on.")
    sales_tax = models.BooleanField(default=False)
    automated_tax = models.BooleanField(default=False)
    default_terms = models.CharField(max_length=40, blank=True, help_text="Preferences: SalesFormsPrefs.DefaultTerms.")
    preferences = models.JSONField(
        default=dict, help_text="What its sales forms may hold, see qbo_connector.company; empty until it was read."
    )
    interval_minutes = models.PositiveSmallIntegerField(default=10)
    economical = models.BooleanField(
        default=False, help_text="Read only when a webhook came, and every six hours to be safe."
    )
    holds_writes = models.BooleanField(
        default=False, help_text="Nothing is written to QuickBooks; what is planned waits."
    )
    monthly_budget = models.PositiveIntegerField(null=True, help_text="Reads a month before which admins are warned.")
    alert_records = models.PositiveIntegerField(default=10, help_text="So many failing records are worth an e-mail,")
    alert_minutes = models.PositiveIntegerField(default=30, help_text="once they have been failing for so long.")
    connected_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    connected_at = models.DateTimeField(default=timezone.now)
    disconnected_at = models.DateTimeField(null=True)
    reference_read_at = models.DateTimeField(null=True, help_text="When what is not in change data was last read.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["environment", "realm_id"], name="one_connection_per_quickbooks_company"),
            models.CheckConstraint(
                condition=models.Q(interval_minutes__gte=1, interval_minutes__lte=60),
                name="sync_interval_is_1_to_60_minutes",
            ),
        ]

    def __str__(self) -> str:
        return self.company_name or self.realm_id

    @property
    def active(self) -> bool:
        """Whether QuickBooks may be called for it."""
        return self.status == ConnectionStatus.ACTIVE

    @property
    def in_us(self) -> bool:
        """US companies use the pseudo tax codes TAX and NON, all others a tax code for each line."""
        return self.country in ("US", "USA")


class ConnectionToken(models.Model):
    """The OAuth tokens of a connection, encrypted with the realm as context. ``generation`` counts refreshes."""

    connection = models.OneToOneField(Connection, models.CASCADE, primary_key=True, related_name="token")
    access_token = models.TextField()
    refresh_token = models.TextField()
    access_expires_at = models.DateTimeField()
    refresh_expires_at = models.DateTimeField()
    hard_expires_at = models.DateTimeField(null=True, help_text="After this, consent is needed again (5 years).")
    generation = models.PositiveIntegerField(default=0)
    refreshed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"tokens of connection {self.connection_id}, generation {self.generation}"


class OAuthState(models.Model):
    """A consent under way: bound to one browser session and one user, usable once, for ten minutes."""

    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the state; the state is not stored.")
    session_digest = models.CharField(max_length=64)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    reconnect = models.ForeignKey(Connection, models.CASCADE, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"consent of user {self.user_id}"
