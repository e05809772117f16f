"""Steps that change the records of the CRM: properties, stages, tasks, notes, owners, segments."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import company
from core.conditions import registry as conditions
from core.segments.reading import segment_for
from core.services import segments
from crm.models import Deal, Priority, Stage, TaskKind
from crm.services import activities, deals, tasks
from crm.services.records import Archived
from crm.services.stage_requirements import StageNeeds
from workflows import records, times
from workflows.steps import writing
from workflows.steps.registry import (
    Done,
    Failed,
    Outcome,
    Settings,
    Skipped,
    StepContext,
    StepField,
    StepType,
    WouldFail,
    WouldSkip,
    add_step_types,
)

GROUP = gettext_lazy("Records")
NOBODY = gettext_lazy("There is no such record.")
OWNER, MAKER, PERSON = "owner", "maker", "person"
WHO = {
    OWNER: gettext_lazy("The owner of the record"),
    MAKER: gettext_lazy("The owner of this workflow"),
    PERSON: gettext_lazy("Somebody in particular"),
}
LONGEST_TITLE = 300


def _targets(settings: Settings, run: StepContext) -> tuple[str, list[Any]]:
    """The kind and the records that a step is about: the record itself, or those that belong to it."""
    path = str(settings.get("path") or "")
    _hops, kind = records.way(run.object_type, path)
    return kind, run.related(path)


def _named(found: list[Any]) -> str:
    more = len(found) - 3
    names = ", ".join(str(each) for each in found[:3])
    return _("%(names)s and %(more)d more") % {"names": names, "more": more} if more > 0 else names


def _would(settings: Settings, run: StepContext, words: Callable[[str], str]) -> str:
    """What a step would do to its records. Raises WouldSkip where there are none."""
    _kind, found = _targets(settings, run)
    if not found:
        raise WouldSkip(str(NOBODY))
    return words(_named(found))


# Set a property.


def check_property(settings: Settings, object_type: str) -> list[str]:
    """Whether the property is one that can be set, and the value fits it."""
    try:
        _hops, kind = records.way(object_type, str(settings.get("path") or ""))
    except records.NoSuchPath as error:
        return [str(error)]
    name = str(settings.get("property"))
    if name not in dict(writing.choices(kind)):
        return [_("Choose a property that can be set.")]
    return []


def preview_property(settings: Settings, run: StepContext) -> str:
    """Which property of which records would be set."""
    kind, found = _targets(settings, run)
    if not found:
        raise WouldSkip(str(NOBODY))
    name, value = str(settings["property"]), settings.get("value")
    try:
        writing.read_value(found[0], kind, name, value, by=run.owner)
    except writing.CantWrite as error:
        raise WouldFail(str(error)) from error
    words = {"property": writing.label_of(kind, name), "records": _named(found), "value": _shown(value)}
    return _("Sets %(property)s of %(records)s to “%(value)s”.") % words


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str("" if value is None else value)


def run_property(settings: Settings, run: StepContext) -> Outcome:
    """Set a property of the record, or of those that belong to it."""
    kind, found = _targets(settings, run)
    if not found:
        return Skipped(str(NOBODY))
    told = []
    for each in found:
        try:
            told.append(
                writing.set_property(each, kind, str(settings["property"]), settings.get("value"), by=run.owner)
            )
        except writing.CantWrite as error:
            return Failed(str(error))
    told = [text for text in told if text]
    return Done(" ".join(told[:3]), {"changed": len(told)}) if told else Skipped(_("It has this value already."))


# Move a deal.


def _stage_of(settings: Settings) -> Stage | None:
    pk = str(settings.get("stage"))
    return Stage.objects.select_related("pipeline").filter(pk=int(pk) if pk.isdecimal() else 0).first()


def check_stage(settings: Settings, object_type: str) -> list[str]:
    """Whether the stage is there, and the path leads to deals."""
    found = [] if _stage_of(settings) else [_("This stage is not there any more.")]
    _hops, kind = records.way(object_type, str(settings.get("path") or ""))
    return found if kind == "deal" else [*found, _("Choose whose deal is moved.")]


def preview_stage(settings: Settings, run: StepContext) -> str:
    """Which deals would be moved where."""
    stage = _stage_of(settings)
    if stage is None:
        raise WouldFail(_("This stage is not there any more."))
    return _would(
        settings, run, lambda names: _("Moves %(deals)s to “%(stage)s”.") % {"deals": names, "stage": stage.name}
    )


def run_stage(settings: Settings, run: StepContext) -> Outcome:
    """Move the deal to a stage, as long as it has what the stage asks for."""
    stage = _stage_of(settings)
    if stage is None:
        return Failed(_("This stage is not there any more."))
    found = [each for each in run.related(str(settings.get("path") or "")) if isinstance(each, Deal)]
    if not found:
        return Skipped(str(NOBODY))
    waiting = [deal for deal in found if deal.stage_id != stage.pk]
    if not waiting:
        return Skipped(_("It is in this stage already."))
    for deal in waiting:
        try:
            deals.move_to_stage(deal, stage, by=None, reason=str(settings.get("reason") or ""))
        except Archived:
            return Failed(_("%s is archived.") % deal)
        except StageNeeds as needs:
            return Failed(str(needs))
    return Done(_("Moved %(deals)s to “%(stage)s”.") % {"deals": _named(waiting), "stage": stage.name})


# Create a task.


def who_for(object_type: str) -> list[tuple[str, Any]]:
    """For whom tasks about a kind of record can be: some kinds have no owner."""
    owned = object_type not in conditions.objects or conditions.field_of(object_type, "owner") is not None
    return [(key, label) for key, label in WHO.items() if owned or key != OWNER]


def _person(settings: Settings, run: StepContext) -> Any:
    """Who gets something: an owner, or somebody in particular; None for nobody.

    What nobody owns goes to the owner of the workflow: a task for nobody is on nobody's list.
    """
    who = settings.get("who", OWNER)
    if who != PERSON:
        owner = getattr(run.record, "owner", None) if who == OWNER else None
        return owner if owner is not None and owner.is_active else run.owner
    pk = str(settings.get("person"))
    return get_user_model()._default_manager.filter(pk=int(pk) if pk.isdecimal() else 0, is_active=True).first()


def preview_task(settings: Settings, run: StepContext) -> str:
    """Which task would be made for whom."""
    person = _person(settings, run)
    words = {"title": settings["title"], "person": person or _("nobody")}
    return _("Creates the task “%(title)s” for %(person)s.") % words


def run_task(settings: Settings, run: StepContext) -> Outcome:
    """Make a task about the record; once, however often it is tried."""
    person = _person(settings, run)
    due_at = None
    if settings.get("due"):
        day = (run.now.astimezone(company.zone()) + times.length_of(settings["due"])).date()
        due_at = times.moment_of(company.working_day_from(day), settings.get("at"))
    try:
        task = tasks.create(
            by=None,
            about=run.record,
            key=f"workflow:{run.key}",
            title=str(settings["title"]).strip()[:LONGEST_TITLE],
            details=str(settings.get("details") or ""),
            kind=settings.get("kind") or TaskKind.TODO,
            priority=settings.get("priority") or Priority.NORMAL,
            assignee=person,
            due_at=due_at,
        )
    except tasks.BadTask as bad:
        return Failed(str(bad))
    words = {"title": task.title, "person": person or _("nobody")}
    return Done(_("Created the task “%(title)s” for %(person)s.") % words, {"task": task.pk})


# Write a note.


def preview_note(settings: Settings, run: StepContext) -> str:
    """On which records a note would stand."""
    return _would(settings, run, lambda names: _("Writes a note on %s.") % names)


def run_note(settings: Settings, run: StepContext) -> Outcome:
    """Write a note on the record, or on those that belong to it."""
    _kind, found = _targets(settings, run)
    if not found:
        return Skipped(str(NOBODY))
    try:
        note = activities.log(found, kind="note", by=None, body=str(settings["text"]))
    except activities.BadActivity as bad:
        return Failed(str(bad))
    return Done(_("Wrote a note on %s.") % _named(found), {"activity": note.pk})


# Assign an owner.


def preview_owner(settings: Settings, run: StepContext) -> str:
    """Who would get which records."""
    person = _person({"who": PERSON, **settings}, run)
    if person is None:
        raise WouldFail(_("This person is not active any more."))
    words = {"person": person}
    return _would(settings, run, lambda names: _("Gives %(records)s to %(person)s.") % {**words, "records": names})


def run_owner(settings: Settings, run: StepContext) -> Outcome:
    """Give the record, or those that belong to it, to somebody."""
    person = _person({"who": PERSON, **settings}, run)
    if person is None:
        return Failed(_("This person is not active any more."))
    return run_property({**settings, "property": "owner", "value": person.pk}, run)


# Segments.


def preview_segment(settings: Settings, run: StepContext) -> str:
    """Which segment the record would be put into."""
    _kind, found = _targets(settings, run)
    segment = segment_for(settings.get("segment"), _kind)
    if segment is None:
        raise WouldFail(_("There is no such segment of these records."))
    if not found:
        raise WouldSkip(str(NOBODY))
    return _("Puts %(records)s into “%(segment)s”.") % {"records": _named(found), "segment": segment.name}


def run_segment(settings: Settings, run: StepContext) -> Outcome:
    """Put the record, or those that belong to it, into a list."""
    kind, found = _targets(settings, run)
    segment = segment_for(settings.get("segment"), kind)
    if segment is None:
        return Failed(_("There is no such segment of these records."))
    try:
        added = segments.add(segment, [each.pk for each in found])
    except segments.BadSegment as bad:
        return Failed(str(bad))
    if not added:
        return Skipped(_("It is in “%s” already.") % segment.name)
    return Done(_("Put into “%(segment)s”: %(count)d.") % {"segment": segment.name, "count": len(added)})


def check_segment(settings: Settings, object_type: str) -> list[str]:
    """Whether the list is there, for these records."""
    _hops, kind = records.way(object_type, str(settings.get("path") or ""))
    segment = segment_for(settings.get("segment"), kind)
    if segment is None:
        return [_("There is no such segment of these records.")]
    return [] if segment.static else [_("Records are put into lists only, not into live segments.")]


PATH = StepField("path", gettext_lazy("Of"), "record_path", help=gettext_lazy("The record, or what belongs to it."))


def register() -> None:
    """Add the steps that change records."""
    add_step_types(
        StepType(
            "set_property",
            gettext_lazy("Set a property"),
            gettext_lazy("Gives a property of the record, or of those that belong to it, a value."),
            GROUP,
            "edit",
            preview_property,
            run_property,
            fields=(
                PATH,
                StepField("property", gettext_lazy("Property"), "property", required=True),
                StepField("value", gettext_lazy("New value"), "value", help=gettext_lazy("Empty: it is emptied.")),
            ),
            check=check_property,
            permission="crm.edit",
        ),
        StepType(
            "move_stage",
            gettext_lazy("Move the deal"),
            gettext_lazy("Moves the deal, or the deal that the record belongs to, to a stage."),
            GROUP,
            "arrow-right",
            preview_stage,
            run_stage,
            fields=(
                PATH,
                StepField("stage", gettext_lazy("Stage"), "stage", required=True),
                StepField("reason", gettext_lazy("Reason, where the stage asks for one"), "text"),
            ),
            check=check_stage,
            permission="crm.edit",
        ),
        StepType(
            "create_task",
            gettext_lazy("Create a task"),
            gettext_lazy("Makes a task about the record."),
            GROUP,
            "checkbox",
            preview_task,
            run_task,
            fields=(
                StepField("title", gettext_lazy("Title"), "text", required=True),
                StepField("details", gettext_lazy("Details"), "long_text"),
                StepField("kind", gettext_lazy("Kind"), "choice", choices=TaskKind.choices, default=TaskKind.TODO),
                StepField(
                    "priority", gettext_lazy("Priority"), "choice", choices=Priority.choices, default=Priority.NORMAL
                ),
                StepField(
                    "who",
                    gettext_lazy("For"),
                    "choice",
                    choices=who_for,
                    default=OWNER,
                    help=gettext_lazy("What has no owner goes to the owner of this workflow."),
                ),
                StepField("person", gettext_lazy("Person"), "user", required=True, only_if=("who", PERSON)),
                StepField("due", gettext_lazy("Due after"), "duration"),
            ),
        ),
        StepType(
            "write_note",
            gettext_lazy("Write a note"),
            gettext_lazy("Writes a note on the timeline."),
            GROUP,
            "note",
            preview_note,
            run_note,
            fields=(StepField("text", gettext_lazy("Note"), "long_text", required=True), PATH),
        ),
        StepType(
            "assign_owner",
            gettext_lazy("Assign an owner"),
            gettext_lazy("Gives the record, or those that belong to it, to somebody."),
            GROUP,
            "user-check",
            preview_owner,
            run_owner,
            fields=(StepField("person", gettext_lazy("Person"), "user", required=True), PATH),
            permission="crm.edit",
        ),
        StepType(
            "add_to_segment",
            gettext_lazy("Add to a list"),
            gettext_lazy("Puts the record, or those that belong to it, into a list."),
            GROUP,
            "list-check",
            preview_segment,
            run_segment,
            fields=(StepField("segment", gettext_lazy("List"), "segment", required=True), PATH),
            check=check_segment,
        ),
    )
