"""Whether each record of a company was looked at, remembered for a while: sweeps need not look through all of them."""

import contextlib

from django.core.cache import cache
from redis.exceptions import RedisError

from sync.enums import RecordType

_SECONDS = 600


def none_left(connection_id: int, record_type: RecordType) -> bool:
    """Whether a sweep found lately that none is left."""
    return bool(cache.get(_key(connection_id, record_type)))


def note_none_left(connection_id: int, record_type: RecordType) -> None:
    """A sweep found none."""
    cache.set(_key(connection_id, record_type), 1, _SECONDS)


def look_again(connection_id: int) -> None:
    """Have the next sweep look through all records, as after a change of settings."""
    with contextlib.suppress(RedisError):  # nothing is remembered then
        cache.delete_many([_key(connection_id, record_type) for record_type in RecordType])


def _key(connection_id: int, record_type: RecordType) -> str:
    return f"sync:all-seen:{connection_id}:{record_type}"
