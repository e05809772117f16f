"""The one connection pool to Redis or Valkey of this process."""

from functools import cache

import redis
from django.conf import settings


@cache
def redis_client() -> redis.Redis:
    """A client with short timeouts: what it holds (limits, cache) is never worth waiting for."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=2)


def key(*parts: object) -> str:
    """A key inside this installation's prefix."""
    return ":".join([settings.REDIS_KEY_PREFIX, *map(str, parts)])
