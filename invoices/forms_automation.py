"""Forms of recurring invoices and reminders."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.forms.fields import DateField
from invoices import reminder_texts
from invoices.models import Every, Making, RecurringInvoice, ReminderRule
from qbo_connector.models import Connection


class RecurringForm(forms.ModelForm):  # type: ignore[type-arg] # takes its argument in the stubs only
    """Name and schedule of a recurring invoice."""

    starts_on = DateField(label=gettext_lazy("First invoice on"))
    ends_on = DateField(label=gettext_lazy("Until"), required=False)
    interval = forms.IntegerField(label=gettext_lazy("Every"), min_value=1, max_value=366, initial=1)
    unit = forms.ChoiceField(label=gettext_lazy("Unit"), choices=Every.choices, initial=Every.MONTH)
    most = forms.IntegerField(label=gettext_lazy("At most this many invoices"), required=False, min_value=1)
    making = forms.ChoiceField(label=gettext_lazy("When the day comes"), choices=Making.choices)

    class Meta:
        model = RecurringInvoice
        fields = ("name", "starts_on", "interval", "unit", "ends_on", "most", "making")

    def _post_clean(self) -> None:
        """The service checks and writes; the form only reads."""


class ReminderRuleForm(forms.ModelForm):  # type: ignore[type-arg] # as above
    """A rule: when, to whom, what it says."""

    days = forms.IntegerField(label=gettext_lazy("Days"), min_value=0, max_value=365, initial=3)
    when = forms.ChoiceField(
        label=gettext_lazy("Before or after"),
        choices=[("after", gettext_lazy("after the due date")), ("before", gettext_lazy("before the due date"))],
    )
    hour = forms.IntegerField(
        label=gettext_lazy("Not before (hour)"),
        min_value=0,
        max_value=23,
        initial=9,
        help_text=gettext_lazy("0 to 23, in the time zone of the QuickBooks company."),
    )
    connection = forms.ModelChoiceField(
        Connection.objects.order_by("company_name", "pk"),
        label=gettext_lazy("QuickBooks company"),
        required=False,
        empty_label=gettext_lazy("All"),
    )

    class Meta:
        model = ReminderRule
        fields = ("name", "connection", "hour", "subject", "body", "attach_pdf", "working_days_only")
        widgets = {"body": forms.Textarea(attrs={"rows": 9})}
        labels = {
            "name": gettext_lazy("Name"),
            "subject": gettext_lazy("Subject"),
            "body": gettext_lazy("Text"),
            "attach_pdf": gettext_lazy("Attach the invoice as PDF"),
            "working_days_only": gettext_lazy("Monday to Friday only"),
        }

    field_order = ("name", "days", "when", "hour", "connection", "subject", "body", "attach_pdf", "working_days_only")

    def __init__(self, data: Any = None, *, instance: ReminderRule | None = None) -> None:
        initial: dict[str, Any] = {"subject": str(reminder_texts.SUBJECT), "body": str(reminder_texts.BODY)}
        if instance is not None:
            initial = {"days": abs(instance.days), "when": "before" if instance.days < 0 else "after"}
        super().__init__(data, instance=instance, initial=initial)

    def _post_clean(self) -> None:
        """The service checks and writes; the form only reads."""

    def values(self) -> dict[str, Any]:
        """What was typed, for ``services.reminders.save_rule``."""
        given = dict(self.cleaned_data)
        sign = -1 if given.pop("when") == "before" else 1
        return {**given, "days": sign * given["days"]}


class RemindForm(forms.Form):
    """A reminder by hand."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=200)
    body = forms.CharField(label=gettext_lazy("Text"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 9}))
    attach_pdf = forms.BooleanField(label=gettext_lazy("Attach the invoice as PDF"), required=False, initial=True)


class PauseForm(forms.Form):
    """No reminders for a customer."""

    until = DateField(label=gettext_lazy("Until"), required=False, help_text=gettext_lazy("Empty: until you end it."))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, required=False)


class RejectForm(forms.Form):
    """Why a draft is sent back."""

    reason = forms.CharField(
        label=gettext_lazy("What has to change"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


def days_in_words(rule: ReminderRule) -> str:
    """“3 days after the due date”."""
    if not rule.days:
        return _("on the due date")
    number = abs(rule.days)
    if rule.days < 0:
        return ngettext("%d day before the due date", "%d days before the due date", number) % number
    return ngettext("%d day after the due date", "%d days after the due date", number) % number


def schedule_in_words(row: RecurringInvoice) -> str:
    """“Every 2 months”."""
    number = row.interval
    words = {
        Every.DAY: ngettext("Every day", "Every %d days", number),
        Every.WEEK: ngettext("Every week", "Every %d weeks", number),
        Every.MONTH: ngettext("Every month", "Every %d months", number),
        Every.YEAR: ngettext("Every year", "Every %d years", number),
    }[Every(row.unit)]
    return words % number if "%" in words else words
