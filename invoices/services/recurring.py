"""Recurring invoices: change them, and make what is due. Each day is made once, whatever runs twice or dies."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

import structlog
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import decided, needs
from core.audit import differences
from core.events import emit
from core.models import Origin
from invoices import recurrence
from invoices.drafts import DraftContent
from invoices.enums import InvoiceSource, SendState
from invoices.models import (
    Invoice,
    InvoiceDraft,
    InvoiceSend,
    Making,
    RecurringInvoice,
    RecurringRun,
    RecurringState,
)
from invoices.ports import TermsChoice, accounting
from invoices.reading import DraftProblems
from invoices.services import approvals, create, drafts, send

log = structlog.get_logger(__name__)
NAMESPACE = uuid.UUID("6f5cf1a6-8d5b-4c39-9d4b-6f0a3f6f6a10")
FIELDS = ("name", "interval", "unit", "starts_on", "ends_on", "most", "making", "owner")
LATE_DAYS = 31  # what a long standstill missed is not made up for beyond that
# What can't be sent for a reason that passes is tried again so often, and for so long.
TRY_AGAIN = datetime.timedelta(minutes=10)
TRY_FOR = datetime.timedelta(days=7)


class BadSchedule(ValueError):
    """The schedule can't be; ``field`` is the value to change."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class PastDays(Exception):
    """Some of its days have passed: whether invoices are made for them has to be said. ``days`` are those."""

    def __init__(self, days: Sequence[datetime.date]) -> None:
        super().__init__(_("Some of its days have passed."))
        self.days = days


@needs("invoices.automate")
@transaction.atomic
def start(source: Invoice | InvoiceDraft, *, by: Any, make_past: bool | None = None, **fields: Any) -> RecurringInvoice:
    """A recurring invoice with the content of an invoice or a draft; ``fields`` are of FIELDS.

    ``make_past`` says whether invoices are made for days that have passed, dated those days. Raises BadSchedule, and
    PastDays where that has to be said.
    """
    if isinstance(source, Invoice):
        # A copy, as the wizard would begin it; only its content is kept.
        copy = drafts.start_from(InvoiceSource.COPY, invoice=source, by=by)
        data, deal = copy.data, source.deal
        copy.delete()
    else:
        data, deal = source.data, source.deal
    content = DraftContent.from_json(data)
    if content.connection_id is None:
        raise BadSchedule(_("Choose the QuickBooks company first."))
    content.source, content.number, content.quote_id, content.estimate_id = (
        InvoiceSource.RECURRING.value,
        "",
        None,
        None,
    )
    row = RecurringInvoice(
        connection_id=content.connection_id,
        deal=deal,
        data=content.to_json(),
        customer_name=content.customer.name,
        **{"owner": by, **fields},
    )
    _check(row)
    _set_start(row, make_past=make_past)
    row.save()
    emit("recurring.created", row, by=by, about=[deal] if deal else [], **_said(row))
    return row


def _set_start(row: RecurringInvoice, *, make_past: bool | None) -> None:
    """Where it begins: at its first day, or at the first that has not passed."""
    today = accounting().today(row.connection_id)
    row.made = _behind(row, today - datetime.timedelta(days=LATE_DAYS))
    passed = list(takewhile(lambda day: day < today, upcoming(row)))
    if passed and make_past is None:
        raise PastDays(passed)
    if not make_past:
        row.made = _behind(row, today)
    row.next_on = next(iter(upcoming(row)), None)
    if row.next_on is None:
        raise BadSchedule(_("None of its days lies ahead."), "starts_on")


@needs("invoices.automate")
@transaction.atomic
def change(row: RecurringInvoice, *, by: Any, **fields: Any) -> RecurringInvoice:
    """Change name or schedule. A new start or rhythm counts anew from today on. Raises BadSchedule."""
    if unknown := set(fields) - set(FIELDS):
        raise TypeError(", ".join(sorted(unknown)))
    locked = RecurringInvoice.objects.select_for_update(of=("self",)).select_related("deal").get(pk=row.pk)
    changed = {name: value for name, value in fields.items() if getattr(locked, name) != value}
    if not changed:
        return locked
    before = differences.values_of(locked, changed)
    for name, value in changed.items():
        setattr(locked, name, value)
    _check(locked)
    if "making" in changed and locked.making != Making.SEND:
        # What was made and has not left stays here, also when sending is chosen again later.
        locked.runs.filter(sent=False).update(to_send=False)
    if {"starts_on", "interval", "unit"} & changed.keys():
        locked.made = _behind(locked, accounting().today(locked.connection_id))
    _set_next(locked)
    locked.updated_at = timezone.now()
    locked.save()
    told = {**_said(locked), "changes": differences.since(before, locked)}
    emit("recurring.changed", locked, by=by, about=[locked.deal] if locked.deal else [], **told)
    return locked


@needs("invoices.automate")
@transaction.atomic
def pause(row: RecurringInvoice, *, by: Any) -> None:
    """Make none until it is resumed."""
    if RecurringInvoice.objects.filter(pk=row.pk, state=RecurringState.ACTIVE).update(state=RecurringState.PAUSED):
        emit("recurring.paused", row, by=by, about=[row.deal] if row.deal else [], **_said(row))


