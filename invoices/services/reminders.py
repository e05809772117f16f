"""Remind customers of open invoices by e-mail, by rule or by hand; each rule once for each invoice and due date."""

import datetime
import zoneinfo
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core import placeholders
from core.access import needs
from core.audit import differences
from core.events import Draft, emit, emit_many
from core.models import MailState, Origin, OutgoingMail
from core.services.mails import NotReady, plan_mail
from invoices import reminder_texts
from invoices.models import Invoice, Reminder, ReminderPause, ReminderRule
from invoices.ports import AccountingUnavailable, accounting
from invoices.reading import valid_emails
from invoices.services.associations import about_of
from qbo_connector.models import Connection

OPEN = ("waiting", "sent", "partial", "overdue")
RULE_FIELDS = ("name", "connection", "days", "hour", "subject", "body", "attach_pdf", "working_days_only")
LATE_DAYS = 3  # a rule's day that was missed by a standstill is made up for that long
MOST_DAYS = 365
KEY = "reminder"  # what the keys of its e-mails begin with


class BadRule(ValueError):
    """The rule can't be; ``field`` is the value to change."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@needs("invoices.automate")
@transaction.atomic
def save_rule(rule: ReminderRule | None, *, by: Any, **fields: Any) -> ReminderRule:
    """Make or change a rule; ``fields`` are of RULE_FIELDS. Raises BadRule."""
    row = rule or ReminderRule(created_by=by)
    for name, value in fields.items():
        if name not in RULE_FIELDS:
            raise TypeError(name)
        setattr(row, name, value)
    if not row.name.strip():
        raise BadRule(_("Give it a name."), "name")
    if abs(row.days) > MOST_DAYS:
        raise BadRule(_("At most a year before or after the due date."), "days")
    if not 0 <= row.hour <= 23:
        raise BadRule(_("The hour is a number from 0 to 23."), "hour")
    for name in ("subject", "body"):
        if not getattr(row, name).strip():
            raise BadRule(_("Write something."), name)
        try:
            placeholders.check(getattr(row, name), reminder_texts.PLACEHOLDERS)
        except placeholders.BadText as bad:
            raise BadRule(str(bad), name) from bad
    held = ReminderRule.objects.filter(pk=row.pk).first() if row.pk else None
    before = differences.values_of(held, fields) if held is not None else {}
    row.save()
    if held is None:
        emit("reminder_rule.created", row, by=by, title=row.name, rule=differences.values_of(row, fields))
    elif changes := differences.since(before, row):
        emit("reminder_rule.changed", row, by=by, title=row.name, changes=changes)
    return row


@needs("invoices.automate")
@transaction.atomic
def switch(rule: ReminderRule, *, on: bool, by: Any) -> None:
    """Switch a rule on or off. On: from today; nothing is sent for days that have passed."""
    ReminderRule.objects.filter(pk=rule.pk).update(active=on, active_since=_today_of(rule) if on else None)
    emit("reminder_rule.switched_on" if on else "reminder_rule.switched_off", rule, by=by, title=rule.name)


def _today_of(rule: ReminderRule) -> datetime.date:
    """Today where the rule's company is; of all companies the earliest, so that no day of any is left out."""
    days = accounting().todays()
    here = days.get(rule.connection_id) if rule.connection_id is not None else None
    return here or min(days.values(), default=timezone.localdate())


@needs("invoices.automate")
@transaction.atomic
def pause_customer(
    connection_id: int,
    customer_external_id: str,
    *,
    name: str,
    by: Any,
    until: datetime.date | None = None,
    reason: str = "",
) -> ReminderPause:
    """Send one customer no reminders until a day, or until ``resume_customer``."""
    row, _new = ReminderPause.objects.update_or_create(
        connection_id=connection_id,
        customer_external_id=customer_external_id,
        defaults={"customer_name": name, "until": until, "reason": reason.strip()[:300], "by": by},
    )
    day = until.isoformat() if until else ""
    emit("reminder_pause.made", row, by=by, title=name, until=day, reason=row.reason)
    return row


@needs("invoices.automate")
@transaction.atomic
def resume_customer(connection_id: int, customer_external_id: str, *, by: Any = None) -> None:
    """End a customer's pause."""
    held = ReminderPause.objects.filter(connection_id=connection_id, customer_external_id=customer_external_id)
    for row in held:
        emit("reminder_pause.ended", row, by=by, title=row.customer_name)
        row.delete()


