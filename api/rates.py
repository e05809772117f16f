"""How many requests a key may make: counted for all processes together, in windows of a minute."""

import time
from dataclasses import dataclass

import structlog
from django.conf import settings
from redis import RedisError

from core.redis import key, redis_client

log = structlog.get_logger(__name__)

WINDOW_SECONDS = 60


@dataclass(frozen=True)
class Rate:
    """Where somebody stands in this window."""

    limit: int
    used: int
    seconds_left: int

    @property
    def exceeded(self) -> bool:
        """Whether this request is one too many."""
        return self.used > self.limit

    def headers(self) -> dict[str, str]:
        """As the answers carry it (draft-ietf-httpapi-ratelimit-headers)."""
        left = max(0, self.limit - self.used)
        found = {
            "RateLimit-Policy": f'"minute";q={self.limit};w={WINDOW_SECONDS}',
            "RateLimit": f'"minute";r={left};t={self.seconds_left}',
        }
        return {**found, "Retry-After": str(self.seconds_left)} if self.exceeded else found


def count(subject: str) -> Rate:
    """Count a request of ``subject``, a key or an address. With Redis away nobody is held up."""
    now = int(time.time())
    window, left = now // WINDOW_SECONDS, WINDOW_SECONDS - now % WINDOW_SECONDS
    name = key("api-rate", subject, window)
    try:
        with redis_client().pipeline() as pipe:
            pipe.incr(name)
            pipe.expire(name, 2 * WINDOW_SECONDS)
            used = int(pipe.execute()[0])
    except RedisError as error:
        log.warning("api.rate_not_counted", error=str(error))
        used = 0
    return Rate(settings.API_REQUESTS_PER_MINUTE, used, left)
