"""Sending reports by e-mail: when one is due, and the e-mail for each recipient."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core import company
from core.access import needs
from core.events import emit
from core.models import OutgoingMail
from core.services.mails import NotReady, attachment_makers, plan_mail, withdrawals
from core.tables import sheets
from reports import exporting
from reports.answers import answer, may_export
from reports.definition import BadReport
from reports.enums import Rhythm
from reports.models import Report, ReportSchedule
from reports.page_queries import visible_to
from reports.querying import TooMuch
from reports.ready.registry import NoSuchReport
from reports.services.reports import ReportRefused, may_change

KIND = "report"
VIEW = "reports.view"
SLICE = 50


def register() -> None:
    """Tell the e-mails how a report is attached, and when one is not wanted any more."""
    attachment_makers[KIND] = attachment
    withdrawals[KIND] = not_wanted


def due_after(schedule: ReportSchedule, moment: datetime.datetime) -> datetime.datetime:
    """The first time after ``moment`` at which the schedule is due, by the company's day."""
    zone = company.zone()
    day = moment.astimezone(zone).date()
    while True:
        at = datetime.datetime.combine(day, datetime.time(schedule.hour), zone)
        if at > moment and _falls_on(schedule, day):
            return at.astimezone(datetime.UTC)
        day += datetime.timedelta(days=1)


def _falls_on(schedule: ReportSchedule, day: datetime.date) -> bool:
    if schedule.rhythm == Rhythm.DAILY:
        # Without working days every day is as good as another.
        return company.works_on(day) or not company.profile().working_days
    return day.weekday() == schedule.weekday if schedule.rhythm == Rhythm.WEEKLY else day.day == schedule.day


@needs("reports.view")
@transaction.atomic
def plan(report: Report, *, by: Any, recipients: Sequence[Any], **when: Any) -> ReportSchedule:
    """Send a report again and again to people who may see reports. Raises ReportRefused."""
    if not may_change(report, by):
        raise ReportRefused(_("Only who may change a report decides who gets it."))
    if not recipients:
        raise ReportRefused(_("Choose who gets it."))
    made = ReportSchedule(report=report, by=by, **when)
    made.due_at = due_after(made, timezone.now())
    made.save()
    made.recipients.set(recipients)
    emit("report.scheduled", report, by=by, title=report.name, **_said(made))
    return made


@needs("reports.view")
@transaction.atomic
def stop(schedule: ReportSchedule, *, by: Any) -> None:
    """Do not send it any more. Raises ReportRefused."""
    if not may_change(schedule.report, by):
        raise ReportRefused(_("Only who may change a report decides who gets it."))
    emit("report.unscheduled", schedule.report, by=by, title=schedule.report.name, **_said(schedule))
    schedule.delete()


def _said(schedule: ReportSchedule) -> dict[str, Any]:
    people = sorted(str(person) for person in schedule.recipients.all())
    return {"rhythm": schedule.get_rhythm_display(), "hour": schedule.hour, "recipients": people}


def send_due(now: datetime.datetime | None = None) -> int:
    """Plan the e-mails of what is due, one schedule in a transaction; how many schedules there were.

    What was missed while nothing ran is sent once.
    """
    moment, done = now or timezone.now(), 0
    while done < SLICE and _send_next(moment):
        done += 1
    return done


@transaction.atomic
def _send_next(moment: datetime.datetime) -> bool:
    rows = ReportSchedule.objects.select_for_update(of=("self",), skip_locked=True).select_related("report")
    schedule = rows.filter(due_at__lte=moment).order_by("due_at", "pk").first()
    if schedule is None:
        return False
    for person in schedule.recipients.filter(is_active=True).order_by("pk"):
        if visible_to(person).filter(pk=schedule.report_id).exists() or person == schedule.by:
            _plan_for(schedule, person)
    schedule.sent_at, schedule.due_at = moment, due_after(schedule, moment)
    schedule.save(update_fields=["sent_at", "due_at"])
    return True


def _plan_for(schedule: ReportSchedule, person: Any) -> None:
    report = schedule.report
    with translation.override(person.language):
        address = settings.BASE_URL.rstrip("/") + reverse("reports:report", args=[report.pk])
        lines = [report.description, _("The report as it is now: %s") % address]
        attached = person.has_perm(VIEW) and may_export(report, person)
        plan_mail(
            f"{KIND}:{schedule.pk}:{schedule.due_at:%Y%m%d%H}:{person.pk}",
            to=[person.email],
            subject=report.name,
            body="\n\n".join(filter(None, lines)),
            attachments=[{"kind": KIND, "schedule": schedule.pk, "person": person.pk}] if attached else [],
            by=None,
        )


def attachment(wanted: Mapping[str, Any]) -> tuple[str, bytes, str]:
    """The file of a report as its recipient sees it, made when the e-mail leaves. Raises NotReady."""
    schedule = ReportSchedule.objects.select_related("report").filter(pk=wanted["schedule"]).first()
    person = get_user_model()._default_manager.filter(pk=wanted["person"], is_active=True).first()
    if schedule is None or person is None:
        raise NotReady(_("The report is gone."))
    with translation.override(person.language), timezone.override(person.time_zone):
        try:
            result = answer(schedule.report, person)
        except (BadReport, NoSuchReport, TooMuch) as error:
            raise NotReady(_("The report can’t be made: %s") % error) from error
        kind = str(schedule.format)
        return exporting.file_name(result, kind), exporting.file_of(result, kind), sheets.TYPES[kind].partition(";")[0]


def not_wanted(mail: OutgoingMail) -> str:
    """Why an e-mail that was planned does not leave; empty where it does."""
    _kind, schedule, _moment, person = mail.key.split(":")
    if not ReportSchedule.objects.filter(pk=int(schedule)).exists():
        return _("The report, or its sending, was deleted.")
    found = get_user_model()._default_manager.filter(pk=int(person), is_active=True).first()
    return "" if found is not None and found.has_perm(VIEW) else _("Its recipient may not see reports any more.")
