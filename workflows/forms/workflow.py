"""The forms around a workflow: a new one, its name, a file, a record to try it on."""

import json
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from workflows import records
from workflows.services.workflows import LONGEST_NAME

LARGEST_FILE = 1_000_000


class NewForm(forms.Form):
    """Name and kind of record of a new workflow."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=LONGEST_NAME)
    object = forms.ChoiceField(
        label=gettext_lazy("It is about"),
        help_text=gettext_lazy("Which records go through it. This can’t be changed later."),
    )

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        field: Any = self.fields["object"]
        field.choices = [(kind, records.label_of(kind)) for kind in records.kinds()]


class NameForm(forms.Form):
    """Name, description and owner."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=LONGEST_NAME)
    description = forms.CharField(
        label=gettext_lazy("What it is for"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    owner = forms.ModelChoiceField(
        get_user_model()._default_manager.none(), label=gettext_lazy("Owner"), required=False,
        empty_label=gettext_lazy("Nobody"),
    )  # fmt: skip

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        field: Any = self.fields["owner"]
        field.queryset = get_user_model()._default_manager.filter(is_active=True).order_by("name", "pk")


class FileForm(forms.Form):
    """A workflow that was exported, here or elsewhere."""

    file = forms.FileField(
        label=gettext_lazy("File"), widget=forms.FileInput(attrs={"accept": ".json,application/json"})
    )

    def clean_file(self) -> Any:
        """What the file holds."""
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise ValidationError(_("This file is too large for a workflow."))
        try:
            return json.loads(file.read().decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise ValidationError(_("This file can’t be read as JSON.")) from error