def pause_of(invoice: Invoice) -> ReminderPause | None:
    """The pause that holds for an invoice's customer today."""
    today = accounting().today(invoice.connection_id)
    rows = ReminderPause.objects.filter(
        connection_id=invoice.connection_id, customer_external_id=invoice.customer_external_id
    )
    return rows.filter(Q(until=None) | Q(until__gte=today)).first()


@needs("invoices.send")
@transaction.atomic
def remind(invoice: Invoice, *, by: Any, subject: str, body: str, attach_pdf: bool = True, key: str) -> OutgoingMail:
    """Remind of one invoice by hand. ``key`` names the click. Raises BadRule with a sentence."""
    return _remind(invoice, by=by, subject=subject, body=body, attach_pdf=attach_pdf, key=key)[0]


def _remind(
    invoice: Invoice, *, by: Any, subject: str, body: str, attach_pdf: bool = True, key: str
) -> tuple[OutgoingMail, bool]:
    """The e-mail, and whether it is new."""
    if refusal := refusal_of(invoice):
        raise BadRule(refusal)
    try:
        for text in (subject, body):
            placeholders.check(text, reminder_texts.PLACEHOLDERS)
    except placeholders.BadText as bad:
        raise BadRule(str(bad), "body") from bad
    today = accounting().today(invoice.connection_id)
    mail, created = _plan(invoice, f"{KEY}:{key}", subject, body, attach_pdf=attach_pdf, today=today, by=by)
    if created:
        Reminder.objects.create(invoice=invoice, due_on=invoice.due_on, mail=mail, by=by)
        _tell([invoice], by=by)
    return mail, created


@needs("invoices.send")
def remind_many(invoice_ids: Iterable[int], *, by: Any, key: str) -> Mapping[int, str]:
    """Remind of many invoices with the standard text; why not, by id, for those that were not.

    With the same ``key`` each is reminded of once; a second time is refused.
    """
    refused: dict[int, str] = {}
    rows = Invoice.objects.select_related("connection", "owner").defer("search").filter(pk__in=list(invoice_ids))
    for invoice in rows.order_by("pk"):
        try:
            mail, created = _remind(
                invoice,
                by=by,
                subject=str(reminder_texts.SUBJECT),
                body=str(reminder_texts.BODY),
                key=f"{key}:{invoice.pk}",
            )
        except BadRule as bad:
            refused[invoice.pk] = str(bad)
        else:
            if not created:
                refused[invoice.pk] = _reminded_before(mail)
    return refused


def _reminded_before(mail: OutgoingMail) -> str:
    if mail.state == MailState.PLANNED:
        return _("A reminder of it is on its way already.")
    if mail.state == MailState.SENT:
        return _("A reminder of it was sent from the list today already. Its own page sends another one.")
    return _("Today's reminder of it was not sent. Its own page sends another one.")


def withdrawn(mail: OutgoingMail) -> str:
    """Why a reminder that is about to leave is not wanted any more; empty when it is. Noted on the reminder."""
    if mail.object_type != "invoice" or mail.object_id is None:
        return ""
    invoice = Invoice.objects.select_related("connection").defer("search").filter(pk=mail.object_id).first()
    reason = _("The invoice is gone.") if invoice is None else refusal_of(invoice)
    if reason:
        Reminder.objects.filter(mail=mail).update(skipped=reason[:300])
    return reason


def refusal_of(invoice: Invoice) -> str:
    """Why nobody can be reminded of an invoice, in words; empty when it can be done."""
    if invoice.status not in OPEN or invoice.removed_at is not None or not invoice.balance:
        return _("There is nothing to be paid on this invoice.")
    if not invoice.external_id:
        return _("QuickBooks does not have this invoice yet.")
    if not invoice.recipient.strip() or not valid_emails(invoice.recipient):
        return _("The invoice has no e-mail address to write to.")
    if pause := pause_of(invoice):
        return _("Reminders to “%s” are paused.") % (pause.customer_name or invoice.customer_name)
    return ""


def send_due(*, now: datetime.datetime | None = None) -> int:
    """Plan the e-mails of all rules that are due, by each company's own calendar and clock; returns how many."""
    moment, planned = now or timezone.now(), 0
    usable = [account.connection_id for account in accounting().accounts() if account.usable]
    zones = dict(Connection.objects.filter(pk__in=usable).order_by("pk").values_list("pk", "time_zone"))
    for rule in ReminderRule.objects.filter(active=True).order_by("pk"):
        for connection_id, zone in zones.items():
            if rule.connection_id in (None, connection_id):
                planned += _send_rule(rule, connection_id, moment.astimezone(zoneinfo.ZoneInfo(zone)))
    return planned


