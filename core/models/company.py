"""The company that uses the CRM: who it is, how it counts its days and years, and how it looks to customers."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.fields import CurrencyField

BRAND_COLOUR = "#4338ca"


def monday_to_friday() -> list[int]:
    """The working days of a new installation."""
    return [0, 1, 2, 3, 4]


class CompanyProfile(models.Model):
    """The one row with id 1. Read it through ``core.company.profile``, which keeps it for a request."""

    name = models.CharField(max_length=200, blank=True)
    address = models.TextField(blank=True, help_text="Address, e-mail and so on, as printed.")
    currency = CurrencyField(default="USD", help_text="Of new deals and products.")
    time_zone = models.CharField(max_length=60, default="UTC", help_text="An IANA zone such as Europe/London.")
    fiscal_year_start = models.PositiveSmallIntegerField(default=1, help_text="The month, 1 to 12.")
    working_days = ArrayField(models.PositiveSmallIntegerField(), default=monday_to_friday, help_text="0 is Monday.")
    logo_text = models.CharField(max_length=12, blank=True, help_text="Printed where there is no logo.")
    logo_version = models.CharField(max_length=32, blank=True, help_text="Names the stored logo; empty without one.")
    brand_colour = models.CharField(
        max_length=7, default=BRAND_COLOUR, validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", "Such as #4338ca.")]
    )
    footer = models.TextField(blank=True, help_text="Below quotes and e-mails.")
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="there_is_one_company_profile"),
            models.CheckConstraint(
                condition=Q(fiscal_year_start__gte=1) & Q(fiscal_year_start__lte=12),
                name="a_fiscal_year_starts_with_a_month",
            ),
        ]

    def __str__(self) -> str:
        return self.name or "company profile"


class BrandLogo(models.Model):
    """The company's logo: the one row with id 1, drawn anew from what was uploaded: pixels, nothing else."""

    version = models.CharField(max_length=32)
    content = models.BinaryField()
    content_type = models.CharField(max_length=40)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="there_is_one_logo")]

    def __str__(self) -> str:
        return f"logo {self.version}"
