"""Whose turn it is to send a company's outbox: one worker's at a time, so that much work of one leaves room for others.

Two workers would only wait for the same pace; what a person waits for is sent without a turn. It is no more than that:
without it (Redis is away, a worker was stopped for longer than it lasts) two may send at once, and leases keep their
work apart.
"""

import contextlib

import structlog
from django.conf import settings
from redis import RedisError
from redis.exceptions import LockError
from redis.lock import Lock

from core.redis import key, redis_client

log = structlog.get_logger(__name__)

# A worker that dies holds up the company for no longer.
SECONDS = 15.0


class Turn:
    """The turn of this worker at one company."""

    def __init__(self, connection_id: int) -> None:
        self.asked = key("outbox", "asked", connection_id)
        seconds = min(SECONDS, settings.LEASE_SECONDS)
        self.lock = Lock(redis_client(), key("outbox", "turn", connection_id), timeout=seconds, blocking=False)

    def begin(self) -> bool:
        """Whether it is ours; where it is not, whoever has it is asked to look again at its end."""
        try:
            if self.lock.acquire():
                return True
            redis_client().set(self.asked, 1, ex=int(10 * SECONDS))
            # It may have ended just before it could hear of that.
            return bool(self.lock.acquire())
        except RedisError as error:
            log.warning("outbox.turn_unknown", error=str(error))
            return True

    def keep(self) -> bool:
        """Prolong it; False when it ran out and somebody else has it."""
        try:
            return bool(self.lock.reacquire())
        except LockError:
            return bool(self.begin())
        except RedisError:
            return True

    def end(self) -> bool:
        """Give it back; whether somebody asked meanwhile."""
        with contextlib.suppress(RedisError):
            with contextlib.suppress(LockError):
                self.lock.release()
            return bool(redis_client().delete(self.asked))
        return False
