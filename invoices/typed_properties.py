"""Custom properties of an invoice that is still a draft: kept as typed, checked by the form of all records."""

from typing import Any

from django.http import QueryDict

from core.enums import PropertyKind
from core.forms.values import FIELD, PropertyValuesForm
from core.properties import definitions
from invoices.drafts import DraftContent
from invoices.ports import Problem

SHOWN = "properties_shown"  # a hidden field: boxes that are not ticked are not sent


def take_over(content: DraftContent, post: QueryDict) -> None:
    """The values typed into the form, by the property's id."""
    if SHOWN not in post:
        return
    for definition in definitions("invoice"):
        name = FIELD + definition.slot
        if definition.kind == PropertyKind.CHOICES:
            content.properties[definition.slot] = post.getlist(name)
        elif definition.kind == PropertyKind.CHECKBOX:
            content.properties[definition.slot] = bool(post.get(name))
        else:
            content.properties[definition.slot] = post.get(name, "").strip()


def form_of(content: DraftContent, *, checked: bool = False) -> PropertyValuesForm | None:
    """The form with what was typed; None where invoices have no custom properties. ``checked`` shows its mistakes."""
    if not definitions("invoice"):
        return None
    if checked:
        return PropertyValuesForm(_as_posted(content), object_type="invoice", record=None)
    initial: dict[str, Any] = {FIELD + slot: value for slot, value in content.properties.items()}
    return PropertyValuesForm(initial=initial, object_type="invoice", record=None)


def _as_posted(content: DraftContent) -> QueryDict:
    posted = QueryDict(mutable=True)
    for definition in definitions("invoice"):
        value = content.properties.get(definition.slot, definition.default)
        name = FIELD + definition.slot
        if isinstance(value, list):
            posted.setlist(name, [str(each) for each in value])
        elif value not in (None, "", False):
            posted[name] = "on" if value is True else str(value)
    return posted


def problems(content: DraftContent) -> list[Problem]:
    """What is wrong with the custom properties, each with its field."""
    form = form_of(content, checked=True)
    if form is None or form.is_valid():
        return []
    labels = {FIELD + definition.slot: definition.label for definition in definitions("invoice")}
    found = []
    for name, errors in form.errors.items():
        words = " ".join(str(error) for error in errors)
        found.append(Problem(f"{labels.get(name, '')}: {words}", step="message", field=f"id_{name}"))
    return found
