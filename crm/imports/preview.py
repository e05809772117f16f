"""What the first rows of each fate look like, field by field, as the check keeps it for the page."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.money import formatted_number
from core.properties import Definition, by_slot, display
from crm.imports.cells import is_empty, plain
from crm.imports.plans import CREATES, FAILS, SAME, UPDATES, Plan, Setting
from crm.labels import label_of
from crm.models import Company
from crm.models.records import address_lines
from crm.services import changes

MOST = 50
LONGEST = 120


def added(setting: Setting, before: Mapping[str, list[Any]], plans: list[Plan]) -> dict[str, list[Any]]:
    """``before`` with the rows of a slice, as long as there is room for them."""
    found = {fate: list(before.get(fate, [])) for fate in (CREATES, UPDATES, SAME, FAILS)}
    chosen = []
    for plan in plans:
        listed = found[plan.act]
        if len(listed) < MOST:
            chosen.append((plan, listed))
            listed.append(None)
    words = _Words(setting, [plan for plan, _listed in chosen])
    for fate, listed in found.items():
        of_fate = iter([words.line(plan) for plan, _same in chosen if plan.act == fate])
        found[fate] = [next(of_fate) if each is None else each for each in listed]
    return found


class _Words:
    """Values in print, with what they name read at once."""

    def __init__(self, setting: Setting, plans: list[Plan]) -> None:
        self.setting = setting
        self.definitions: dict[str, Definition] = by_slot(setting.object_type)
        pairs = [self._pairs(plan) for plan in plans]
        people = {pk for each in pairs for pk in each.get("owner_id", ()) if pk}
        companies = {pk for each in pairs for pk in each.get("company_id", ()) if pk}
        self.names: dict[str, dict[Any, str]] = {}
        if people:
            users = get_user_model()._default_manager.in_bulk(people)
            self.names["owner_id"] = {pk: str(user) for pk, user in users.items()}
        if companies:
            self.names["company_id"] = dict(Company.objects.filter(pk__in=companies).values_list("pk", "name"))

    def _pairs(self, plan: Plan) -> changes.Changes:
        if plan.act == CREATES:
            values = {**plan.values, "properties": plan.properties}
            return {name: (None, value) for name, value in values.items() if value not in (None, "", {})}
        return plan.differing

    def line(self, plan: Plan) -> dict[str, Any]:
        """One row of the preview."""
        title = str(plan.record) if plan.record is not None else ""
        if not title:
            shown = [
                plain(plan.row.cells[at]) for at, _target in self.setting.columns if not is_empty(plan.row.cells[at])
            ]
            title = " · ".join(shown[:3])[:LONGEST]
        return {
            "line": plan.row.line, "title": title, "id": plan.record.pk if plan.record is not None else None,
            "fields": self._fields(plan) if plan.act in (CREATES, UPDATES) else [],
            "problem": " ".join(plan.problems),
        }  # fmt: skip

    def _fields(self, plan: Plan) -> list[dict[str, str]]:
        fields = [
            {"label": self._label(name), "old": self._text(name, old), "new": self._text(name, new)}
            for name, (old, new) in changes.by_property(self._pairs(plan)).items()
        ]
        if plan.stage is not None and (plan.record is None or plan.record.stage_id != plan.stage.pk):
            old = plan.record.stage.name if plan.record is not None else ""
            fields.append({"label": _("Stage"), "old": old, "new": plan.stage.name})
        if plan.company is not None:
            name = plan.company.name or plan.company.domain
            fields.append({"label": _("Company"), "old": "", "new": _("%s (new)") % name})
        for slot, label in plan.choices:
            fields.append({"label": self._label(f"property:{slot}"), "old": "", "new": _("%s (new choice)") % label})
        return [each for each in fields if each["old"] or each["new"]]

    def _label(self, name: str) -> str:
        definition = self.definitions.get(name.removeprefix("property:"))
        return definition.label if definition is not None and name.startswith("property:") else label_of(name)

    def _text(self, name: str, value: Any) -> str:
        if value in (None, "", {}):
            return ""
        if name in self.names or name in ("owner_id", "company_id"):
            return self.names.get(name, {}).get(value, str(value))
        if name.startswith("property:"):
            definition = self.definitions.get(name.removeprefix("property:"))
            return display(definition, value)[:LONGEST] if definition is not None else str(value)
        if isinstance(value, dict):
            return ", ".join(address_lines(value))[:LONGEST]
        if isinstance(value, bool):
            return _("Yes") if value else _("No")
        if hasattr(value, "isoformat"):
            return date_format(value, "DATE_FORMAT")
        return formatted_number(value) if hasattr(value, "as_tuple") else str(value)[:LONGEST]