def _send_rule(rule: ReminderRule, connection_id: int, here: datetime.datetime) -> int:
    today = here.date()
    if here.hour < rule.hour or (rule.working_days_only and today.weekday() >= 5):
        return 0
    since = max(rule.active_since or today, today - datetime.timedelta(days=_late_days(rule, today)))
    offset = datetime.timedelta(days=rule.days)
    reminded = Reminder.objects.filter(rule=rule, invoice=OuterRef("pk"), due_on=OuterRef("due_on"))
    rows = Invoice.objects.filter(
        ~Exists(reminded),
        connection_id=connection_id,
        status__in=OPEN,
        removed_at=None,
        archived_at=None,
        balance__gt=0,
        due_on__gte=since - offset,
        due_on__lte=today - offset,
    ).exclude(external_id="")
    done = 0
    for invoice in rows.select_related("connection", "owner").defer("search").order_by("pk")[:1000]:
        done += _remind_by_rule(rule, invoice, today)
    return done


def _late_days(rule: ReminderRule, today: datetime.date) -> int:
    """How far back a rule looks: over the weekend where it rests then."""
    return LATE_DAYS + (2 if rule.working_days_only and today.weekday() < LATE_DAYS else 0)


@transaction.atomic
def _remind_by_rule(rule: ReminderRule, invoice: Invoice, today: datetime.date) -> int:
    reminder, created = Reminder.objects.get_or_create(rule=rule, invoice=invoice, due_on=invoice.due_on)
    if not created:
        return 0
    refusal = refusal_of(invoice)
    if refusal:
        reminder.skipped = refusal[:300]
        reminder.save(update_fields=["skipped"])
        return 0
    key = f"{KEY}:{rule.pk}:{invoice.pk}:{invoice.due_on}"
    reminder.mail, _new = _plan(invoice, key, rule.subject, rule.body, attach_pdf=rule.attach_pdf, today=today, by=None)
    reminder.save(update_fields=["mail"])
    _tell([invoice], by=None, rule=rule.name)
    return 1


def _plan(
    invoice: Invoice, key: str, subject: str, body: str, *, attach_pdf: bool, today: datetime.date, by: Any
) -> tuple[OutgoingMail, bool]:
    values = reminder_texts.values_of(invoice, today)
    return plan_mail(
        key,
        to=[part.strip() for part in invoice.recipient.replace(";", ",").split(",") if part.strip()],
        subject=placeholders.filled(subject, values),
        body=placeholders.filled(body, values),
        about=invoice,
        reply_to=invoice.owner.email if invoice.owner else "",
        attachments=[{"kind": "invoice_pdf", "invoice": invoice.pk}] if attach_pdf else [],
        by=by,
    )


def invoice_pdf(wanted: Mapping[str, Any]) -> tuple[str, bytes, str]:
    """The PDF of an invoice as an attachment. Raises NotReady while QuickBooks can't give it."""
    invoice = Invoice.objects.defer("search").select_related("connection").filter(pk=wanted["invoice"]).first()
    if invoice is None:
        raise NotReady(_("The invoice is gone."))
    try:
        return f"{invoice}.pdf", accounting().pdf(invoice), "application/pdf"
    except AccountingUnavailable as unavailable:
        raise NotReady(str(unavailable)) from unavailable


def _tell(invoices: Sequence[Invoice], *, by: Any, rule: str = "") -> None:
    about = about_of({invoice.pk: invoice.deal_id for invoice in invoices})
    drafts = [
        Draft(
            "invoice.reminded",
            "invoice",
            invoice.pk,
            about.get(invoice.pk, []),
            {"number": invoice.number, "customer": invoice.customer_name, "recipient": invoice.recipient, "rule": rule},
        )
        for invoice in invoices
    ]
    emit_many(drafts, by=by, origin=Origin.PERSON if by is not None else Origin.SYSTEM)


@needs("invoices.automate")
def delete_rule(rule: ReminderRule, *, by: Any) -> None:
    """Forget a rule; what it has sent stays on the invoices."""
    emit("reminder_rule.deleted", rule, by=by, title=rule.name)
    rule.delete()
