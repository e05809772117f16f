"""What apps add to pages that they do not own. Each app fills these lists in its ``apps.py``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy

from core import seeing

if TYPE_CHECKING:
    from django.db.models import Q
    from django_stubs_ext import StrOrPromise

    from core.finding import Hit, Lines, Place
    from core.models import Event


@dataclass(frozen=True)
class RecordCard:
    """A card on a record page: an HTML fragment that the page loads from ``url_name`` with the record's id."""

    object_type: str
    key: str
    title: "StrOrPromise"
    url_name: str
    order: int = 100
    permission: str = ""


@dataclass(frozen=True)
class HomeCard:
    """A card on the home page, loaded from ``url_name``.

    ``order`` is its place until a person moves it. Who holds ``leads_with`` has it before the others, so that each
    role starts with what it is there for. ``optional`` ones are hidden until a person shows them. ``shown(user)`` says
    who may have it at all, where a permission does not.
    """

    key: str
    title: "StrOrPromise"
    url_name: str
    order: int = 100
    permission: str = ""
    leads_with: str = ""
    optional: bool = False
    shown: Callable[[Any], bool] | None = None


@dataclass(frozen=True)
class MenuEntry:
    """A line of the main menu or of the settings menu. ``shortcut`` is the letter that follows ``g``.

    ``text`` says on the settings' first page, and in the search, what one finds there.
    """

    title: "StrOrPromise"
    url_name: str
    icon: str
    order: int = 100
    permission: str = ""
    shortcut: str = ""
    group: "StrOrPromise" = ""
    text: "StrOrPromise" = ""


@dataclass(frozen=True)
class ObjectType:
    """A kind of record: its singular and plural name, and the URL name of its page (taking the id)."""

    name: str
    label: "StrOrPromise"
    plural: "StrOrPromise"
    url_name: str
    icon: str = ""


@dataclass(frozen=True)
class SearchSource:
    """Search over one kind of record: where it is looked for, and ``lines(user, ids)``, which prints what was found.

    ``lines`` leaves out what the person may not see; ``permission`` is needed to look at all. ``seen(user)`` is an SQL
    condition, made of names in the code, for those rows of the place that the person may see: so that the others are
    neither counted nor take the place of those that are shown.
    """

    object_type: str
    title: "StrOrPromise"
    place: "Place"
    lines: "Lines"
    order: int = 100
    permission: str = ""
    seen: Callable[[Any], str] | None = None

    def lines_for(self, user: Any, ids: "Sequence[int]") -> "Mapping[int, Hit]":
        """The few records with these ids that ``user`` may see, as they are printed."""
        return self.lines(seeing.one_by_one(user), ids)

    def place_for(self, user: Any) -> "Place":
        """Where it is looked for on behalf of ``user``."""
        if self.seen is None:
            return self.place
        seen = self.seen(user)
        return replace(self.place, seen=seen, few=seen != "TRUE" and not seeing.is_wide(user))


@dataclass(frozen=True)
class Action:
    """Something to do that the palette offers: a page to open, a panel (``drawer``) or a form to send (``post``).

    ``create`` ones make a record: they are the menu behind ``c``.
    """

    title: "StrOrPromise"
    url: str
    icon: str
    order: int = 100
    create: bool = False
    drawer: bool = False
    post: bool = False


@dataclass(frozen=True)
class EventKind:
    """How the timeline prints an event: an icon, a filter kind and a function that makes the sentence."""

    name: str
    kind: str
    icon: str
    sentence: Callable[["Event"], str]


@dataclass(frozen=True)
class BrandSample:
    """A page that shows what customers see, with made-up content."""

    title: "StrOrPromise"
    url_name: str
    icon: str


