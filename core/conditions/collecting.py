"""Reading from the database what a condition needs to be evaluated in memory."""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from core.conditions import registry
from core.conditions.fields import Field, Relation
from core.conditions.language import Compare, Condition, Node, Setting, Some, parse, setting, walk
from core.conditions.sql import back_from, prefix_of, rows_behind


@dataclass
class _Needs:
    """What is read of one object: columns (ORM path by key), and the same behind associations to one and to many."""

    object_type: str
    columns: dict[str, str] = field(default_factory=dict)
    computed: dict[str, Field] = field(default_factory=dict)
    ones: "dict[str, tuple[Relation, _Needs]]" = field(default_factory=dict)
    manys: "dict[str, tuple[Relation, _Needs]]" = field(default_factory=dict)

    def add(self, node: Node) -> None:
        """Note what a parsed condition needs."""
        for part in walk(node):
            needs = self
            for hop in part.hops:
                needs = needs.ones.setdefault(hop.name, (hop, _Needs(hop.target)))[1]
            if isinstance(part, Compare):
                needs.columns |= part.field.columns()
                if part.field.computed:
                    needs.computed[part.field.name] = part.field
            elif isinstance(part, Some):
                relation = part.relation
                inner = needs.manys.setdefault(relation.name, (relation, _Needs(relation.target)))[1]
                inner.add(part.where)

    def paths(self, prefix: str = "") -> Iterator[str]:
        """The ORM paths of this object and of those behind associations to one."""
        yield prefix + "pk"
        for path in self.columns.values():
            yield prefix + path
        for hop, inner in self.ones.values():
            yield from inner.paths(prefix + prefix_of((hop,)))

    def expressions(self, prefix: str = "") -> Iterator[tuple[str, Any]]:
        """What the database works out for this object and those behind associations to one, by prefix and name."""
        for name, field_of in self.computed.items():
            yield prefix + name, field_of.sql(prefix)
        for hop, inner in self.ones.values():
            yield from inner.expressions(prefix + prefix_of((hop,)))


def values_for(
    records: Iterable[Any],
    condition: Condition,
    object_type: str = "",
    *,
    user: Any = None,
    now: datetime.datetime | None = None,
    zone: str | datetime.tzinfo | None = None,
) -> list[dict[str, Any]]:
    """The values that ``condition`` needs of saved ``records``, in their order, as the database has them.

    One query for the records and those they belong to, and one for each association to many: the number does not grow
    with the records. Raises BadCondition.
    """
    found = list(records)
    if not found:
        return []
    name = object_type or registry.object_type_of(type(found[0]))
    using = setting(user, now, zone)
    needs = _Needs(name)
    needs.add(parse(condition, name, using))
    pks = [record.pk for record in found]
    rows = registry.objects[name].model._default_manager.filter(pk__in=pks).order_by()
    read = dict(_read(rows, needs, "pk", using))
    return [read.get(pk, {}) for pk in pks]


def _read(rows: Any, needs: _Needs, key: str, using: Setting) -> list[tuple[Any, dict[str, Any]]]:
    """Each row's ``key`` and its values, nested."""
    paths = dict.fromkeys([key, *needs.paths()])
    asked = dict(needs.expressions())
    aliases = {name: f"computed_{place}" for place, name in enumerate(asked)}
    rows = rows.annotate(**{aliases[name]: expression for name, expression in asked.items()})
    read = []
    for row in rows.values(*paths, *aliases.values()):
        worked_out = {name: row[alias] for name, alias in aliases.items()}
        read.append((row[key], _nested(row | worked_out, needs, "")))
    _add_manys([values for _key, values in read], needs, using)
    return read


def _nested(row: dict[str, Any], needs: _Needs, prefix: str) -> dict[str, Any]:
    """A flat row as values; records that are not there are None."""
    values: dict[str, Any] = {"pk": row[prefix + "pk"]}
    values |= {name: row[prefix + path] for name, path in needs.columns.items()}
    values |= {name: row[prefix + name] for name in needs.computed}
    for name, (hop, inner) in needs.ones.items():
        further = prefix + prefix_of((hop,))
        values[name] = _nested(row, inner, further) if row[further + "pk"] is not None else None
    return values


def _add_manys(holders: list[dict[str, Any]], needs: _Needs, using: Setting) -> None:
    """Read the associations to many of all ``holders``, and of those they belong to."""
    for name, (relation, inner) in needs.manys.items():
        by_pk: dict[Any, list[dict[str, Any]]] = {holder["pk"]: [] for holder in holders}
        back = back_from(relation, registry.objects[needs.object_type].model)
        rows = rows_behind(relation, using).filter(**{f"{back}__in": list(by_pk)})
        for pk, values in _read(rows, inner, back, using) if by_pk else []:
            by_pk[pk].append(values)
        for holder in holders:
            holder[name] = by_pk[holder["pk"]]
    for name, (_hop, inner) in needs.ones.items():
        _add_manys([holder[name] for holder in holders if holder[name] is not None], inner, using)
