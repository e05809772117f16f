"""Hand tasks to the broker without waiting for one that is away: PostgreSQL is the queue of record, sweeps take over.

Celery's own connection tries for seconds, which is right for a worker and wrong for a page that somebody waits for.
"""

import time
from collections.abc import Sequence
from typing import Any

from celery import current_app
from django.conf import settings
from kombu import Connection, pools
from kombu.exceptions import LimitExceeded, OperationalError

# How long one try may take, and for how long nobody tries again after one that failed.
CONNECT_SECONDS = 0.2
ANSWER_SECONDS = 0.3
REST_SECONDS = 2.0


class BrokerAway(Exception):
    """The broker did not take the message in time."""


class _Rest:
    """Until when this process leaves the broker alone."""

    until = 0.0


def send(task: str, args: Sequence[Any], *, queue: str | None = None) -> None:
    """Send one task, in half a second at most. Raises BrokerAway, at once if the broker was away a moment ago.

    ``queue`` is the line in which it waits, if not the one that tasks of this name have.
    """
    if time.monotonic() < _Rest.until:
        raise BrokerAway("It was away a moment ago.")
    try:
        with pools.producers[_connection()].acquire(block=True, timeout=ANSWER_SECONDS) as producer:
            current_app.send_task(task, args=list(args), queue=queue, retry=False, producer=producer)
    except (LimitExceeded, OperationalError, OSError) as error:
        _Rest.until = time.monotonic() + REST_SECONDS
        raise BrokerAway(str(error)) from error


def _connection() -> Connection:
    options = {
        **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": ANSWER_SECONDS,
        "retry_on_timeout": False,
        "max_retries": 0,
    }
    return current_app.connection_for_write(transport_options=options, connect_timeout=CONNECT_SECONDS, heartbeat=0)