@needs("invoices.automate")
@transaction.atomic
def resume(row: RecurringInvoice, *, by: Any) -> None:
    """Go on; the days that passed meanwhile are left out, as who paused it will expect."""
    locked = RecurringInvoice.objects.select_for_update(of=("self",)).select_related("deal").get(pk=row.pk)
    if locked.state != RecurringState.PAUSED:
        return
    locked.state = RecurringState.ACTIVE
    locked.made = max(locked.made, _behind(locked, accounting().today(locked.connection_id)))
    _set_next(locked)
    locked.save()
    emit("recurring.resumed", locked, by=by, about=[locked.deal] if locked.deal else [], **_said(locked))


@needs("invoices.automate")
@transaction.atomic
def end(row: RecurringInvoice, *, by: Any) -> None:
    """Make no more, ever. What was made stays."""
    open_ones = RecurringInvoice.objects.filter(pk=row.pk).exclude(state=RecurringState.ENDED)
    if open_ones.update(state=RecurringState.ENDED, next_on=None):
        emit("recurring.ended", row, by=by, about=[row.deal] if row.deal else [], **_said(row))


def upcoming(row: RecurringInvoice) -> Any:
    """The days that are still to come."""
    return recurrence.upcoming(row.starts_on, row.unit, row.interval, made=row.made, most=row.most, ends_on=row.ends_on)


def make_due(*, limit: int = 200) -> int:
    """Make what is due by each company's own calendar; returns how many occurrences were made or told why not."""
    made = 0
    accounts = {account.connection_id: account for account in accounting().accounts()}
    for connection_id, today in accounting().todays().items():
        due = RecurringInvoice.objects.filter(
            connection_id=connection_id, state=RecurringState.ACTIVE, next_on__lte=today
        )
        account = accounts.get(connection_id)
        if account is None or not account.usable:
            # The day is not used up: it is made as soon as the company can be used again.
            _wait(due.filter(waits_for=""), account.problem if account is not None else "")
            continue
        for pk in due.order_by("next_on", "pk").values_list("pk", flat=True)[:limit]:
            try:
                made += make_one(pk, today)
            except Exception:
                log.exception("recurring.failed", recurring=pk)
    return made


@transaction.atomic
def _wait(rows: QuerySet[RecurringInvoice], problem: str) -> None:
    """Say once why what is due is not made now."""
    reason = problem or _("The QuickBooks company is disconnected.")
    for row in rows.select_for_update(of=("self",), skip_locked=True).select_related("deal"):
        RecurringInvoice.objects.filter(pk=row.pk).update(waits_for=reason)
        told = {**_said(row), "reason": reason}
        emit("recurring.waits", row, origin=Origin.SYSTEM, about=[row.deal] if row.deal else [], **told)


@transaction.atomic
def make_one(pk: int, today: datetime.date) -> int:
    """Make the next occurrence of one recurring invoice, if it is due. 1 when there was something to do."""
    row = (
        RecurringInvoice.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("deal", "owner", "connection")
        .filter(pk=pk, state=RecurringState.ACTIVE, next_on__lte=today)
        .first()
    )
    if row is None or row.next_on is None:
        return 0
    falls_on = row.next_on
    row.made, row.waits_for = row.made + 1, ""
    _set_next(row)
    row.save(update_fields=["made", "next_on", "state", "waits_for"])
    if RecurringRun.objects.filter(recurring=row, falls_on=falls_on).exists():
        return 0
    run = RecurringRun.objects.create(recurring=row, falls_on=falls_on)
    if (today - falls_on).days > LATE_DAYS:
        run.problem = _("This day was missed while the product stood still; it is too long ago to be made up for.")
    else:
        run.problem = _make(row, run)
    run.save()
    name = "recurring.failed" if run.problem else "recurring.made"
    about = [row.deal] if row.deal else []
    told = {**_said(row), "on": falls_on.isoformat(), "reason": run.problem}
    emit(name, row, origin=Origin.SYSTEM, about=[*about, *([run.invoice] if run.invoice else [])], **told)
    return 1


@decided()
def _make(row: RecurringInvoice, run: RecurringRun) -> str:
    """Make the occurrence; why it could not be, in words, empty when it was."""
    if row.owner is None:
        return _("Nobody owns this recurring invoice any more. Choose an owner.")
    draft, _new = InvoiceDraft.objects.get_or_create(
        request_id=uuid.uuid5(NAMESPACE, f"{row.pk}:{run.falls_on.isoformat()}"),
        defaults={
            "owner": row.owner,
            "deal": row.deal,
            "data": _content(row, run.falls_on).to_json(),
            "step": "review",
        },
    )
    run.draft, run.to_send = draft, row.making == Making.SEND
    try:
        with transaction.atomic():
            if row.making == Making.APPROVAL or approvals.must_ask(row.owner):
                approvals.ask(draft, by=row.owner)
            else:
                run.invoice = create.create_invoice(draft, by=row.owner)
    except DraftProblems as refused:
        return " ".join(dict.fromkeys(str(problem.message) for problem in refused.problems))
    except create.IntentReused as reused:
        run.invoice = reused.invoice
    return ""


