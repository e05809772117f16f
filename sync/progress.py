"""How far a company is: being read, being applied, up to date. Everything a page needs, in four queries."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.models import Heartbeat
from qbo_connector.enums import LoadState
from qbo_connector.mirror import schedule
from qbo_connector.mirror.entities import CHANGE_DATA
from qbo_connector.models import Connection, LoadProgress, MirrorObject, PullSchedule
from sync.models import ObjectSettings

# What is shown of a load: the small lists in one line, then each entity that becomes records.
STEPS: tuple[tuple[str | Promise, tuple[str, ...]], ...] = (
    (
        gettext_lazy("Accounts, terms and other lists"),
        ("Account", "Term", "PaymentMethod", "Class", "Department", "CompanyCurrency"),
    ),
    (gettext_lazy("Customers"), ("Customer",)),
    (gettext_lazy("Products and services"), ("Item",)),
    (gettext_lazy("Invoices"), ("Invoice",)),
    (gettext_lazy("Payments"), ("Payment",)),
    (
        gettext_lazy("Estimates, credits, receipts, deposits"),
        ("Estimate", "CreditMemo", "SalesReceipt", "RefundReceipt", "Deposit"),
    ),
    (gettext_lazy("Vendors and bills"), ("Vendor", "Bill", "BillPayment")),
)
APPLIED = ("Customer", "Item", "Invoice", "Payment")
WORKER_IS_LATE = datetime.timedelta(seconds=90)
SPARE = datetime.timedelta(minutes=2)


@dataclass(frozen=True)
class Step:
    """One line of the load: ``expected`` is None until QuickBooks was asked how many there are."""

    label: str
    loaded: int
    expected: int | None
    done: bool
    unread: int

    @property
    def maximum(self) -> int:
        """The end of the bar; QuickBooks may have more by now than it said first."""
        return max(self.expected or 0, self.loaded, 1)

    @property
    def value(self) -> int:
        """How far the bar is; an entity of which there is nothing is a full bar."""
        return self.maximum if self.done else self.loaded

    @property
    def fraction(self) -> float:
        """Between 0 and 1."""
        return self.value / self.maximum

    @property
    def words(self) -> str:
        """“1,200 of 3,400 read”."""
        if self.done:
            text = _("%s read") % f"{self.loaded:,}"
        elif self.expected is None:
            return _("waiting")
        else:
            text = _("%(loaded)s of %(expected)s read") % {
                "loaded": f"{self.loaded:,}",
                "expected": f"{self.maximum:,}",
            }
        return f"{text}, {_('applying %s…') % f'{self.unread:,}'}" if self.unread else text


@dataclass(frozen=True)
class Progress:
    """Where a company stands. ``stage``: stopped, loading, applying, reading (a regular one) or done."""

    stage: str
    steps: Sequence[Step]
    plan: PullSchedule | None
    unread: int
    worker_late: bool
    now: datetime.datetime
    late: bool

    @property
    def busy(self) -> bool:
        """Whether a page that shows this should look again soon."""
        return self.stage in ("loading", "applying", "reading")

    @property
    def percent(self) -> int:
        """Of the whole load, each step weighing the same: totals are known only one after the other."""
        return int(100 * sum(step.fraction for step in self.steps) / len(self.steps)) if self.steps else 0

    @property
    def failing(self) -> bool:
        """Whether the last try failed."""
        return bool(self.plan and self.plan.last_problem)

    @property
    def lag(self) -> datetime.timedelta | None:
        """How old the data are; None before the first success."""
        return self.now - self.plan.finished_at if self.plan and self.plan.finished_at else None

    @property
    def lag_words(self) -> str:
        """“4 min at most”; what is younger than that may be missing here."""
        if self.lag is None:
            return _("not read yet")
        minutes = int(self.lag.total_seconds()) // 60
        if minutes < 1:
            return _("under a minute")
        if minutes < 120:
            return _("%d min at most") % minutes
        return _("%d hours at most") % (minutes // 60)

    @property
    def summary(self) -> str:
        """“Read in the first load · Customers: 29 · …”; empty before it is done."""
        parts = [f"{step.label}: {step.loaded:,}" for step in self.steps if step.done]
        if not parts or self.plan is None or self.plan.loaded_at is None:
            return ""
        return _("Read in the first load · %s") % " · ".join(parts)


def of(connection: Connection) -> Progress:
    """The progress of one company, in four queries."""
    now = timezone.now()
    asked = ObjectSettings.objects.filter(connection=connection, enabled=True, asked_again_at__isnull=False)
    plan = PullSchedule.objects.filter(connection=connection).annotate(asked_again=Exists(asked)).first()
    loads = {load.entity: load for load in LoadProgress.objects.filter(connection=connection)}
    unread = dict(
        MirrorObject.objects.filter(connection=connection, unread=True, entity__in=APPLIED)
        .values_list("entity")
        .annotate(count=Count("id"))
        .order_by()
    )
    asked_again = plan is not None and plan.asked_again
    stage = _stage(connection, plan, loads, now, applying=asked_again or any(unread.values()))
    silent = (
        stage in ("loading", "applying", "reading")
        and not Heartbeat.objects.filter(name="worker", beaten_at__gt=now - WORKER_IS_LATE).exists()
    )
    return Progress(
        stage=stage,
        steps=steps_of(loads, unread),
        plan=plan,
        unread=sum(unread.values()),
        worker_late=silent,
        now=now,
        late=plan is not None and is_late(connection, plan.finished_at, now),
    )


def is_late(connection: Connection, finished_at: datetime.datetime | None, now: datetime.datetime) -> bool:
    """Whether the last success of a connected company is longer ago than two intervals: more than one slow read."""
    if not connection.active or finished_at is None:
        return False
    return now - finished_at > 2 * schedule.interval(connection) + SPARE


def _stage(
    connection: Connection,
    plan: PullSchedule | None,
    loads: Mapping[str, LoadProgress],
    now: datetime.datetime,
    *,
    applying: bool,
) -> str:
    if not connection.active:
        return "stopped"
    unfinished = any(load.state != LoadState.DONE for load in loads.values())
    if plan is None or plan.loaded_at is None or plan.cursor is None or unfinished:
        return "loading"
    if applying:
        return "applying"
    leased = plan.leased_until is not None and plan.leased_until > now
    return "reading" if leased or plan.due_at <= now else "done"


def steps_of(loads: Mapping[str, LoadProgress], unread: Mapping[str, int]) -> list[Step]:
    """The lines of the load; entities that share a line are added up."""
    if not loads:
        loads = {entity: LoadProgress(entity=entity) for entity in CHANGE_DATA}
    steps = []
    for label, entities in STEPS:
        parts = [loads[entity] for entity in entities if entity in loads]
        if not parts:
            continue
        known = [part.expected for part in parts if part.expected is not None]
        steps.append(
            Step(
                label=str(label),
                loaded=sum(part.loaded for part in parts),
                expected=sum(known) if known else None,
                done=bool(parts) and all(part.state == LoadState.DONE for part in parts),
                unread=sum(unread.get(entity, 0) for entity in entities),
            )
        )
    return steps
