"""A long line of work does not make a living worker look dead."""

import pytest
from celery import current_app
from django.conf import settings
from django.utils import timezone

from core.models import Heartbeat
from core.redis import redis_client
from tests import workers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_at_a_time("workers")]
LINE = 3_000


def test_a_heartbeat_passes_by_a_long_line_of_work(transactional_db, tmp_path) -> None:
    before = timezone.now()
    with current_app.pool.acquire(block=True) as connection, current_app.amqp.Producer(connection) as producer:
        for _number in range(LINE):
            current_app.send_task("core.dispatch_events", producer=producer)
        current_app.send_task("core.heartbeat", producer=producer)

    with workers.worker(tmp_path):
        workers.wait_until(Heartbeat.objects.filter(beaten_at__gt=before).exists, seconds=60, what="a heartbeat")
        waiting = redis_client().llen(f"{settings.REDIS_KEY_PREFIX}:{settings.CELERY_TASK_DEFAULT_QUEUE}")
        assert waiting > LINE / 2
