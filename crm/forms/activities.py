"""The forms in which people write down what they did."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.forms.fields import AmountField, CheckBoxes
from crm.models import Activity, ActivityKind, Direction, Outcome
from crm.queries.related import Related

MOMENTS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"]
OUTCOMES = {
    ActivityKind.CALL: (Outcome.CONNECTED, Outcome.MESSAGE, Outcome.NO_ANSWER, Outcome.BUSY, Outcome.WRONG_NUMBER),
    ActivityKind.MEETING: (Outcome.HELD, Outcome.MOVED, Outcome.CANCELLED),
}
# What each kind asks for besides its words.
FIELDS = {
    ActivityKind.NOTE: (),
    ActivityKind.CALL: ("direction", "outcome", "minutes", "occurred_at"),
    ActivityKind.EMAIL: ("direction", "sender", "recipients", "subject", "occurred_at"),
    ActivityKind.MEETING: ("subject", "occurred_at", "minutes", "place", "outcome"),
}
BODIES = {
    ActivityKind.NOTE: gettext_lazy("Note"),
    ActivityKind.CALL: gettext_lazy("What was said"),
    ActivityKind.EMAIL: gettext_lazy("Text"),
    ActivityKind.MEETING: gettext_lazy("What it is about, what was decided"),
}


class ActivityForm(forms.Form):
    """A note, call, e-mail or meeting, and the records that show it. Moments are in the reader's zone."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=300, required=False)
    direction = forms.ChoiceField(label=gettext_lazy("Direction"), choices=Direction.choices, required=False)
    outcome = forms.ChoiceField(label=gettext_lazy("Outcome"), required=False)
    minutes = AmountField(label=gettext_lazy("Minutes"), required=False, lowest=None)
    occurred_at = forms.DateTimeField(
        label=gettext_lazy("When"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=MOMENTS,
    )
    place = forms.CharField(label=gettext_lazy("Place"), max_length=300, required=False)
    sender = forms.CharField(label=gettext_lazy("From"), max_length=300, required=False)
    recipients = forms.CharField(label=gettext_lazy("To"), max_length=2000, required=False)
    body = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    about = forms.MultipleChoiceField(
        label=gettext_lazy("Also shown on"),
        required=False,
        widget=CheckBoxes,
    )

    def __init__(
        self,
        data: Any = None,
        *,
        kind: ActivityKind,
        related: list[Related],
        activity: Activity | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        first = {"occurred_at": timezone.localtime(), "direction": Direction.OUT, **(initial or {})}
        if activity is not None:
            first |= {name: getattr(activity, name) for name in self.base_fields if hasattr(activity, name)}
            if activity.duration_seconds is not None:
                first["minutes"] = activity.duration_seconds // 60
        super().__init__(data, initial=first, auto_id=f"{kind}-%s")
        self.kind, self.related = kind, related
        for name in set(self.fields) - {*FIELDS[kind], "body", "about"}:
            del self.fields[name]
        self.fields["body"].label = BODIES[kind]
        # An e-mail names people by its addresses.
        if kind != ActivityKind.EMAIL:
            marks = {"data-mentions": reverse("crm:mention-choices"), "data-mentions-label": _("Colleagues")}
            self.fields["body"].widget.attrs |= marks
        if "outcome" in self.fields:
            offered: Any = self.fields["outcome"]
            offered.choices = [("", "–"), *((str(each), each.label) for each in OUTCOMES[kind])]
        if kind == ActivityKind.MEETING:
            self.fields["subject"].required = True
        about: Any = self.fields["about"]
        about.choices = [(each.value, str(each.record)) for each in related]
        if not related:
            del self.fields["about"]
        else:
            self.initial.setdefault("about", [each.value for each in related if each.usual])

    def clean_minutes(self) -> int | None:
        """The duration in seconds."""
        minutes = self.cleaned_data["minutes"]
        if minutes is not None and not 0 <= minutes <= 7 * 24 * 60:
            raise forms.ValidationError(_("Give the duration in minutes, from 0 to a week."))
        return None if minutes is None else round(minutes * 60)

    def values(self) -> dict[str, Any]:
        """What the service takes. Only after ``is_valid``."""
        given = {name: value for name, value in self.cleaned_data.items() if name not in ("about", "minutes")}
        if "minutes" in self.cleaned_data:
            given["duration_seconds"] = self.cleaned_data["minutes"]
        return given

    def chosen(self) -> list[Any]:
        """The records that were ticked."""
        wanted = self.cleaned_data.get("about", [])
        return [each.record for each in self.related if each.value in wanted]

    def rows(self) -> list[list[forms.BoundField]]:
        """The fields besides the words, two in a row."""
        asked = [self[name] for name in FIELDS[self.kind] if name in self.fields]
        return [asked[place : place + 2] for place in range(0, len(asked), 2)]
