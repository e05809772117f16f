"""Taking back what a slice did: created records go to the archive, changed values go back, where nobody was faster."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from core import registry
from core.models import Event, EventLink, Origin
from core.properties import BadValues, clean_many
from crm.imports.plans import MODELS
from crm.labels import label_of
from crm.models import Company, Deal, Import, ImportSlice, Stage
from crm.models.records import Record
from crm.services import bulk, changes, deals

MOST_KEPT = 500


def undo_slice(
    job: Import, other: Callable[[ImportSlice], tuple[int, list[list[Any]]]] | None, part: ImportSlice
) -> None:
    """Take back one slice, by ``other`` where its rows are no records of ``MODELS``. Call it in a transaction."""
    if not ImportSlice.objects.filter(pk=part.pk, undone_at=None).exists():
        return  # by the worker that took over when this one was late
    now = timezone.now()
    undone, kept = other(part) if other is not None else _take_back(job, part)
    ImportSlice.objects.filter(pk=part.pk).update(undone_at=now)
    fresh = Import.objects.select_for_update().get(pk=job.pk)
    fresh.undone += undone
    fresh.kept = [*fresh.kept, *kept][:MOST_KEPT]
    fresh.save(update_fields=["undone", "kept"])


def _take_back(job: Import, part: ImportSlice) -> tuple[int, list[list[Any]]]:
    """How many records are as they were, and [id, title, why, kind] of those that stay."""
    model = MODELS[job.object_type]
    kept: list[list[Any]] = []
    undone = _archive(job, model, part.created, kept)
    undone += _set_back(job, model, part.before, kept)
    undone += _archive(job, Company, part.created_companies, kept, empty=True)
    return undone, kept


def _locked(model: type[Record], ids: Iterable[int]) -> list[Any]:
    rows: models.QuerySet[Any] = model._default_manager.filter(pk__in=list(ids)).order_by("pk")
    rows = rows.defer("search")
    return list(rows.select_for_update(of=("self",)))


def _archive(
    job: Import, model: type[Record], ids: Sequence[int], kept: list[list[Any]], *, empty: bool = False
) -> int:
    """Archive what was created and not touched since; companies only where nobody is in them (``empty``)."""
    records = [record for record in _locked(model, ids) if record.archived_at is None]
    kind = str(model._meta.model_name)
    touched = touched_since(job, kind, [record.pk for record in records])
    used = _used([record.pk for record in records]) if empty else set()
    free = []
    for record in records:
        if record.pk in touched:
            kept.append([record.pk, str(record)[:200], touched[record.pk], kind])
        elif record.pk in used:
            kept.append([record.pk, str(record)[:200], _("It has contacts or deals."), kind])
        else:
            free.append(record)
    bulk.archive_many(
        free, by=job.owner, origin=Origin.IMPORT, now=timezone.now(), about=_about, data={"import": job.pk}
    )
    return len(free)


def touched_since(job: Import, kind: str, ids: Sequence[int]) -> dict[int, str]:
    """The records with events that neither this import nor the sync wrote, and what happened last, in a sentence."""
    links = EventLink.objects.filter(object_type=kind, object_id__in=ids, event__occurred_at__gte=job.created_at)
    others = links.exclude(event__origin=Origin.SYNC)
    for pk in _together(job):
        others = others.exclude(event__data__contains={"import": pk})
    # Moving a deal to its stage tells so in the words of moving.
    mine = models.Q(event__origin=Origin.IMPORT, event__actor=job.owner_id)
    if job.batch_id is None:
        mine &= models.Q(event__occurred_at__lte=job.finished_at)
    last = others.exclude(mine).order_by("object_id", "-event_id").distinct("object_id")
    return {link.object_id: _since(link.event) for link in last.select_related("event__actor")}


def _together(job: Import) -> list[int]:
    """The files that were imported with it: what one does to the records of another is no work of anybody's."""
    if job.batch_id is None:
        return [job.pk]
    return list(Import.objects.filter(batch=job.batch_id).values_list("pk", flat=True))


def _since(event: Event) -> str:
    told = registry.event_kinds.get(event.name)
    if told is None:
        return _("It was worked with since.")
    words = " ".join(filter(None, [str(event.actor or ""), told.sentence(event)]))
    return _("It was worked with since: %s.") % words


def _used(ids: Sequence[int]) -> set[int]:
    found = Company.objects.filter(pk__in=ids)
    busy = models.Q(contacts__archived_at=None, contacts__isnull=False) | models.Q(
        deals__archived_at=None, deals__isnull=False
    )
    return set(found.filter(busy).values_list("pk", flat=True))


def _about(record: Any) -> Sequence[tuple[str, int]]:
    company_id = getattr(record, "company_id", None)
    return [("company", company_id)] if company_id else []


def _set_back(job: Import, model: type[Record], before: dict[str, Any], kept: list[list[Any]]) -> int:
    """Give changed columns their old values where they still have the new ones."""
    records = _locked(model, map(int, before))
    kind = str(model._meta.model_name)
    back: list[tuple[Record, changes.Changes]] = []
    moved: list[tuple[Any, int]] = []
    cleaned = clean_many(kind, [(record, _old_properties(record, before[str(record.pk)])) for record in records])
    count = 0
    for record, properties in zip(records, cleaned, strict=True):
        if record.archived_at is not None:
            kept.append([record.pk, str(record)[:200], _("It is archived."), kind])
            continue
        wanted, later = _wanted(record, before[str(record.pk)])
        if not isinstance(properties, BadValues):
            wanted["properties"] = properties
        else:
            later += properties.problems
        if isinstance(record, Deal) and (stage_id := wanted.pop("stage_id", None)) is not None:
            moved.append((record, stage_id))
        if later:
            names = ", ".join(label_of(name) for name in later)
            kept.append([record.pk, str(record)[:200], _("Changed since: %s.") % names, kind])
        else:
            count += 1
        back.append((record, changes.differing(record, wanted)))
    bulk.update_many(
        back, by=job.owner, origin=Origin.IMPORT, now=timezone.now(), about=_about, data={"import": job.pk}
    )
    stages = Stage.objects.in_bulk([stage_id for _deal, stage_id in moved]) if moved else {}
    for deal, stage_id in moved:
        if stage_id in stages:
            deals.move_to_stage(deal, stages[stage_id], by=job.owner, origin=Origin.IMPORT, strict=False)
    return count


def _wanted(record: Record, before: dict[str, list[Any]]) -> tuple[dict[str, Any], list[str]]:
    """The old values of columns that have not changed since, and the names of those that have."""
    wanted: dict[str, Any] = {}
    later: list[str] = []
    for name, (old, new) in before.items():
        if name.startswith("property:"):
            if changes.plain((record.properties or {}).get(name.removeprefix("property:"))) != new:
                later.append(name)
            continue
        if changes.plain(getattr(record, name)) == new:
            wanted[name] = changes.column(type(record), name.removesuffix("_id")).to_python(old)
        else:
            later.append(name)
    return wanted, later


def _old_properties(record: Record, before: dict[str, list[Any]]) -> dict[str, Any]:
    held = record.properties or {}
    return {
        slot: old
        for name, (old, new) in before.items()
        if name.startswith("property:") and held.get(slot := name.removeprefix("property:")) == new
    }
