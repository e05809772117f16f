"""Form fields of the CRM: e-mail addresses, pickers of records, addresses."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Finder = Callable[[], QuerySet[Any]]

ADDRESS_PARTS: tuple[tuple[str, Any, int], ...] = (
    ("line1", gettext_lazy("Street"), 500),
    ("line2", gettext_lazy("Street, second line"), 500),
    ("city", gettext_lazy("City"), 255),
    ("region", gettext_lazy("State or region"), 255),
    ("postal_code", gettext_lazy("Postal code"), 30),
    ("country", gettext_lazy("Country"), 255),
)


def bare_domain(typed: str) -> str:
    """A bare host name without www, also from a pasted address. Raises ValidationError."""
    text = typed.strip().lower()
    host = text.removeprefix("https://").removeprefix("http://").split("/")[0].removeprefix("www.")
    if host and ("." not in host or any(not (c.isalnum() or c in ".-") for c in host)):
        raise ValidationError(_("“%s” is not a domain. It looks like example.com.") % text)
    return host


class DomainField(forms.CharField):
    """A bare host name, also from a pasted address."""

    def clean(self, value: Any) -> Any:
        """The host without www. Raises ValidationError."""
        return bare_domain(str(super().clean(value)))


class EmailsField(forms.CharField):
    """An e-mail address, or several behind commas as accounting has them."""

    def clean(self, value: Any) -> Any:
        """The addresses as typed, without stray spaces."""
        parts = [part.strip() for part in str(super().clean(value)).split(",") if part.strip()]
        for part in parts:
            try:
                validate_email(part)
            except ValidationError as error:
                message = _("“%s” is not an e-mail address. It looks like name@example.com.")
                raise ValidationError(message % part) from error
        return ", ".join(parts)


class RemoteSelect(forms.Select):
    """A select that holds only what is chosen; the browser asks for the rest while somebody types."""

    def __init__(self, url_name: str, placeholder: Any, labels: Callable[[Sequence[str]], Mapping[str, str]]) -> None:
        super().__init__()
        self.url_name, self.placeholder, self.labels = url_name, placeholder, labels

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> Any:
        """The chosen records as the only options."""
        chosen = [each for each in value if each]
        self.choices = [] if self.allow_multiple_selected else [("", "")]
        self.choices += list(self.labels(chosen).items()) if chosen else []
        return super().optgroups(name, value, attrs)

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> Any:
        """The marks that the picker in the browser looks for."""
        marks = {"data-picker": "", "data-url": reverse(self.url_name), "data-placeholder": str(self.placeholder)}
        return super().build_attrs({**base_attrs, **marks}, extra_attrs)


class RemoteSelectMultiple(RemoteSelect, forms.SelectMultiple):
    """The same for several records."""


class RecordField(forms.Field):
    """A record that the reader may see and that is not archived, chosen by typing."""

    def __init__(self, url_name: str, *, placeholder: Any, **kwargs: Any) -> None:
        self.find: Finder | None = None
        super().__init__(widget=RemoteSelect(url_name, placeholder, self.labels), **kwargs)

    def __deepcopy__(self, memo: Any) -> "RecordField":
        copy: RecordField = super().__deepcopy__(memo)
        copy.widget.labels = copy.labels
        return copy

    def found(self, values: Sequence[Any]) -> dict[str, Any]:
        """The records behind the ids in ``values``, by id as text, in their order."""
        assert self.find is not None, "the form names the records"
        ids = [int(value) for value in values if str(value).isdecimal() and len(str(value)) < 19]
        records = self.find().in_bulk(ids)
        return {str(pk): records[pk] for pk in dict.fromkeys(ids) if pk in records}

    def labels(self, values: Sequence[str]) -> dict[str, str]:
        """What the chosen ids are called."""
        return {pk: str(record) for pk, record in self.found(values).items()}

    def prepare_value(self, value: Any) -> Any:
        """A record as its id."""
        return value.pk if isinstance(value, Model) else value

    def to_python(self, value: Any) -> Any:
        """The record, or None."""
        if value in self.empty_values:
            return None
        records = self.found([value])
        if not records:
            raise ValidationError(_("This does not exist any more, or it is archived. Choose another one."))
        return next(iter(records.values()))


class RecordsField(RecordField):
    """Several such records, in the order in which they were chosen."""

    def __init__(self, url_name: str, *, placeholder: Any, **kwargs: Any) -> None:
        super().__init__(url_name, placeholder=placeholder, **kwargs)
        self.widget = RemoteSelectMultiple(url_name, placeholder, self.labels)
        self.widget.is_required = self.required

    def prepare_value(self, value: Any) -> Any:
        """Records as their ids."""
        return [super(RecordsField, self).prepare_value(each) for each in value or []]

    def to_python(self, value: Any) -> Any:
        """The records, in order."""
        wanted = [each for each in value or [] if each]
        records = self.found(wanted)
        if len(records) < len(set(map(str, wanted))):
            raise ValidationError(_("One of these does not exist any more, or it is archived. Choose again."))
        return list(records.values())
