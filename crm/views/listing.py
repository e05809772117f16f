"""From the address of an index page to its rows: search, filters, order, page and count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.conditions import BadCondition, Where, compile_conditions, from_query
from core.money import formatted_number
from core.paging import SIZES, BadCursor, Page, page_by_key
from core.properties import lists
from core.search import matching
from crm.filters import ListSpec

COUNT_UP_TO = 10_000
DEFAULT_SIZE = 50
IS_ARCHIVED = ExpressionWrapper(Q(archived_at__isnull=False), output_field=BooleanField())


@dataclass(frozen=True)
class Listing:
    """What an index page shows, and what of its address it understood."""

    page: Page[Any]
    count: int
    capped: bool
    q: str
    sort: str
    chosen: Mapping[str, Sequence[str]] = field(default_factory=dict)
    # Filters without a control on the page, as (name, value), to be carried along.
    carried: Sequence[tuple[str, str]] = ()
    problem: str = ""
    where: Where = field(default_factory=Where)

    @property
    def rows(self) -> Sequence[Any]:
        """The rows of this page."""
        return self.page.rows

    @property
    def in_words(self) -> str:
        """How many rows there are on all pages."""
        if self.capped:
            return _("%s+ records") % formatted_number(Decimal(self.count))
        return ngettext("%s record", "%s records", self.count) % formatted_number(Decimal(self.count))

    @property
    def archived(self) -> bool:
        """Whether the archive is shown instead of the live records."""
        return bool(self.chosen.get("archived"))

    @property
    def filtered(self) -> bool:
        """Whether something was typed or chosen that hides records."""
        return bool(self.q or self.chosen or self.where.text)


def filtered(rows: QuerySet[Any], query: QueryDict, spec: ListSpec) -> tuple[QuerySet[Any], str]:
    """``rows`` that fit the address, and a sentence where it can't be understood (those filters are then left out).

    Archived records are left out unless the address asks for them.
    """
    problem = ""
    if "%00" in query.urlencode():
        return rows.none(), _("The address of this page holds a character that nothing can match.")
    try:
        wanted = compile_conditions(from_query(query, spec.fields), spec.fields)
    except BadCondition as error:
        wanted, problem = Q(), str(error)
    rows = rows.alias(is_archived=IS_ARCHIVED).filter(wanted)
    if problem or not query.get("archived"):
        rows = rows.filter(archived_at=None)
    text = query.get("q", "").strip()[:200]
    if text:
        search = matching(text)
        rows = rows.filter(search=search) if search else rows.none()
    return rows, problem


def listing(rows: QuerySet[Any], query: QueryDict, spec: ListSpec, where: Where | None = None) -> Listing:
    """One page of ``rows`` as the address asks for it, in two queries whatever its size."""
    where = where or Where()
    object_type = object_type_of(rows)
    rows, misfit = lists.filtered_in(rows.filter(where.fitting), query, object_type)
    fitting, problem = filtered(rows, query, spec)
    fitting, custom_key, slow = lists.sorted_in(fitting, query, object_type)
    sort = query.get("sort", "")
    if not custom_key and sort.lstrip("-") not in spec.sorts:
        sort = spec.default_sort
    column = "" if custom_key else spec.sorts[sort.lstrip("-")]
    key = custom_key or (f"-{column}" if sort.startswith("-") else column)
    size = {str(each): each for each in SIZES}.get(query.get("size", ""), DEFAULT_SIZE)
    try:
        page = page_by_key(fitting, sort=key, cursor=query.get("cursor", ""), size=size)
    except BadCursor:
        page = page_by_key(fitting, sort=key, size=size)
    # A first page that is not full is all there is.
    count = capped_count(fitting) if page.next or page.previous else len(page.rows)
    chosen = {name: [value for value in query.getlist(name) if value] for name in spec.fields if query.get(name)}
    carried = [(name, value) for name, values in chosen.items() if name not in spec.controls for value in values]
    return Listing(
        page,
        min(count, COUNT_UP_TO),
        count > COUNT_UP_TO,
        query.get("q", "").strip(),
        sort,
        chosen | lists.chosen_in(query, object_type),
        carried,
        problem or where.problem or misfit or slow,
        where,
    )


def object_type_of(rows: QuerySet[Any]) -> str:
    """The kind of records in ``rows``."""
    return str(rows.model._meta.model_name)


def capped_count(rows: QuerySet[Any]) -> int:
    """The number of rows, counted no further than one past COUNT_UP_TO."""
    return rows.order_by().values("pk")[: COUNT_UP_TO + 1].count()
