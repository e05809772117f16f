"""E-mails to admins: once when something needs a person, and not again until it has cleared.

An alert is a row before it is a mail, so that restarts and two workers change nothing: whoever holds the row sends.
"""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from core.services import smtp
from qbo_connector.enums import ConnectionStatus
from qbo_connector.models import Alert, Connection
from qbo_connector.queries import CONSENT_ENDS
from sync.enums import Outcome
from sync.models import Link

log = structlog.get_logger(__name__)
FAILING, PERSON, CONSENT, BUDGET = "failing", "person", "consent", "budget"
NOT_IN_SYNC = (Outcome.FAILING, Outcome.BROKEN, Outcome.CONFLICT)


@dataclass(frozen=True)
class _Wanted:
    """Something that is so now: an alert has to be there for it."""

    connection: Connection
    kind: str
    key: str = ""
    data: dict[str, Any] = field(default_factory=dict)


def check(*, now: datetime.datetime | None = None) -> int:
    """Raise what is new, clear what is over, send what is due; returns how many alerts were mailed."""
    moment = now or timezone.now()
    _note([*_persons(), *_consents(moment), *_failing()], moment)
    return sum(_mail(pk, moment) for pk in _due(moment))


def _persons() -> Iterator[_Wanted]:
    """Companies that stand still until somebody reconnects them or mends their subscription."""
    for connection in Connection.objects.filter(status__in=[ConnectionStatus.NEEDS_RECONNECT, ConnectionStatus.PAUSED]):
        yield _Wanted(connection, PERSON, connection.status, {"reason": connection.status_reason})


def _consents(now: datetime.datetime) -> Iterator[_Wanted]:
    """Companies whose consent ends soon, whatever we do."""
    for connection in Connection.objects.filter(
        status=ConnectionStatus.ACTIVE, token__hard_expires_at__lt=now + CONSENT_ENDS
    ).select_related("token"):
        yield _Wanted(connection, CONSENT, f"{connection.token.hard_expires_at:%Y-%m-%d}")


def _failing() -> Iterator[_Wanted]:
    """Companies with at least as many failing records as they allow. Mailed when that has lasted long enough."""
    counts = dict(
        Link.objects.filter(outcome__in=NOT_IN_SYNC).values_list("connection").annotate(count=Count("id")).order_by()
    )
    for connection in Connection.objects.filter(pk__in=counts).exclude(status=ConnectionStatus.DISCONNECTED):
        if counts[connection.pk] >= connection.alert_records:
            yield _Wanted(connection, FAILING, data={"records": counts[connection.pk]})


def _note(wanted: list[_Wanted], now: datetime.datetime) -> None:
    """Bring the open alerts in line with what is so now. Those of budgets are the connector's own."""
    known = {
        (alert.connection_id, alert.kind, alert.key): alert
        for alert in Alert.objects.filter(cleared_at=None, kind__in=[PERSON, CONSENT, FAILING])
    }
    for one in wanted:
        alert = known.pop((one.connection.pk, one.kind, one.key), None)
        if alert is None:
            row = Alert(connection=one.connection, kind=one.kind, key=one.key, data=one.data, raised_at=now)
            Alert.objects.bulk_create([row], ignore_conflicts=True)
        elif alert.data != one.data:
            Alert.objects.filter(pk=alert.pk).update(data=one.data)
    Alert.objects.filter(pk__in=[alert.pk for alert in known.values()], cleared_at=None).update(cleared_at=now)


def _due(now: datetime.datetime) -> list[int]:
    """Open alerts that nobody was told about: at once, but failing records only after their time."""
    waiting = Alert.objects.filter(cleared_at=None, mailed_at=None).select_related("connection")
    return [
        alert.pk
        for alert in waiting.order_by("pk")
        if alert.kind != FAILING
        or alert.connection is None
        or now - alert.raised_at >= datetime.timedelta(minutes=alert.connection.alert_minutes)
    ]


def _mail(alert_id: int, now: datetime.datetime) -> bool:
    """Send one alert to every admin. A server that does not take it is asked again at the next check."""
    with transaction.atomic():
        alert = (
            Alert.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("connection")
            .filter(pk=alert_id, mailed_at=None, cleared_at=None)
            .first()
        )
        if alert is None:
            return False
        using = smtp.way_or_problem()
        try:
            for person in admins():
                using.deliver(_message(alert, person, using))
        except OSError as error:  # smtplib's errors are OSErrors, like those of the network
            log.warning("alerts.not_sent", alert=alert.pk, error=str(error))
            return False
        Alert.objects.filter(pk=alert.pk).update(mailed_at=now)
    return True


def admins() -> QuerySet[User]:
    """Whom to tell: active people who may connect companies."""
    return User.objects.filter(Q(role__permissions__contains=["qbo_connector.connect"]), is_active=True).order_by("pk")


def _message(alert: Alert, person: User, using: smtp.Way) -> EmailMessage:
    with translation.override(person.language):
        subject, text, path = _words(alert)
        link = f"{settings.BASE_URL}{path}"
        closing = _("You get this once, until it is solved. You get it because you may connect QuickBooks companies.")
        body = f"{text}\n\n{link}\n\n{closing}\n"
        return EmailMessage(subject, body, using.sender, [person.email], connection=using.connection)


def _words(alert: Alert) -> tuple[str, str, str]:
    """Subject, sentence and the page to go to."""
    name = {"name": str(alert.connection)}
    connections = reverse("qbo_connector:connection-list")
    if alert.kind == FAILING:
        many = int(alert.data.get("records", 0))
        facts = {**name, "n": many}
        subject = ngettext("%(n)s record of “%(name)s” does not sync", "%(n)s records of “%(name)s” do not sync", many)
        text = ngettext(
            "%(n)s record is not in sync with the QuickBooks company “%(name)s”. The page says why.",
            "%(n)s records are not in sync with the QuickBooks company “%(name)s”. The page lists them by cause.",
            many,
        )
        return subject % facts, text % facts, reverse("sync:health")
    if alert.kind == CONSENT and alert.connection is not None:
        day = date_format(datetime.date.fromisoformat(alert.key), "DATE_FORMAT")
        facts = {**name, "day": day}
        return (
            _("“%(name)s” has to be reconnected before %(day)s") % facts,
            _("QuickBooks asks for consent every five years. “%(name)s” stops on %(day)s unless it is reconnected.")
            % facts,
            f"{connections}#company-{alert.connection_id}",
        )
    if alert.kind == BUDGET:
        numbers = {key: f"{int(alert.data.get(key) or 0):,}" for key in ("reads", "budget", "forecast")}
        return (
            _("“%(name)s” is close to its budget of reads") % name,
            _("%(reads)s of %(budget)s reads of this month are used; at this pace it will be %(forecast)s.") % numbers,
            f"{reverse('sync:connection-settings', args=[alert.connection_id])}#reads",
        )
    text = _("Nothing is read from or written to the QuickBooks company “%(name)s” until somebody mends it.") % name
    reason = alert.data.get("reason", "")
    return _("“%(name)s” needs you") % name, f"{text}\n{reason}".strip(), f"{connections}#company-{alert.connection_id}"
