"""From the address of an index page to its rows: search, filters, order, columns, page and count.

A part of the address that can't be read is named in ``problems`` and left out; the others go on.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.http import QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import registry, seeing
from core.conditions import BadCondition, Where, compile_conditions, fields, from_query, where_in
from core.money import formatted_number
from core.paging import SIZES, Asked, BadCursor, Page, page_by_key
from core.tables import custom, in_segments
from core.tables.address import EMPTY, LONGEST_SEARCH, columns_in
from core.tables.columns import NOTHING, Column, templated
from core.tables.described import Chip, Table

COUNT_UP_TO = 10_000
# Where it is asked of each row whether a person sees it: counting stops earlier, for it costs more.
COUNT_EACH_UP_TO = 1_000
DEFAULT_SIZE = 50
FEW = 1_000
MARKS = "sync"
# Shown in the archive of a list besides its own columns, where it has them.
ARCHIVE_COLUMNS = ("archived_at", "archived_by")
KNOWN = frozenset({"q", "where", "sort", "columns", "density", "size", "cursor", "view", "open", "archived", "tab"})


@dataclass(frozen=True)
class Cell:
    """A cell in print; ``name`` is the property that can be changed in it."""

    column: Column
    text: Any

    @property
    def name(self) -> str:
        """The property that is changed in it; empty for none."""
        return self.column.edit


@dataclass(frozen=True)
class Control:
    """A chip over the list with what can be chosen, and what is."""

    chip: Chip
    options: Sequence[tuple[str, Any]]
    chosen: Sequence[str] = ()

    @property
    def ranged(self) -> str:
        """The range in the address."""
        return next(iter(self.chosen), "")


@dataclass(frozen=True)
class Line:
    """A row in print."""

    record: Any
    first: Any
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Selection:
    """The rows of a list as the address wants them, without page and columns.

    ``asked``: the same rows for paging, where a person sees many but not all.
    """

    rows: QuerySet[Any]
    query: QueryDict
    where: Where
    problems: Sequence[str] = ()
    asked: Asked[Any] | None = None

    @property
    def q(self) -> str:
        """What is searched for."""
        return self.query.get("q", "").strip()[:LONGEST_SEARCH]


@dataclass(frozen=True)
class Listing:
    """What an index page shows, and what of its address it understood."""

    table: Table
    page: Page[Any]
    lines: Sequence[Line]
    columns: Sequence[Column]
    offered: Sequence[Column]
    count: int
    capped: bool
    q: str
    sort: str
    chosen: Mapping[str, Sequence[str]] = field(default_factory=dict)
    controls: Sequence[Control] = ()
    problems: Sequence[str] = ()
    where: Where = field(default_factory=Where)

    @property
    def rows(self) -> Sequence[Any]:
        """The records of this page."""
        return self.page.rows

    @property
    def in_words(self) -> str:
        """How many rows there are on all pages."""
        if self.capped:
            return _("%s+ records") % formatted_number(Decimal(self.count))
        return ngettext("%s record", "%s records", self.count) % formatted_number(Decimal(self.count))

    @property
    def several_pages(self) -> bool:
        """Whether there are rows on other pages."""
        return bool(self.page.next or self.page.previous)

    @property
    def archived(self) -> bool:
        """Whether the archive is shown instead of the live records."""
        return bool(self.chosen.get("archived"))

    @property
    def filtered(self) -> bool:
        """Whether something was typed or chosen that hides records."""
        return bool(self.q or self.chosen or self.where.text)

    @property
    def carried(self) -> list[tuple[str, str]]:
        """Filters of the address without a control on the page, to be kept, as (name, value)."""
        shown = {control.chip.name for control in self.controls} | {"archived"}
        return [(name, value) for name, values in self.chosen.items() if name not in shown for value in values]

    @property
    def unseen(self) -> list[tuple[str, str]]:
        """Names and labels of those filters, so that the page can say that they hold, and take them off."""
        names = dict.fromkeys(name for name, _value in self.carried)
        labels = {name: self.table.filters[name].label for name in names if name in self.table.filters}
        labels |= self.table.narrowed_labels
        return [(name, str(labels.get(name, name))) for name in names]

    @property
    def shown(self) -> list[str]:
        """The names of the shown columns."""
        return [column.name for column in self.columns]


def selected(table: Table, user: Any, query: QueryDict) -> Selection:
    """The rows that the address asks for."""
    if "%00" in query.urlencode():
        words = _("The address of this page holds a character that nothing can match.")
        return Selection(table.rows(user).none(), query, Where(), [words])
    where = where_in(query, table.object_type, user)
    problems = [where.problem] if where.problem else []
    wanted, misfits = _simple(table, query)
    mine, odd = custom.fitting(query, table.object_type)
    within, strange = in_segments.fitting(query, table.object_type, user)
    problems += [*misfits, *odd, *strange]
    parts = [where.fitting, wanted, mine, within]
    marks = registry.list_marks.get(table.object_type)
    states = [value for value in query.getlist(MARKS) if value]
    if marks and states:
        parts.append(marks.fitting(states))
    if table.archive:
        parts.append(Q(archived_at__isnull=not query.get("archived")))
    parts += [narrowing(value, user) for name, narrowing in table.narrowed.items() if (value := query.get(name))]
    text = query.get("q", "").strip()[:LONGEST_SEARCH]
    if text:
        parts.append(_found(table, user, text))
    known = {*custom.chosen_in(query, table.object_type), *_filter_names(table), *KNOWN, MARKS}
    problems += [
        _("This list has no filter “%s”; that part of the address was left out.") % name[:60]
        for name in query
        if name not in known and any(value not in EMPTY for value in query.getlist(name))
    ]

    def fitting(person: Any) -> QuerySet[Any]:
        rows = table.rows(person)
        for part in parts:
            rows = rows.filter(part)
        return table.fitted(rows, query) if table.fitted is not None else rows

    asked = Asked(fitting(seeing.unlimited(user)), fitting(seeing.one_by_one(user))) if seeing.is_wide(user) else None
    return Selection(fitting(user), query, where, problems, asked)


def _found(table: Table, user: Any, text: str) -> Q:
    """The rows with the typed words. Few ones by their ids: with a rare word in a long list the database would else
    walk down the order of the list until it has met enough of them. Who sees them is asked with the list."""
    wanted = table.search(text)
    rows = table.rows(seeing.unlimited(user))
    ids = list(rows.filter(wanted).order_by().values_list("pk", flat=True)[: FEW + 1])
    return Q(pk__in=ids) if len(ids) <= FEW else wanted


def _simple(table: Table, query: QueryDict) -> tuple[Q, list[str]]:
    """The simple filters that can be read, and a sentence for each other one."""
    wanted, problems = Q(), []
    for each in table.filters.values():
        known = fields(each)
        try:
            wanted &= compile_conditions(from_query(query, known), known)
        except BadCondition as error:
            problems.append(str(error))
    return wanted, problems


def columns_of(table: Table, user: Any) -> list[Column]:
    """The columns that a reader can choose from: the table's own, the sync state, custom properties."""
    own = [column for column in table.columns if not column.permission or user.has_perm(column.permission)]
    marks = registry.list_marks.get(table.object_type)
    if marks and not any(column.name == MARKS for column in own):
        own.append(Column(MARKS, marks.title, load=_marks_by(marks), show=_pill, plain=_state, default=False))
    return [*own, *custom.columns(table.object_type, priced=_priced(table, user))]


