"""Slows down strangers on public pages: so many requests a minute from one address."""

import hashlib

import structlog
from django.core.cache import cache
from redis import RedisError

log = structlog.get_logger(__name__)
SECONDS = 60


def _key(what: str, address: str) -> str:
    return f"rate:{what}:{hashlib.sha256(address.encode()).hexdigest()[:32]}"


def too_many(what: str, address: str, *, limit: int) -> bool:
    """Count a request; whether there were more than ``limit`` within a minute. With the cache away nobody waits."""
    key = _key(what, address)
    try:
        cache.add(key, 0, SECONDS)
        return int(cache.incr(key)) > limit
    except ValueError:  # the minute ended between the two
        return False
    except RedisError as error:
        log.warning("rates.cache_away", error=str(error))
        return False


def beyond(what: str, address: str, *, limit: int) -> bool:
    """Whether ``too_many`` has counted ``limit`` within a minute already; counts nothing."""
    key = _key(what, address)
    try:
        return int(cache.get(key) or 0) >= limit
    except RedisError as error:
        log.warning("rates.cache_away", error=str(error))
        return False
