"""The records that workflows are about, and the ones that belong to them."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from core import registry
from core.conditions import Relation
from core.conditions import registry as conditions

# What workflows can be about, in the order in which the builder offers it.
KINDS = ("deal", "contact", "company", "invoice", "payment", "quote", "product", "bill")
MOST_RELATED = 200
MOST_FAR, MOST_HOPS = 2, 2
# Lines lead to products, which nobody wants to go on from.
PASSED_OVER = ("deal_line", "invoice_line")


class NoSuchPath(ValueError):
    """A path of associations leads nowhere; the message says where it ends."""


def kinds() -> list[str]:
    """The kinds of records that workflows can be about."""
    return [name for name in KINDS if name in conditions.objects and name in registry.object_types]


def label_of(object_type: str) -> str:
    """What one such record is called."""
    kind = registry.object_types.get(object_type)
    return str(kind.label) if kind else object_type


def get(object_type: str, pk: int) -> Any:
    """The record as the database has it; None for one that is gone."""
    known = conditions.objects.get(object_type)
    return known.model._default_manager.filter(pk=pk).first() if known else None


def way(object_type: str, path: str) -> tuple[list[Relation], str]:
    """The associations that a dotted path follows and the kind of record at its end. Raises NoSuchPath."""
    hops: list[Relation] = []
    for name in path.split(".") if path else []:
        relation = conditions.relations_of(object_type).get(name)
        if relation is None:
            raise NoSuchPath(_("There are no associated records called “%s”.") % name)
        hops.append(relation)
        object_type = relation.target
    return hops, object_type


def related(object_type: str, record: Any, path: str) -> list[Any]:
    """The records that ``path`` leads to, oldest first; archived ones are left out. Raises NoSuchPath."""
    if not path:
        return [record]
    hops, target = way(object_type, path)
    known = conditions.objects[target]
    own = conditions.objects[object_type].model._default_manager.filter(pk=record.pk)
    ids = own.values_list("__".join(hop.path for hop in hops), flat=True)
    rows = known.model._default_manager.filter(known.counted, pk__in=[pk for pk in ids if pk is not None])
    return list(rows.order_by("pk")[:MOST_RELATED])


def paths(object_type: str) -> list[tuple[str, str, str]]:
    """Where steps can go from a record: path, words and the kind of record there; the record itself comes first.

    Rows in between that nobody works with (the parts of a payment) are passed through.
    """
    found = [("", str(_("The %s itself")) % label_of(object_type).lower(), object_type)]
    waiting = [("", "", object_type, 0)]
    known = kinds()
    while waiting:
        path, words, kind, far = waiting.pop(0)
        for each in conditions.relations_of(kind).values():
            if each.target == object_type or far == MOST_FAR or each.target in PASSED_OVER:
                continue
            further = f"{path}.{each.name}" if path else each.name
            if each.target in known:
                said = f"{words} → {each.label}" if words else str(each.label)
                found.append((further, said, each.target))
                waiting.append((further, said, each.target, far + 1))
            elif path.count(".") < MOST_HOPS:
                waiting.append((further, words, each.target, far))
    return found


def titles(object_type: str, ids: Sequence[int]) -> dict[int, str]:
    """The titles of records by id."""
    known = conditions.objects.get(object_type)
    if known is None:
        return {}
    return {row.pk: str(row)[:300] for row in known.model._default_manager.filter(pk__in=ids)}
