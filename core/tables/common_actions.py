"""Actions that every list can have: another owner, another value of a property."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.events import object_type_of
from core.tables import registry
from core.tables.actions import Action, Refused
from core.tables.custom import columns as custom_columns
from core.tables.described import Table
from core.tables.editing import Editor, editor_of, from_plain, messages_of, plain_value, write


def assign_owner(permission: str) -> Action:
    """Give the rows to somebody."""
    return Action(
        "owner", gettext_lazy("Assign owner"), "user-check", _assigned, permission, each=_assign, ask=OwnerForm,
        undo=_set_back, writes=lambda _form: "owner",
    )  # fmt: skip


def set_property(permission: str) -> Action:
    """Give a property of the rows one value."""
    return Action(
        "property", gettext_lazy("Set a property"), "edit", _changed, permission, each=_set, ask=PropertyForm,
        undo=_set_back, writes=lambda form: str(form.name),
    )  # fmt: skip


def set_one(name: str, about: str, label: Any, icon: str, told: Callable[[int], str], permission: str) -> Action:
    """Give one property of the rows a value: ``about`` is its name."""
    return Action(
        name, label, icon, told, permission, each=_set, ask=partial(ValueForm, name=about), undo=_set_back,
        writes=lambda form: str(form.name),
    )  # fmt: skip


def _assigned(count: int) -> str:
    return ngettext("%d record has a new owner.", "%d records have a new owner.", count) % count


def _changed(count: int) -> str:
    return ngettext("%d record changed.", "%d records changed.", count) % count


class OwnerForm(forms.Form):
    """Who gets the rows."""

    owner = forms.ModelChoiceField(
        get_user_model()._default_manager.none(), label=gettext_lazy("Owner"), required=False,
        empty_label=gettext_lazy("Nobody"),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, user: Any, object_type: str) -> None:
        super().__init__(data)
        field: Any = self.fields["owner"]
        field.queryset = get_user_model()._default_manager.filter(is_active=True).order_by("name", "pk")

    def chosen(self) -> dict[str, Any]:
        """The owner's id."""
        owner = self.cleaned_data["owner"]
        return {"owner": owner.pk if owner else None}


class ValueForm(forms.Form):
    """The value that a property gets."""

    def __init__(self, data: Any = None, *, user: Any, object_type: str, name: str) -> None:
        super().__init__(data)
        self.name = name
        editor = editor_of(registry.tables[object_type], name, None, user)
        assert editor is not None
        self.finish = editor.finish
        editor.field.label = _("New value")
        self.fields["value"] = editor.field

    def clean_value(self) -> Any:
        """The value as its own form has it."""
        return self.finish(self.cleaned_data["value"])

    def chosen(self) -> dict[str, Any]:
        """The property and its value as it was typed."""
        assert isinstance(self.data, QueryDict)
        return {"property": self.name, "value": self.data.getlist("value")}


class PropertyForm(ValueForm):
    """Which property, and its value; asked again with another property it shows that one's field."""

    def __init__(self, data: Any = None, *, user: Any, object_type: str) -> None:
        offered = settable(registry.tables[object_type])
        asked = (data or {}).get("property", "")
        name = asked if asked in dict(offered) else offered[0][0]
        super().__init__(data, user=user, object_type=object_type, name=name)
        self.fields["property"] = forms.ChoiceField(
            choices=offered, label=_("Property"), initial=name, widget=forms.Select(attrs={"data-asks-again": ""})
        )
        self.order_fields(("property", "value"))


def owner_editor(_name: str, record: Any, _user: Any) -> Editor:
    """For tables of which only the owner is changed in the list."""
    people = get_user_model()._default_manager.filter(is_active=True).order_by("name", "pk")
    field = forms.ModelChoiceField(people, label=_("Owner"), required=False, empty_label=_("Nobody"))
    return Editor(field, record.owner_id if record is not None else None)


def settable(table: Table) -> list[tuple[str, str]]:
    """The properties that can be set, as (name, label)."""
    own = [(column.edit, str(column.label)) for column in table.columns if column.edit]
    return own + [(c.edit, str(c.label)) for c in custom_columns(table.object_type, priced=False)]


def _assign(record: Any, choice: Mapping[str, Any], by: Any) -> Any:
    if record.owner_id == choice["owner"]:
        return None
    owner = get_user_model()._default_manager.filter(pk=choice["owner"]).first()
    return _write(record, "owner", owner, by)


def _set(record: Any, choice: Mapping[str, Any], by: Any) -> Any:
    table = registry.tables[object_type_of(record)]
    editor = editor_of(table, choice["property"], record, by)
    if editor is None:
        raise Refused(_("This property is gone."))
    data = QueryDict(mutable=True)
    data.setlist("value", choice["value"])
    try:
        value = editor.read(data)
    except ValidationError as error:
        raise Refused(messages_of(error)) from error
    return _write(record, choice["property"], value, by)


def _write(record: Any, name: str, value: Any, by: Any) -> Any:
    table = registry.tables[object_type_of(record)]
    old = plain_value(table, record, name)
    written = write(table, record, name, value, by=by)
    new = plain_value(table, written, name)
    return None if old == new else {"name": name, "old": old, "new": new}


def _set_back(record: Any, before: Any, by: Any) -> None:
    """Back to what it was, unless somebody has changed it since. Raises Refused."""
    table = registry.tables[object_type_of(record)]
    if plain_value(table, record, before["name"]) != before["new"]:
        raise Refused(_("It has been changed since."))
    write(table, record, before["name"], from_plain(table, record, before["name"], before["old"]), by=by)
