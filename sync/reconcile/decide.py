"""Decide what follows from mirrored objects for one kind of record. Reads only: a dry run ends here."""

import datetime
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _

from qbo_connector.mirror.read import Mirrored
from sync import filters, matching, merging, records, snapshots
from sync.enums import BackFill, Exclusion, Incoming, Outcome, RecordType, Removal, WithoutEmail
from sync.filters import Asked
from sync.mapping.fields import ENTITY_OF
from sync.mapping.values import display_name, from_quickbooks
from sync.merge import Merged
from sync.models import Link
from sync.models.links import CREATED_HERE
from sync.policies import Policy
from sync.records import Touch

# Kept in a snapshot beside the fields: the removal policy archived the record, so coming back restores it.
ARCHIVED = "archived"


class Act(StrEnum):
    """What is done with an object."""

    NOTHING = "nothing"
    CREATE = "create"
    LINK = "link"
    UPDATE = "update"
    EXCLUDE = "exclude"
    SUGGEST = "suggest"
    UNLINK = "unlink"
    DELETE = "delete"


@dataclass
class Candidate:
    """A living object on its way to a record of one kind: what is known first, what was decided below.

    ``extra`` are values that no mapping brings (``company_id``, ``currency``). An object that may not become a new
    record (``fresh`` False) is only kept up to date.
    """

    found: Mirrored
    values: dict[str, Any]
    problems: dict[int | str, str] = field(default_factory=dict)
    email: str = ""
    active: bool = True
    fresh: bool = True
    link: Link | None = None
    act: Act = Act.NOTHING
    record_id: int | None = None
    crm: dict[str, Any] = field(default_factory=dict)
    merged: Merged = field(default_factory=Merged)
    touches: Mapping[str, Touch] = field(default_factory=dict)
    matched_by: str = ""
    likely: list[int] = field(default_factory=list)
    exclusion: Exclusion = Exclusion.NONE
    reason: str = ""
    was_in_conflict: bool = False

    @property
    def qbo_id(self) -> str:
        """The object's id in QuickBooks."""
        return self.found.row.qbo_id

    @property
    def after(self) -> dict[str, Any]:
        """The record's values once the merge is carried out."""
        return {**self.crm, **self.merged.to_crm}

    def exclude(self, exclusion: Exclusion, reason: str = "") -> None:
        """Leave the object out, and say why."""
        self.act, self.exclusion, self.reason = Act.EXCLUDE, exclusion, reason or str(exclusion.label)


def candidate(
    policy: Policy, record_type: RecordType, found: Mirrored, *, extra: Mapping[str, Any], **known: Any
) -> Candidate:
    """A mirrored object in the CRM's words."""
    values, problems = from_quickbooks(record_type, found.payload, policy.mappings.get(record_type, ()))
    told: dict[int | str, str] = dict(problems.items())
    return Candidate(found, {**values, **extra}, told, **known)


def decide(
    policy: Policy,
    record_type: RecordType,
    candidates: Sequence[Candidate],
    *,
    lock: bool,
    taken: set[int] | None = None,
) -> None:
    """Fill in what follows for each candidate. A constant number of statements.

    ``lock`` holds the records that are going to be written. ``taken`` are records that count as linked already; those
    that are matched now are added to it.
    """
    entity = ENTITY_OF[record_type]
    ids = [each.qbo_id for each in candidates]
    links = Link.objects.filter(connection=policy.connection, entity=entity, object_type=record_type, qbo_id__in=ids)
    by_id = {link.qbo_id: link for link in links}
    for each in candidates:
        each.link = by_id.get(each.qbo_id)
    unlinked = [each for each in candidates if each.link is None]
    _match(policy, record_type, unlinked, taken if taken is not None else set())
    known = [each for each in candidates if each.link is not None or each.record_id is not None]
    _read(policy, record_type, known, lock=lock)
    for each in known:
        _decide_known(policy, record_type, each)
    for each in candidates:
        if each.act == Act.CREATE:
            nothing = dict.fromkeys(each.values)
            each.merged = merging.merge_record(policy, record_type, base={}, crm=nothing, quickbooks=each.values)
    _check_filter(policy, record_type, candidates)


