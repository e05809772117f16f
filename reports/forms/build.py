"""The form of the builder: a definition as fields, and fields as a definition."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from core.conditions import Field, registry
from core.forms.conditions import ConditionField
from core.tables.saved import sharing_choices
from reports.definition import BUCKETS, CHARTS, DATES, MEASURES, MOST_MEASURES, MOST_TOP, NUMBERS, SHOWS
from reports.ranges import RANGES
from reports.sources import SOURCES, Source

FURTHEST = 2
CUSTOM = "custom"
Choices = list[tuple[Any, Any]]
SORTS = (
    ("measure-down", _("Largest first")),
    ("measure-up", _("Smallest first")),
    ("group-up", _("By name or date")),
    ("group-down", _("By name or date, from the end")),
)
ICONS = {
    "bar": "chart-bar",
    "stacked_bar": "chart-histogram",
    "line": "chart-line",
    "area": "chart-area",
    "donut": "chart-donut",
    "funnel": "chart-funnel",
    "number": "number-123",
    "table": "table",
    "pivot": "columns",
}


def _within(source: Source, user: Any) -> Iterator[tuple[str, str, Field]]:
    """The properties that a report reaches: (what leads there, path, property), the nearest first."""
    waiting: list[tuple[str, str, str, int]] = [(source.name, "", "", 0)]
    while waiting:
        owner, prefix, words, far = waiting.pop(0)
        for field in registry.fields_of(owner, user).values():
            if field.stands_for is None:
                yield words, prefix + field.name, field
        if far == FURTHEST:
            continue
        for relation in registry.relations_of(owner, user).values():
            if not relation.many:
                label = f"{words}: {relation.label}" if words else str(relation.label)
                waiting.append((relation.target, f"{prefix}{relation.name}.", label, far + 1))


def _several(source: Source, user: Any) -> Iterator[tuple[str, str, Field]]:
    """The properties of records of which one of the report's has several; past parts that no report is about."""
    for relation in registry.relations_of(source.name, user).values():
        if not relation.many:
            continue
        words, prefix = str(_("%s (each)") % relation.label), f"{relation.name}."
        for field in registry.fields_of(relation.target, user).values():
            if field.stands_for is None:
                yield words, prefix + field.name, field
        if relation.target in SOURCES:
            continue
        for onward in registry.relations_of(relation.target, user).values():
            if onward.many or onward.target == source.name:
                continue
            for field in registry.fields_of(onward.target, user).values():
                if field.stands_for is None:
                    yield f"{words}: {onward.label}", f"{prefix}{onward.name}.{field.name}", field


def _listed(found: Iterator[tuple[str, str, Field]], own: Any) -> Choices:
    """Choices with a group for each record that properties belong to."""
    groups: dict[str, Choices] = {}
    for words, path, field in found:
        # A closed list shows the choice alone: “Name” would be anybody's.
        label = f"{words}: {field.label}" if words else field.label
        groups.setdefault(words or str(own), []).append((path, label))
    return list(groups.items())


