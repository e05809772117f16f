"""Delete what nobody needs any more, in batches; events stay, and so does whatever tells what was written."""

import datetime
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from qbo_connector.enums import OperationState
from qbo_connector.models import (
    Alert,
    ApiUsage,
    FailedRead,
    OAuthState,
    Operation,
    OperationBatch,
    ParkedRecord,
    WebhookEvent,
)

BATCH = 1000
# One task deletes so many batches of a kind; the next one goes on.
MOST_BATCHES = 50


def prune(*, now: datetime.datetime | None = None) -> dict[str, int]:
    """Delete by the ages in the settings; returns how many rows of each kind."""
    moment = now or timezone.now()

    def before(days: int) -> datetime.datetime:
        return moment - datetime.timedelta(days=days)

    return {
        "webhooks": _delete(WebhookEvent.objects.filter(received_at__lt=before(settings.KEEP_WEBHOOKS_DAYS))),
        "consents": _delete(OAuthState.objects.filter(created_at__lt=before(1))),
        "parked": _delete(ParkedRecord.objects.filter(resolved_at__lt=before(settings.KEEP_RESOLVED_DAYS))),
        "alerts": _delete(Alert.objects.filter(cleared_at__lt=before(settings.KEEP_RESOLVED_DAYS))),
        "failed_reads": _delete(FailedRead.objects.filter(last_at__lt=before(settings.KEEP_RESOLVED_DAYS))),
        "usage": _delete(ApiUsage.objects.filter(day__lt=before(settings.KEEP_USAGE_DAYS).date())),
        "batches": _delete(_settled_batches(before(settings.KEEP_BODIES_DAYS))),
        "bodies": _forget_bodies(before(settings.KEEP_BODIES_DAYS)),
    }


def _settled_batches(made_before: datetime.datetime) -> QuerySet[Any]:
    """Batches whose every part has its outcome: their bytes are never sent again."""
    parts = Operation.objects.filter(batch=OuterRef("pk"), settled_at=None)
    return OperationBatch.objects.filter(~Exists(parts), created_at__lt=made_before)


def _delete(rows: QuerySet[Any]) -> int:
    deleted = 0
    for _batch in range(MOST_BATCHES):
        keys = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
        deleted += rows.model._default_manager.filter(pk__in=keys).delete()[0] if keys else 0
        if len(keys) < BATCH:
            break
    return deleted


def _forget_bodies(finished_before: datetime.datetime) -> int:
    """The bytes of writes that were done and settled. Their rows stay: request id, marker, outcome, QuickBooks' id."""
    done = Operation.objects.filter(
        state=OperationState.DONE, finished_at__lt=finished_before, settled_at__isnull=False, body__isnull=False
    )
    forgotten = 0
    for _batch in range(MOST_BATCHES):
        keys = list(done.order_by("pk").values_list("pk", flat=True)[:BATCH])
        forgotten += Operation.objects.filter(pk__in=keys).update(body=None) if keys else 0
        if len(keys) < BATCH:
            break
    return forgotten
