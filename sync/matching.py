"""Which record is which: by stored link, then by the rules of the settings. Nothing is ever linked twice.

A shared e-mail address or SKU is a match; a shared name only makes it likely, and a person decides. A value that
several share names none of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Concat, Trim, Upper

from core import properties
from core.properties import PREFIX
from qbo_connector.models import Connection, MirrorObject
from sync import match_keys
from sync.enums import Exclusion, Matching, Outcome, RecordType
from sync.mapping.fields import ENTITY_OF
from sync.match_keys import key_of
from sync.models import Link, MatchSuggestion, ObjectSettings
from sync.policies import READ_ONLY
from sync.records import MODELS

# Objects of QuickBooks by a field's value in capitals.
Found = Mapping[str, Sequence[str]]
STANDARD: dict[RecordType, str] = {
    RecordType.COMPANY: "email",
    RecordType.CONTACT: "email",
    RecordType.PRODUCT: "sku",
}
# What a record is called: sharing it makes a suggestion, never a link.
NAME = "name"
# The columns of the mirror by which an object can be found for a record.
MIRRORED = {"email": "email", "sku": "code", NAME: "name"}
_NAME_FIELDS = frozenset({NAME, "first_name", "last_name"})
MOST_SUGGESTIONS = 3


@dataclass
class Matches:
    """What was found for some objects (by their key, such as the QuickBooks id): a record each, or likely ones."""

    certain: dict[str, tuple[int, str]] = field(default_factory=dict)
    likely: dict[str, list[int]] = field(default_factory=dict)
    # Objects whose only match was unlinked from its object by a person or by the settings.
    unlinked: dict[str, int] = field(default_factory=dict)


def fields_for(settings: ObjectSettings, record_type: RecordType) -> list[str]:
    """The fields that make a match, the strongest first."""
    if settings.matching == Matching.NONE:
        return []
    if settings.matching == Matching.FIELDS:
        return [str(name) for name in settings.matching_fields if name not in _NAME_FIELDS]
    return [STANDARD[record_type]]


def suggests(settings: ObjectSettings) -> bool:
    """Whether a shared name is suggested as a match."""
    chosen = settings.matching == Matching.FIELDS
    return settings.matching == Matching.DEFAULT or (chosen and bool(_NAME_FIELDS & set(settings.matching_fields)))


def records_for(
    settings: ObjectSettings, record_type: RecordType, objects: Mapping[str, Mapping[str, Any]], taken: set[int]
) -> Matches:
    """Records for unlinked objects: ``objects`` are their CRM values by QuickBooks id, with ``name`` as called there.

    One statement for each field, one for names and one for what was decided before. Each record is given away once:
    those in ``taken`` never, and those that are found now are added to it.
    """
    found = Matches()
    for name in fields_for(settings, record_type):
        keys = {key: key_of(values.get(name)) for key, values in objects.items() if key not in found.certain}
        holders = _holders(settings.connection, record_type, name, set(keys.values()) - {""})
        for key, value in keys.items():
            held = [pk for pk, _unlinked in holders.get(value, []) if pk not in taken]
            if len(held) != 1:
                continue
            if any(unlinked for pk, unlinked in holders[value] if pk == held[0]):
                found.unlinked.setdefault(key, held[0])
                continue
            found.certain[key] = (held[0], name)
            taken.add(held[0])
    if suggests(settings):
        _suggest(settings.connection, record_type, objects, found, taken)
    return found


def _suggest(
    connection: Connection,
    record_type: RecordType,
    objects: Mapping[str, Mapping[str, Any]],
    found: Matches,
    taken: set[int],
) -> None:
    rest = {key: key_of(values.get(NAME)) for key, values in objects.items() if key not in found.certain}
    rest = {key: value for key, value in rest.items() if value and key not in found.unlinked}
    holders = _holders(connection, record_type, NAME, set(rest.values()))
    if not holders:
        return
    rejected = set(
        MatchSuggestion.objects.filter(
            connection=connection,
            entity=ENTITY_OF[record_type],
            object_type=record_type,
            qbo_id__in=rest,
            accepted=False,
        ).values_list("qbo_id", "object_id")
    )
    for key, value in rest.items():
        likely = [pk for pk, unlinked in holders.get(value, []) if not unlinked and pk not in taken]
        likely = [pk for pk in likely if (key, pk) not in rejected]
        if likely:
            found.likely[key] = likely[:MOST_SUGGESTIONS]


def _holders(
    connection: Connection, record_type: RecordType, name: str, wanted: set[str]
) -> dict[str, list[tuple[int, bool]]]:
    """Living records that can be linked, by the value of a field in capitals; and whether each was unlinked before."""
    expression = expression_of(record_type, name)
    if not wanted or expression is None:
        return {}
    links = Link.objects.filter(
        connection=connection, entity=ENTITY_OF[record_type], object_type=record_type, object_id=OuterRef("pk")
    )
    # A record whose object is just being made is taken; one that was refused or waits in read-only mode is not.
    made = Q(outcome=Outcome.PENDING) & ~Q(reason=str(READ_ONLY))
    taken = links.filter(~Q(qbo_id="") | made).exclude(exclusion=Exclusion.UNLINKED)
    rows = (
        MODELS[record_type]
        ._default_manager.filter(~Exists(taken), archived_at=None)
        .annotate(match_key=expression, was_unlinked=Exists(links.filter(exclusion=Exclusion.UNLINKED)))
        .filter(match_key__in=_spellings(wanted))
        .order_by("pk")
    )
    found: dict[str, list[tuple[int, bool]]] = defaultdict(list)
    for key, pk, was_unlinked in rows.values_list("match_key", "pk", "was_unlinked"):
        found[key_of(key)].append((pk, was_unlinked))
    return found


def expression_of(record_type: RecordType, name: str) -> Any:
    """A field of the CRM's tables as it is compared; None for one that is gone. Indexes are over the same."""
    if name == NAME and record_type == RecordType.CONTACT:
        return Upper(Trim(Concat(F("first_name"), Value(" "), F("last_name"))))
    if name.startswith(PREFIX):
        known = {each.name: each for each in properties.definitions(str(record_type))}
        return Upper(KeyTextTransform(known[name].slot, "properties")) if name in known else None
    names = {column.attname for column in MODELS[record_type]._meta.concrete_fields}
    return Upper(name) if name in names else None


