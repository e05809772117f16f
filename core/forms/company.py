"""Forms of the company's profile, its brand and its mail server."""

import calendar
import re
import zoneinfo
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.forms.fields import CurrencyCodeField
from core.models import MailSecurity

AREA = forms.Textarea(attrs={"rows": 4})
WEEK = (
    (0, gettext_lazy("Monday")),
    (1, gettext_lazy("Tuesday")),
    (2, gettext_lazy("Wednesday")),
    (3, gettext_lazy("Thursday")),
    (4, gettext_lazy("Friday")),
    (5, gettext_lazy("Saturday")),
    (6, gettext_lazy("Sunday")),
)


def zones() -> list[tuple[str, str]]:
    """All IANA zones, in words."""
    return [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())]


def months() -> list[tuple[int, str]]:
    """The months by number."""
    return [(number, _(calendar.month_name[number])) for number in range(1, 13)]


class CompanyForm(forms.Form):
    """Who the company is, and how it counts its money, days and years."""

    name = forms.CharField(
        label=gettext_lazy("Company name"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("As customers read it on quotes and e-mails."),
    )
    address = forms.CharField(
        label=gettext_lazy("Address and contact"),
        required=False,
        max_length=2000,
        widget=AREA,
        help_text=gettext_lazy("Printed below quotes and e-mails, line by line."),
    )
    currency = CurrencyCodeField(label=gettext_lazy("Currency"))
    fiscal_year_start = forms.TypedChoiceField(
        label=gettext_lazy("Fiscal year starts in"), choices=months, coerce=int, help_text=""
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=zones,
        widget=forms.Select(attrs={"data-picker": True}),
        help_text=gettext_lazy("Where the company's day begins and ends. People have a zone of their own."),
    )
    working_days = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Working days"),
        choices=WEEK,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one working day.")},
    )


class BrandForm(forms.Form):
    """How quotes and e-mails look."""

    logo = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        help_text=gettext_lazy("PNG, JPEG or WebP, at most 2 MB. It is printed up to 48 points high."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    remove_logo = forms.BooleanField(label=gettext_lazy("Remove the logo"), required=False)
    logo_text = forms.CharField(
        label=gettext_lazy("Logo text"),
        required=False,
        max_length=12,
        help_text=gettext_lazy("Up to 12 letters, where there is no logo."),
    )
    brand_colour = forms.CharField(
        label=gettext_lazy("Colour"), widget=forms.TextInput(attrs={"type": "color"}), max_length=7
    )
    footer = forms.CharField(
        label=gettext_lazy("Footer"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Below quotes and e-mails: register number, bank, a greeting."),
    )

    def clean_brand_colour(self) -> str:
        """Six hexadecimal digits."""
        typed = str(self.cleaned_data["brand_colour"]).strip().lower()
        if not re.fullmatch(r"#[0-9a-f]{6}", typed):
            raise forms.ValidationError(_("A colour looks like #4338ca."))
        return typed


class MailServerForm(forms.Form):
    """The mail server. The password's field is always empty: what is stored is never shown."""

    enabled = forms.BooleanField(
        label=gettext_lazy("Send e-mails by this server"),
        required=False,
        help_text=gettext_lazy("Off: as the environment of the installation says."),
    )
    host = forms.CharField(label=gettext_lazy("Server"), required=False, max_length=255)
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535, initial=587)
    security = forms.ChoiceField(label=gettext_lazy("Security"), choices=MailSecurity.choices)
    username = forms.CharField(
        label=gettext_lazy("User"),
        required=False,
        max_length=255,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        strip=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    from_name = forms.CharField(
        label=gettext_lazy("Sender's name"),
        required=False,
        max_length=120,
        help_text=gettext_lazy("Empty: the company's name."),
    )
    from_address = forms.EmailField(label=gettext_lazy("Sender's address"), required=False, max_length=254)
    reply_to = forms.EmailField(
        label=gettext_lazy("Answers go to"),
        required=False,
        max_length=254,
        help_text=gettext_lazy("Unless an e-mail names another address."),
    )
    daily_limit = forms.IntegerField(
        label=gettext_lazy("E-mails a day, at most"),
        required=False,
        min_value=1,
        max_value=10_000_000,
        help_text=gettext_lazy("What is over the limit leaves the next day. Empty: no limit."),
    )

    def clean_host(self) -> str:
        """A bare host name or address."""
        typed = str(self.cleaned_data["host"]).strip().lower()
        if typed and not re.fullmatch(r"[a-z0-9._:\[\]-]+", typed):
            raise forms.ValidationError(_("“%s” is not the name of a server. It looks like smtp.example.com.") % typed)
        return typed

    def settings(self) -> dict[str, Any]:
        """The settings but the password. Only after ``is_valid``."""
        return {name: value for name, value in self.cleaned_data.items() if name != "password"}

    @property
    def new_password(self) -> str | None:
        """What was typed, None for nothing."""
        return self.cleaned_data.get("password") or None
