"""The sync state of companies, contacts and products in bulk: a column of their lists, and a filter by it.

A record may stand differently in several companies; the list shows the state that needs a person most.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import registry
from invoices.enums import CreditKind, SyncState
from invoices.ports import SyncMark
from qbo_connector import queries as connector
from qbo_connector.enums import ConnectionStatus
from qbo_connector.models import Operation
from qbo_connector.outbox.plan import OPEN
from sync import money
from sync.enums import Outcome
from sync.marks import invoice_marks
from sync.models import Link
from sync.shown import excluded_because

KINDS = ("company", "contact", "product")
# What needs a person most comes first; a record in several companies shows the first that one of them has.
_ORDER = (
    (SyncState.FAILED, (Outcome.FAILING, Outcome.BROKEN)),
    (SyncState.CONFLICT, (Outcome.CONFLICT,)),
    (SyncState.WAITING, (Outcome.PENDING,)),
    (SyncState.IN_SYNC, (Outcome.IN_SYNC,)),
    (SyncState.EXCLUDED, (Outcome.EXCLUDED,)),
)
_STATE_OF = {str(outcome): state for state, outcomes in _ORDER for outcome in outcomes}
_RANK = {state: place for place, (state, _outcomes) in enumerate(_ORDER)}


def record_marks(object_type: str, ids: Sequence[int]) -> dict[int, SyncMark]:
    """The marks of some records in two statements; those that no company knows have the state NONE."""
    wanted = list(ids)
    if not wanted:
        return {}
    links = Link.objects.filter(object_type=object_type, object_id__in=wanted).select_related("connection")
    subjects = [f"{object_type}:{pk}" for pk in wanted]
    under_way = {
        (connection_id, subject): problem
        for connection_id, subject, problem in Operation.objects.filter(
            subject__in=subjects, state__in=OPEN
        ).values_list("connection_id", "subject", "problem")
    }
    found: dict[int, list[SyncMark]] = {}
    for link in links.defer("snapshot").order_by("connection_id"):
        key = (link.connection_id, f"{object_type}:{link.object_id}")
        found.setdefault(link.object_id, []).append(_mark(link, under_way.get(key)))
    return {pk: _worst(found.get(pk, [])) for pk in wanted}


def _mark(link: Link, problem: str | None) -> SyncMark:
    """One company's mark; ``problem`` is None where nothing is on its way to QuickBooks."""
    state = _STATE_OF.get(link.outcome, SyncState.WAITING)
    reason = excluded_because(link.exclusion, link.reason) if state == SyncState.EXCLUDED else link.reason
    if problem is not None and state in (SyncState.IN_SYNC, SyncState.WAITING):
        state, reason = SyncState.WAITING, problem or _("A change made here is on its way to QuickBooks.")
    if not link.connection.active:
        status = link.connection.get_status_display().lower()
        reason = _("“%(name)s” is not connected: %(status)s.") % {"name": link.connection, "status": status}
    return SyncMark(state, reason=reason, detail=link.detail, since=link.synced_at or link.changed_at)


def _worst(marks: Sequence[SyncMark]) -> SyncMark:
    if not marks:
        return SyncMark(SyncState.NONE, reason=_("No QuickBooks company has this record."))
    return min(marks, key=lambda mark: _RANK[mark.state])


def shown(user: Any) -> bool:
    """Whether a QuickBooks company is connected; one statement."""
    return connector.visible_to(user).exclude(status=ConnectionStatus.DISCONNECTED).exists()


def fitting(object_type: str, states: Sequence[str]) -> Q:
    """The records with one of some states, as a condition on their list; unknown states fit nothing."""
    links = Link.objects.filter(object_type=object_type, object_id=OuterRef("pk"))
    found = Q(pk__in=[])
    before: list[str] = []
    for state, outcomes in _ORDER:
        if str(state) in states:
            worse = ~Exists(links.filter(outcome__in=before)) if before else Q()
            found |= Q(Exists(links.filter(outcome__in=outcomes))) & Q(worse)
        before += [str(outcome) for outcome in outcomes]
    if str(SyncState.NONE) in states:
        found |= Q(~Exists(links))
    return found


STATES = [(str(state), state.label) for state in (*(each for each, _outcomes in _ORDER), SyncState.NONE)]


def register() -> None:
    """Give the lists of companies, contacts, products and invoices their marks."""
    for object_type in KINDS:
        registry.list_marks[object_type] = registry.ListMarks(
            title=gettext_lazy("Sync state"),
            marks=_marks_of(object_type),
            shown=shown,
            states=STATES,
            fitting=_fitting_of(object_type),
        )

    registry.list_marks["invoice"] = registry.ListMarks(
        title=gettext_lazy("Sync state"),
        marks=invoice_marks,
        shown=shown,
        states=STATES,
        fitting=_fitting_of("invoice"),
    )
    for object_type in ("payment", *(str(kind) for kind in CreditKind)):
        registry.list_marks[object_type] = registry.ListMarks(
            title=gettext_lazy("Sync state"),
            marks=partial(money.marks, object_type),
            shown=shown,
            states=STATES,
            fitting=_fitting_of(object_type),
        )


def _marks_of(object_type: str) -> Any:
    def marks(ids: Sequence[int]) -> Mapping[int, SyncMark]:
        return record_marks(object_type, ids)

    return marks


def _fitting_of(object_type: str) -> Any:
    def condition(states: Sequence[str]) -> Q:
        return fitting(object_type, states)

    return condition
