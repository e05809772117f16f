"""How one record stands with QuickBooks, company by company: the small card on its page."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qbo_connector import queries as connector
from qbo_connector.models import Connection, Operation, PullSchedule
from qbo_connector.outbox.plan import OPEN
from sync.enums import Outcome, SyncObject
from sync.fixes import NO_FIXES, Fixes, fixes_for
from sync.models import Link, ObjectSettings
from sync.shown import excluded_because

# A read that takes longer is told on the company's page.
LONGEST_READ = datetime.timedelta(minutes=5)
OBJECTS = {"company": SyncObject.CONTACT, "contact": SyncObject.CONTACT, "product": SyncObject.PRODUCT}


@dataclass(frozen=True)
class Tone:
    """How an outcome looks."""

    tone: str
    icon: str
    label: str | Promise


TONES = {
    Outcome.IN_SYNC: Tone("success", "circle-check", gettext_lazy("In sync")),
    Outcome.PENDING: Tone("info", "clock", gettext_lazy("Waiting")),
    Outcome.EXCLUDED: Tone("neutral", "ban", gettext_lazy("Excluded")),
    Outcome.CONFLICT: Tone("warning", "alert-triangle", gettext_lazy("Conflict")),
    Outcome.FAILING: Tone("danger", "alert-circle", gettext_lazy("Sync failed")),
    Outcome.BROKEN: Tone("danger", "alert-circle", gettext_lazy("Gone in QuickBooks")),
}
NOT_SYNCED = Tone("neutral", "plug", gettext_lazy("Not synced"))


@dataclass(frozen=True)
class Standing:
    """A record's state in one company: what to print, and which buttons make sense."""

    connection: Connection
    tone: Tone
    since: datetime.datetime | None = None
    reason: str = ""
    detail: str = ""
    link: Link | None = None
    web_url: str = ""
    conflicts: int = 0
    fixes: Fixes = NO_FIXES
    # Somebody asked for a read that is not over yet; else when the company was read last.
    reading: bool = False
    read_at: datetime.datetime | None = None


@dataclass(frozen=True)
class RecordCard:
    """The card: one line for each connected company."""

    object_type: str
    pk: int
    standings: Sequence[Standing]

    @property
    def waiting(self) -> bool:
        """Whether something may change by itself soon."""
        return any(standing.reading or standing.tone is TONES[Outcome.PENDING] for standing in self.standings)


def card(object_type: str, pk: int, *, user: Any) -> RecordCard:
    """How the record stands in every company that is connected, in four statements."""
    companies = list(connector.visible_to(user).select_related("pull").order_by("company_name", "pk"))
    enabled = set(
        ObjectSettings.objects.filter(enabled=True, sync_object=OBJECTS[object_type]).values_list(
            "connection", flat=True
        )
    )
    links = Link.objects.filter(object_type=object_type, object_id=pk).annotate(
        open_conflicts=Count("conflicts", filter=Q(conflicts__resolved_at=None))
    )
    by_company = {link.connection_id: link for link in links}
    operations: dict[int, Operation] = {}
    for operation in Operation.objects.filter(subject=f"{object_type}:{pk}").defer("intent", "body").order_by("pk"):
        operations[operation.connection_id] = operation
    found = [
        _standing(company, by_company.get(company.pk), operations.get(company.pk), user, on=company.pk in enabled)
        for company in companies
        if company.pk in by_company or company.pk in enabled
    ]
    return RecordCard(object_type, pk, found)


def _standing(connection: Connection, link: Any, operation: Operation | None, user: Any, *, on: bool) -> Standing:
    if link is None:
        return Standing(connection, NOT_SYNCED, reason=_("Nobody in QuickBooks was matched with this record yet."))
    link.connection = connection
    url = web_url(connection, link)
    if operation is not None and operation.state in OPEN:
        return Standing(
            connection,
            TONES[Outcome.PENDING],
            operation.created_at,
            operation.problem or _("A change made here is on its way to QuickBooks."),
            operation.problem_detail,
            link,
            url,
        )
    outcome = Outcome(link.outcome)
    return Standing(
        connection,
        TONES[outcome],
        link.synced_at if outcome == Outcome.IN_SYNC else link.changed_at,
        _reason(connection, link, on=on),
        link.detail,
        link,
        url,
        link.open_conflicts,
        fixes_for(link, user),
        *_reading(connection),
    )


def _reading(connection: Connection) -> tuple[bool, datetime.datetime | None]:
    """Whether a read that somebody asked for is under way, and when the last one was over."""
    plan: PullSchedule | None = getattr(connection, "pull", None)
    if plan is None or not connection.active:
        return False, None
    asked = plan.requested_at
    waits = asked is not None and (plan.finished_at is None or plan.finished_at < asked) and not plan.last_problem
    return bool(waits and asked and timezone.now() - asked < LONGEST_READ), plan.finished_at


def _reason(connection: Connection, link: Link, *, on: bool) -> str:
    """Why it stands so, in words; empty where the label says it all."""
    if not connection.active:
        return _("The company is not connected at the moment: %s.") % connection.get_status_display().lower()
    if link.outcome == Outcome.EXCLUDED:
        return excluded_because(link.exclusion, link.reason)
    if link.outcome == Outcome.IN_SYNC and not on:
        return _("The sync is off; what changes from now on stays on its side.")
    return link.reason


def web_url(connection: Connection, link: Link) -> str:
    """The page of the linked object in QuickBooks; empty where QuickBooks has none for its kind."""
    if link.entity != "Customer" or not link.qbo_id:
        return ""
    page: str = settings.QBO_CUSTOMER_PAGE
    return page.format(id=link.qbo_id, realm=connection.realm_id)
