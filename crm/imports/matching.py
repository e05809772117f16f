"""Which record a row is about: the key of a row, and the records with such keys, in one statement for a slice."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.db.models import Prefetch, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Upper
from django.utils.translation import gettext as _

from core.conditions import registry
from core.properties import definitions
from core.properties.objects import stored
from crm.imports.cells import Row
from crm.imports.targets import HUBSPOT_ID, ID, Target
from crm.imports.values import Unfit, value_of
from crm.labels import label_of
from crm.models import Company, DealContact, HubspotRecord

if TYPE_CHECKING:
    from crm.imports.plans import Setting

FULL_NAME = "full_name"
# What each object can be matched by, the best first, besides unique custom properties.
BY: Mapping[str, tuple[str, ...]] = {
    "contact": ("email", FULL_NAME, ID), "company": ("domain", "name", "email", ID), "deal": ("name", ID),
    "product": ("sku", "name", ID),
}  # fmt: skip


@dataclass(frozen=True)
class CompanyWanted:
    """The company that a row names."""

    name: str = ""
    domain: str = ""

    @property
    def key(self) -> str:
        """One text for one company, so that rows that name the same one create it once."""
        return f"@{self.domain}" if self.domain else self.name.casefold()


def ways(object_type: str, mapping: Iterable[str]) -> list[str]:
    """What rows can be matched by, given which columns the file has; the best first."""
    there = set(mapping)
    if {"first_name", "last_name"} <= there:
        there.add(FULL_NAME)
    unique = [each.name for each in definitions(object_type) if each.unique]
    first = [name for name in (ID, HUBSPOT_ID) if name in there]
    return list(dict.fromkeys([*first, *(name for name in (*BY[object_type], *unique) if name in there)]))


def words_of(match_by: str) -> str:
    """What it is called in sentences."""
    if match_by.startswith("property:"):
        return next((each.label for each in _all() if each.name == match_by), match_by)
    known = {
        FULL_NAME: _("name"), ID: _("id"), HUBSPOT_ID: _("HubSpot ID"), "email": _("e-mail address"),
        "name": _("name"), "domain": _("domain"),
    }  # fmt: skip
    return known.get(match_by) or label_of(match_by)


def _all() -> list[Any]:
    return [each for object_type in BY for each in definitions(object_type)]


def key_of(setting: "Setting", row: Row) -> str:
    """What the row is matched by; empty where it has nothing, or nothing that can be read."""
    names = ("first_name", "last_name") if setting.options.match_by == FULL_NAME else (setting.options.match_by,)
    parts = []
    for name in names:
        at, target = next(((at, each) for at, each in setting.columns if each.name == name), (None, None))
        if at is None or target is None:
            return ""
        parts.append(_part(setting, target, row, at))
    return " ".join(parts) if all(parts) else ""


def _part(setting: "Setting", target: Target, row: Row, at: int) -> str:
    try:
        value = value_of(target, row.cells[at], setting.options, setting.known)
    except Unfit:
        return ""
    if value is None:
        return ""
    exact = target.definition is not None or target.name in (ID, HUBSPOT_ID)
    return str(value) if exact else str(value).strip().casefold()


def records_by_key(setting: "Setting", keys: Sequence[str], *, lock: bool) -> dict[str, list[Any]]:
    """The records with these keys. Archived ones are found by their id only."""
    wanted, by = sorted({key for key in keys if key}), setting.options.match_by
    if not wanted or not by:
        return {}
    # What the person may not see is not there for the import either.
    rows: QuerySet[Any] = _seen(setting.object_type, setting.user).order_by("pk")
    rows = rows.defer("search")
    if lock:
        # In the order of their ids, so that two writers wait instead of deadlocking.
        rows = rows.select_for_update(of=("self",))
    if setting.object_type == "deal":
        rows = rows.prefetch_related(Prefetch("deal_contacts", DealContact.objects.only("deal_id", "contact_id")))
    found: dict[str, list[Any]] = {}
    if by == HUBSPOT_ID:
        ids = hubspot_records(setting.object_type, wanted)
        known = {record.pk: record for record in rows.filter(pk__in=set(ids.values()))}
        return {key: [known[pk]] for key, pk in ids.items() if pk in known}
    for record in _fitting(rows if by == ID else rows.filter(archived_at=None), by, wanted):
        found.setdefault(_key_of_record(record, by), []).append(record)
    return found


def _seen(object_type: str, user: Any) -> QuerySet[Any]:
    return registry.objects[object_type].visible_to(user)


def hubspot_records(object_type: str, ids: Collection[str]) -> dict[str, int]:
    """The ids of our records by HubSpot's, in one statement."""
    rows = HubspotRecord.objects.filter(object_type=object_type, hubspot_id__in=list(ids))
    return dict(rows.values_list("hubspot_id", "record_id"))