class BuildForm(forms.Form):
    """What is shown, of which records, and how; name and readers for keeping it."""

    name = forms.CharField(label=_("Name"), max_length=120)
    description = forms.CharField(
        label=_("What it tells"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    sharing = forms.ChoiceField(label=_("Who sees it"), choices=[])
    chart = forms.ChoiceField(label=_("Chart"), choices=list(CHARTS.items()), widget=forms.RadioSelect)
    group_1 = forms.ChoiceField(label=_("Group by"), required=False)
    bucket_1 = forms.ChoiceField(label=_("Dates"), required=False, choices=list(BUCKETS.items()))
    group_2 = forms.ChoiceField(label=_("Then by"), required=False)
    bucket_2 = forms.ChoiceField(label=_("Dates"), required=False, choices=list(BUCKETS.items()))
    date = forms.ChoiceField(label=_("Date"), required=False)
    range = forms.ChoiceField(label=_("Period"), required=False)
    first = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    currency = forms.ChoiceField(
        label=_("Amounts"),
        required=False,
        choices=[("crm", _("In the CRM’s currency")), ("own", _("In their own currencies"))],
    )
    sort = forms.ChoiceField(label=_("Order"), required=False, choices=SORTS)
    top = forms.IntegerField(
        label=_("Show only the first"),
        required=False,
        min_value=1,
        max_value=MOST_TOP,
        help_text=_("The rest is “Other”."),
    )

    def __init__(self, data: Any = None, *, source: Source, user: Any, **more: Any) -> None:
        super().__init__(data, **more)
        self.source = source
        between = _("Show only the first: choose a number from 1 to %d.") % MOST_TOP
        top = self.fields["top"]
        top.error_messages["invalid"] = between
        top.validators = [MinValueValidator(1, between), MaxValueValidator(MOST_TOP, between)]
        self.fields["where"] = ConditionField(object_type=source.name, user=user, required=False, label=_("Conditions"))
        own = source.label
        reached = list(_within(source, user))
        grouping = [
            each for each in [*reached, *_several(source, user)] if each[2].kind not in ("multi_choice", "money")
        ]
        groupable = _listed(iter(grouping), own)
        self.dated = [path for _words, path, field in grouping if field.kind in DATES]
        dates = _listed((each for each in reached if each[2].kind in DATES), own)
        numbers = [(path, field.label) for words, path, field in reached if field.kind in NUMBERS and not words]
        others = [(path, field.label) for words, path, field in reached if field.kind not in NUMBERS and not words]
        self._offer("sharing", sharing_choices(user))
        for at in (1, 2):
            self._offer(f"group_{at}", [("", _("Nothing")), *groupable])
            self.fields[f"group_{at}"].widget.attrs["data-dated"] = " ".join(self.dated)
        self._offer("date", dates)
        ranges: Choices = [(name, label) for name, (label, _days) in RANGES.items()]
        self._offer("range", [("", _("All time")), *ranges, (CUSTOM, _("From … to …"))])
        for at in range(1, MOST_MEASURES + 1):
            kinds: Choices = list(MEASURES.items())
            first: Choices = [] if at == 1 else [("", _("Nothing more"))]
            self.fields[f"kind_{at}"] = forms.ChoiceField(label=_("Work out"), required=False, choices=[*first, *kinds])
            of = [("", "–"), (_("Numbers"), numbers), (_("To count different ones"), others)]
            self.fields[f"of_{at}"] = forms.ChoiceField(label=_("Of"), required=False, choices=of)
            self.fields[f"show_{at}"] = forms.ChoiceField(label=_("Shown"), required=False, choices=list(SHOWS.items()))

    def _offer(self, name: str, choices: Choices) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    @property
    def measures(self) -> list[tuple[Any, Any, Any]]:
        """The fields of each measure."""
        return [(self[f"kind_{at}"], self[f"of_{at}"], self[f"show_{at}"]) for at in range(1, MOST_MEASURES + 1)]

    @property
    def further(self) -> bool:
        """Whether more than one measure is chosen."""
        return any(self[f"kind_{at}"].value() for at in range(2, MOST_MEASURES + 1))

    @property
    def chart_choices(self) -> list[tuple[str, Any, str, bool]]:
        """The charts with their icons: (value, label, icon, chosen)."""
        chosen = self["chart"].value() or "bar"
        return [(value, label, ICONS[value], value == chosen) for value, label in CHARTS.items()]

    def clean(self) -> Any:
        """A custom period has both days."""
        given = super().clean() or self.cleaned_data
        if given.get("range") == CUSTOM and not (given.get("first") and given.get("last")) and not self.errors:
            self.add_error("first", _("Give the first and the last day."))
        return given

    def definition(self) -> dict[str, Any]:
        """The definition that was built; of what can't be read the beginning value."""
        given = self.cleaned_data
        by, _dash, way = (given.get("sort") or "measure-down").partition("-")
        named: Any = given.get("range") or None
        if named == CUSTOM:
            named = {"from": given["first"].isoformat(), "to": given["last"].isoformat()}
        return {
            "object": self.source.name,
            "filter": given.get("where") or None,
            "period": {"field": given.get("date") or self.source.date, "range": named},
            "groups": [
                {"field": given[f"group_{at}"], "bucket": given[f"bucket_{at}"] if self._dated(at) else None}
                for at in (1, 2)
                if given.get(f"group_{at}")
            ],
            "measures": [
                {
                    "kind": given[f"kind_{at}"],
                    "field": given[f"of_{at}"] or None,
                    "show": given[f"show_{at}"] or "value",
                }
                for at in range(1, MOST_MEASURES + 1)
                if given.get(f"kind_{at}")
            ],
            "currency": given.get("currency") or "crm",
            "sort": {"by": by, "index": 0, "descending": way == "down"},
            "top": given.get("top"),
            "chart": given["chart"],
        }

    def _dated(self, at: int) -> bool:
        return self.cleaned_data[f"group_{at}"] in self.dated


def beginning(source: Source) -> dict[str, Any]:
    """What a new report begins with: a figure for each month of the last twelve."""
    measure = (
        {"kind": "sum", "field": source.amount} if source.amount and source.name != "product" else {"kind": "count"}
    )
    return {
        "object": source.name,
        "period": {"field": source.date, "range": "last_12_months"},
        "groups": [{"field": source.date, "bucket": "month"}],
        "measures": [measure],
        "sort": {"by": "group", "descending": False},
        "chart": "bar",
    }


def initial_of(definition: Mapping[str, Any]) -> dict[str, Any]:
    """A definition as the form's values."""
    period = definition.get("period") or {}
    named = period.get("range")
    days = named if isinstance(named, dict) else {}
    sort = definition.get("sort") or {"by": "measure", "descending": True}
    found = {
        "where": definition.get("filter") or {},
        "date": period.get("field"),
        "range": CUSTOM if days else named or "",
        "first": days.get("from"),
        "last": days.get("to"),
        "currency": definition.get("currency", "crm"),
        "sort": f"{sort.get('by', 'measure')}-{'down' if sort.get('descending') else 'up'}",
        "top": definition.get("top"),
        "chart": definition.get("chart", "bar"),
    }
    for at, group in enumerate((definition.get("groups") or [])[:2], start=1):
        found |= {f"group_{at}": group.get("field"), f"bucket_{at}": group.get("bucket") or "month"}
    for at, measure in enumerate((definition.get("measures") or [])[:MOST_MEASURES], start=1):
        found |= {
            f"kind_{at}": measure.get("kind"),
            f"of_{at}": measure.get("field"),
            f"show_{at}": measure.get("show"),
        }
    return found
