"""Plan what linked objects of QuickBooks lack: one sparse update for each record, folded while it was never sent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qbo_connector.enums import OperationState
from qbo_connector.mirror.read import Mirrored
from qbo_connector.models import Connection, Operation
from qbo_connector.outbox import plan
from qbo_connector.outbox.freeze import storable
from qbo_connector.outbox.plan import Wanted
from sync import mapping_status
from sync.enums import Direction, Outcome, RecordType
from sync.models import Link
from sync.policies import READ_ONLY, Policy
from sync.publish import payloads
from sync.publish.payloads import Built
from sync.publish.subjects import subject_of

INACTIVE = _("It is inactive in QuickBooks, which takes no changes until it is made active again.")
_FAILED = (OperationState.REFUSED, OperationState.HELD)


@dataclass(frozen=True)
class Change:
    """Values by CRM field that a linked object is to get, and the object as the mirror has it."""

    link: Link
    values: Mapping[str, Any]
    found: Mirrored


def plan_updates(
    policy: Policy, record_type: RecordType, changes: Sequence[Change], *, again: bool = False, urgent: bool = False
) -> dict[int, Operation]:
    """Plan the changes, in a constant number of statements; the operations by link id.

    Links with something on its way are pending, those with nothing left to send in sync; a field that can't be sent is
    told on its link. What was refused before in the same form is not sent again, unless ``again``.
    """
    if not changes or not policy.sends_out:
        return {}
    links = {change.link.pk: change.link for change in changes}
    if policy.read_only:
        tell_all(links.values(), Outcome.PENDING, str(READ_ONLY))
        return {}
    mappings = policy.mappings.get(record_type, ())
    refused = {} if again else last_refused(policy.connection, record_type, links.values())
    wanted: dict[int, Wanted] = {}
    touched: list[Link | None] = []
    problems: dict[int, Mapping[int, str]] = {}
    for change in changes:
        built = payloads.update(
            record_type, mappings, change.values, change.found.payload, in_us=policy.connection.in_us
        )
        link, problem = change.link, " ".join(built.problems.values())
        problems[link.object_id] = built.problems
        active = change.found.row.active
        if not built.payload:
            remark = problem or ("" if active else _("It is inactive in QuickBooks."))
            touched.append(_told(link, Outcome.FAILING if problem else Outcome.IN_SYNC, str(remark)))
        elif not active and built.payload.get("Active") is not True:
            touched.append(_told(link, Outcome(link.outcome), str(INACTIVE)))
        else:
            planned = _wanted(change, built, policy)
            if same_as(refused.get(planned.subject), planned):
                continue
            wanted[link.pk] = planned
            touched.append(_told(link, Outcome.PENDING, problem))
    mapping_status.note(mappings, Direction.OUT, problems)
    planned_ones = plan.plan_many(policy.connection, list(wanted.values()), urgent=urgent)
    write_links([link for link in touched if link is not None])
    return {pk: planned_ones[w.subject] for pk, w in wanted.items() if w.subject in planned_ones}


def _wanted(change: Change, built: Built, policy: Policy) -> Wanted:
    row, link = change.found.row, change.link
    return Wanted(
        entity=row.entity,
        subject=subject_of(link.object_type, link.object_id),
        verb=built.verb,
        intent={"Id": row.qbo_id, "SyncToken": str(row.sync_token), "sparse": True, **built.payload},
        context=context_of(built, link),
    )


def context_of(built: Built, link: Link | None) -> dict[str, Any]:
    """What settling an operation has to know."""
    found: dict[str, Any] = {"sent": built.sent}
    if link is not None and link.pk:
        found["link"] = link.pk
    if built.left_out:
        found["left_out"] = built.left_out
    return found


def _told(link: Link, outcome: Outcome, reason: str) -> Link | None:
    """The link with what is to be said about it; None when it says so already."""
    if link.outcome == Outcome.CONFLICT and outcome in (Outcome.PENDING, Outcome.IN_SYNC):
        return None  # its conflict is what matters until somebody decides
    if (link.outcome, link.reason) == (outcome, reason):
        return None
    link.outcome, link.reason, link.detail, link.remedy = outcome, reason, "", {}
    link.changed_at = timezone.now()
    return link


def tell_all(links: Iterable[Link], outcome: Outcome, reason: str) -> None:
    """Say the same about several links, in one statement."""
    told = [_told(link, outcome, reason) for link in links]
    write_links([link for link in told if link is not None])


def write_links(links: Sequence[Link]) -> None:
    """Write what links say, in one statement."""
    if links:
        Link.objects.bulk_update(
            links, ["outcome", "reason", "detail", "remedy", "exclusion", "changed_at", "synced_at"], batch_size=1000
        )


def last_refused(connection: Connection, record_type: RecordType, links: Iterable[Link]) -> dict[str, Operation]:
    """The last operation of each failing record, by subject, where that was refused or is held. One statement."""
    subjects = [subject_of(record_type, link.object_id) for link in links if link.outcome == Outcome.FAILING]
    if not subjects:
        return {}
    rows = Operation.objects.filter(connection=connection, subject__in=subjects).order_by("subject", "-pk")
    return {row.subject: row for row in rows.distinct("subject").defer("body") if row.state in _FAILED}


def same_as(refused: Operation | None, wanted: Wanted) -> bool:
    """Whether just this was refused before: repeating it is useless until something changes."""
    if refused is None or refused.verb != wanted.verb:
        return False
    intent = storable(dict(wanted.intent))
    return {**refused.intent, "SyncToken": ""} == {**intent, "SyncToken": ""}
