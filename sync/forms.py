"""Forms of the sync settings of a company: pace, budget, alerts, the simple tabs, deletion."""

from typing import Any

from django import forms
from django.conf import settings as project
from django.utils.translation import gettext_lazy as _

from accounts.forms import zone_choices
from qbo_connector.models import Connection
from qbo_connector.services import meter
from sync.enums import Incoming, Removal, SyncObject

_NUMBER = {"inputmode": "numeric"}


class PaceForm(forms.Form):
    """How often a company is read, and where its day begins."""

    interval_minutes = forms.IntegerField(
        label=_("Minutes between two reads"),
        min_value=1,
        max_value=60,
        help_text=_("1 to 60. A change in QuickBooks is here after that time at the latest."),
        widget=forms.NumberInput(attrs=_NUMBER),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone of the company"),
        choices=zone_choices,
        help_text=_("Its midnight decides from when on an invoice is overdue."),
        widget=forms.Select(attrs={"data-picker": True}),
    )
    economical = forms.BooleanField(
        label=_("Economical: read only when QuickBooks says that something changed"),
        required=False,
        help_text=_("A webhook starts a read within seconds; every 6 hours one is made to be safe. Needs webhooks."),
    )

    def __init__(self, *args: Any, connection: Connection, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connection = connection
        if not self.webhooks and not connection.economical:
            self.fields["economical"].disabled = True
            self.fields["economical"].help_text = _(
                "Needs webhooks: whoever runs this installation has to set QBO_WEBHOOK_VERIFIER first."
            )

    @property
    def webhooks(self) -> bool:
        """Whether this installation takes webhooks at all."""
        return bool(project.QBO_WEBHOOK_VERIFIER)

    @property
    def estimate(self) -> int | None:
        """Reads a month with what is in the fields; None while that is no interval."""
        try:
            minutes = int(str(self["interval_minutes"].value()))
        except ValueError:
            return None
        economical = bool(self["economical"].value())
        return meter.estimate(self.connection, minutes, economical) if 1 <= minutes <= 60 else None


class LimitsForm(forms.Form):
    """How many reads a month are all right, and from when on failing records are worth an e-mail."""

    monthly_budget = forms.IntegerField(
        label=_("Budget of reads a month"),
        required=False,
        min_value=1,
        max_value=10_000_000,
        help_text=_("Admins are warned at 80 %, when it is spent, and when it will not last. Empty: no budget."),
        widget=forms.NumberInput(attrs=_NUMBER),
    )
    alert_records = forms.IntegerField(
        label=_("E-mail from (failing records)"),
        min_value=1,
        max_value=1_000_000,
        help_text=_("Fewer are shown in sync health only."),
        widget=forms.NumberInput(attrs=_NUMBER),
    )
    alert_minutes = forms.IntegerField(
        label=_("E-mail after (minutes)"),
        min_value=0,
        max_value=10_080,
        help_text=_("What mends itself before needs nobody."),
        widget=forms.NumberInput(attrs=_NUMBER),
    )


class DeleteForm(forms.Form):
    """What happens to the links when an object's sync is deleted."""

    links = forms.ChoiceField(
        label=_("Links to QuickBooks"),
        choices=[("keep", _("Keep the links")), ("remove", _("Remove the links"))],
        initial="keep",
        widget=forms.RadioSelect,
    )
    sure = forms.BooleanField(label=_("Yes, delete this sync"))


_TAB_WORDS = {
    SyncObject.CONTACT: (_("Create and update contacts"), _("Delete contacts")),
    SyncObject.PRODUCT: (_("Create and update products"), _("Delete products")),
    SyncObject.INVOICE: (_("Create and update invoices"), _("Delete invoice")),
}
_TOGGLES = {
    SyncObject.CONTACT: _("Sync QuickBooks customers to contacts"),
    SyncObject.PRODUCT: _("Sync QuickBooks products to products"),
    SyncObject.INVOICE: _("Sync QuickBooks invoices to invoices"),
}


class SimpleForm(forms.Form):
    """One tab of the simple set-up: a toggle and two dropdowns."""

    enabled = forms.BooleanField(
        required=False, help_text=_("One way: nothing that is changed in the CRM by hand is sent to QuickBooks.")
    )
    incoming = forms.ChoiceField(
        choices=Incoming.choices, help_text=_("What happens when one is created or updated in QuickBooks.")
    )
    removal = forms.ChoiceField(choices=Removal.choices, help_text=_("What happens when one is deleted in QuickBooks."))

    def __init__(self, *args: Any, sync_object: SyncObject, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["enabled"].label = _TOGGLES[sync_object]
        self.fields["incoming"].label, self.fields["removal"].label = _TAB_WORDS[sync_object]
