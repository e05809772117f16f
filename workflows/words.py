"""Workflows in words: what starts one, who comes again, and what each step does."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.conditions import BadCondition, sentence
from core.conditions import registry as conditions
from workflows import choices, records
from workflows.definition import Definition
from workflows.enums import Again, TriggerKind
from workflows.forms.step import editor_for
from workflows.steps import writing
from workflows.steps.registry import StepField, step_types
from workflows.trigger_events import EVENTS

MOST_PARTS = 3
LONGEST_PART = 90
# Long texts would hide what a step is about.
LEFT_OUT = ("body", "details")
Step = Mapping[str, Any]


def trigger_words(definition: Definition) -> str:
    """What starts the workflow."""
    trigger = definition.get("trigger") or {}
    object_type = str(definition.get("object"))
    kind = trigger.get("kind")
    if kind == TriggerKind.EVENT:
        event = EVENTS.get(str(trigger.get("event")))
        if event is None:
            return _("Nothing yet: choose what has to happen")
        return " ".join(filter(None, [str(event.label), changed_words(trigger.get("changed"), object_type)]))
    if kind == TriggerKind.BECOMES_TRUE:
        return _("The conditions become true for a record")
    if kind == TriggerKind.DATE:
        return date_words(trigger, object_type)
    return _("Somebody enrols records by hand")


def changed_words(changed: Any, object_type: str) -> str:
    """Which property has to change, and to what."""
    if not isinstance(changed, Mapping) or not changed.get("property"):
        return ""
    label = _label(object_type, str(changed["property"]))
    if changed.get("to") in (None, ""):
        return _("(%s)") % label
    known = conditions.field_of(object_type, str(changed["property"]))
    shown = dict(choices.values_of(known, None)).get(str(changed["to"])) if known else None
    return _("(%(property)s is now %(value)s)") % {"property": label, "value": shown or changed["to"]}


def date_words(trigger: Mapping[str, Any], object_type: str) -> str:
    """When a date starts the workflow: ``3 days after Due date, at 09:00, on working days``."""
    label = _label(object_type, str(trigger.get("property") or ""))
    if not trigger.get("property"):
        return _("A date comes: choose which one")
    days = trigger.get("days") if isinstance(trigger.get("days"), int) else 0
    count = abs(int(days or 0))
    if not days:
        when = _("On %s") % label
    elif days > 0:
        when = ngettext("%(days)d day after %(date)s", "%(days)d days after %(date)s", count)
    else:
        when = ngettext("%(days)d day before %(date)s", "%(days)d days before %(date)s", count)
    when = when % {"days": count, "date": label} if days else when
    parts = [when, _("at %s") % trigger.get("at", "09:00")]
    if trigger.get("working_days"):
        parts.append(_("on working days"))
    return ", ".join(parts)


def again_words(definition: Definition) -> str:
    """Whether a record may be enrolled once more."""
    again = definition.get("again", Again.NEVER.value)
    if isinstance(again, Mapping):
        days = int(again.get(Again.AFTER_DAYS.value) or 0)
        return ngettext("Again after %d day", "Again after %d days", days) % days
    return _("Each time it happens") if again == Again.EACH_TIME else _("Each record once")


def conditions_words(condition: Any, object_type: str, user: Any = None) -> str:
    """A condition as a sentence; empty without one."""
    if not condition:
        return ""
    try:
        return sentence(condition, object_type, user=user)
    except BadCondition as error:
        return str(error)


def step_words(step: Step, object_type: str, user: Any = None) -> str:
    """What a step is set to do, in a line."""
    known = step_types.get(str(step.get("type")))
    settings = step.get("settings") or {}
    if known is None or not isinstance(settings, Mapping):
        return ""
    parts = []
    for field in known.fields:
        value = settings.get(field.name)
        if (
            field.name in LEFT_OUT
            or value in (None, "", [], {})
            or (field.only_if and str(settings.get(field.only_if[0], "")) not in field.only_if[1:])
        ):
            continue
        if words := setting_words(field, value, object_type, settings, user):
            parts.append(words)
    shown = parts[:MOST_PARTS]
    return " · ".join([*shown, "…"] if len(parts) > MOST_PARTS else shown)


def setting_words(field: StepField, value: Any, object_type: str, settings: Mapping[str, Any], user: Any) -> str:
    """A setting as a person reads it."""
    if field.kind == "checkbox":
        return str(field.label) if value is True else ""
    if field.kind == "duration" and isinstance(value, Mapping):
        return duration_words(value)
    if field.kind == "conditions":
        return conditions_words(value, object_type, user)
    if field.kind == "record_path":
        return {path: said for path, said, _kind in records.paths(object_type)}.get(str(value), str(value))
    if field.kind == "property":
        kind = _target(settings, object_type)
        return dict(writing.choices(kind)).get(str(value)) or _label(kind, str(value))
    pairs = _pairs(field, object_type, settings, user)
    text = pairs.get(str(value), "" if field.kind in NAMED else str(value))
    text = " ".join(text.split()) or _("(gone)")
    return text if len(text) <= LONGEST_PART else f"{text[: LONGEST_PART - 1]}…"


def duration_words(value: Mapping[str, Any]) -> str:
    """A stored duration: “1 minute”, “3 days”."""
    amount, unit = value.get("amount"), str(value.get("unit"))
    count = amount if isinstance(amount, int) else 0  # a draft may hold anything
    words = {
        "minutes": ngettext("%d minute", "%d minutes", count),
        "hours": ngettext("%d hour", "%d hours", count),
        "days": ngettext("%d day", "%d days", count),
        "weeks": ngettext("%d week", "%d weeks", count),
    }
    return words[unit] % count if unit in words else str(count)


NAMED = {"user": choices.people, "team": choices.teams, "stage": choices.stages, "workflow": choices.workflows}


def _pairs(field: StepField, object_type: str, settings: Mapping[str, Any], user: Any) -> dict[str, str]:
    if field.kind in NAMED:
        return dict(NAMED[field.kind]())
    if field.kind == "segment":
        return dict(choices.segments(_target(settings, object_type)))
    if field.kind == "choice":
        return {str(key): str(label) for key, label in field.options(object_type)}
    if field.kind == "value":
        editor = editor_for(_target(settings, object_type), str(settings.get("property") or ""), user)
        offered = getattr(editor.field, "choices", ()) if editor is not None else ()
        return {str(key): str(label) for key, label in offered if not isinstance(label, list | tuple)}
    return {}


def _target(settings: Mapping[str, Any], object_type: str) -> str:
    try:
        return records.way(object_type, str(settings.get("path") or settings.get("record") or ""))[1]
    except records.NoSuchPath:
        return object_type


def _label(object_type: str, name: str) -> str:
    known = conditions.field_of(object_type, name) if name else None
    return str(known.label) if known else name
