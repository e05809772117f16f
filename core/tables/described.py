"""What an app says about the list of its records."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from core.conditions import Condition, Fields, to_address
from core.search import matching
from core.tables.actions import Action
from core.tables.columns import Column

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# The choices of a chip that only the database knows, as a function of the user: rows with ``label``, ``pk`` and a
# number to order by, ``place``. All chips of a page are asked in one statement.
Options = Callable[[Any], QuerySet[Any]]


@dataclass(frozen=True)
class Chip:
    """A control over the list for one of its simple filters. ``kind`` is ``options``, ``date`` or ``number``.

    ``choices`` are fixed, ``options`` come from the database. With ``chosen_only`` the options are those of the
    address, for filters that come by link; the chip is left out where there are fewer options than ``at_least``.
    """

    name: str
    label: "StrOrPromise"
    kind: str = "options"
    choices: "Sequence[tuple[str, StrOrPromise]]" = ()
    options: Options | None = None
    chosen_only: bool = False
    at_least: int = 0
    icon: str = "plus"


@dataclass(frozen=True)
class BuiltIn:
    """A view that everybody has. It can't be deleted, only hidden; ``tab`` says whether it has a tab to begin with.

    ``where`` is a condition, ``query`` the rest of the state as a query string.
    """

    key: str
    label: "StrOrPromise"
    query: str = ""
    where: Condition = field(default_factory=dict)
    tab: bool = True

    @property
    def state(self) -> str:
        """The state as a query string."""
        where = f"where={to_address(self.where)}" if self.where else ""
        return "&".join(filter(None, [self.query, where]))


@dataclass(frozen=True)
class Total:
    """A column of amounts whose sum is printed under the list, for each currency."""

    path: str
    label: "StrOrPromise"


def by_words(text: str) -> Q:
    """The rows in which every typed word is the beginning of a word."""
    words = matching(text)
    return Q(search=words) if words is not None else Q(pk__in=[])


ALL = BuiltIn("all", _("All"))


@dataclass(frozen=True)
class Table:
    """The list of one kind of record.

    ``rows(user)`` are the records that a user may see. The first column leads to the record (``page``, a URL name
    taking the id) and can't be hidden. ``filters`` are the simple filters of the address; ``archive`` says whether
    one of them shows the archive, which is left out otherwise. ``fitted(rows, query)`` may adapt the rows to an
    address.
    """

    object_type: str
    label: "StrOrPromise"
    index: str
    page: str
    rows: Callable[[Any], QuerySet[Any]]
    columns: Sequence[Column]
    filters: Fields
    default_sort: str
    chips: Sequence[Chip] = ()
    views: Sequence[BuiltIn] = (ALL,)
    actions: Sequence[Action] = ()
    totals: Sequence[Total] = ()
    # Rows that count for nothing in the totals are left out by this.
    totalled: Q = field(default_factory=Q)
    permission: str = ""
    export_permission: str = ""
    archive: bool = True
    # The view that the bare address opens for who has chosen none.
    start: str = ""
    # Filters of the address with conditions of their own, by name: of its value and who asks.
    narrowed: Mapping[str, Callable[[str, Any], Q]] = field(default_factory=dict)
    # What such a filter is called over the list, from where it can be taken off.
    narrowed_labels: "Mapping[str, StrOrPromise]" = field(default_factory=dict)
    search: Callable[[str], Q] = by_words
    search_hint: "StrOrPromise" = ""
    fitted: Callable[[QuerySet[Any], Any], QuerySet[Any]] | None = None
    annotate: Mapping[str, Any] = field(default_factory=dict)
    # Paths that every row needs, also where no column shows them.
    needs: tuple[str, ...] = ()
    template: str = "core/tables/index.html"
    icon: str = "list"
    edit: str = ""  # URL name of the form of a record, for the key e
    # Writes properties of a record: change(record, values, by=); raises Refused, and BadValues for custom ones.
    change: Callable[..., Any] | None = None
    # How a property is typed: editor(name, record or None, user) -> Editor.
    editor: Callable[[str, Any, Any], Any] | None = None
    edit_permission: str = ""

    @property
    def main(self) -> Column:
        """The column that leads to the record."""
        return self.columns[0]
