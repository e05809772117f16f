"""What is deleted by age, and what stays whatever its age."""

import datetime
import uuid

import pytest
from django.utils import timezone

from core.models import Event
from qbo_connector.enums import OperationState
from qbo_connector.models import (
    ApiUsage,
    Connection,
    FailedRead,
    OAuthState,
    Operation,
    OperationBatch,
    ParkedRecord,
    WebhookEvent,
)
from qbo_connector.services import prune
from tests.makers import user

NOW = timezone.now()


def ago(days):
    return NOW - datetime.timedelta(days=days)


@pytest.fixture
def company(db):
    return Connection.objects.create(environment="simulator", realm_id="1")


def operation(company, **values):
    return Operation.objects.create(
        connection=company,
        entity="Invoice",
        subject=f"invoice:{uuid.uuid4().hex[:8]}",
        intent={"a": 1},
        body=b"{}",
        marker="CRM 1",
        **values,
    )


def test_old_rows_go_in_batches_and_young_ones_stay(company, monkeypatch):
    monkeypatch.setattr(prune, "BATCH", 3)
    person = user()
    for number, days in enumerate([*[31] * 8, 29]):
        WebhookEvent.objects.create(event_id=str(number), connection=company, kind="x", received_at=ago(days))
    for number, days in enumerate([2, 0]):
        OAuthState.objects.create(digest=str(number), session_digest="s", user=person, created_at=ago(days))
    for number, resolved in enumerate([ago(91), ago(89), None]):
        ParkedRecord.objects.create(
            connection=company,
            entity="Item",
            qbo_id=str(number),
            digest="d",
            reason="r",
            body=b"",
            resolved_at=resolved,
        )
    for days in (401, 399):
        ApiUsage.objects.create(connection=company, day=ago(days).date(), cause="cycle", reads=1)
    for days in (91, 89):
        FailedRead.objects.create(connection=company, cause="cycle", problem="Away", last_at=ago(days))
    Event.objects.create(name="x", origin="system", object_type="deal", object_id=1, occurred_at=ago(5000))

    done = prune.prune(now=NOW)

    assert done == {
        "webhooks": 8,
        "consents": 1,
        "parked": 1,
        "alerts": 0,
        "failed_reads": 1,
        "usage": 1,
        "batches": 0,
        "bodies": 0,
    }
    assert FailedRead.objects.count() == 1
    assert WebhookEvent.objects.count() == OAuthState.objects.count() == ApiUsage.objects.count() == 1
    assert ParkedRecord.objects.count() == 2
    assert Event.objects.count() == 1


def test_a_write_keeps_its_row_and_loses_its_bytes_only_when_all_is_settled(company):
    old = {"finished_at": ago(91), "settled_at": ago(91)}
    forgotten = operation(company, state=OperationState.DONE, qbo_id="7", **old)
    kept = [
        operation(company, state=OperationState.DONE, finished_at=ago(91)),
        operation(company, state=OperationState.DONE, finished_at=ago(89), settled_at=ago(89)),
        operation(company, state=OperationState.REFUSED, **old),
        operation(company, state=OperationState.HELD, **old),
        operation(company, state=OperationState.UNKNOWN, created_at=ago(200)),
        operation(company, state=OperationState.PLANNED, created_at=ago(200)),
    ]

    assert prune.prune(now=NOW)["bodies"] == 1

    forgotten.refresh_from_db()
    assert forgotten.body is None
    assert (forgotten.marker, forgotten.qbo_id, forgotten.intent) == ("CRM 1", "7", {"a": 1})
    assert forgotten.request_id
    assert Operation.objects.filter(pk__in=[row.pk for row in kept], body__isnull=False).count() == len(kept)


def test_pruning_twice_and_an_empty_table_change_nothing(company):
    assert set(prune.prune(now=NOW).values()) == {0}
    assert set(prune.prune(now=NOW).values()) == {0}


def test_the_bytes_of_a_batch_go_when_every_part_is_settled(company):
    batches = [
        OperationBatch.objects.create(connection=company, request_id=str(number), body=b"{}", created_at=ago(days))
        for number, days in enumerate([91, 91, 89])
    ]
    operation(company, state=OperationState.DONE, finished_at=ago(91), settled_at=ago(91), batch=batches[0])
    operation(company, state=OperationState.UNKNOWN, batch=batches[1])

    assert prune.prune(now=NOW)["batches"] == 1
    assert set(OperationBatch.objects.all()) == set(batches[1:])
