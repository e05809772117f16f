"""The forecast of deals, and the goals that it is compared with."""

import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import require
from core.company import fiscal_year, profile, today
from core.conditions import to_address
from core.forms.fields import AmountField
from crm.models import Pipeline, SalesGoal
from crm.queries import deals
from crm.queries import forecast as queries
from crm.services import goals as services

PERMISSION = "crm.manage_pipelines"
MOST_PEOPLE = 100
UNDATED = to_address(
    {"all": [{"field": "status", "op": "in", "value": ["open"]}, {"field": "close_on", "op": "empty"}]}
)


@require_GET
def forecast(request: HttpRequest) -> HttpResponse:
    """Open deals by month or quarter of their close date, with what was won."""
    by = request.GET.get("by", "")
    by = by if by in queries.SHOWN else queries.MONTHS
    group = request.GET.get("group", "")
    group = group if group in (queries.OWNER, queries.TEAM, queries.PIPELINE) else queries.OWNER
    start = _day(request.GET.get("start", "")) or today()
    every = list(Pipeline.objects.all())
    pipeline = next((each for each in every if str(each.pk) == request.GET.get("pipeline", "")), None)
    found = deals.visible_to(request.user)
    if pipeline is not None:
        found = found.filter(stage__pipeline=pipeline)
    result = queries.forecast(found, by=by, group=group, start=start)
    kept = {"by": by, "group": group, "pipeline": pipeline.pk if pipeline else ""}
    context = {
        "forecast": result,
        "by": by,
        "group": group,
        "bys": [(queries.MONTHS, _("Months")), (queries.QUARTERS, _("Quarters"))],
        "groups": [(queries.OWNER, _("Owner")), (queries.TEAM, _("Team")), (queries.PIPELINE, _("Pipeline"))],
        "pipelines": every,
        "pipeline": pipeline,
        "labels": [period.label or date_format(period.first, "F Y") for period in result.periods],
        "earlier": _link(kept, _back(result, by)),
        "later": _link(kept, result.periods[-1].last + datetime.timedelta(days=1)),
        "current": _link(kept, None),
        "begins_today": result.periods[0].first <= today() <= result.periods[0].last,
        "before": result.periods[0].first - datetime.timedelta(days=1),
        "undated_where": UNDATED,
        "own_query": f"&pipeline={pipeline.pk}" if pipeline else "",
        "may_set_goals": request.user.has_perm(PERMISSION),
    }
    return render(request, "crm/forecast.html", context)


class GoalsForm(forms.Form):
    """A goal for each person and month of a fiscal year."""

    def __init__(self, *args: Any, first: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.months = [each.first for each in queries.periods(queries.MONTHS, first, 12)]
        people = get_user_model()._default_manager.filter(is_active=True).order_by("name", "pk")
        self.people = list(people[:MOST_PEOPLE])
        stored = SalesGoal.objects.filter(month__gte=self.months[0], month__lte=self.months[-1])
        held = {(goal.owner_id, goal.month): goal.amount for goal in stored}
        for person in self.people:
            for month in self.months:
                label = _("%(who)s in %(month)s") % {"who": person, "month": date_format(month, "F Y")}
                field = AmountField(label=label, required=False)
                field.widget.attrs["aria-label"] = label
                self.fields[self.name(person, month)] = field
                self.initial[self.name(person, month)] = held.get((person.pk, month))

    @staticmethod
    def name(person: Any, month: datetime.date) -> str:
        """The field of a goal."""
        return f"goal_{person.pk}_{month:%Y%m}"

    def rows(self) -> list[tuple[Any, list[Any]]]:
        """Each person with the fields of the months."""
        return [(person, [self[self.name(person, month)] for month in self.months]) for person in self.people]

    def goals(self) -> dict[tuple[int, datetime.date], Any]:
        """What was typed. Only after ``is_valid``."""
        return {
            (person.pk, month): self.cleaned_data[self.name(person, month)]
            for person in self.people
            for month in self.months
        }


@require_http_methods(["GET", "POST"])
def goals(request: HttpRequest) -> HttpResponse:
    """What people mean to win in the months of a fiscal year."""
    require(request.user, PERMISSION)
    first, last = fiscal_year(_day(request.GET.get("start", "")) or today())
    form = GoalsForm(request.POST or None, first=first)
    if request.method == "POST" and form.is_valid():
        services.set_goals(form.goals(), by=request.user)
        messages.success(request, _("Goals saved."))
        return redirect("crm:forecast")
    context = {
        "form": form,
        "first": first,
        "last": last,
        "currency": profile().currency,
        "months": form.months,
        "rows": form.rows(),
        "earlier": first - datetime.timedelta(days=1),
        "later": last + datetime.timedelta(days=1),
    }
    return render(request, "crm/forecast_goals.html", context, status=422 if form.errors else 200)


def _day(text: str) -> datetime.date | None:
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1990 <= day.year <= 2200 else None


def _back(result: queries.Forecast, by: str) -> datetime.date:
    """The first day of as many periods before."""
    months = len(result.periods) * (3 if by == queries.QUARTERS else 1)
    first = result.periods[0].first
    number = first.year * 12 + first.month - 1 - months
    return datetime.date(number // 12, number % 12 + 1, 1)


def _link(kept: dict[str, Any], start: datetime.date | None) -> str:
    parts = {**kept, "start": start.isoformat() if start else ""}
    return "?" + "&".join(f"{name}={value}" for name, value in parts.items() if value)
