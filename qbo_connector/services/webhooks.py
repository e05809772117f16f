"""Take webhooks: store them once, and have the company read soon. A burst becomes one read."""

import datetime
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import Case, DateTimeField, F, Value, When
from django.db.models.functions import Greatest, Least
from django.utils import timezone

from qbo_connector.enums import Cause, ConnectionStatus
from qbo_connector.models import Connection, PullSchedule, WebhookEvent
from qbo_connector.webhook_bodies import Notice

# Time for the rest of a burst to arrive, so that any number of notices costs one read.
DEBOUNCE = datetime.timedelta(seconds=3)
# A company whose webhooks never stop is read this often, not after each of them.
APART = datetime.timedelta(seconds=20)


@transaction.atomic
def take(notices: Sequence[Notice]) -> int:
    """Store notices of our connected companies and make those due; returns how many were new.

    Companies that are not connected here are ignored: QuickBooks would repeat a refusal for days.
    """
    realms = {notice.realm_id for notice in notices}
    companies = {
        connection.realm_id: connection
        for connection in Connection.objects.filter(
            environment=settings.QBO_ENVIRONMENT, realm_id__in=realms, status=ConnectionStatus.ACTIVE
        )
    }
    known = set(
        WebhookEvent.objects.filter(event_id__in=[n.event_id for n in notices]).values_list("event_id", flat=True)
    )
    new = [n for n in notices if n.event_id not in known and n.realm_id in companies]
    WebhookEvent.objects.bulk_create(
        [WebhookEvent(event_id=n.event_id, connection=companies[n.realm_id], kind=n.kind) for n in new],
        ignore_conflicts=True,
    )
    touched = {companies[n.realm_id].pk for n in new}
    if touched:
        _make_due(touched)
    return len(new)


def _make_due(connection_ids: set[int]) -> None:
    """Soon, but not during the wait after a failure: then QuickBooks is to be left alone whatever it tells us.

    A read that is under way right now sees that it was asked for again, and is followed by another one.
    """
    now = timezone.now()
    soon = Greatest(Value(now + DEBOUNCE, output_field=DateTimeField()), F("finished_at") + APART)
    PullSchedule.objects.filter(connection_id__in=connection_ids).update(
        due_at=Case(When(failures__gt=0, then=F("due_at")), default=Least(F("due_at"), soon)),
        requested_at=now,
        cause=Cause.WEBHOOK,
    )
