"""How each field mapping is doing: when it was applied last, or since when and why it fails, and for which records.

A mapping fails as long as there is a record for which it does; another record that works mends nothing.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Q, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from sync.enums import Direction, Exclusion, RecordType
from sync.mapping import engine
from sync.mapping.engine import Mapped
from sync.mapping.fields import PROPERTY
from sync.mapping.reading import Payload
from sync.models import FieldMapping, Link, MappingFailure
from sync.policies import Policy

# Problems of a custom property come by the field's name, those of the engine by the mapping's id.
Problems = Mapping[Any, str]


def note(mappings: Sequence[Mapped], side: Direction, found: Mapping[int, Problems]) -> None:
    """Take note of what applying mappings to some records brought: their problems by record; none where all is well.

    ``side`` is where values went: ``Direction.IN`` to the CRM, ``Direction.OUT`` to QuickBooks. Two statements as long
    as nothing fails, a constant number where something does.
    """
    flows = {mapping.id: mapping for mapping in mappings if mapping.rule.direction in (side, Direction.BOTH)}
    if not found or not flows:
        return
    failing = _failing(flows.values(), found)
    refused = Counter(mapping_id for mapping_id, _record in failing)
    fine = [pk for pk in flows if refused[pk] < len(found)]
    FieldMapping.objects.filter(pk__in=fine).update(last_synced_at=timezone.now())
    before = list(FieldMapping.objects.filter(pk__in=flows, failing_since__isnull=False).values_list("pk", flat=True))
    if not failing and not before:
        return
    _keep(before, side, found, failing)
    _tell(sorted({*before, *(mapping_id for mapping_id, _record in failing)}))


def _failing(mappings: Collection[Mapped], found: Mapping[int, Problems]) -> dict[tuple[int, int], str]:
    """The reasons by mapping and record."""
    known = {mapping.id for mapping in mappings}
    names = {mapping.rule.crm_field: mapping.id for mapping in mappings}
    failing = {}
    for record, problems in found.items():
        for key, reason in problems.items():
            number = names.get(key) if isinstance(key, str) else key
            if number in known:
                failing[number, record] = reason
    return failing


def _keep(
    before: Sequence[int], side: Direction, found: Mapping[int, Problems], failing: Mapping[tuple[int, int], str]
) -> None:
    """Keep which records fail; those that work now are forgotten, and so are those that are no longer synced."""
    rows = MappingFailure.objects.filter(mapping__in=before, side=side, object_id__in=found)
    over = [pk for pk, *about in rows.values_list("pk", "mapping_id", "object_id") if tuple(about) not in failing]
    linked = Link.objects.filter(
        connection=OuterRef("mapping__connection"),
        object_type=OuterRef("mapping__record_type"),
        object_id=OuterRef("object_id"),
        exclusion=Exclusion.NONE,
    )
    gone = MappingFailure.objects.filter(~Exists(linked), mapping__in=before).exclude(object_id__in=found)
    MappingFailure.objects.filter(Q(pk__in=over) | Q(pk__in=gone.values("pk"))).delete()
    MappingFailure.objects.bulk_create(
        (
            MappingFailure(mapping_id=mapping_id, side=side, object_id=record, reason=reason)
            for (mapping_id, record), reason in failing.items()
        ),
        update_conflicts=True,
        unique_fields=["mapping", "side", "object_id"],
        update_fields=["reason"],
    )


def _tell(mapping_ids: Sequence[int]) -> None:
    """Since when mappings fail, and why: the latest reason."""
    rows = FieldMapping.objects.filter(pk__in=mapping_ids).annotate(since=Min("failures__since"))
    latest = dict(
        MappingFailure.objects.filter(mapping__in=mapping_ids)
        .order_by("mapping_id", "-pk")
        .distinct("mapping_id")
        .values_list("mapping_id", "reason")
    )
    told = list(rows)
    for row in told:
        row.failing_since, row.problem = row.since, latest.get(row.pk, "")
    FieldMapping.objects.bulk_update(told, ["failing_since", "problem"])


def note_invoices(policy: Policy, payloads: Mapping[int, Payload]) -> None:
    """Invoices were brought in: their standard fields are read as a whole, mapped properties one by one."""
    incoming = [m for m in policy.mappings.get(RecordType.INVOICE, ()) if m.rule.direction != Direction.OUT]
    own = [mapping for mapping in incoming if mapping.crm.name.startswith(PROPERTY)]
    found = {pk: engine.to_crm(payload, own)[1] if own else {} for pk, payload in payloads.items()}
    note(incoming, Direction.IN, found)
    note(policy.mappings.get(RecordType.LINE, ()), Direction.IN, {pk: {} for pk in payloads})


def failures(mapping_ids: Sequence[int], *, shown: int = 3) -> dict[int, tuple[int, list[MappingFailure]]]:
    """How many records each mapping fails for, and the latest of them. Two statements."""
    rows = MappingFailure.objects.filter(mapping__in=mapping_ids)
    counts = dict(rows.values_list("mapping_id").annotate(count=Count("object_id", distinct=True)).order_by())
    latest = Window(RowNumber(), partition_by=F("mapping_id"), order_by=F("pk").desc())
    found: dict[int, tuple[int, list[MappingFailure]]] = {pk: (count, []) for pk, count in counts.items()}
    for row in rows.annotate(place=latest).filter(place__lte=shown) if counts else ():
        found[row.mapping_id][1].append(row)
    return found
