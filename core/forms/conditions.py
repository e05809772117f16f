"""The editor of conditions as a form field: nested groups by script, a text of JSON without."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.conditions.description import describe
from core.conditions.language import VERSION, BadCondition, Condition, Setting, problems_of, setting

LONGEST = 60_000


def read(text: str) -> Condition:
    """A condition as the editor sends it, not yet checked. Raises BadCondition."""
    if not text.strip():
        return {}
    if len(text) > LONGEST:
        raise BadCondition(_("This condition is too long."))
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadCondition(_("This is no condition: it can't be read as JSON.")) from error
    if not isinstance(found, dict):
        raise BadCondition(_("This is no condition: it has to be a JSON object."))
    return found


class ConditionInput(forms.Textarea):
    """The editor. Without a script it is what it really is, a text of JSON."""

    def __init__(self, object_type: str, attrs: dict[str, Any] | None = None) -> None:
        self.object_type, self.user = object_type, None
        super().__init__({"rows": 6, "spellcheck": "false", **(attrs or {})})

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """The text, what the script needs to know, and the place of the editor and of the number of records."""
        text = "" if value is None else str(value)
        built = self.build_attrs(self.attrs, attrs)
        try:
            condition = read(text)
        except BadCondition:
            condition = {}
        # The script rings the field that carries the problem, so the text in the hidden field says nothing twice.
        context = {
            "name": name,
            "text": text,
            "object_type": self.object_type,
            "id": built.get("id", f"id_{name}"),
            "config": describe(self.object_type, self.user, condition),
        }
        return SafeString(render_to_string("core/conditions_input.html", context))


class ConditionField(forms.Field):
    """A condition about ``object_type``; its clean value is the condition as data, with its version, or ``{}``.

    ``user`` is who asks: what they may not see is neither offered nor accepted. A form sets it in its constructor:
    ``self.fields["where"].user = user``.
    """

    widget: Any = ConditionInput

    def __init__(self, *, object_type: str, user: Any = None, **more: Any) -> None:
        self.object_type = object_type
        more.setdefault("widget", ConditionInput(object_type))
        super().__init__(**more)
        self.user = user

    @property
    def user(self) -> Any:
        """Who asks."""
        return self._user

    @user.setter
    def user(self, user: Any) -> None:
        self._user = user
        self.widget.user = user

    def __deepcopy__(self, memo: dict[int, Any]) -> "ConditionField":
        copied: ConditionField = super().__deepcopy__(memo)
        copied.user = self._user
        return copied

    def prepare_value(self, value: Any) -> Any:
        """Conditions as text; what was sent as it was sent."""
        return json.dumps(value, ensure_ascii=False, indent=1) if isinstance(value, dict) and value else value or ""

    def to_python(self, value: Any) -> Condition:
        """The condition. Raises ValidationError with a sentence for each thing that is wrong."""
        if isinstance(value, dict):
            return value
        try:
            return read(str(value or ""))
        except BadCondition as error:
            raise ValidationError(str(error)) from error

    def validate(self, value: Any) -> None:
        """Refuse what can't be read, and properties, comparisons and values that do not fit."""
        super().validate(value)
        problems = problems_of(value, self.object_type, self.using())
        if problems:
            raise ValidationError([str(each) for each in problems])

    def clean(self, value: Any) -> Condition:
        """The condition with its version; ``{}`` where nothing is asked."""
        found: Condition = super().clean(value)
        asked = {key: part for key, part in found.items() if key != "version"}
        if asked in ({}, {"all": []}):
            return {}
        return {"version": VERSION, **asked}

    def using(self) -> Setting:
        """Who asks, now, in the active zone; choices that do not exist are refused."""
        return setting(self._user, strict=True)
