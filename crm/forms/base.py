"""What the forms of all records share: layout, owner, addresses, values for the services."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.forms.values import PropertyFields
from core.properties import BadValues
from crm.forms.fields import ADDRESS_PARTS
from crm.models.records import Record

Layout = Sequence[tuple[Any, Sequence[Sequence[str]]]]


class RecordForm(forms.Form):
    """Fields named after the columns they fill. ``record`` is what is edited, None for a new one."""

    object_type: ClassVar[str] = ""
    # Sections as (heading, rows of field names).
    layout: ClassVar[Layout] = ()
    addresses: ClassVar[Mapping[str, Any]] = {}
    # Whether what was sent leads to a question that nobody has been asked yet.
    to_be_asked = False

    owner = forms.ModelChoiceField(
        get_user_model()._default_manager.none(),
        required=False,
        label=gettext_lazy("Owner"),
        empty_label=gettext_lazy("Nobody"),
    )

    def __init__(self, *args: Any, user: Any, record: Any = None, **kwargs: Any) -> None:
        self.user, self.record = user, record
        given = kwargs.pop("initial", None) or {}
        kwargs["initial"] = self.initial_of(record) if record is not None else {"owner": user.pk, **given}
        super().__init__(*args, **kwargs)
        users = get_user_model()._default_manager.filter(is_active=True)
        if record is not None and record.owner_id:
            users = users | get_user_model()._default_manager.filter(pk=record.owner_id)
        owner: Any = self.fields["owner"]
        owner.queryset = users.order_by("name", "pk")
        for column, label in self.addresses.items():
            self._add_address(column, label)
        self.properties = PropertyFields(self, self.object_type, record)

    def _add_address(self, column: str, label: Any) -> None:
        stored = self.stored_address(column)
        for part, words, longest in ADDRESS_PARTS:
            name = f"{column}_{part}"
            self.fields[name] = forms.CharField(required=False, max_length=longest, label=words)
            self.initial.setdefault(name, stored.get(part, ""))

    def stored_address(self, column: str) -> Mapping[str, str]:
        """The address of the record that is edited."""
        return (getattr(self.record, column) if self.record is not None else None) or {}

    def initial_of(self, record: Record) -> dict[str, Any]:
        """What the fields show of ``record``."""
        return {name: getattr(record, name) for name in self.base_fields if hasattr(record, name)}

    def clean(self) -> dict[str, Any]:
        """The fields' values with the addresses put together."""
        cleaned = super().clean() or self.cleaned_data
        for column in self.addresses:
            typed = {part: cleaned.get(f"{column}_{part}", "") for part, _label, _longest in ADDRESS_PARTS}
            given = {part: text for part, text in typed.items() if text}
            stored = {part: text for part, text in self.stored_address(column).items() if text}
            # Lines that the form does not show stay as they are.
            kept = {part: text for part, text in stored.items() if part not in typed} if given else {}
            if {**kept, **given} == stored:
                continue
            if given and not (given.get("line1") or given.get("city")):
                self.add_error(f"{column}_line1", _("An address needs a street or a city."))
            cleaned[column] = {**kept, **given}
        self.properties.check()
        return cleaned

    def refuse(self, refused: BadValues) -> None:
        """Show what a service refused because somebody else was faster."""
        self.properties.refuse(refused)

    def values(self) -> dict[str, Any]:
        """The columns to write. Only after ``is_valid``."""
        parts = {f"{column}_{part}" for column in self.addresses for part, _label, _longest in ADDRESS_PARTS}
        own = {name for section in self.properties.sections() for name in section.names}
        columns = {name: value for name, value in self.cleaned_data.items() if name not in parts | own}
        return {**columns, "properties": self.properties.given()} if own else columns

    def sections(self) -> list[dict[str, Any]]:
        """The layout with its bound fields, for the template."""
        sections = [
            *self.layout,
            *((section.heading, [[name] for name in section.names]) for section in self.properties.sections()),
            *((label, self._address_rows(column)) for column, label in self.addresses.items()),
        ]
        required = {name for name, field in self.fields.items() if field.required}
        return [
            {
                "legend": legend,
                "required": any(name in required for row in rows for name in row),
                "rows": [[self[name] for name in row if name in self.fields] for row in rows],
                "wrong": any(name in self.errors for row in rows for name in row),
                "filled": any(self[name].value() for row in rows for name in row if name in self.fields),
            }
            for legend, rows in sections
        ]

    @staticmethod
    def _address_rows(column: str) -> list[list[str]]:
        rows = [["line1"], ["line2"], ["city", "region"], ["postal_code", "country"]]
        return [[f"{column}_{part}" for part in row] for row in rows]
