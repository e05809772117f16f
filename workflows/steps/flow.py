"""Steps that steer: branch, wait, start another workflow, stop."""

import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import company
from core.conditions import registry as conditions
from workflows import dry_runs, times
from workflows.conditions import holds, value_of
from workflows.models import Workflow
from workflows.services import enrolments
from workflows.steps.registry import (
    Done,
    Ended,
    Failed,
    Outcome,
    Settings,
    Skipped,
    StepContext,
    StepField,
    StepType,
    Wait,
    WouldFail,
    WouldSkip,
    add_step_types,
)

GROUP = gettext_lazy("Flow")
FOR, UNTIL_DATE, UNTIL_TRUE = "for", "until_date", "until_true"
MODES = (
    (FOR, gettext_lazy("For some time")),
    (UNTIL_DATE, gettext_lazy("Until a date of the record")),
    (UNTIL_TRUE, gettext_lazy("Until conditions are true")),
)
# Conditions can become true without anything happening to the record, such as by a date.
LOOK_AGAIN = datetime.timedelta(minutes=30)


def preview_branch(_settings: Settings, run: StepContext) -> str:
    """Which way the record would take."""
    return _("Takes the way “%s”.") % dry_runs.branch_name(run.step, dry_runs.branch_for(run.step, run.record))


def run_branch(_settings: Settings, run: StepContext) -> Outcome:
    """Take the first way whose conditions hold."""
    branch = dry_runs.branch_for(run.step, run.record)
    return Done(_("Took the way “%s”.") % dry_runs.branch_name(run.step, branch), {"branch": branch}, branch=branch)


def _date_in(settings: Settings, run: StepContext) -> datetime.datetime | None:
    value = value_of(run.record, run.object_type, str(settings["property"]))
    if value is None:
        return None
    days = int(settings.get("days") or 0)
    day = times.shifted(times.day_of(value), days, working_days=bool(settings.get("working_days")))
    return times.moment_of(day, settings.get("at"))


def preview_delay(settings: Settings, run: StepContext) -> str:
    """Until when it would wait."""
    mode = settings.get("mode", FOR)
    if mode == FOR:
        return _("Waits until %s.") % _told(run.now + times.length_of(settings["duration"]))
    if mode == UNTIL_DATE:
        until = _date_in(settings, run)
        if until is None:
            raise WouldSkip(_("The date is empty."))
        if until <= run.now:
            raise WouldSkip(_("The date is past: %s.") % _told(until))
        return _("Waits until %s.") % _told(until)
    if holds(settings["conditions"], run.object_type, run.record.pk, run.now):
        raise WouldSkip(_("The conditions are true already."))
    return _("Waits until the conditions are true, but not longer than %s.") % _told(_time_out(settings, run.now))


def run_delay(settings: Settings, run: StepContext) -> Outcome:
    """Wait; called again when the time has come, or something happened to the record."""
    if settings.get("mode", FOR) == UNTIL_TRUE:
        return _wait_until_true(settings, run)
    if run.waiting:
        begun = datetime.datetime.fromisoformat(run.waiting["until"])
        return Done(_("Waited until %s.") % _told(begun)) if begun <= run.now else _wait(begun)
    until = _date_in(settings, run) if settings.get("mode", FOR) == UNTIL_DATE else _after(settings, run.now)
    if until is None:
        return Skipped(_("The date is empty."))
    if until <= run.now:
        return Skipped(_("The date is past: %s.") % _told(until))
    return _wait(until)


def _after(settings: Settings, now: datetime.datetime) -> datetime.datetime:
    return now + times.length_of(settings["duration"])


def _wait(until: datetime.datetime) -> Wait:
    return Wait(until, _("Waits until %s.") % _told(until), {"until": until.isoformat()})


def _wait_until_true(settings: Settings, run: StepContext) -> Outcome:
    if holds(settings["conditions"], run.object_type, run.record.pk, run.now):
        return Done(_("The conditions are true."), {"came_true": True})
    until = datetime.datetime.fromisoformat(run.waiting["until"]) if run.waiting else _time_out(settings, run.now)
    if until <= run.now:
        return Done(_("Waited in vain until %s.") % _told(until), {"came_true": False})
    reason = _("Waits until the conditions are true, but not longer than %s.") % _told(until)
    return Wait(min(until, run.now + LOOK_AGAIN), reason, {"until": until.isoformat()}, wakes=True)


def _time_out(settings: Settings, now: datetime.datetime) -> datetime.datetime:
    return now + times.length_of(settings["timeout"])


def check_delay(settings: Settings, object_type: str) -> list[str]:
    """Whether its date is one, and its time."""
    if settings.get("mode", FOR) != UNTIL_DATE:
        return []
    known = conditions.field_of(object_type, str(settings.get("property")))
    if known is None or known.kind not in ("date", "datetime"):
        return [_("Choose a date property.")]
    if settings.get("at") and times.clock_of(settings["at"]) is None:
        return [_("Give a time of day such as 09:00.")]
    return []