def _match(policy: Policy, record_type: RecordType, unlinked: Sequence[Candidate], taken: set[int]) -> None:
    """Find the records of objects that have none yet, or say why an object stays out."""
    wanted = []
    for each in unlinked:
        if not each.active or not each.fresh:
            job = _("It is a job of the same person: its parent customer has the same e-mail address.")
            each.exclude(Exclusion.POLICY, job if each.active else _("It is inactive in QuickBooks."))
        elif (reason := _is_history(policy, each)) is not None:
            each.exclude(Exclusion.BACK_FILL, reason)
        elif not each.email and _needs_email(policy, record_type):
            each.exclude(Exclusion.NO_EMAIL, _("It has no e-mail address."))
        else:
            wanted.append(each)
    keys = {each.qbo_id: {**each.values, matching.NAME: _name(record_type, each)} for each in wanted}
    matches = matching.records_for(policy.settings, record_type, keys, taken)
    for each in wanted:
        if each.qbo_id in matches.certain:
            each.record_id, each.matched_by = matches.certain[each.qbo_id]
            each.act = Act.LINK
        elif each.qbo_id in matches.unlinked:
            each.exclude(Exclusion.UNLINKED)
        elif not policy.brings_in:
            each.exclude(Exclusion.DIRECTION)
        elif policy.settings.incoming not in (Incoming.CREATE_AND_UPDATE, Incoming.CREATE):
            each.exclude(Exclusion.POLICY, _("The settings don't create records for what is new in QuickBooks."))
        elif each.qbo_id in matches.likely:
            each.likely = matches.likely[each.qbo_id]
            each.act, each.exclusion = Act.SUGGEST, Exclusion.SUGGESTED
            each.reason = _("A record of the same name may be the same. It waits until somebody decides.")
        else:
            each.act = Act.CREATE


def _name(record_type: RecordType, each: Candidate) -> str:
    if record_type == RecordType.CONTACT:
        return f"{each.values.get('first_name') or ''} {each.values.get('last_name') or ''}".strip()
    return each.values.get("name") or display_name(each.found.payload)


def _needs_email(policy: Policy, record_type: RecordType) -> bool:
    return record_type != RecordType.PRODUCT and policy.settings.without_email == WithoutEmail.EXCLUDED


def back_fill_start(policy: Policy) -> datetime.datetime | None:
    """What changed last before then stays out of the sync unless it is linked; None for no such limit."""
    settings = policy.settings
    if settings.back_fill == BackFill.FROM_NOW:
        return settings.enabled_at
    if settings.back_fill == BackFill.SINCE and settings.back_fill_since is not None:
        zone = zoneinfo.ZoneInfo(policy.connection.time_zone)
        return datetime.datetime.combine(settings.back_fill_since, datetime.time(), zone)
    return None


def _is_history(policy: Policy, each: Candidate) -> str | None:
    start = back_fill_start(policy)
    if start is None or each.found.row.remote_updated_at >= start:
        return None
    return _("It was changed last on %(day)s, before the sync starts.") % {
        "day": formats.date_format(each.found.row.remote_updated_at, "DATE_FORMAT")
    }


def _read(policy: Policy, record_type: RecordType, known: Sequence[Candidate], *, lock: bool) -> None:
    """Read the records of linked and matched objects; a link whose record is gone counts for nothing."""
    for each in known:
        if each.link is not None:
            each.record_id = each.link.object_id
    ids = [each.record_id for each in known if each.record_id is not None]
    fields = merging.fields_of(policy, record_type)
    values = records.values_of(record_type, ids, fields, lock=lock)
    touches = records.changes_of(record_type, values) if merging.needs_times(policy, record_type) else {}
    for each in known:
        each.crm = values.get(each.record_id or 0, {})
        each.touches = touches.get(each.record_id or 0, {})


