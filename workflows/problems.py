"""What is wrong with a definition, each in a sentence with its place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from core.conditions import problems_of, setting
from core.conditions import registry as conditions
from workflows import records
from workflows.definition import BRANCH, Definition, branches_of, placed, steps_of
from workflows.enums import Again, TriggerKind
from workflows.steps.registry import UNITS, StepField, StepType, step_types
from workflows.times import clock_of
from workflows.trigger_events import event_kinds_of

MOST_STEPS = 100
MOST_DAYS = 365 * 3
LONGEST_ID = 40
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """Something to mend. ``path`` leads to it from the top of the definition, as keys and indexes."""

    path: Path
    text: str


def find_problems(definition: Definition) -> list[Problem]:
    """Everything that keeps a definition from being published, from the top down."""
    object_type = definition.get("object")
    if not isinstance(object_type, str) or object_type not in records.kinds():
        return [Problem(("object",), _("Choose what the workflow is about."))]
    return [
        *_of_trigger(definition, object_type),
        *of_conditions(definition.get("conditions"), object_type, ("conditions",)),
        *_of_again(definition.get("again", Again.NEVER)),
        *_of_suppress(definition.get("suppress")),
        *_of_steps(definition, object_type),
    ]


def of_conditions(condition: Any, object_type: str, path: Path) -> list[Problem]:
    """What is wrong with a condition."""
    found = problems_of(condition, object_type, setting(strict=True)) if condition else []
    return [Problem((*path, *problem.place), str(problem)) for problem in found]


def _of_trigger(definition: Definition, object_type: str) -> Iterator[Problem]:
    trigger = definition.get("trigger")
    kind = trigger.get("kind") if isinstance(trigger, Mapping) else None
    if not isinstance(trigger, Mapping) or kind not in TriggerKind.values:
        yield Problem(("trigger",), _("Choose what starts the workflow."))
    elif kind == TriggerKind.EVENT:
        event = trigger.get("event")
        if event not in {each.name for each in event_kinds_of(object_type)}:
            yield Problem(("trigger", "event"), _("Choose what has to happen."))
        yield from _of_changed(trigger.get("changed"), object_type)
    elif kind == TriggerKind.DATE:
        yield from _of_date(trigger, object_type)
    elif kind == TriggerKind.BECOMES_TRUE and not definition.get("conditions"):
        yield Problem(("conditions",), _("Say which conditions have to become true."))


def _of_changed(changed: Any, object_type: str) -> Iterator[Problem]:
    if not changed:
        return
    name = changed.get("property") if isinstance(changed, Mapping) else None
    if not isinstance(name, str) or conditions.field_of(object_type, name) is None:
        yield Problem(("trigger", "changed"), _("Choose the property that has to change."))


def _of_date(trigger: Mapping[str, Any], object_type: str) -> Iterator[Problem]:
    name = trigger.get("property")
    known = conditions.field_of(object_type, name) if isinstance(name, str) else None
    if known is None or known.kind not in ("date", "datetime"):
        yield Problem(("trigger", "property"), _("Choose a date property."))
    days = trigger.get("days", 0)
    if isinstance(days, bool) or not isinstance(days, int) or abs(days) > MOST_DAYS:
        yield Problem(("trigger", "days"), _("Give a whole number of days, %d at most.") % MOST_DAYS)
    if not clock_of(trigger.get("at", "09:00")):
        yield Problem(("trigger", "at"), _("Give a time of day such as 09:00."))


def _of_again(again: Any) -> Iterator[Problem]:
    if again in (Again.NEVER, Again.EACH_TIME):
        return
    days = again.get(Again.AFTER_DAYS.value) if isinstance(again, Mapping) else None
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= MOST_DAYS:
        yield Problem(("again",), _("Say whether, or after how many days, a record may come again."))


def _of_suppress(suppress: Any) -> Iterator[Problem]:
    if suppress and (not isinstance(suppress, Sequence) or not all(isinstance(each, int) for each in suppress)):
        yield Problem(("suppress",), _("Choose the segments again."))


def _of_steps(definition: Definition, object_type: str) -> Iterator[Problem]:
    if not steps_of(definition):
        yield Problem(("steps",), _("Add at least one step."))
    seen: set[str] = set()
    for number, found in enumerate(placed(definition)):
        if number == MOST_STEPS:
            yield Problem(("steps",), _("A workflow has at most %d steps.") % MOST_STEPS)
            return
        pk = found.step.get("id")
        if not isinstance(pk, str) or not 0 < len(pk) <= LONGEST_ID or pk in seen:
            yield Problem((*found.path, "id"), _("This step has the id of another one, or none."))
        else:
            seen.add(pk)
        yield from of_step(found.step, object_type, found.path)


def of_step(step: Mapping[str, Any], object_type: str, path: Path = ()) -> Iterator[Problem]:
    """What is wrong with one step."""
    known = step_types.get(str(step.get("type")))
    if known is None:
        yield Problem((*path, "type"), _("There is no such step."))
        return
    if not known.fits(object_type):
        words = {"step": known.label, "record": records.label_of(object_type).lower()}
        yield Problem((*path, "type"), _("“%(step)s” can’t be done for a %(record)s.") % words)
        return
    if known.name == BRANCH:
        yield from _of_branches(step, object_type, path)
    yield from _of_settings(known, step.get("settings") or {}, object_type, (*path, "settings"))


def _of_branches(step: Mapping[str, Any], object_type: str, path: Path) -> Iterator[Problem]:
    branches = branches_of(step)
    if not branches:
        yield Problem((*path, "branches"), _("Add at least one branch."))
    ids = [branch.get("id") if isinstance(branch, Mapping) else None for branch in branches]
    if len(set(ids)) < len(ids) or not all(isinstance(pk, str) and pk for pk in ids):
        yield Problem((*path, "branches"), _("Branches need ids of their own."))
        return
    for index, branch in enumerate(branches):
        here = (*path, "branches", index)
        if not isinstance(branch.get("steps", []), list):
            yield Problem((*here, "steps"), _("A branch holds a list of steps."))
        if not branch.get("conditions") and index < len(branches) - 1:
            yield Problem((*here, "conditions"), _("Only the last branch can be without conditions."))
        yield from of_conditions(branch.get("conditions"), object_type, (*here, "conditions"))


def _of_settings(known: StepType, settings: Any, object_type: str, path: Path) -> Iterator[Problem]:
    if not isinstance(settings, Mapping):
        yield Problem(path, _("This step can’t be read."))
        return
    found = [
        Problem((*path, field.name), text)
        for field in known.fields
        if _asked(field, settings)
        for text in _of_field(field, settings.get(field.name, field.default), object_type)
    ]
    yield from found
    if not found:
        yield from (Problem(path, text) for text in known.check(settings, object_type))


def _asked(field: StepField, settings: Mapping[str, Any]) -> bool:
    if not field.only_if:
        return True
    name, *values = field.only_if
    return str(settings.get(name, "")) in values


def _of_field(field: StepField, value: Any, object_type: str) -> list[str]:
    if value in (None, "", [], {}):
        return [_("%s is missing.") % field.label] if field.required else []
    if field.kind == "conditions":
        return [problem.text for problem in of_conditions(value, object_type, ())]
    if field.kind == "duration" and not _is_duration(value):
        return [_("Say how long, such as 3 days.")]
    if field.kind == "choice" and str(value) not in {str(key) for key, _label in field.options(object_type)}:
        return [_("Choose one of the values of %s.") % field.label]
    if field.kind == "record_path":
        try:
            records.way(object_type, str(value))
        except records.NoSuchPath as error:
            return [str(error)]
    return []


def _is_duration(value: Any) -> bool:
    if not isinstance(value, Mapping) or value.get("unit") not in UNITS:
        return False
    amount = value.get("amount")
    return isinstance(amount, int) and not isinstance(amount, bool) and 0 < amount <= 10_000
