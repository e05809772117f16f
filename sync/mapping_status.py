"""How each field mapping is doing: when it was applied last, or since when and why it fails."""

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Case, F, TextField, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from sync.mapping.engine import Mapped
from sync.models import FieldMapping

# Problems of a custom property come by the field's name, those of the engine by the mapping's id.
Problems = Mapping[int | str, str]


def note(mappings: Iterable[Mapped], found: Sequence[Problems]) -> None:
    """Take note of what applying mappings to some records brought; two statements at most.

    A mapping that failed for one of the records fails, and keeps the time since when; the others work.
    """
    if not found:
        return
    by_id = {mapping.id: mapping for mapping in mappings}
    names = {mapping.rule.crm_field: mapping.id for mapping in by_id.values()}
    problems: dict[int, str] = {}
    for each in found:
        for key, reason in each.items():
            number = names.get(key) if isinstance(key, str) else key
            if number in by_id:
                problems.setdefault(number, reason)
    now = timezone.now()
    fine = [number for number in by_id if number not in problems]
    FieldMapping.objects.filter(pk__in=fine).update(last_synced_at=now, failing_since=None, problem="")
    if problems:
        words = [When(pk=number, then=Value(reason)) for number, reason in problems.items()]
        FieldMapping.objects.filter(pk__in=problems).update(
            problem=Case(*words, default=F("problem"), output_field=TextField()),
            failing_since=Coalesce(F("failing_since"), Value(now)),
        )
