"""The form of a webhook on its settings page."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.services import requests
from workflows.trigger_events import EVENTS

REQUIRED = {"required": _("Choose one event at least.")}


class WebhookForm(forms.Form):
    """Where to, of what, and what it is for."""

    url = forms.CharField(
        label=_("Address"), max_length=2_000, widget=forms.URLInput(attrs={"autocomplete": "off"}),
        help_text=_("https, outside your network; hosts inside it are allowed under Outgoing requests."),
    )  # fmt: skip
    description = forms.CharField(label=_("What is it for?"), max_length=200, required=False)
    events = forms.MultipleChoiceField(
        label=_("Events"), error_messages=REQUIRED, choices=[(each.name, each.label) for each in EVENTS.values()]
    )

    def __init__(self, *args: Any, host: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if host:
            field = self.fields["url"]
            field.required = False
            field.help_text = _("Leave it empty to keep the address at %s, which is not shown.") % host

    def clean_url(self) -> str:
        """Refuse what is never asked."""
        url: str = self.cleaned_data["url"]
        if url and (problem := requests.url_problem(url)):
            raise ValidationError(problem)
        return url

    def groups(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """The events by kind of record, with what is chosen."""
        chosen = set(self["events"].value() or ())
        found: dict[str, list[dict[str, Any]]] = {}
        for each in EVENTS.values():
            line = {"name": each.name, "label": each.label, "chosen": each.name in chosen}
            found.setdefault(str(each.group), []).append(line)
        yield from found.items()
