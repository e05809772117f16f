"""The audit log as a list: columns, filters, views and what an export of it holds."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import registry
from core.audit import reading, words
from core.audit.reading import PERMISSION
from core.conditions import Field, fields
from core.models import Event, Origin
from core.services import retention
from core.tables import BuiltIn, Chip, Column, Table, add_table, person_column

L = gettext_lazy
MOST_SHOWN = 3
NEEDS = ("name", "object_type", "object_id", "data", "origin", "key", "key_name")


class _Kinds(Sequence[tuple[str, str]]):
    """Kinds of things that events are about; they are known when all apps have registered theirs."""

    def _all(self) -> list[tuple[str, str]]:
        known = {name: words.noun(name) for name in {*registry.object_types, *words.nouns}}
        return sorted(known.items(), key=lambda pair: pair[1].casefold())

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __getitem__(self, at: Any) -> Any:
        return self._all()[at]


def moment(at: Any, _event: Any = None) -> str:
    """To the second, in the reader's zone."""
    return date_format(timezone.localtime(at), "SHORT_DATE_FORMAT") + timezone.localtime(at).strftime(" %H:%M:%S")


def channel(event: Event) -> str:
    """Through which channel it came; with the name of the key, where it was one."""
    said = str(Origin(event.origin).label)
    return f"{said} ({event.key_name})" if event.key_name else said


def page_of(event: Event) -> str:
    """The address of the record's page; empty where it has none, or is gone."""
    kind = registry.object_types.get(event.object_type)
    if kind is None or not event.object_id or words.is_forgotten(event) or event.name.endswith(".deleted"):
        return ""
    return reverse(kind.url_name, args=[event.object_id])


def _changes(events: Sequence[Event]) -> dict[int, tuple[list[words.Change], str]]:
    changes = words.changes_of(events)
    return {event.pk: (changes[event.pk], _facts(event)) for event in events}


def _facts(event: Event) -> str:
    if words.is_forgotten(event):
        return _("What it said was forgotten when the record was deleted for good.")
    return "; ".join(f"{label}: {said}" for label, said in words.facts_of(event))


def _show_changes(value: tuple[list[words.Change], str] | None, _event: Any) -> SafeString | str:
    changes, facts = value or ([], "")
    if not changes:
        return f"{facts[:159]}…" if len(facts) > 160 else facts
    lines = format_html_join(
        "",
        '<span class="audit-change"><span class="audit-label">{}</span> <del>{}</del> <ins>{}</ins></span>',
        ((change.label, _short(change.old), _short(change.new)) for change in changes[:MOST_SHOWN]),
    )
    more = len(changes) - MOST_SHOWN
    return format_html('{}<span class="muted">{}</span>', lines, _("and %d more") % more if more > 0 else "")


def _short(text: str) -> str:
    said = text or _("nothing")
    return f"{said[:79]}…" if len(said) > 80 else said


def _plain_changes(value: tuple[list[words.Change], str] | None, _event: Any) -> str:
    changes, facts = value or ([], "")
    return "; ".join([*map(str, changes), *filter(None, [facts])])


def _fitted(rows: QuerySet[Event], query: Any) -> QuerySet[Event]:
    kinds = [kind for kind in query.getlist("kind") if kind]
    return rows.filter(name__in=reading.names_of_kinds(kinds)) if kinds else rows


def _anything(_value: str, _user: Any) -> Q:
    return Q()


