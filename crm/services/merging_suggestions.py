"""Find records that are likely the same, a slice at a time: by keys in an index, never by comparing all with all."""

import datetime
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import combinations
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from core.access import needs
from core.events import Draft, emit_many
from core.models import Origin
from crm.duplicate_keys import COLUMNS, confidence, keys_of
from crm.models import DuplicateKey, DuplicatePair, DuplicateScan
from crm.services.merging import MODELS

SLICE = 2_000
# A value that more records share than these is a switchboard or a placeholder, and says nothing.
MOST_SHARING = 20
# Companies with one domain are a group, a franchise or customers of one provider; two or three are likely one.
MOST_OF_RULE = {"domain": 4}
# What was written in a transaction that is still open gets an older time than what was seen.
SETTLES_IN = datetime.timedelta(seconds=15)
Pair = tuple[int, int]
# Rule, key and the records with it.
Shared = tuple[str, str, list[int]]


def scan(*, seconds: float = 20.0) -> int:
    """Look at what changed since the last time, as far as the time goes; how many records were looked at."""
    until, looked = time.monotonic() + seconds, 0
    for object_type in MODELS:
        while time.monotonic() < until:
            number = _scan_slice(object_type)
            looked += number
            if number < SLICE:
                break
    return looked


@transaction.atomic
def _scan_slice(object_type: str) -> int:
    DuplicateScan.objects.get_or_create(object_type=object_type)
    place = DuplicateScan.objects.select_for_update(skip_locked=True).filter(object_type=object_type).first()
    if place is None:
        return 0  # another worker has it
    rows: Any = MODELS[object_type]._default_manager.filter(updated_at__lt=timezone.now() - SETTLES_IN)
    if place.seen_at is not None:
        later = Q(updated_at__gt=place.seen_at) | Q(pk__gt=place.seen_id)
        rows = rows.filter(later, updated_at__gte=place.seen_at)
    columns = ("pk", "updated_at", "archived_at", *COLUMNS[object_type])
    found = list(rows.order_by("updated_at", "pk").values(*columns)[:SLICE])
    if found:
        look_at(object_type, found)
        place.seen_at, place.seen_id = found[-1]["updated_at"], found[-1]["pk"]
        place.save(update_fields=["seen_at", "seen_id"])
    return len(found)


def look_at(object_type: str, rows: Iterable[dict[str, Any]]) -> None:
    """Note the keys of some records, and suggest those that share one; a handful of statements.

    ``rows`` are ``pk``, ``archived_at`` and the columns of ``duplicate_keys.COLUMNS``.
    """
    keys = {row["pk"]: keys_of(object_type, row) if row["archived_at"] is None else set() for row in rows}
    DuplicateKey.objects.filter(object_type=object_type, object_id__in=list(keys)).delete()
    DuplicateKey.objects.bulk_create(
        (
            DuplicateKey(object_type=object_type, object_id=pk, rule=rule, key=key)
            for pk, each in keys.items()
            for rule, key in sorted(each)
        ),
        ignore_conflicts=True,
    )
    shared = sharing(object_type, {pair for each in keys.values() for pair in each})
    pairs = _pairs(shared, set(keys))
    _forget_crowds(object_type, shared)
    touching = Q(first_id__in=list(keys)) | Q(second_id__in=list(keys))
    known = {
        (row.first_id, row.second_id): row for row in DuplicatePair.objects.filter(touching, object_type=object_type)
    }
    gone = [row.pk for pair, row in known.items() if pair not in pairs and row.dismissed_at is None]
    DuplicatePair.objects.filter(pk__in=gone).delete()
    fresh, changed = [], []
    for pair, rules in pairs.items():
        row, ordered = known.get(pair), sorted(rules)
        if row is None:
            fresh.append(
                DuplicatePair(
                    object_type=object_type,
                    first_id=pair[0],
                    second_id=pair[1],
                    rules=ordered,
                    confidence=confidence(ordered),
                )
            )
        elif row.rules != ordered:
            row.rules, row.confidence = ordered, confidence(ordered)
            changed.append(row)
    DuplicatePair.objects.bulk_create(fresh, ignore_conflicts=True)
    DuplicatePair.objects.bulk_update(changed, ["rules", "confidence"])


def _pairs(shared: Sequence[Shared], about: set[int]) -> dict[Pair, set[str]]:
    """The pairs with at least one record of ``about`` in them, and the rules by which they are alike."""
    found: dict[Pair, set[str]] = defaultdict(set)
    for rule, _key, holders in shared:
        if not _crowded(rule, holders):
            for first, second in combinations(sorted(holders), 2):
                if first in about or second in about:
                    found[first, second].add(rule)
    return found


def _crowded(rule: str, holders: Sequence[int]) -> bool:
    return len(holders) > MOST_OF_RULE.get(rule, MOST_SHARING)


def _forget_crowds(object_type: str, shared: Sequence[Shared]) -> None:
    """Suggestions from the time when fewer had a key that too many have now; of nothing else than that key."""
    crowds = [(rule, holders) for rule, _key, holders in shared if _crowded(rule, holders)]
    if not crowds:
        return
    alone = {(rule, *pair) for rule, holders in crowds for pair in combinations(sorted(holders), 2)}
    members = sorted({pk for _rule, holders in crowds for pk in holders})
    suggested = DuplicatePair.objects.filter(
        object_type=object_type, dismissed_at=None, first_id__in=members, second_id__in=members
    )
    gone = [
        pair.pk
        for pair in suggested
        if len(pair.rules) == 1 and (pair.rules[0], pair.first_id, pair.second_id) in alone
    ]
    DuplicatePair.objects.filter(pk__in=gone).delete()


def sharing(object_type: str, keys: Collection[tuple[str, str]]) -> list[Shared]:
    """The records with each of these keys, as (rule, key, ids); one too many at most. One statement."""
    ordered = sorted(keys)
    if not ordered:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT k.rule, k.key, array_agg(m.object_id) FROM unnest(%s::text[], %s::text[]) AS k(rule, key) "
            "CROSS JOIN LATERAL (SELECT d.object_id FROM crm_duplicatekey AS d "
            "WHERE d.object_type = %s AND d.rule = k.rule AND d.key = k.key LIMIT %s) AS m GROUP BY k.rule, k.key",
            [[rule for rule, _key in ordered], [key for _rule, key in ordered], object_type, MOST_SHARING + 1],
        )
        return [(rule, key, list(ids)) for rule, key, ids in cursor.fetchall()]


@needs("crm.merge")
@transaction.atomic
def dismiss(pair: DuplicatePair, *, by: Any) -> None:
    """A person says that the two are different: they are not suggested again."""
    rows = DuplicatePair.objects.filter(pk=pair.pk, dismissed_at=None)
    if rows.update(dismissed_at=timezone.now(), dismissed_by=by):
        kind, ids = pair.object_type, (pair.first_id, pair.second_id)
        data = {"title": ""}
        emit_many(
            [Draft(f"{kind}.duplicate_dismissed", kind, ids[0], [(kind, ids[1])], data)], by=by, origin=Origin.PERSON
        )


@needs("crm.merge")
@transaction.atomic
def suggest_again(pair: DuplicatePair, *, by: Any) -> None:
    """Take a dismissal back."""
    DuplicatePair.objects.filter(pk=pair.pk).update(dismissed_at=None, dismissed_by=None)