def _marks_by(marks: registry.ListMarks) -> Callable[[Sequence[Any]], Mapping[int, Any]]:
    def load(records: Sequence[Any]) -> Mapping[int, Any]:
        return marks.marks([record.pk for record in records])

    return load


def _priced(table: Table, user: Any) -> bool:
    try:
        table.rows(user).model._meta.get_field("currency")
    except FieldDoesNotExist:
        return False
    return True


def _pill(mark: Any, record: Any) -> Any:
    return templated("core/tables/_mark.html", "mark")(mark, record) if mark is not None else NOTHING


def _state(mark: Any, _record: Any) -> Any:
    return str(mark.state.label) if mark is not None else None


def chosen_columns(offered: Sequence[Column], names: Sequence[str]) -> list[Column]:
    """The named columns in their order, the main one first; those of the list where none is named.

    ``default`` among the names stands for those of the list.
    """
    by_name = {column.name: [column] for column in offered}
    by_name["default"] = [column for column in offered if column.default]
    wanted = dict.fromkeys(column.name for name in names or ["default"] for column in by_name.get(name, []))
    found = [by_name[name][0] for name in wanted] or by_name["default"]
    return [offered[0], *(column for column in found if column is not offered[0])]


def loading(rows: QuerySet[Any], columns: Iterable[Column], needs: Sequence[str] = ()) -> QuerySet[Any]:
    """``rows`` with just what ``columns`` read, in one statement."""
    annotations: dict[str, Any] = {}
    paths: list[str] = list(needs)
    for column in columns:
        annotations |= column.annotate
        paths += [path for path in column.reads if path not in column.annotate]
    related = {path.rsplit("__", 1)[0] for path in paths if "__" in path}
    # A relation that is followed needs its own column, and so does each one on the way.
    heads = {"__".join(path.split("__")[:depth]) for path in related for depth in range(1, path.count("__") + 2)}
    found: QuerySet[Any] = rows.annotate(**annotations).only("pk", *dict.fromkeys(paths), *sorted(heads))
    return found.select_related(*sorted(related)) if related else found


