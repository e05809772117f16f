"""What is to be decided before files of HubSpot are checked: unknown owners, stages, new properties. And doing it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.access import needs
from core.enums import PropertyKind
from crm.enums import DealStatus
from crm.hubspot import batches, headings, reading
from crm.hubspot.uploading import ALSO, BY_NAME
from crm.imports import preparing
from crm.imports.cells import from_json, is_empty, plain
from crm.imports.options import CLEAR, KEEP, folded, options_of
from crm.imports.runs import NotPossible
from crm.imports.targets import NEW
from crm.imports.values import people_by_words
from crm.models import HubspotImport, Import, Pipeline, Stage
from crm.services import pipelines

SHOWN_SAMPLES = 3
NEW_STAGES = (
    (f"{NEW}{DealStatus.OPEN}", gettext_lazy("Make it, open")),
    (f"{NEW}{DealStatus.WON}", gettext_lazy("Make it, won")),
    (f"{NEW}{DealStatus.LOST}", gettext_lazy("Make it, lost")),
)
# Rows that no deal can be without a stage: made by the first of these words in its name.
_WORDS = ((DealStatus.WON, "won"), (DealStatus.LOST, "lost"))


@dataclass(frozen=True)
class Asked:
    """Something to decide: ``field`` names it in the form, ``chosen`` is what is proposed."""

    field: str
    words: str
    chosen: str
    note: str = ""
    header: str = ""


def owners(batch: HubspotImport) -> list[Asked]:
    """The owners of the files who can't sign in here by that e-mail address or name."""
    known = people_by_words()
    names: dict[str, str] = {}
    for job in files_of(batch):
        names |= job.found.get("owners", {})
    kept = _kept(batch, "people")
    asked: list[Asked] = []
    for key, name in names.items():
        if _person(known, name) is None:
            asked.append(Asked(f"owner-{len(asked)}", name, str(kept.get(key) or "")))
    return asked


def _person(known: Mapping[str, int], name: str) -> int | None:
    """By name, by e-mail address, or by the address that stands beside the name."""
    words = [name, *(part.strip("()<>[],;") for part in name.split() if "@" in part)]
    return next((known[folded(each)] for each in words if folded(each) in known), None)


