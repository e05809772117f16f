"""Likely matches and duplicates as their pages print them: both sides, and what linking would fill."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import QueryDict

from core.paging import BadCursor, Page, page_by_key
from core.plain import plain
from core.properties import remembered
from qbo_connector import queries as connector
from qbo_connector.mirror import read
from qbo_connector.mirror.read import Mirrored
from qbo_connector.models import Connection, MirrorObject
from sync import duplicates, merging, records, shown, titles
from sync.enums import RecordType, SyncObject
from sync.mapping import catalogue
from sync.mapping.fields import CRM_FIELDS, Field
from sync.mapping.reading import BadPayload
from sync.mapping.values import display_name, from_quickbooks, in_crm
from sync.models import Link, MatchSuggestion
from sync.policies import OBJECT_OF, Policy, policy_of

ON_PAGE = 20
COUNT_UP_TO = 10_000


@dataclass(frozen=True)
class Pair:
    """One field on both sides, and what each would get: empty where it stays as it is."""

    label: str
    crm: str
    quickbooks: str
    crm_gets: str
    quickbooks_gets: str
    clash: bool


@dataclass(frozen=True)
class Suggestion:
    """A record and an object that are likely the same."""

    row: MatchSuggestion
    kind: str
    title: str
    url: str
    object_name: str
    object_url: str
    rule: str
    pairs: Sequence[Pair]
    gone: bool


@dataclass(frozen=True)
class Suggestions:
    """One page of them; the count is capped."""

    lines: Sequence[Suggestion]
    page: Page[MatchSuggestion]
    count: int
    more: bool


def open_suggestions(user: Any, query: QueryDict | None = None) -> QuerySet[MatchSuggestion]:
    """Suggestions that nobody decided about, of one company where the address names one."""
    rows = MatchSuggestion.objects.filter(accepted=None, connection__in=connector.visible_to(user))
    company = query.get("company", "") if query is not None else ""
    if company:
        rows = rows.filter(connection=int(company)) if company.isdecimal() and len(company) < 19 else rows.none()
    return rows


def suggestions(user: Any, query: QueryDict) -> Suggestions:
    """One page, the newest first; the statements grow with the kinds of records and companies on it, not with rows."""
    fitting = open_suggestions(user, query)
    rows = fitting.select_related("connection")
    try:
        page = page_by_key(rows, sort="-id", cursor=query.get("cursor", ""), size=ON_PAGE)
    except BadCursor:
        page = page_by_key(rows, sort="-id", size=ON_PAGE)
    count = len(page.rows)
    if page.next or page.previous:
        count = fitting.order_by()[: COUNT_UP_TO + 1].count()
    return Suggestions(_lines(page.rows), page, min(count, COUNT_UP_TO), count > COUNT_UP_TO)


def _lines(rows: Sequence[MatchSuggestion]) -> list[Suggestion]:
    names = titles.titles((row.object_type, row.object_id) for row in rows)
    pairs: dict[int, Sequence[Pair]] = {}
    objects: dict[int, Mirrored] = {}
    groups: dict[tuple[int, str, str], list[MatchSuggestion]] = {}
    for row in rows:
        groups.setdefault((row.connection_id, row.entity, row.object_type), []).append(row)
    with remembered():
        for members in groups.values():
            found = _compared(members)
            for row in members:
                pairs[row.pk] = found[0].get(row.pk, ())
                if row.qbo_id in found[1]:
                    objects[row.pk] = found[1][row.qbo_id]
    return [_line(row, names, pairs[row.pk], objects.get(row.pk)) for row in rows]


def _compared(members: Sequence[MatchSuggestion]) -> tuple[dict[int, list[Pair]], dict[str, Mirrored]]:
    """What linking would do, by suggestion; and the objects by id. All are of one company and kind."""
    first = members[0]
    record_type = RecordType(first.object_type)
    policy = policy_of(first.connection, SyncObject(OBJECT_OF[record_type]))
    wanted = read.objects(first.connection_id, first.entity).filter(qbo_id__in={row.qbo_id for row in members})
    objects = {each.row.qbo_id: each for each in read.with_payloads(wanted)}
    ours = records.values_of(record_type, [row.object_id for row in members], merging.fields_of(policy, record_type))
    known = catalogue.crm_fields(record_type)
    found = {}
    for row in members:
        if row.object_id in ours and row.qbo_id in objects:
            found[row.pk] = _pairs(policy, record_type, ours[row.object_id], objects[row.qbo_id], known)
    return found, objects


def _pairs(
    policy: Policy, record_type: RecordType, crm: Mapping[str, Any], found: Mirrored, known: Mapping[str, Field]
) -> list[Pair]:
    mappings = policy.mappings.get(record_type, ())
    try:
        theirs, _problems = from_quickbooks(record_type, found.payload, mappings)
    except BadPayload:
        return []
    crm = in_crm(crm, mappings)
    merged = merging.merge_record(policy, record_type, base={}, crm=crm, quickbooks=theirs)
    clashes = {clash.rule.crm_field for clash in merged.clashes}
    sent = merged.to_quickbooks if policy.sends_out else {}
    pairs = []
    for mapping in mappings:
        name, field = mapping.rule.crm_field, known.get(mapping.rule.crm_field)
        here, there = plain(crm.get(name)), plain(theirs.get(name))
        if field is None or (here is None and there is None):
            continue
        gets = plain(merged.to_crm[name]) if name in merged.to_crm and policy.brings_in else here
        gives = plain(sent[name]) if name in sent else there
        pairs.append(
            Pair(
                str(field.label),
                shown.value_in_words(here, field),
                shown.value_in_words(there, field),
                shown.value_in_words(gets, field) if gets != here else "",
                shown.value_in_words(gives, field) if gives != there else "",
                name in clashes,
            )
        )
    return pairs


def _line(
    row: MatchSuggestion, names: Mapping[tuple[str, int], str], pairs: Sequence[Pair], found: Mirrored | None
) -> Suggestion:
    return Suggestion(
        row=row,
        kind=titles.kind_of(row.object_type),
        title=names.get((row.object_type, row.object_id)) or f"#{row.object_id}",
        url=titles.address_of(row.object_type, row.object_id),
        object_name=display_name(found.payload) if found else row.qbo_id,
        object_url=_customer_page(row.connection, row.entity, row.qbo_id),
        rule=row.rule,
        pairs=pairs,
        gone=found is None or (row.object_type, row.object_id) not in names,
    )


def _customer_page(connection: Connection, entity: str, qbo_id: str) -> str:
    if entity != "Customer":
        return ""
    page: str = settings.QBO_CUSTOMER_PAGE
    return page.format(id=qbo_id, realm=connection.realm_id)


@dataclass(frozen=True)
class Member:
    """One of several that share a value, with its pages here and in QuickBooks; empty where there is none."""

    name: str
    url: str
    object_url: str


@dataclass(frozen=True)
class Shared:
    """A value that several share."""

    side: str
    kind: str
    field: str
    value: str
    count: int
    members: Sequence[Member]


_ENTITY = {SyncObject.CONTACT: "Customer", SyncObject.PRODUCT: "Item"}


def shared_values(connection: Connection, sync_object: SyncObject) -> list[Shared]:
    """The duplicates of an object, each member with its pages; two statements more than finding them."""
    found = duplicates.duplicates(connection, sync_object)
    ids = {key for each in found if each.side == "quickbooks" for key, _name in each.members}
    links = Link.objects.filter(connection=connection, entity=_ENTITY.get(sync_object, ""), qbo_id__in=ids)
    records_of = {link.qbo_id: (link.object_type, link.object_id) for link in links.order_by("object_type", "-pk")}
    kinds = {each.record_type for each in found if each.record_type}
    people = {int(key) for each in found if each.record_type == "contact" for key, _name in each.members}
    names = titles.titles(("contact", pk) for pk in people) if "contact" in kinds else {}
    return [_shared(connection, sync_object, each, records_of, names) for each in found]


def _shared(
    connection: Connection,
    sync_object: SyncObject,
    each: duplicates.Duplicate,
    records_of: Mapping[str, tuple[str, int]],
    names: Mapping[tuple[str, int], str],
) -> Shared:
    in_books = each.side == "quickbooks"
    members = []
    for key, name in each.members:
        if in_books:
            kind, pk = records_of.get(key, ("", 0))
            here = titles.address_of(kind, pk) if kind else ""
            members.append(Member(name, here, _customer_page(connection, _ENTITY[sync_object], key)))
        else:
            called = names.get((each.record_type, int(key))) or name
            members.append(Member(called, titles.address_of(each.record_type, int(key)), ""))
    return Shared(
        side=each.side,
        kind=titles.kind_of(each.record_type) if each.record_type else "",
        field=str(_FIELDS.get(each.field, each.field)),
        value=each.value,
        count=each.count,
        members=members,
    )


_FIELDS: Mapping[str, Any] = {
    "email": CRM_FIELDS[RecordType.COMPANY]["email"].label,
    "code": CRM_FIELDS[RecordType.PRODUCT]["sku"].label,
    "sku": CRM_FIELDS[RecordType.PRODUCT]["sku"].label,
}


def pick(user: Any, ids: Iterable[int]) -> QuerySet[MatchSuggestion]:
    """Some of the open suggestions."""
    return open_suggestions(user).filter(pk__in=list(ids))


def companies(user: Any) -> list[Connection]:
    """The companies that have something to compare, by name."""
    known = MirrorObject.objects.values("connection")
    return list(connector.visible_to(user).filter(pk__in=known).order_by("company_name", "pk"))
