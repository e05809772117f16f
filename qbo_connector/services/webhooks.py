"""Take webhooks: store them once, and have the company read soon. A burst becomes one read."""

import datetime
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least
from django.utils import timezone

from qbo_connector.enums import Cause, ConnectionStatus
from qbo_connector.models import Connection, PullSchedule, WebhookEvent
from qbo_connector.webhook_bodies import Notice

# Time for the rest of a burst to arrive, so that any number of notices costs one read.
DEBOUNCE = datetime.timedelta(seconds=3)


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
    # A read that is under way right now sees that it was asked for again, and is followed by another one.
    PullSchedule.objects.filter(connection_id__in=touched).update(
        due_at=Least(F("due_at"), timezone.now() + DEBOUNCE), requested_at=timezone.now(), cause=Cause.WEBHOOK
    )
    return len(new)