def _spellings(keys: Iterable[str]) -> set[str]:
    """The keys as PostgreSQL may write them in capitals: it goes letter by letter, and leaves an ß as it is."""
    return {spelling for key in keys for spelling in (key, key.replace("SS", "ß"), key.replace("SS", "ẞ"))}


def keep_keys(settings: ObjectSettings, record_type: RecordType, objects: Mapping[str, Mapping[str, Any]]) -> None:
    """Keep by what some objects (their CRM values by QuickBooks id) can be found for records, where it is needed."""
    match_keys.keep(settings.connection, record_type, without_column(settings, record_type), objects)


def without_column(settings: ObjectSettings, record_type: RecordType) -> list[str]:
    """The fields to match by that the mirror has no column for."""
    return [name for name in fields_for(settings, record_type) if name not in MIRRORED]


def objects_for(
    settings: ObjectSettings,
    record_type: RecordType,
    records: Mapping[int, Mapping[str, Any]],
    *,
    known: Mapping[str, Found] | None = None,
) -> tuple[dict[int, tuple[str, str]], dict[int, list[str]]]:
    """Unlinked objects of QuickBooks for unlinked records: certain ones with the field, and likely ones, by record.

    The other way round than ``records_for``, from the mirror alone. A value that several records share is no match
    here either. Two statements for each field, another for those that the mirror has no column for; ``known`` holds
    those by field where they are not kept, because the settings are only tried.
    """
    certain: dict[int, tuple[str, str]] = {}
    likely: dict[int, list[str]] = {}
    taken: set[str] = set()
    for name in [*fields_for(settings, record_type), *([NAME] if suggests(settings) else [])]:
        keys = {pk: key_of(values.get(name)) for pk, values in records.items() if pk not in certain}
        wanted = set(keys.values()) - {""}
        holders = _objects(settings.connection, record_type, name, wanted, None if known is None else known.get(name))
        sharing = _holders(settings.connection, record_type, name, set(holders)) if name != NAME else {}
        for pk, value in keys.items():
            held = [qbo_id for qbo_id in holders.get(value, []) if qbo_id not in taken]
            if name == NAME and held:
                likely[pk] = held[:MOST_SUGGESTIONS]
            elif len(held) == 1 and not any(other != pk for other, _unlinked in sharing.get(value, [])):
                certain[pk] = (held[0], name)
                taken.add(held[0])
    decided = set(
        MatchSuggestion.objects.filter(
            connection=settings.connection, object_type=record_type, object_id__in=likely, accepted=False
        ).values_list("object_id", "qbo_id")
    )
    open_ones = {pk: [each for each in held if (pk, each) not in decided] for pk, held in likely.items()}
    return certain, {pk: held for pk, held in open_ones.items() if held}


def _objects(
    connection: Connection, record_type: RecordType, name: str, wanted: set[str], known: Found | None
) -> dict[str, list[str]]:
    """Living objects that no record of the kind is linked to, by the value of a field in capitals."""
    if not wanted:
        return {}
    entity = ENTITY_OF[record_type]
    linked = Link.objects.filter(
        connection=connection, entity=entity, object_type=record_type, qbo_id=OuterRef("qbo_id")
    )
    rows = living(connection, entity).filter(~Exists(linked)).order_by("pk")
    found: dict[str, list[str]] = defaultdict(list)
    if name in MIRRORED:
        rows = rows.annotate(match_key=Upper(MIRRORED[name])).filter(match_key__in=_spellings(wanted))
        for key, qbo_id in rows.values_list("match_key", "qbo_id"):
            found[key_of(key)].append(qbo_id)
        return found
    if known is not None:
        kept = [(key, qbo_id) for key in wanted for qbo_id in known.get(key, ())]
    else:
        kept = match_keys.holders(connection, record_type, name, wanted)
    free = set(rows.filter(qbo_id__in=[qbo_id for _key, qbo_id in kept]).values_list("qbo_id", flat=True))
    for key, qbo_id in kept:
        if qbo_id in free:
            found[key].append(qbo_id)
    return found


def objects_by_email(connection: Connection, entity: str, emails: Iterable[str]) -> dict[str, list[str]]:
    """Objects in use by their e-mail address in capitals."""
    rows = living(connection, entity).annotate(match_key=Upper("email")).filter(match_key__in=set(emails))
    found: dict[str, list[str]] = defaultdict(list)
    for key, qbo_id in rows.values_list("match_key", "qbo_id"):
        found[key].append(qbo_id)
    return found


def living(connection: Connection, entity: str) -> QuerySet[MirrorObject]:
    """Objects that QuickBooks has in use."""
    return MirrorObject.objects.filter(connection=connection, entity=entity, deleted=False, active=True)


def emails_of_customers(connection: Connection, qbo_ids: Iterable[str]) -> dict[str, str]:
    """E-mail addresses of some mirrored customers."""
    rows = MirrorObject.objects.filter(connection=connection, entity="Customer", qbo_id__in=set(qbo_ids))
    return dict(rows.values_list("qbo_id", "email"))
