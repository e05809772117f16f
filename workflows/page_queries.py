"""What the pages of workflows read: lists with their figures, runs of a workflow and of a record."""

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Func, IntegerField, OuterRef, Q, QuerySet
from django.utils import timezone

from core.conditions import registry as conditions
from workflows.conditions import holds
from workflows.definition import Definition
from workflows.enums import OPEN, EnrolmentState
from workflows.models import Enrolment, Workflow, WorkflowVersion
from workflows.run_fields import visible_to

# How far figures are counted; beyond it says "1000+".
COUNTED = 1000
IN_CARD = 8
FAILED_LATELY = datetime.timedelta(days=30)


@dataclass(frozen=True)
class Counts:
    """How many records are under way in a workflow, and how many failed; counted to a limit."""

    open: int = 0
    failed: int = 0

    @property
    def open_words(self) -> str:
        """As a figure."""
        return f"{COUNTED}+" if self.open > COUNTED else str(self.open)

    @property
    def failed_words(self) -> str:
        """As a figure."""
        return f"{COUNTED}+" if self.failed > COUNTED else str(self.failed)


def listed(*, archived: bool, state: str, text: str) -> QuerySet[Workflow]:
    """The workflows of a tab of the list, found by words of their names."""
    rows = Workflow.objects.select_related("published", "owner").filter(archived_at__isnull=not archived)
    if state in ("on", "off"):
        rows = rows.filter(enabled=state == "on")
    for word in text.split()[:8]:
        rows = rows.filter(Q(name__icontains=word) | Q(description__icontains=word))
    return rows


def counts_of(ids: Sequence[int], user: Any) -> dict[int, Counts]:
    """The figures of workflows by id, in one statement whose cost does not grow with their runs."""
    rows, seen = Workflow.objects.filter(pk__in=ids).values("pk"), visible_to(user)
    rows = rows.annotate(open=_number(seen, state__in=OPEN), failed=_number(seen, state=EnrolmentState.FAILED))
    found = {row["pk"]: Counts(row["open"], row["failed"]) for row in rows}
    return {pk: found.get(pk, Counts()) for pk in ids}


def _number(seen: QuerySet[Enrolment], **of: Any) -> Func:
    some = seen.filter(workflow=OuterRef("pk"), **of).order_by().values("pk")[: COUNTED + 1]
    return Func(ArraySubquery(some), function="cardinality", output_field=IntegerField())


def runs(workflow: Workflow, state: str, user: Any) -> QuerySet[Enrolment]:
    """The runs of a workflow that ``user`` may see, all or those in a state."""
    rows = visible_to(user).filter(workflow=workflow).select_related("version")
    if state == "open":
        return rows.filter(state__in=OPEN)
    return rows.filter(state=state) if state in EnrolmentState.values else rows


def runs_of_record(object_type: str, pk: int) -> list[Enrolment]:
    """The newest runs of a record."""
    rows = Enrolment.objects.filter(object_type=object_type, record_id=pk).select_related("workflow")
    return list(rows.order_by("-pk")[:IN_CARD])


def failed_lately(kinds: Sequence[str], limit: int, user: Any) -> list[Enrolment]:
    """The newest runs that failed within the last month, about records of these kinds that ``user`` may see."""
    since = timezone.now() - FAILED_LATELY
    rows = visible_to(user).filter(state=EnrolmentState.FAILED, ended_at__gt=since, object_type__in=kinds)
    return list(rows.select_related("workflow").order_by("-ended_at")[:limit])


def of_kinds(run_ids: Sequence[int], kinds: Sequence[str], user: Any) -> set[int]:
    """Those of runs that are about records of these kinds that ``user`` may see."""
    return set(visible_to(user).filter(pk__in=run_ids, object_type__in=kinds).values_list("pk", flat=True))


def to_enrol_in(object_type: str) -> QuerySet[Workflow]:
    """The workflows that are on and about such records: somebody can enrol records in them."""
    rows = Workflow.objects.filter(enabled=True, archived_at=None, published__definition__object=object_type)
    return rows.order_by("name", "pk")


def with_open(workflow_id: int, versions: Iterable[WorkflowVersion], user: Any) -> list[tuple[WorkflowVersion, str]]:
    """Versions with how many of the records under way are on them; counted to a limit, in one statement."""
    under_way = visible_to(user).filter(workflow=workflow_id, state__in=OPEN).values_list("version_id", flat=True)
    number = Counter(under_way[: COUNTED * 10])
    return [(version, str(number[version.pk] or "")) for version in versions]


def visible(object_type: str, pk: int, user: Any) -> Any:
    """The record, if there is such a kind and ``user`` may see it; else None."""
    if not conditions.may_use(object_type, user):
        return None
    return conditions.objects[object_type].visible_to(user).filter(pk=pk).first()


def fits(definition: Definition, object_type: str, record: Any) -> bool:
    """Whether the enrolment conditions hold for a record."""
    return holds(definition.get("conditions"), object_type, record.pk)


def records_of(ids: Sequence[int]) -> set[int]:
    """The records of runs."""
    return set(Enrolment.objects.filter(pk__in=ids).values_list("record_id", flat=True))