@dataclass(frozen=True)
class ListMarks:
    """A second mark on the rows of a list, such as the sync state: a column with pills, and a filter by state.

    ``marks(ids)`` gives the marks by record, in a constant number of statements, and ``<c-sync_mark :mark>`` prints
    one; ``shown(user)`` says whether the column makes sense at all; ``states`` are the choices of the filter;
    ``fitting(states)`` is its condition on the list's rows. Calling it is calling ``marks``.
    """

    title: "StrOrPromise"
    marks: Callable[[Sequence[int]], Mapping[int, Any]]
    shown: Callable[[Any], bool]
    states: "Sequence[tuple[str, StrOrPromise]]"
    fitting: "Callable[[Sequence[str]], Q]"

    def __call__(self, ids: Sequence[int]) -> Mapping[int, Any]:
        """The marks of some records by id."""
        return self.marks(ids)


@dataclass(frozen=True)
class FileHost:
    """A kind of record that files are put on.

    ``visible_to(user)`` are the records that a person may see, ``sees`` is the permission that seeing any of them
    needs (empty: none), ``permission`` is what changing needs, ``page`` the URL name of the record's page.
    ``accounting``: its files may go to the accounting system as well, and ``standing(file ids)`` then says how each
    stands there, by the file's id, as (tone, words).
    """

    visible_to: Callable[[Any], Any]
    permission: str
    page: str = ""
    sees: str = ""
    accounting: bool = False
    standing: "Callable[[Sequence[int]], Mapping[int, tuple[str, StrOrPromise]]] | None" = None


@dataclass(frozen=True)
class SalesTax:
    """A tax that lines can carry: what it is called, and its percentage; None where that is not known."""

    name: str
    percent: Decimal | None


brand_samples: list[BrandSample] = []
# The taxes that accounting knows: function(currency) -> those of its companies, of companies in this currency first.
sales_taxes: list[Callable[[str], Sequence[SalesTax]]] = []
# What another company currency would mean: function(present currency) -> sentences.
currency_effects: list[Callable[[str], list[str]]] = []
record_cards: list[RecordCard] = []
home_cards: list[HomeCard] = []
# Cards on the page that tells operators what needs them, below what that page says itself.
health_cards: list[HomeCard] = []
menu: list[MenuEntry] = []
settings_menu: list[MenuEntry] = []
search_sources: list[SearchSource] = []
# What the palette offers to do: function(user) -> actions that this person may take.
actions: list[Callable[[Any], list[Action]]] = []
object_types: dict[str, ObjectType] = {}
list_marks: dict[str, ListMarks] = {}
event_kinds: dict[str, EventKind] = {}
file_hosts: dict[str, FileHost] = {}
# Events that the home page tells of, by name, with the permission that seeing them needs (empty: none).
notable_events: dict[str, str] = {}
# Sentences for the whole site, such as "QuickBooks needs to be reconnected": function(user) -> list of dicts with
# ``level``, ``text``, ``url`` and ``action``.
banners: list[Callable[[Any], list[dict[str, str]]]] = []


def cards_for(object_type: str, user: Any) -> list[RecordCard]:
    """The record cards that ``user`` may see, in order."""
    shown = [card for card in record_cards if card.object_type == object_type]
    return sorted((c for c in shown if not c.permission or user.has_perm(c.permission)), key=lambda card: card.order)


def health_cards_for(user: Any) -> list[HomeCard]:
    """The cards of the health page that ``user`` may see, in order."""
    return sorted((c for c in health_cards if user.has_perm(c.permission)), key=lambda card: card.order)


def icon_of(object_type: str) -> str:
    """The icon of a kind of record; a magnifying glass where it has none."""
    kind = object_types.get(object_type)
    return (kind.icon if kind else "") or "search"


def add_object_type(object_type: ObjectType) -> None:
    """Register a kind of record under its name."""
    object_types[object_type.name] = object_type


def add_file_host(object_type: str, host: FileHost, *, order: int = 90) -> None:
    """Let files be put on a kind of record: a card on its page, at the address ``core:<kind>-files``."""
    file_hosts[object_type] = host
    record_cards.append(RecordCard(object_type, "files", gettext_lazy("Files"), f"core:{object_type}-files", order))


def add_event_kinds(*kinds: EventKind) -> None:
    """Register how events are printed."""
    event_kinds.update({kind.name: kind for kind in kinds})
