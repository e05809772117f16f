"""Slows down the guessing of passwords: after too many failures an address has to wait, from wherever it is tried."""

import hashlib

import structlog
from django.core.cache import cache
from redis import RedisError

log = structlog.get_logger(__name__)

LIMIT = 10
WINDOW_SECONDS = 15 * 60


def _key(email: str) -> str:
    return f"sign-in:{hashlib.sha256(email.strip().casefold().encode()).hexdigest()}"


def exhausted(email: str) -> bool:
    """Whether ``email`` has to wait. With the cache away nobody is locked out."""
    try:
        return int(cache.get(_key(email)) or 0) >= LIMIT
    except RedisError as error:
        log.warning("attempts.cache_away", error=str(error))
        return False


def failed(email: str) -> None:
    """Count a failure; the window begins with the first one."""
    try:
        cache.add(_key(email), 0, WINDOW_SECONDS)
        cache.incr(_key(email))
    except (RedisError, ValueError) as error:  # ValueError: the window ended between the two
        log.warning("attempts.not_counted", error=str(error))


def forget(email: str) -> None:
    """A success starts over."""
    try:
        cache.delete(_key(email))
    except RedisError as error:
        log.warning("attempts.cache_away", error=str(error))