def printed(columns: Sequence[Column], records: Sequence[Any], table: Table) -> list[Line]:
    """The records as lines."""
    loaded = {c.name: c.load(records) for c in columns if c.load is not None and records}
    lines = []
    for record in records:
        cells = [Cell(c, c.cell(c.of(record, loaded.get(c.name)), record)) for c in columns]
        page = reverse(table.page, args=[record.pk])
        first = format_html('<a class="row-link" href="{}">{}</a>', page, cells[0].text or "–")
        lines.append(Line(record, first, cells[1:]))
    return lines


def sorting(
    table: Table, rows: QuerySet[Any], offered: Sequence[Column], asked: str
) -> tuple[QuerySet[Any], str, str, str]:
    """``rows`` ready to be ordered: (rows, the order as in the address, key for paging, a problem)."""
    name, problem = asked.removeprefix("-"), ""
    if name.startswith("property:"):
        rows, key, problem = custom.sorted_by(rows, name, table.object_type)
        if key:
            return rows, asked, f"-{key}" if asked.startswith("-") else key, ""
    sorts = {column.name: column for column in offered if column.sort and not column.name.startswith("property:")}
    if asked and name not in sorts:
        problem = problem or _("This list can't be sorted by “%s”.") % name[:60]
    sort = asked if name in sorts else table.default_sort
    column = sorts[sort.removeprefix("-")]
    rows = rows.annotate(**column.annotate) if column.annotate else rows
    return rows, sort, f"-{column.sort}" if sort.startswith("-") else column.sort, problem


def listing(table: Table, user: Any, query: QueryDict, names: Sequence[str] = ()) -> Listing:
    """One page of the list as the address asks for it; ``names`` are the columns where the address names none."""
    selection = selected(table, user, query)
    problems = list(selection.problems)
    offered = columns_of(table, user)
    asked = columns_in(query)
    if strange := [name for name in asked if name not in {column.name for column in offered}]:
        problems.append(_("This list has no column “%s”.") % ", ".join(strange)[:120])
    columns = chosen_columns(offered, asked or (names if not _archive(table, query) else ["default", *ARCHIVE_COLUMNS]))
    rows, sort, key, problem = sorting(table, selection.rows, offered, query.get("sort", ""))
    if problem:
        problems.append(problem)
    size = {str(each): each for each in SIZES}.get(query.get("size", ""), DEFAULT_SIZE)
    sorted_by = next((c for c in offered if c.name == sort.removeprefix("-")), table.main)

    def held(rows: QuerySet[Any]) -> QuerySet[Any]:
        return loading(rows, [*columns, sorted_by], (*table.needs, *_own(rows.model, key)))

    def ordered(rows: QuerySet[Any]) -> QuerySet[Any]:
        return sorting(table, rows, offered, query.get("sort", ""))[0]

    seen = selection.asked
    at_hand = Asked(ordered(seen.every), held(ordered(seen.each))) if seen else None
    try:
        page = page_by_key(held(rows), sort=key, cursor=query.get("cursor", ""), size=size, asked=at_hand)
    except BadCursor:
        problems.append(_("The page in the address is none of this list; this is the first one."))
        page = page_by_key(held(rows), sort=key, size=size, asked=at_hand)
    # A first page that is not full is all there is.
    most = COUNT_EACH_UP_TO if seen and page.dense else COUNT_UP_TO
    counted = seen.each if seen and page.dense else selection.rows
    count = capped_count(counted, most) if page.next or page.previous else len(page.rows)
    chosen = chosen_in(table, query)
    return Listing(
        table, page, printed(columns, page.rows, table), columns, offered, min(count, most),
        count > most, selection.q, sort, chosen,
        controls_of(table, user, chosen, [column.name for column in columns]), problems, selection.where,
    )  # fmt: skip


