"""The form of an e-mail to somebody outside."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from core.forms.fields import CheckBoxes
from core.models import StoredFile
from crm.queries.related import Related


class MailForm(forms.Form):
    """To whom, what, with which files of the record; ``key`` makes a second click the same e-mail."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    to = forms.CharField(label=gettext_lazy("To"), max_length=2000)
    cc = forms.CharField(label=gettext_lazy("Copy to"), max_length=2000, required=False)
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=300)
    body = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=10_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    attached = forms.MultipleChoiceField(
        label=gettext_lazy("Files of this record"),
        required=False,
        widget=CheckBoxes,
    )
    about = forms.MultipleChoiceField(
        label=gettext_lazy("Also shown on"),
        required=False,
        widget=CheckBoxes,
    )

    def __init__(self, data: Any = None, *, to: str, held: list[StoredFile], related: list[Related]) -> None:
        usual = [each.value for each in related if each.usual]
        super().__init__(data, initial={"key": uuid.uuid4(), "to": to, "about": usual}, auto_id="mail-%s")
        self.held, self.related = held, related
        for name, choices in (
            ("attached", [(str(file.pk), file.name) for file in held]),
            ("about", [(each.value, str(each.record)) for each in related]),
        ):
            field: Any = self.fields[name]
            field.choices = choices
            if not choices:
                del self.fields[name]

    def chosen_files(self) -> list[StoredFile]:
        """The files that were ticked."""
        wanted = self.cleaned_data.get("attached", [])
        return [file for file in self.held if str(file.pk) in wanted]

    def chosen(self) -> list[Any]:
        """The records that were ticked."""
        wanted = self.cleaned_data.get("about", [])
        return [each.record for each in self.related if each.value in wanted]
