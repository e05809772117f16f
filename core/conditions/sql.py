"""The interpreter that compiles a condition to a filter.

SQL has three truth values, the language has two. A comparison may come out as NULL only where that counts as false:
negation is pushed down to the single comparisons, and there it is ``IS NOT TRUE``. Associations to many are EXISTS, so
no row comes twice. Plain comparisons stay plain, so that they can use an index.
"""

import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BooleanField,
    DateField,
    DateTimeField,
    DecimalField,
    Exists,
    Func,
    JSONField,
    OuterRef,
    Q,
    TextField,
    Value,
)
from django.db.models.functions import Coalesce, Left, Length, Right, StrIndex
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, In, IsNull, LessThan, LessThanOrEqual

from core.conditions import registry
from core.conditions.fields import Field, Fields, Relation
from core.conditions.language import Compare, Condition, Group, Named, Node, Not, Setting, Some, parse, setting
from core.conditions.operators import HasAny, Holds, IsEmpty, IsIn, Predicate, Within
from core.conditions.text import caseless, folded

NOTHING_FITS = Q(pk__in=[])


class IsNotTrue(Func):
    """False or NULL: the exact complement of a condition."""

    template = "((%(expressions)s) IS NOT TRUE)"
    output_field = BooleanField()


class _JsonHas(Func):
    """``?|`` and ``?&``: whether an array of JSON has any or all of some texts."""

    template = "(%(expressions)s)"
    output_field = BooleanField()


def compile_conditions(
    condition: Condition,
    described: "str | Fields",
    *,
    user: Any = None,
    now: datetime.datetime | None = None,
    zone: str | datetime.tzinfo | None = None,
) -> Q:
    """``condition`` as a filter over the rows of an object type (or of the model that given fields are about).

    ``user`` is who asks: ``me``, and what associations may show; without one nothing is hidden. ``now`` and ``zone``
    (an IANA name) decide which day it is. To negate the result, negate the condition: ``{"not": condition}``. Raises
    BadCondition with a sentence.
    """
    using = setting(user, now, zone)
    return to_sql(parse(condition, described, using), using)


def to_sql(node: Node, using: Setting, *, negated: bool = False) -> Q:
    """A parsed condition, or its complement, as a filter."""
    if isinstance(node, Not):
        return to_sql(node.part, using, negated=not negated)
    if isinstance(node, Named):
        return to_sql(node.part, using, negated=negated)
    if isinstance(node, Group):
        return _group(node, using, negated=negated)
    if isinstance(node, Some):
        return _some(node, using, negated=negated)
    return _compare(node, negated=negated)


def _group(node: Group, using: Setting, *, negated: bool) -> Q:
    every = node.every != negated
    if not node.parts:
        return Q() if every else NOTHING_FITS
    combined = Q()
    for part in node.parts:
        compiled = to_sql(part, using, negated=negated)
        if not compiled:  # true of every row; Django would take it for nothing at all
            if not every:
                return Q()
            continue
        combined = combined & compiled if every else combined | compiled
    return combined


def prefix_of(hops: tuple[Relation, ...]) -> str:
    """The ORM prefix that associations to one record each lead to."""
    return "".join(f"{hop.path}__" for hop in hops)


def back_from(relation: Relation, model: Any) -> str:
    """The ORM path from the far end of ``relation`` back to ``model``."""
    if relation.back:
        return relation.back
    field = model._meta.get_field(relation.path)
    return str(field.remote_field.name if field.auto_created else field.related_query_name())


def rows_behind(relation: Relation, using: Setting) -> Any:
    """The records that an association may lead to: what counts, and what the user may see."""
    known = registry.objects[relation.target]
    rows = known.model._default_manager.all() if using.user is None else known.visible_to(using.user)
    return rows.filter(known.counted).order_by()


def _some(node: Some, using: Setting, *, negated: bool) -> Q:
    back = back_from(node.relation, registry.objects[node.owner].model)
    found = rows_behind(node.relation, using).filter(**{back: OuterRef(prefix_of(node.hops) + "pk")})
    exists = Exists(found.filter(to_sql(node.where, using)))
    return Q(~exists) if node.none != negated else Q(exists)


def _compare(node: Compare, *, negated: bool) -> Q:
    """All of a predicate's expressions, or the complement of at least one."""
    expressions = _expressions(node.field, node.predicate, prefix_of(node.hops))
    if node.negated != negated:
        complement = Q()
        for expression in expressions:
            complement |= Q(IsNotTrue(expression))
        return complement
    return Q(*expressions)


def _expressions(field: Field, predicate: Predicate, prefix: str) -> list[Any]:
    """What has to be true in SQL for the predicate to hold; each expression is true, false or NULL."""
    value = field.sql(prefix)
    if isinstance(predicate, IsEmpty):
        return [_is_empty(field, value)]
    if isinstance(predicate, IsIn):
        return _is_in(field, value, predicate)
    if isinstance(predicate, Holds):
        return [_holds(value, predicate)]
    if isinstance(predicate, Within):
        return _within(value, predicate)
    operator = " ?| " if isinstance(predicate, HasAny) else " ?& "
    choices = Value(list(predicate.choices), output_field=ArrayField(TextField()))
    return [_JsonHas(value, choices, arg_joiner=operator)]


def _is_empty(field: Field, value: Any) -> Any:
    if field.kind in ("text", "choice"):
        return Exact(Coalesce(value, Value(""), output_field=TextField()), Value(""))
    if field.kind == "multi_choice":
        nothing = Value([], output_field=JSONField())
        return Exact(Coalesce(value, nothing, output_field=JSONField()), nothing)
    return IsNull(value, True)


def _is_in(field: Field, value: Any, predicate: IsIn) -> list[Any]:
    needed: list[Any] = []
    if field.kind == "text" and not all(caseless(each) for each in predicate.values):
        # Folding keeps the length, and comparing lengths costs little: most rows are done with.
        lengths = sorted({len(each) for each in predicate.values})
        needed.append(Exact(Length(value), lengths[0]) if len(lengths) == 1 else In(Length(value), lengths))
        value = folded(value)
    if isinstance(value, Exists) and predicate.values == (True,):
        # As it stands the database can join; compared with a value it would ask for each row.
        return [value]
    wanted = [typed(each) for each in predicate.values]
    needed.append(Exact(value, wanted[0]) if len(wanted) == 1 else In(value, wanted))
    return needed


def _holds(value: Any, predicate: Holds) -> Any:
    text, wanted = folded(value), Value(predicate.text)
    if predicate.where == "contains":
        return GreaterThan(StrIndex(text, wanted), 0)
    part = Left if predicate.where == "start" else Right
    return Exact(part(text, len(predicate.text)), wanted)


def _within(value: Any, predicate: Within) -> list[Any]:
    bounds: list[Any] = []
    if predicate.low is not None:
        above = GreaterThanOrEqual if predicate.low_included else GreaterThan
        bounds.append(above(value, typed(predicate.low)))
    if predicate.high is not None:
        below = LessThanOrEqual if predicate.high_included else LessThan
        bounds.append(below(value, typed(predicate.high)))
    return bounds or [IsNull(value, False)]


def typed(value: Any) -> Value:
    """A value with its type, so that no column rounds or cuts it on the way."""
    if isinstance(value, datetime.datetime):
        return Value(value, output_field=DateTimeField())
    if isinstance(value, datetime.date):
        return Value(value, output_field=DateField())
    if not isinstance(value, str | bool | int):
        return Value(value, output_field=DecimalField())
    return Value(value)
