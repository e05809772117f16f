"""What the editor of conditions has to know of an object: plain data for its script."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.conditions import registry
from core.conditions.fields import KINDS, Field
from core.conditions.language import DEEPEST, MOST_HOPS, BadCondition, Setting, parse, problems_of
from core.conditions.operators import operators_of
from core.conditions.words import PERIOD_WORDS, names_in

MOST_PEOPLE = 500
OPERATORS = {
    "equals": gettext_lazy("is"),
    "not_equals": gettext_lazy("is not"),
    "contains": gettext_lazy("contains"),
    "not_contains": gettext_lazy("does not contain"),
    "starts_with": gettext_lazy("starts with"),
    "ends_with": gettext_lazy("ends with"),
    "<": gettext_lazy("is less than"),
    "<=": gettext_lazy("is at most"),
    ">": gettext_lazy("is more than"),
    ">=": gettext_lazy("is at least"),
    "before": gettext_lazy("is before"),
    "after": gettext_lazy("is after"),
    "relative": gettext_lazy("is in the period"),
    "range": gettext_lazy("is between"),
    "in": gettext_lazy("is one of"),
    "not_in": gettext_lazy("is none of"),
    "has_any": gettext_lazy("has any of"),
    "has_all": gettext_lazy("has all of"),
    "has_none": gettext_lazy("has none of"),
    "me": gettext_lazy("is me"),
    "not_me": gettext_lazy("is not me"),
    "my_team": gettext_lazy("is in my team"),
    "not_my_team": gettext_lazy("is not in my team"),
    "empty": gettext_lazy("is empty"),
    "not_empty": gettext_lazy("is not empty"),
}
COUNTED_PERIODS = {
    "last_days": gettext_lazy("in the last … days"),
    "next_days": gettext_lazy("in the next … days"),
    "more_than_days_ago": gettext_lazy("more than … days ago"),
    "more_than_days_ahead": gettext_lazy("more than … days ahead"),
}
# The words of the script.
WORDS = {
    "all": gettext_lazy("All of these"),
    "any": gettext_lazy("At least one of these"),
    "not_all": gettext_lazy("Not all of these"),
    "not_any": gettext_lazy("None of these"),
    "mode": gettext_lazy("What has to be true"),
    "property": gettext_lazy("Property"),
    "choose": gettext_lazy("Choose a property…"),
    "operator": gettext_lazy("Comparison"),
    "value": gettext_lazy("Value"),
    "from": gettext_lazy("From"),
    "to": gettext_lazy("To"),
    "days": gettext_lazy("Days"),
    "period": gettext_lazy("Period"),
    "yes": gettext_lazy("Yes"),
    "no": gettext_lazy("No"),
    "pick": gettext_lazy("Choose…"),
    "associated": gettext_lazy("Associated records"),
    "some": gettext_lazy("at least one has"),
    "none": gettext_lazy("none has"),
    "add": gettext_lazy("Add condition"),
    "add_group": gettext_lazy("Add group"),
    "remove": gettext_lazy("Remove"),
    "duplicate": gettext_lazy("Duplicate"),
    "indent": gettext_lazy("Move into a group"),
    "outdent": gettext_lazy("Move out of the group"),
    "up": gettext_lazy("Move up"),
    "down": gettext_lazy("Move down"),
    "more": gettext_lazy("More actions"),
    "row": gettext_lazy("Condition %s"),
    "group": gettext_lazy("Group"),
    "nothing": gettext_lazy("No conditions yet: every record fits."),
    "removed": gettext_lazy("Condition removed"),
    "unknown": gettext_lazy("A property that is not there any more"),
    "and": gettext_lazy("and"),
    "or": gettext_lazy("or"),
}


def describe(object_type: str, user: Any, condition: Any = None, using: Setting | None = None) -> dict[str, Any]:
    """The objects that conditions about ``object_type`` can reach, with what ``user`` may compare and how.

    With ``condition`` also the names of the records in it, and what is wrong with it. The number of queries depends
    on the kinds of choices, not on records.
    """
    using = using or Setting(user=user, strict=True)
    remembered: dict[Callable[[Any], Any], Any] = {}
    objects: dict[str, Any] = {}
    waiting = [object_type]
    while waiting:
        name = waiting.pop(0)
        if name in objects:
            continue
        objects[name] = describe_object(name, user, remembered)
        waiting += [each["target"] for each in objects[name]["relations"]]
    return {
        "root": object_type,
        "objects": objects,
        "operators": {kind: [_operator(each, kind) for each in operators_of(kind)] for kind in KINDS},
        "periods": [
            *([name, str(label), False] for name, label in PERIOD_WORDS.items()),
            *([name, str(label), True] for name, label in COUNTED_PERIODS.items()),
        ],
        "people": _people(),
        "names": names_of(condition, object_type, using),
        "problems": [
            {"place": list(each.place), "text": str(each)} for each in problems_of(condition, object_type, using)
        ]
        if condition
        else [],
        "deepest": DEEPEST,
        "hops": MOST_HOPS,
        "words": {key: str(text) for key, text in WORDS.items()},
    }


def describe_object(
    object_type: str, user: Any, remembered: dict[Callable[[Any], Any], Any] | None = None
) -> dict[str, Any]:
    """What ``user`` may compare of one kind of object, and where its associations lead.

    ``remembered`` are choices that were read before, by the functions that read them.
    """
    known = {} if remembered is None else remembered
    return {
        "label": str(registry.objects[object_type].label),
        "fields": [_field(each, object_type, user, known) for each in registry.fields_of(object_type, user).values()],
        "relations": [
            {"name": each.name, "label": str(each.label), "target": each.target, "many": each.many}
            for each in registry.relations_of(object_type, user).values()
        ],
    }


def names_of(condition: Any, object_type: str, using: Setting) -> dict[str, str]:
    """The names of the records that a condition mentions, under ``<object type>:<id>``; none while it is wrong."""
    if not condition:
        return {}
    try:
        node = parse(condition, object_type, using)
    except BadCondition:
        return {}
    return {f"{target}:{pk}": name for (target, pk), name in names_in(node, using.user).items()}


def _field(field: Field, owner: str, user: Any, remembered: dict[Callable[[Any], Any], Any]) -> dict[str, Any]:
    described: dict[str, Any] = {"name": field.name, "label": str(field.label), "kind": field.kind}
    if field.group:
        described["group"] = str(field.group)
    choices: Iterable[Any] = field.choices
    if field.options_by_object is not None:
        if field.options_by_object not in remembered:
            remembered[field.options_by_object] = field.options_by_object(user)
        choices = remembered[field.options_by_object].get(owner, ())
    elif field.options is not None:
        if field.options not in remembered:
            remembered[field.options] = _pairs(field.options(user))
        choices = remembered[field.options]
    if choices:
        described["choices"] = _pairs(choices)
    target = registry.objects.get(field.target)
    if field.target:
        described["target"] = field.target
    if target is not None and target.choices_url and registry.may_use(field.target, user):
        described["url"] = reverse(target.choices_url)
    return described


def _pairs(choices: Iterable[Any]) -> list[list[str]]:
    return [[str(value), str(label)] for value, label in choices]


def _operator(operator: Any, kind: str) -> Mapping[str, str]:
    label = str(OPERATORS[operator.name])
    if kind in ("date", "datetime") and operator.name in ("equals", "not_equals"):
        label = _("is on") if operator.name == "equals" else _("is not on")
    return {"name": operator.name, "label": label, "shape": operator.shape}


def _people() -> list[list[str]]:
    rows = get_user_model()._default_manager.filter(is_active=True).order_by("name", "pk")[:MOST_PEOPLE]
    return [[str(person.pk), str(person)] for person in rows]