def _kept(batch: HubspotImport, name: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for job in files_of(batch):
        found |= getattr(options_of(job.options), name)
    return found


def stages(batch: HubspotImport) -> list[Asked]:
    """The stages of the files that there are not."""
    there = {
        (folded(stage.pipeline.name), folded(stage.name)): stage.pk
        for stage in Stage.objects.select_related("pipeline").order_by("-pipeline__position", "-pipeline_id", "-pk")
    }
    asked: list[Asked] = []
    for key, (pipeline, stage) in _stages_of(batch).items():
        of, name = reading.parts_of_stage(pipeline, stage)
        if _stage(there, of, name) is not None:
            continue
        status = next((status for status, word in _WORDS if word in name.casefold()), DealStatus.OPEN)
        field = f"stage-{len(asked)}"
        asked.append(Asked(field, name, f"{NEW}{status}", note=of, header=key))
    return asked


def _stages_of(batch: HubspotImport) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for job in files_of(batch):
        found |= job.found.get("stages", {})
    return found


def _stage(there: Mapping[tuple[str, str], int], pipeline: str, name: str) -> int | None:
    if pipeline:
        return there.get((folded(pipeline), folded(name)))
    return next((pk for (_pipeline, stage), pk in reversed(list(there.items())) if stage == folded(name)), None)


def columns(batch: HubspotImport) -> list[tuple[Import, list[Asked]]]:
    """The columns of each file that become nothing yet, with the property that is proposed."""
    found = []
    for job in files_of(batch):
        proposed = reading.proposed(job)
        asked = [
            Asked(
                f"column-{job.pk}-{place}", job.headers[place], proposed[place],
                note=" · ".join(_samples(job, place)),
            )
            for place in sorted(map(int, job.found.get("kinds", {})))
            if not job.mapping[place]
        ]  # fmt: skip
        if asked:
            found.append((job, asked))
    return found


def _samples(job: Import, place: int) -> list[str]:
    cells = [from_json(kept[place]) for kept in job.samples]
    return list(dict.fromkeys(plain(cell)[:40] for cell in cells if not is_empty(cell)))[:SHOWN_SAMPLES]


def files_of(batch: HubspotImport) -> list[Import]:
    """The files in the order in which they are imported."""
    rows = batch.files.defer("preview", "kept").select_related("owner")
    return sorted(rows, key=lambda job: (headings.KINDS.index(job.object_type), job.pk))


@needs("crm.import")
@transaction.atomic
def decide(batch: HubspotImport, given: Mapping[str, str], *, by: Any) -> None:
    """Take what somebody chose, make what has to be made, and have the files checked. Raises NotPossible."""
    fresh = HubspotImport.objects.select_for_update().get(pk=batch.pk)
    if fresh.state not in (HubspotImport.State.DRAFT, HubspotImport.State.CHECKED):
        raise NotPossible(_("This import can't be changed any more."))
    people = _people(fresh, given)
    made = _make_stages(fresh, given, by)
    empty = CLEAR if given.get("empty") == CLEAR else KEEP
    for job in files_of(fresh):
        options = replace(options_of(job.options), people=people, stages=made, empty=empty)
        if job.object_type in ALSO:
            also = [*ALSO[job.object_type]]
            if given.get("same_names") and job.object_type in BY_NAME:
                also.append(BY_NAME[job.object_type])
            options = replace(options, match_also=also)
        Import.objects.filter(pk=job.pk).update(options=options.as_json(), problem="", state=Import.State.DRAFT)
        if job.object_type in ALSO:
            mapping = list(job.mapping)
            for place in map(int, job.found.get("kinds", {})):
                mapping[place] = given.get(f"column-{job.pk}-{place}", "") or mapping[place]
            job.refresh_from_db()
            preparing.choose_columns(job, mapping, date_order=options.date_order, decimal=options.decimal, by=by)
            job.refresh_from_db()
            if problem := preparing.problem_with(job.object_type, job.mapping, options_of(job.options)):
                raise NotPossible(f"{job.name}: {problem}")
    batches.begin(fresh, HubspotImport.State.CHECKING)


def _people(batch: HubspotImport, given: Mapping[str, str]) -> dict[str, int]:
    """Ids by the words of the files; 0 for nobody."""
    known = people_by_words()
    chosen = {folded(each.words): given.get(each.field, "") for each in owners(batch)}
    active = set(get_user_model()._default_manager.filter(is_active=True).values_list("pk", flat=True))
    found: dict[str, int] = {}
    for job in files_of(batch):
        for key, name in job.found.get("owners", {}).items():
            text = chosen.get(key, "")
            pk = int(text) if text.isdecimal() else 0
            found[key] = _person(known, name) or (pk if pk in active else 0)
    return found


def _make_stages(batch: HubspotImport, given: Mapping[str, str], by: Any) -> dict[str, int]:
    """Ids of stages by the words of the files; those that are to be made are made now."""
    asked = {each.header: each for each in stages(batch)}
    found: dict[str, int] = {}
    fresh_pipelines: dict[int, set[int]] = {}
    for key, (pipeline, stage) in _stages_of(batch).items():
        of, name = reading.parts_of_stage(pipeline, stage)
        if key not in asked:
            there = {
                (folded(each.pipeline.name), folded(each.name)): each.pk
                for each in Stage.objects.select_related("pipeline").order_by("-pipeline__position", "-pipeline_id")
            }
            found[key] = _stage(there, of, name) or 0
            continue
        choice = given.get(asked[key].field, asked[key].chosen)
        if choice.isdecimal():
            found[key] = int(choice) if Stage.objects.filter(pk=int(choice)).exists() else 0
            continue
        if not by.has_perm("crm.manage_pipelines"):
            raise NotPossible(_("Making stages needs the permission to change pipelines. Choose another stage."))
        status = choice.removeprefix(NEW)
        if status not in DealStatus.values:
            raise NotPossible(_("Choose a stage for “%s”.") % name)
        home = _pipeline(of, by, fresh_pipelines)
        found[key] = _made(home, name, DealStatus(status), by, fresh_pipelines)
    _tidy(fresh_pipelines, by)
    return {key: pk for key, pk in found.items() if pk}


def _pipeline(name: str, by: Any, fresh: dict[int, set[int]]) -> Pipeline:
    """The pipeline of this name, else a new one; without a name the first one."""
    if not name:
        return pipelines.ensure_default()
    there = next((each for each in Pipeline.objects.all() if folded(each.name) == folded(name)), None)
    if there is None:
        there = pipelines.create(name=name[:120], by=by)
        fresh[there.pk] = set()
    return there


def _made(home: Pipeline, name: str, status: DealStatus, by: Any, fresh: dict[int, set[int]]) -> int:
    there = next((each for each in home.stages.all() if folded(each.name) == folded(name)), None)
    if there is None:
        probability = {DealStatus.WON: 100, DealStatus.LOST: 0}.get(status, 50)
        try:
            there = pipelines.add_stage(home, by=by, name=name[:120], status=status, probability=probability)
        except pipelines.Refused as refused:
            raise NotPossible(str(refused)) from refused
    if home.pk in fresh:
        fresh[home.pk].add(there.pk)
    return int(there.pk)


def _tidy(fresh: Mapping[int, set[int]], by: Any) -> None:
    """A new pipeline starts with stages of ours: those that HubSpot does not have go, as far as one of each is left."""
    for pk, wanted in fresh.items():
        rest: Sequence[Stage] = list(Stage.objects.filter(pipeline=pk).exclude(pk__in=wanted))
        for stage in rest:
            try:
                pipelines.delete_stage(stage, by=by)
            except pipelines.Refused:
                continue


def kinds() -> list[tuple[str, Any]]:
    """What a new property can be."""
    offered = (
        PropertyKind.TEXT, PropertyKind.LONG_TEXT, PropertyKind.NUMBER, PropertyKind.DATE, PropertyKind.CHOICE,
        PropertyKind.CHECKBOX,
    )  # fmt: skip
    return [(f"{NEW}{kind.value}", kind.label) for kind in offered]
