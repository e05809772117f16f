"""Fair sweeps: rows that stay where they are never keep others waiting."""

import contextlib
from typing import Any

from django.core.cache import cache
from django.db.models import QuerySet
from redis.exceptions import RedisError


def in_turn(name: str, rows: QuerySet[Any], *, limit: int) -> list[int]:
    """The next ``limit`` primary keys of ``rows``, beginning behind those of the last call of this ``name``.

    Without the cache every call begins at the first.
    """
    key = f"sync:turn:{name}"
    try:
        last = int(cache.get(key) or 0)
    except RedisError:
        last = 0
    ordered = rows.order_by("pk").values_list("pk", flat=True)
    found = list(ordered.filter(pk__gt=last)[:limit])
    if last and len(found) < limit:
        found += ordered.filter(pk__lte=last)[: limit - len(found)]
    with contextlib.suppress(RedisError):  # the next call begins at the first then
        cache.set(key, found[-1] if len(found) == limit else 0, timeout=None)
    return found
