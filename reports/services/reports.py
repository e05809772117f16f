"""Keeping reports: make, change, copy, delete; who may do that."""

import copy
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import needs
from core.audit import differences
from core.events import emit
from core.models import Visibility
from core.tables.keeping import ViewRefused, shared
from reports.models import Report

MANAGE = "reports.manage"
LONGEST_NAME = 120


class ReportRefused(Exception):
    """The report can't be kept like this; the message says why."""


def may_change(report: Report, user: Any) -> bool:
    """Its owner may; shared ones also whoever manages reports."""
    return report.owner_id == user.pk or (report.sharing != Visibility.PRIVATE and bool(user.has_perm(MANAGE)))


@needs("reports.view")
@transaction.atomic
def create(
    *,
    by: Any,
    name: str,
    definition: Mapping[str, Any],
    description: str = "",
    sharing: str = "private",
    ready: str = "",
) -> Report:
    """A report of ``by``. Raises ReportRefused."""
    made = Report(owner=by, name=_named(name), description=description.strip(), ready=ready)
    made.definition = copy.deepcopy(dict(definition))
    made.sharing, made.team = _shared(sharing, by)
    made.save(force_insert=True)
    emit("report.created", made, by=by, title=made.name, sharing=made.sharing)
    return made


@needs("reports.view")
@transaction.atomic
def change(
    report: Report, *, by: Any, name: str, description: str, sharing: str, definition: Mapping[str, Any]
) -> Report:
    """Write what was built. Raises ReportRefused."""
    fresh = _changeable(report, by)
    before = differences.values_of(fresh, ("name", "description", "definition", "sharing", "team"))
    fresh.name, fresh.description, fresh.definition = _named(name), description.strip(), dict(definition)
    if sharing != sharing_of(fresh):
        fresh.sharing, fresh.team = _shared(sharing, by)
    fresh.updated_at = timezone.now()
    fresh.save(update_fields=["name", "description", "definition", "sharing", "team", "updated_at"])
    changes = differences.since(before, fresh)
    emit("report.changed", fresh, by=by, title=fresh.name, sharing=fresh.sharing, changes=changes)
    return fresh


@needs("reports.view")
def clone(report: Report, *, by: Any) -> Report:
    """A private copy of a report that ``by`` may see."""
    name = (_("Copy of %s") % report.name)[:LONGEST_NAME]
    return create(by=by, name=name, definition=report.definition, description=report.description, ready=report.ready)


@needs("reports.view")
@transaction.atomic
def delete(report: Report, *, by: Any) -> None:
    """Take it away from everybody, with its schedules. Raises ReportRefused."""
    fresh = _changeable(report, by)
    emit("report.deleted", fresh, by=by, title=fresh.name)
    fresh.delete()


def sharing_of(report: Report) -> str:
    """Who sees it, as a choice of the form."""
    return f"{report.sharing}:{report.team}" if report.sharing == Visibility.TEAM else report.sharing


def _changeable(report: Report, user: Any) -> Report:
    fresh = Report.objects.select_for_update().filter(pk=report.pk).first()
    if fresh is None:
        raise ReportRefused(_("The report is gone."))
    if not may_change(fresh, user):
        raise ReportRefused(_("This report belongs to %s. Make a copy and change that.") % (fresh.owner or _("nobody")))
    return fresh


def _named(name: str) -> str:
    cleaned = " ".join(name.replace("\x00", "").split())[:LONGEST_NAME]
    if not cleaned:
        raise ReportRefused(_("Give the report a name."))
    return cleaned


def _shared(sharing: str, user: Any) -> tuple[str, int | None]:
    try:
        return shared(sharing, user)
    except ViewRefused as refused:
        raise ReportRefused(str(refused)) from refused
