"""Reads of records that are likely the same."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.visibility import sees_all
from crm.duplicate_keys import COLUMNS, RULES, keys_of, reasons
from crm.models import Company, Contact, Deal, DuplicateKey, DuplicatePair, Product
from crm.queries import companies, contacts, deals, products

MODELS: Mapping[str, Any] = {"contact": Contact, "company": Company, "product": Product, "deal": Deal}
SEEN: Mapping[str, Callable[[Any], QuerySet[Any]]] = {
    "contact": contacts.visible_to,
    "company": companies.visible_to,
    "product": products.visible_to,
    "deal": deals.visible_to,
}
MOST_LIKE = 3


def open_pairs(user: Any, object_type: str, *, dismissed: bool = False) -> QuerySet[DuplicatePair]:
    """Pairs that wait for somebody (or were dismissed), both of whose records are alive and seen by ``user``."""
    rows = DuplicatePair.objects.filter(object_type=object_type, dismissed_at__isnull=not dismissed)
    alive = SEEN[object_type](user).filter(archived_at=None).order_by()
    return rows.filter(Exists(alive.filter(pk=OuterRef("first_id"))), Exists(alive.filter(pk=OuterRef("second_id"))))


def pairs(user: Any) -> QuerySet[DuplicatePair]:
    """Pairs, dismissed ones too, both of whose records ``user`` may see."""
    if sees_all(user):
        return DuplicatePair.objects.all()
    seen = Q()
    for name, visible_to in SEEN.items():
        ids = visible_to(user).order_by().values("pk")
        seen |= Q(object_type=name, first_id__in=ids, second_id__in=ids)
    return DuplicatePair.objects.filter(seen)


def of_record(user: Any, object_type: str, pk: int) -> int:
    """How many records that ``user`` may see may be the same as this one; 100 at most."""
    rows = open_pairs(user, object_type)
    return len((rows.filter(first_id=pk) | rows.filter(second_id=pk)).values_list("pk")[:100])


def records(user: Any, object_type: str, ids: Iterable[int]) -> dict[int, Any]:
    """Some records that ``user`` may see, with what tells them apart, by id."""
    rows = SEEN[object_type](user).select_related("owner").defer("search")
    if object_type in ("contact", "deal"):
        rows = rows.select_related("company").defer("search", "company__search")
    return {record.pk: record for record in rows.filter(pk__in=list(ids))}


def alike(user: Any, object_type: str, values: Mapping[str, Any]) -> list[tuple[Any, list[str]]]:
    """Living records that values for a new one look like, with what they share, the most alike first."""
    if object_type not in COLUMNS:
        return []
    found: dict[int, set[str]] = {}
    for rule, key in keys_of(object_type, values):
        rows = DuplicateKey.objects.filter(object_type=object_type, rule=rule, key=key)
        for pk in rows.values_list("object_id", flat=True)[: MOST_LIKE + 1]:
            found.setdefault(pk, set()).add(rule)
    strength = {pk: sum(RULES[rule][0] for rule in rules) for pk, rules in found.items()}
    living = {pk: record for pk, record in records(user, object_type, found).items() if record.archived_at is None}
    ordered = sorted(living, key=lambda pk: (-strength[pk], pk))[:MOST_LIKE]
    return [(living[pk], reasons(found[pk])) for pk in ordered]