def _content(row: RecurringInvoice, falls_on: datetime.date) -> DraftContent:
    content = DraftContent.from_json(row.data)
    content.issued_on = falls_on.isoformat()
    terms: TermsChoice | None = next(
        (each for each in accounting().terms(row.connection_id) if each.external_id == content.terms.external_id), None
    )
    content.due_on = ""
    drafts.compute_due(content, terms)
    for line in content.lines:
        line.service_on = ""
    content.exchange_rate = ""
    return content


def send_made(*, limit: int = 100) -> int:
    """Send the invoices that were made to be sent, once QuickBooks has them; returns how many were asked for."""
    # What had to be approved first has its invoice since then.
    approved = InvoiceDraft.objects.filter(pk=OuterRef("draft")).values("invoice")[:1]
    RecurringRun.objects.filter(invoice=None, draft__invoice__isnull=False).update(invoice=Subquery(approved))
    runs = RecurringRun.objects.filter(to_send=True, sent=False, problem="", invoice__isnull=False)
    runs = runs.filter(Q(try_at=None) | Q(try_at__lte=timezone.now())).exclude(invoice__external_id="")
    runs = runs.select_related("invoice", "recurring__owner", "recurring__deal")
    asked = 0
    for run in runs.order_by("pk")[:limit]:
        try:
            asked += _send_one(run)
        except Exception:
            log.exception("recurring.not_sent", run=run.pk)
    return asked


@decided()
@transaction.atomic
def _send_one(run: RecurringRun) -> bool:
    invoice = run.invoice
    assert invoice is not None  # as filtered
    under_way = InvoiceSend.objects.filter(invoice=invoice, state__in=[SendState.WAITING, SendState.SENT])
    if invoice.emailed or under_way.exists():
        # Somebody sent it meanwhile: the customer gets it once.
        run.sent, run.waits = True, ""
        run.save(update_fields=["sent", "waits"])
        return False
    addresses = send.Addresses(invoice.recipient, invoice.cc, invoice.bcc)
    intent = uuid.uuid5(NAMESPACE, f"send:{run.pk}")
    try:
        send.send(invoice, addresses, request_id=intent, by=run.recurring.owner)
    except (send.NotSendable, send.BadAddress) as refused:
        if _passes(refused, invoice) and _try_later(run, invoice, str(refused)):
            return False
        run.problem = _("It was made, but not sent: %s") % refused
    run.sent, run.waits = not run.problem, ""
    run.save(update_fields=["sent", "problem", "waits"])
    if run.problem:
        _tell_sending("recurring.not_sent", run, invoice, run.problem)
    return run.sent


def _passes(refused: Exception, invoice: Invoice) -> bool:
    """Whether the reason may pass by itself: the company is away, or something of the invoice is under way."""
    lasting = isinstance(refused, (send.InDoubt, send.BadAddress))
    return not lasting and (bool(invoice.ending) or not send.own_refusal(invoice))


def _try_later(run: RecurringRun, invoice: Invoice, reason: str) -> bool:
    """Leave the e-mail for later, which is told once; False when it was tried for long enough."""
    now = timezone.now()
    if run.waits_since is not None and now - run.waits_since > TRY_FOR:
        return False
    first = run.waits_since is None
    run.waits, run.waits_since, run.try_at = reason, run.waits_since or now, now + TRY_AGAIN
    run.save(update_fields=["waits", "waits_since", "try_at"])
    if first:
        _tell_sending("recurring.sending_waits", run, invoice, reason)
    return True


def _tell_sending(name: str, run: RecurringRun, invoice: Invoice, reason: str) -> None:
    row = run.recurring
    told = {**_said(row), "on": run.falls_on.isoformat(), "reason": reason}
    emit(name, row, origin=Origin.SYSTEM, about=[*([row.deal] if row.deal else []), invoice], **told)


def _check(row: RecurringInvoice) -> None:
    if not row.name.strip():
        raise BadSchedule(_("Give it a name."), "name")
    if not 1 <= row.interval <= 366:
        raise BadSchedule(_("The rhythm is a number from 1 to 366."), "interval")
    if row.ends_on is not None and row.ends_on < row.starts_on:
        raise BadSchedule(_("It ends before it starts."), "ends_on")
    if row.most is not None and row.most < 1:
        raise BadSchedule(_("It has to be made at least once."), "most")


def _behind(row: RecurringInvoice, day: datetime.date) -> int:
    """How many occurrences lie before a day."""
    number = 0
    while recurrence.occurrence(row.starts_on, row.unit, row.interval, number) < day:
        number += 1
    return number


def _set_next(row: RecurringInvoice) -> None:
    row.next_on = next(iter(upcoming(row)), None)
    if row.next_on is None and row.state == RecurringState.ACTIVE:
        row.state = RecurringState.ENDED


def _said(row: RecurringInvoice) -> Mapping[str, Any]:
    return {
        "title": row.name,
        "customer": row.customer_name,
        "next_on": row.next_on.isoformat() if row.next_on else None,
    }
