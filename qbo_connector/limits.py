"""QuickBooks' limits for a company, shared by all processes through Redis or Valkey.

Sliding windows on the server's clock. A second's calls come two by two with some time to spare, because one that is
held up on its way arrives together with the next ones: up to a fifth of a second late does no harm. Whoever holds a
slot of "at once" and dies gives it back after HOLD_SECONDS. After a 429 nobody calls for a minute; then one call at a
time probes until one is answered, and for ten minutes the company has half of its pace. A limiter that lost its
memory starts as if the last minute had been full and evenly spread, so that it never allows more than QuickBooks does.
"""

import contextlib
import time
import uuid
from collections.abc import Iterator, Mapping

from redis import Redis, RedisError

from qbo_connector import errors

HOLD_SECONDS = 60
THROTTLE_SECONDS = 60
LONGEST_THROTTLE = 900
# How long after a 429 a company is on probation, and how long it goes at half its pace.
PROBATION_SECONDS = 600
PROBE_SECONDS = 60
# Milliseconds over which a second's calls are spread. At nine a second the minute's limit is what counts, not this.
SECOND_WITH_SPARE = 1100
# Bulk work leaves this many slots free for people who wait.
RESERVED = 2

_TAKE = """
local now = redis.call('TIME')
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
local minute, holders, batches, member = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local per_second, per_minute = tonumber(ARGV[2]), tonumber(ARGV[3])
local at_once, per_batch = tonumber(ARGV[4]), tonumber(ARGV[5])
if ARGV[7] == '1' and redis.call('SET', KEYS[4], '1', 'NX') then
  for i = 1, per_minute do
    redis.call('ZADD', minute, ms - math.floor(60000 * (i - 1) / per_minute), 'cold' .. i)
  end
end
redis.call('ZREMRANGEBYSCORE', minute, '-inf', ms - 60000)
redis.call('ZREMRANGEBYSCORE', holders, '-inf', ms)
local function wait_for(key, limit, window)
  local count = redis.call('ZCOUNT', key, ms - window + 1, '+inf')
  if count < limit then return 0 end
  local oldest = redis.call('ZREVRANGE', key, limit - 1, limit - 1, 'WITHSCORES')
  return math.max(1, tonumber(oldest[2]) + window - ms)
end
local few = math.max(1, math.ceil(per_second / 5))
local pause = math.ceil(few * tonumber(ARGV[9]) / per_second)
local wait = math.max(
  wait_for(minute, few, pause), wait_for(minute, per_second, 1000), wait_for(minute, per_minute, 60000))
if redis.call('ZCARD', holders) >= at_once then wait = math.max(wait, 50) end
if ARGV[6] == '1' then
  redis.call('ZREMRANGEBYSCORE', batches, '-inf', ms - 60000)
  wait = math.max(wait, wait_for(batches, per_batch, 60000))
end
if wait > 0 then return wait end
redis.call('ZADD', minute, ms, member)
redis.call('PEXPIRE', minute, 61000)
redis.call('ZADD', holders, ms + tonumber(ARGV[8]), member)
redis.call('PEXPIRE', holders, tonumber(ARGV[8]))
if ARGV[6] == '1' then
  redis.call('ZADD', batches, ms, member)
  redis.call('PEXPIRE', batches, 61000)
end
return 0
"""


class Limiter:
    """The pace of one company. ``interactive`` calls may use every slot, others leave a few free."""

    def __init__(
        self,
        redis: "Redis",
        prefix: str,
        limits: Mapping[str, int],
        *,
        interactive: bool = False,
        cold_start: bool = True,
        patience: float = 60.0,
    ) -> None:
        self.redis = redis
        self.prefix = prefix
        self.limits = limits
        self.reserved = 0 if interactive else RESERVED
        self.cold_start = cold_start
        self.patience = patience
        self.probing = False
        self._take = redis.register_script(_TAKE)

    def _key(self, name: str) -> str:
        return f"{self.prefix}:{name}"

    @contextlib.contextmanager
    def slot(self, *, batch: bool = False) -> Iterator[None]:
        """Held during one call. Raises Throttled while QuickBooks wants quiet, RetryLater after ``patience``."""
        member = uuid.uuid4().hex
        try:
            self._wait(member, batch=batch)
        except RedisError as error:
            fault = errors.Fault(message=f"The limiter can't be reached: {error}")
            raise errors.RetryLater(fault, plain="The broker is not reachable, so QuickBooks is not called.") from error
        try:
            yield
        finally:
            with contextlib.suppress(RedisError):
                self.redis.zrem(self._key("holders"), member)

    def _wait(self, member: str, *, batch: bool) -> None:
        deadline = time.monotonic() + self.patience
        while True:
            throttled, probation, slow = self.redis.mget([self._key(n) for n in ("throttled", "probation", "slow")])
            if throttled or (probation and not self._probe()):
                raise errors.Throttled(errors.Fault("3001", "ThrottleExceeded", "Waiting for the minute to pass."))
            wait = self._try(member, batch=batch, slow=bool(slow))
            if not wait:
                return
            if time.monotonic() + wait / 1000 > deadline:
                full = errors.Throttled(errors.Fault(message="No free slot within the allowed time."))
                full.wait = wait / 1000
                raise full
            time.sleep(wait / 1000)

    def _probe(self) -> bool:
        """Take the one call that may find out whether QuickBooks answers again."""
        if not self.probing:
            self.probing = bool(self.redis.set(self._key("probe"), "1", nx=True, ex=PROBE_SECONDS))
        return self.probing

    def _try(self, member: str, *, batch: bool, slow: bool) -> int:
        limits = {name: max(1, number // 2) if slow else number for name, number in self.limits.items()}
        return int(
            self._take(
                keys=[self._key(name) for name in ("minute", "holders", "batches", "warm")],
                args=[
                    member,
                    max(1, limits["second"] - self.reserved),
                    max(1, limits["minute"] - self.reserved),
                    max(1, limits["at_once"] - self.reserved),
                    limits["batches"],
                    int(batch),
                    int(self.cold_start),
                    HOLD_SECONDS * 1000,
                    SECOND_WITH_SPARE,
                ],
            )
        )

    def throttled(self, retry_after: int = 0) -> None:
        """QuickBooks answered 429: nobody calls this company for a minute, or longer if it said so."""
        self.probing = False
        seconds = min(LONGEST_THROTTLE, max(THROTTLE_SECONDS, retry_after))
        with contextlib.suppress(RedisError):
            pipe = self.redis.pipeline()
            pipe.set(self._key("throttled"), "1", ex=seconds)
            pipe.set(self._key("probation"), "1", ex=seconds + PROBATION_SECONDS)
            pipe.set(self._key("slow"), "1", ex=seconds + PROBATION_SECONDS)
            pipe.execute()

    def answered(self) -> None:
        """QuickBooks answered something else: if this call was the probe, others may call again."""
        if self.probing:
            self.probing = False
            with contextlib.suppress(RedisError):
                self.redis.delete(self._key("probation"), self._key("probe"))