def _archive(table: Table, query: QueryDict) -> bool:
    return table.archive and bool(query.get("archived"))


def _own(model: Any, key: str) -> tuple[str, ...]:
    """The sort key where it is a column of the record, which paging has to read."""
    name = key.removeprefix("-")
    try:
        model._meta.get_field(name.split("__")[0])
    except FieldDoesNotExist:
        return ()
    return (name,)


def chosen_in(table: Table, query: QueryDict) -> dict[str, list[str]]:
    """The filters of the address, by name."""
    names = [*_filter_names(table), *([MARKS] if table.object_type in registry.list_marks else [])]
    names += ["archived"] if table.archive else []
    own = {name: [value for value in query.getlist(name) if value not in EMPTY] for name in names}
    return {name: values for name, values in own.items() if values} | custom.chosen_in(query, table.object_type)


def _filter_names(table: Table) -> list[str]:
    """The filters that the list has by itself and by its segments."""
    return [*table.filters, *table.narrowed, *in_segments.names(table.object_type)]


def controls_of(table: Table, user: Any, chosen: Mapping[str, Sequence[str]], shown: Sequence[str]) -> list[Control]:
    """The controls over the list with their options; those of the database in one statement for all."""
    chips = [chip for chip in table.chips if not chip.chosen_only or chosen.get(chip.name)]
    marks = registry.list_marks.get(table.object_type)
    if marks and (MARKS in shown or chosen.get(MARKS)):
        chips.append(Chip(MARKS, marks.title, choices=marks.states, icon="refresh"))
    chips += custom.chips(table.object_type, shown)
    chips += in_segments.chips(table.object_type, chosen)
    stored = _stored_options([chip for chip in chips if chip.options is not None], user, chosen)
    found = [
        Control(chip, stored[chip.name] if chip.options is not None else chip.choices, chosen.get(chip.name, ()))
        for chip in chips
    ]
    return [control for control in found if len(control.options) >= control.chip.at_least]


def _stored_options(
    chips: Sequence[Chip], user: Any, chosen: Mapping[str, Sequence[str]]
) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {chip.name: [] for chip in chips}
    # Two chips with the same options (owner, deal owner) ask once.
    groups: dict[Any, list[Chip]] = {}
    for chip in chips:
        groups.setdefault(chip.name if chip.chosen_only else chip.options, []).append(chip)
    asked = []
    for number, (first, *_same) in enumerate(groups.values()):
        assert first.options is not None
        rows = first.options(user)
        if first.chosen_only:
            ids = [int(value) for value in chosen[first.name] if value.isdecimal() and len(value) < 19]
            rows = rows.filter(pk__in=ids)
        text = Cast("label", CharField())
        asked.append(
            rows.order_by().annotate(group=Value(number), text=text).values_list("group", "place", "text", "pk")
        )
    if not asked:
        return found
    union = asked[0].union(*asked[1:], all=True) if len(asked) > 1 else asked[0]
    names = [[chip.name for chip in same] for same in groups.values()]
    for group, _place, label, pk in sorted(union, key=lambda row: (row[0], row[1], row[2].casefold(), row[3])):
        for name in names[group]:
            found[name].append((str(pk), label))
    return found


def capped_count(rows: QuerySet[Any], most: int | None = None) -> int:
    """The number of rows, counted no further than one past ``most``, by default COUNT_UP_TO."""
    return rows.order_by().values("pk")[: (most or COUNT_UP_TO) + 1].count()