def records_by_other_keys(setting: "Setting", rows: Sequence[Row], *, lock: bool) -> dict[int, list[Any]]:
    """Records by line for rows that ``match_by`` finds nothing for, by the first of ``match_also`` that finds any.

    A record that is another one of HubSpot's, or that an earlier row was given, is none of these.
    """
    found: dict[int, list[Any]] = {}
    left = list(rows)
    for by in setting.options.match_also if left else ():
        other = replace(setting, options=replace(setting.options, match_by=by))
        keys = [key_of(other, row) for row in left]
        records = records_by_key(other, keys, lock=lock)
        ids = [record.pk for listed in records.values() for record in listed]
        held = HubspotRecord.objects.filter(object_type=setting.object_type, record_id__in=ids) if ids else ()
        taken = {each.record_id for each in held} | {each.pk for listed in found.values() for each in listed}
        for row, key in zip(left, keys, strict=True):
            free = [record for record in records.get(key, ()) if key and record.pk not in taken]
            if free:
                found[row.line] = free
                taken |= {record.pk for record in free}
        left = [row for row in left if row.line not in found]
    return found


def _fitting(rows: Any, by: str, wanted: list[str]) -> Any:
    if by == ID:
        return rows.filter(pk__in=[int(key) for key in wanted])
    if by.startswith("property:"):
        fitting = Q()
        for key in wanted:
            fitting |= Q(properties__contains={by.removeprefix("property:"): key})
        return rows.filter(fitting)
    if by == FULL_NAME:
        lasts = sorted({name for key in wanted for name in _ends(key)})
        return rows.alias(upper_last=Upper("last_name")).filter(upper_last__in=_upper(lasts))
    return rows.alias(**{f"upper_{by}": Upper(by)}).filter(**{f"upper_{by}__in": _upper(wanted)})


def _ends(key: str) -> list[str]:
    """What a last name may be in a first and last name: everything behind one of its spaces."""
    words = key.split(" ")
    return [" ".join(words[at:]) for at in range(1, len(words))]


def _upper(texts: Collection[str]) -> RawSQL:
    """The texts in capitals as the database makes them, as its indexes have them."""
    return RawSQL("SELECT upper(t) FROM unnest(%s::text[]) AS t", [list(texts)])


def _key_of_record(record: Any, by: str) -> str:
    if by == ID:
        return str(record.pk)
    if by.startswith("property:"):
        return str(stored(record).get(by.removeprefix("property:"), ""))
    if by == FULL_NAME:
        return f"{record.first_name.strip()} {record.last_name.strip()}".casefold()
    return str(getattr(record, by)).strip().casefold()


def companies(wanted: Iterable[CompanyWanted], user: Any) -> dict[CompanyWanted, list[int]]:
    """The ids of the companies that are meant: by domain first, else by name; one statement."""
    asked = set(wanted)
    names = sorted({each.name for each in asked if each.name})
    domains = sorted({each.domain for each in asked if each.domain})
    by_name: dict[str, list[Company]] = {}
    by_domain: dict[str, list[Company]] = {}
    if asked:
        fitting = Q(upper_name__in=_upper(names)) | Q(upper_domain__in=_upper(domains))
        rows = _seen("company", user).alias(upper_name=Upper("name"), upper_domain=Upper("domain"))
        for company in rows.filter(fitting, archived_at=None).only("name", "domain").order_by("pk"):
            by_name.setdefault(company.name.strip().casefold(), []).append(company)
            by_domain.setdefault(company.domain.casefold(), []).append(company)
    found = {}
    for each in asked:
        same_domain = by_domain.get(each.domain.casefold(), []) if each.domain else []
        # One of the same name but another domain is another company.
        same_name = [
            company
            for company in by_name.get(each.name.strip().casefold(), [])
            if not each.domain or not company.domain
        ]
        found[each] = [company.pk for company in same_domain or same_name]
    return found


def contacts_by_email(emails: Collection[str], user: Any) -> dict[str, list[int]]:
    """The ids of contacts that ``user`` may see by e-mail address, in one statement."""
    if not emails:
        return {}
    found: dict[str, list[int]] = {}
    rows = _seen("contact", user).alias(upper_email=Upper("email")).filter(upper_email__in=_upper(sorted(emails)))
    for pk, email in rows.filter(archived_at=None).order_by("pk").values_list("pk", "email"):
        found.setdefault(email.casefold(), []).append(pk)
    return found
