"""Telling workers that enrolments are due; with the broker away the sweep does it."""

import structlog

from core import broker

log = structlog.get_logger(__name__)
TASK = "workflows.advance"


def wake_workers() -> None:
    """Send one message: whoever takes it works on all that is due."""
    try:
        broker.send(TASK, [])
    except broker.BrokerAway as error:
        log.warning("workflows.broker_away", error=str(error))
