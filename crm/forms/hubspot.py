"""The form that takes several files of a HubSpot export."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class FilesInput(forms.FileInput):
    """A file input in which several files can be chosen."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One or more files."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        """The files as a list."""
        files = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(each, initial) for each in files]


class HubspotForm(forms.Form):
    """The files of an export."""

    exports = FilesField(
        label=_("Files"),
        widget=FilesInput(attrs={"accept": ".csv,.xlsx"}),
        help_text=_("As HubSpot exports them, CSV or XLSX, in English. At most 200,000 rows and 50 MB each."),
    )