def _decide_known(policy: Policy, record_type: RecordType, each: Candidate) -> None:
    if not each.crm:
        _without_record(policy, each)
        return
    link, removal = each.link, policy.settings.removal
    if link is not None and link.exclusion == Exclusion.UNLINKED:
        each.exclude(Exclusion.UNLINKED, link.reason)
        return
    if link is not None and not each.active and removal in (Removal.UNLINK, Removal.DELETE):
        each.act = Act.UNLINK if removal == Removal.UNLINK else Act.DELETE
        each.reason = _("It was made inactive in QuickBooks.")
        return
    base = snapshots.base_of(policy, record_type, link)
    each.merged = merging.merge_record(
        policy,
        record_type,
        base=base,
        crm=each.crm,
        quickbooks=each.values,
        touches=each.touches,
        quickbooks_changed_at=each.found.row.remote_updated_at,
    )
    each.act = Act.LINK if link is None else Act.UPDATE
    if _needs_email(policy, record_type) and not each.after.get("email", each.email):
        each.exclude(Exclusion.NO_EMAIL, _("It has no e-mail address."))
        return
    _hold_back(policy, each, base)
    _archive_or_restore(policy, each)
    if not each.merged.to_crm.get(ARCHIVED, True) or each.crm.get("archived_at") is None:
        return
    # An archived record changes nothing in QuickBooks: it would make active again what its archiving made inactive.
    each.merged.to_quickbooks.clear()


def _without_record(policy: Policy, each: Candidate) -> None:
    """The linked record was deleted: the object is new again."""
    each.record_id, each.act = None, Act.CREATE
    if not each.active or not policy.brings_in or policy.settings.incoming in (Incoming.UPDATE, Incoming.NOTHING):
        each.exclude(Exclusion.POLICY, _("Its record was deleted."))


def _hold_back(policy: Policy, each: Candidate, base: Mapping[str, Any]) -> None:
    """What the settings don't take over from QuickBooks stays as it is, and the link says so."""
    if policy.settings.incoming in (Incoming.CREATE_AND_UPDATE, Incoming.UPDATE):
        return
    held = merging.held_back(each.merged, base)
    # What QuickBooks itself filled in when it created an object for us is nobody's change.
    ours = each.link is not None and each.link.matched_by == CREATED_HERE
    if held and not (ours and not any(name in base for name in held)):
        each.exclusion = Exclusion.POLICY
        each.reason = _("It was changed in QuickBooks; the settings don't update records.")


def _archive_or_restore(policy: Policy, each: Candidate) -> None:
    snapshot = each.merged.agreed
    if not each.active and policy.settings.removal == Removal.ARCHIVE and each.crm.get("archived_at") is None:
        if ARCHIVED not in snapshot:  # somebody who restored it meanwhile is not overruled
            each.merged.to_crm[ARCHIVED] = True
            snapshot[ARCHIVED] = True
    elif each.active and snapshot.pop(ARCHIVED, None) and each.crm.get("archived_at") is not None:
        each.merged.to_crm[ARCHIVED] = False
    if not each.active and not each.reason:
        each.reason = _("It is inactive in QuickBooks.")


def _check_filter(policy: Policy, record_type: RecordType, candidates: Sequence[Candidate]) -> None:
    """Leave out what does not match the filter with the values that it would have."""
    passing = [each for each in candidates if each.act in (Act.CREATE, Act.LINK, Act.UPDATE, Act.SUGGEST)]
    asked = [Asked(each.record_id, each.after if each.record_id else each.values) for each in passing]
    reasons = filters.problems(policy.connection, policy.settings.filter_in, record_type, asked)
    for each, reason in zip(passing, reasons, strict=True):
        if reason:
            each.exclude(Exclusion.FILTER, reason)


def outcome_of(each: Candidate) -> Outcome:
    """How the record stands after what was decided, before anything goes to QuickBooks."""
    if each.act == Act.EXCLUDE or each.exclusion:
        return Outcome.EXCLUDED
    if each.merged.clashes:
        return Outcome.CONFLICT
    if each.merged.to_quickbooks:
        waiting = (Outcome.PENDING, Outcome.FAILING)
        return Outcome(each.link.outcome) if each.link is not None and each.link.outcome in waiting else Outcome.PENDING
    return Outcome.IN_SYNC