TABLE = Table(
    "event",
    L("Audit log"),
    "core:audit-log",
    "core:audit-event",
    reading.visible_to,
    [
        Column("occurred_at", L("When"), "datetime", sort="occurred_at", show=moment, look="audit-when"),
        Column("what", L("What"), value=lambda event: words.what(event.name), needs=NEEDS),
        Column("record", L("Record"), load=words.titles_of, needs=NEEDS, link=page_of),
        person_column("actor", L("Who")),
        Column("changes", L("Before and after"), "long", load=_changes, show=_show_changes, plain=_plain_changes),
        Column("channel", L("Channel"), value=channel, needs=NEEDS),
        Column("address", L("Network address")),
        Column("request", L("Request"), default=False),
        Column("name", L("Event"), default=False),
        Column(
            "kind",
            L("Kind of record"),
            value=lambda event: words.noun(event.object_type),
            needs=NEEDS,
            default=False,
        ),
        Column("object_id", L("Record’s number"), default=False),
    ],
    fields(
        Field("occurred_at", L("When"), "datetime", "occurred_at"),
        Field("actor", L("Who"), "record", "actor_id"),
        Field("object", L("Kind of record"), "choice", "object_type"),
        Field("channel", L("Channel"), "choice", "origin", tuple(Origin.choices)),
    ),
    "-occurred_at",
    chips=(
        Chip("occurred_at", L("When"), "date", icon="calendar"),
        Chip("actor", L("Who"), options=reading.people, icon="user"),
        Chip(
            "kind",
            L("What"),
            choices=[(key, label) for key, (label, _endings) in reading.KINDS.items()],
            icon="activity",
        ),
        Chip("object", L("Kind of record"), choices=_Kinds(), icon="list"),
        Chip("channel", L("Channel"), choices=tuple(Origin.choices), icon="target"),
    ),
    views=(
        BuiltIn("all", L("All")),
        BuiltIn("people", L("By people"), query="channel=person&channel=api"),
        BuiltIn("settings", L("Settings"), query="kind=settings"),
        BuiltIn("access", L("Sign-in and access"), query="kind=access"),
        BuiltIn("moved", L("Exports and imports"), query="kind=moved"),
        BuiltIn("api", L("API"), query="channel=api"),
    ),
    permission=PERMISSION,
    export_permission=PERMISSION,
    archive=False,
    narrowed={
        "kind": _anything,
        "record": reading.of_record,
        "from": reading.from_address,
        "key": reading.with_key,
        "request": reading.of_request,
    },
    narrowed_labels={
        "record": L("One record"),
        "from": L("One network address"),
        "key": L("One API key"),
        "request": L("One request"),
    },
    search=reading.with_words,
    search_hint=L("Names, values or a network address"),
    fitted=_fitted,
    needs=NEEDS,
    template="core/audit/list.html",
    icon="history",
)


def described(event: Event) -> Mapping[str, Any]:
    """All that the page of one event prints."""
    (changes,) = words.changes_of([event]).values()
    sentence = registry.event_kinds.get(event.name)
    return {
        "event": event,
        "what": words.what(event.name),
        "title": words.titles_of([event])[event.pk],
        "page": page_of(event),
        "when": moment(event.occurred_at),
        "zone": timezone.get_current_timezone_name(),
        "channel": channel(event),
        "kind": words.noun(event.object_type),
        "changes": changes,
        "facts": words.facts_of(event),
        "forgotten": words.is_forgotten(event),
        "sentence": capfirst(sentence.sentence(event)) if sentence and not words.is_forgotten(event) else "",
        "list": reverse("core:audit-log"),
    }


def kept() -> str:
    """For how long events stay, in words."""
    days = retention.days_kept()
    return _("Nothing is deleted by itself.") if not days else _("Kept for %d days.") % days


def register() -> None:
    """Tell core about the list and its place in the settings."""
    add_table(TABLE)
    registry.settings_menu.append(
        registry.MenuEntry(
            L("Audit log"), "core:audit-log", "history", order=35, permission=PERMISSION, group=L("Workspace"),
            text=L("Who changed what, when, from where and through which channel."),
        )
    )  # fmt: skip
    words.add_nouns(
        property=L("Property"), propertydefinition=L("Property"), propertygroup=L("Group of properties"),
        listjob=L("Export or change of a list"), savedview=L("View"), segment=L("Segment"),
        mailserver=L("Mail server"), companyprofile=L("Company profile"), file=L("File"), mail=L("E-mail"),
        request=L("Request"), audit=L("Audit log"),
    )  # fmt: skip
