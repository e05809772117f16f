"""Forms of an import: the file, how it is read, and what to do with its rows."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from core.enums import PropertyKind
from core.properties import definitions
from crm.imports import matching, options, reading, targets
from crm.imports.text_files import DELIMITERS, ENCODINGS
from crm.models import Import


class UploadForm(forms.Form):
    """A file to import."""

    file = forms.FileField(
        label=_("File"),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx"}),
        help_text=_("CSV or Excel (.xlsx), with the headings in the first row. At most 200,000 rows and 50 MB."),
    )


class FileForm(forms.Form):
    """How a file is read."""

    encoding = forms.ChoiceField(label=_("Characters"), choices=list(ENCODINGS.items()), required=False)
    delimiter = forms.ChoiceField(label=_("Cells are separated by"), choices=list(DELIMITERS.items()), required=False)
    sheet = forms.ChoiceField(label=_("Sheet"), required=False)

    def __init__(self, *args: Any, job: Import, **kwargs: Any) -> None:
        kwargs["initial"] = {"encoding": job.encoding, "delimiter": job.delimiter, "sheet": job.sheet}
        super().__init__(*args, **kwargs)
        sheet: Any = self.fields["sheet"]
        sheet.choices = [(name, name) for name in job.sheets]
        for name in ("encoding", "delimiter") if job.kind == reading.XLSX else ("sheet",):
            del self.fields[name]

    def chosen(self, job: Import) -> dict[str, str]:
        """What was chosen; what this kind of file does not have is as it was."""
        kept = {"encoding": job.encoding, "delimiter": job.delimiter, "sheet": job.sheet}
        return {name: self.cleaned_data.get(name) or value for name, value in kept.items()}


def _choices(words: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return list(words.items())


class OptionsForm(forms.Form):
    """What to do with the rows."""

    mode = forms.ChoiceField(label=_("What to do"), choices=_choices(options.MODES))
    match_by = forms.ChoiceField(
        label=_("Find records by"),
        required=False,
        help_text=_("A row and a record with the same value are the same. Archived records are not looked at."),
    )
    duplicates = forms.ChoiceField(label=_("Rows of the file that are the same"), choices=_choices(options.DUPLICATES))
    empty = forms.ChoiceField(label=_("Empty cells"), choices=_choices(options.EMPTY_CELLS))
    owner = forms.TypedChoiceField(
        label=_("Owner of new records"), required=False, coerce=int, empty_value=None,
        help_text=_("Where no column names one."),
    )  # fmt: skip
    unknown_companies = forms.ChoiceField(
        label=_("Companies that are not there yet"), choices=_choices(options.UNKNOWN_COMPANIES)
    )
    unknown_choices = forms.ChoiceField(
        label=_("Choices that a property does not have"), choices=_choices(options.UNKNOWN_CHOICES)
    )

    def __init__(self, *args: Any, job: Import, user: Any, **kwargs: Any) -> None:
        kept = options.options_of(job.options)
        kwargs["initial"] = {**kept.as_json(), "owner": kept.owner or ""}
        super().__init__(*args, **kwargs)
        known = targets.targets_of(job.object_type)
        fields: dict[str, Any] = self.fields
        ways = matching.ways(job.object_type, job.mapping)
        named = {matching.FULL_NAME: _("First and last name")}
        fields["match_by"].choices = [
            *((name, named.get(name) or known[name].label) for name in ways),
            ("", _("Nothing: every row is a new record")),
        ]
        people = get_user_model()._default_manager.filter(is_active=True).order_by("name", "pk")
        fields["owner"].choices = [("", _("Nobody")), *((user.pk, str(user)) for user in people)]
        if not {targets.COMPANY_NAME, targets.COMPANY_DOMAIN} & set(job.mapping):
            del self.fields["unknown_companies"]
        chosen = [each for each in definitions(job.object_type) if each.name in job.mapping]
        may_add = user.has_perm("core.manage_properties")
        if not may_add or not any(each.kind in (PropertyKind.CHOICE, PropertyKind.CHOICES) for each in chosen):
            del self.fields["unknown_choices"]