def _told(moment: datetime.datetime) -> str:
    return date_format(moment.astimezone(company.zone()), "DATETIME_FORMAT")


def _started(settings: Settings) -> Workflow | None:
    pk = str(settings.get("workflow"))
    return Workflow.objects.select_related("published").filter(pk=int(pk) if pk.isdecimal() else 0).first()


def check_start(settings: Settings, _object_type: str) -> list[str]:
    """Whether the other workflow is there and its path leads to its kind of record."""
    return [] if _started(settings) else [_("The other workflow is not there any more.")]


def preview_start(settings: Settings, run: StepContext) -> str:
    """Which records would be enrolled where."""
    other, wanted = _to_start(settings, run)
    if isinstance(wanted, str) or other is None:
        raise WouldFail(str(wanted))
    if not wanted:
        raise WouldSkip(_("There is no such record."))
    names = ", ".join(str(each) for each in wanted[:3])
    return _("Enrols %(records)s in “%(workflow)s”.") % {"records": names, "workflow": other}


def _to_start(settings: Settings, run: StepContext) -> tuple[Workflow | None, list[Any] | str]:
    other = _started(settings)
    if other is None:
        return None, _("The other workflow is not there any more.")
    if not other.enabled or other.published is None:
        return other, _("“%s” is switched off.") % other
    found = run.related(str(settings.get("path") or ""))
    model = conditions.objects[other.published.definition["object"]].model
    if found and not isinstance(found[0], model):
        return other, _("“%s” is about other records.") % other
    return other, found


def run_start(settings: Settings, run: StepContext) -> Outcome:
    """Enrol the record, or those that belong to it, in another workflow."""
    other, wanted = _to_start(settings, run)
    if isinstance(wanted, str) or other is None or other.published is None:
        return Failed(str(wanted))
    if not wanted:
        return Skipped(_("There is no such record."))
    depth = run.enrolment.depth + 1 if run.enrolment else 1
    causes = [enrolments.Cause(each.pk, f"step:{run.key}:{each.pk}", depth=depth) for each in wanted]
    told = enrolments.enrol(other.pk, other.published.definition["object"], causes)
    if told.ids:
        words = {"count": len(told.ids), "workflow": other}
        return Done(_("Enrolled in “%(workflow)s”: %(count)d.") % words, {"enrolments": told.ids})
    return Skipped(_("Nothing was enrolled: %s.") % (", ".join(told.left_out) or _("too many workflows in a row")))


def preview_stop(_settings: Settings, _run: StepContext) -> str:
    """That it ends here."""
    return _("The workflow ends here.")


def run_stop(settings: Settings, _run: StepContext) -> Outcome:
    """Let the record leave the workflow."""
    return Ended(str(settings.get("reason") or "") or _("A step ended it."))


def register() -> None:
    """Add the steps that steer."""
    add_step_types(
        StepType(
            "branch",
            gettext_lazy("If / else"),
            gettext_lazy("Goes different ways, by conditions. The first way whose conditions are true is taken."),
            GROUP,
            "git-branch",
            preview_branch,
            run_branch,
        ),
        StepType(
            "delay",
            gettext_lazy("Wait"),
            gettext_lazy("Waits for some time, until a date, or until conditions are true."),
            GROUP,
            "clock",
            preview_delay,
            run_delay,
            fields=(
                StepField("mode", gettext_lazy("How long"), "choice", required=True, choices=MODES, default=FOR),
                StepField("duration", gettext_lazy("Time"), "duration", required=True, only_if=("mode", FOR)),
                StepField("property", gettext_lazy("Date"), "property", required=True, only_if=("mode", UNTIL_DATE)),
                StepField("days", gettext_lazy("Days after it (or before: −)"), "number", only_if=("mode", UNTIL_DATE)),
                StepField("at", gettext_lazy("At"), "text", default="09:00", only_if=("mode", UNTIL_DATE)),
                StepField("working_days", gettext_lazy("Working days only"), "checkbox", only_if=("mode", UNTIL_DATE)),
                StepField(
                    "conditions", gettext_lazy("Until"), "conditions", required=True, only_if=("mode", UNTIL_TRUE)
                ),
                StepField(
                    "timeout", gettext_lazy("Not longer than"), "duration", required=True, only_if=("mode", UNTIL_TRUE)
                ),
            ),
            check=check_delay,
        ),
        StepType(
            "start_workflow",
            gettext_lazy("Start another workflow"),
            gettext_lazy("Enrols the record, or those that belong to it, in another workflow."),
            GROUP,
            "player-play",
            preview_start,
            run_start,
            fields=(
                StepField("workflow", gettext_lazy("Workflow"), "workflow", required=True),
                StepField("path", gettext_lazy("For"), "record_path"),
            ),
            check=check_start,
        ),
        StepType(
            "stop",
            gettext_lazy("Stop"),
            gettext_lazy("Ends the workflow for this record."),
            GROUP,
            "player-stop",
            preview_stop,
            run_stop,
            fields=(StepField("reason", gettext_lazy("Reason"), "text"),),
        ),
    )
