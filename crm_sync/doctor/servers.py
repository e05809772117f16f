"""Database, broker, worker and clocks."""

import datetime
import time
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from redis import RedisError

from core import standby as reports
from core.metrics import queues
from core.models import Heartbeat
from core.redis import redis_client
from crm_sync.doctor.findings import Finding, failure, ok, warning

OLDEST_POSTGRESQL = 150000
# So many messages are more than workers do in a minute or two.
LONG_QUEUE = 2000
CLOCK_WARNING, CLOCK_FAILURE = 2.0, 30.0


def database() -> Iterator[Finding]:
    """Whether it answers, is new enough, has all migrations and room for connections."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('server_version_num')::int, current_setting('server_version'), "
                "current_setting('server_encoding'), current_setting('max_connections')::int, "
                "(SELECT count(*) FROM pg_stat_activity), pg_is_in_recovery()"
            )
            number, version, encoding, most, used, replica = cursor.fetchone()
    except DatabaseError as error:
        yield failure(
            f"PostgreSQL does not answer: {_first_line(error)}",
            "Start it, and compare DATABASE_URL (host, port, user, password, name) with it.",
        )
        return
    if number < OLDEST_POSTGRESQL:
        yield failure(f"PostgreSQL {version} is too old.", "Move to PostgreSQL 15 or newer (dump, restore).")
    else:
        yield ok(f"PostgreSQL {version} answers.")
    if encoding != "UTF8":
        yield failure(
            f"The database stores text as {encoding}.", "Make it anew with ENCODING 'UTF8' and restore into it."
        )
    if replica:
        yield failure("The database is a standby and takes no writes.", "Point DATABASE_URL at the primary.")
    if used > 0.9 * most:
        yield warning(
            f"{used} of {most} connections are in use.",
            "Raise max_connections of PostgreSQL, or lower WEB_PROCESSES, WEB_THREADS or the workers' --concurrency.",
        )
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        names = ", ".join(f"{step.app_label}.{step.name}" for step, _backwards in missing[:3])
        yield failure(
            f"{len(missing)} migrations are not applied ({names}{', …' if len(missing) > 3 else ''}).",
            "Run python manage.py migrate before the processes start.",
        )
    else:
        yield ok("All migrations are applied.")


def standby() -> Iterator[Finding]:
    """Whether the standby that reports read from follows; nothing where there is none."""
    if reports.ALIAS not in connections.settings:
        return
    try:
        behind = reports.seconds_behind()
    except DatabaseError as error:
        yield warning(
            f"The standby does not answer: {_first_line(error)}",
            "Reports ask the primary meanwhile. Start it, or correct STANDBY_DATABASE_URL.",
        )
        return
    if behind is None or behind > reports.MOST_SECONDS:
        age = "an unknown time" if behind is None else f"{behind:.0f} s"
        yield warning(
            f"The standby is {age} behind.",
            "Reports ask the primary meanwhile. Look at pg_stat_replication there and at the standby's log.",
        )
    else:
        yield ok(f"The standby for reports answers, {behind:.0f} s behind.")


def broker() -> Iterator[Finding]:
    """Whether it answers, keeps what it holds, and has room."""
    try:
        told: Any = redis_client().info()
    except RedisError as error:
        yield failure(
            f"Redis does not answer: {type(error).__name__}",
            "Start Redis or Valkey, and compare REDIS_URL (host, port, password, number) with it.",
        )
        return
    yield ok(f"{'Valkey' if 'valkey_version' in told else 'Redis'} {told.get('redis_version', '')} answers.")
    policy = told.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        yield failure(
            f"Its maxmemory-policy is {policy}: when it is full it drops messages and limits.",
            "Set maxmemory-policy noeviction.",
        )
    if not told.get("aof_enabled"):
        yield warning(
            "It keeps no append-only file: a restart loses messages, which the sweeps send again some seconds later.",
            "Set appendonly yes.",
        )
    most, used = int(told.get("maxmemory") or 0), int(told.get("used_memory") or 0)
    if most and used > 0.9 * most:
        yield warning(f"{used // 2**20} of {most // 2**20} MB are in use.", "Give it more memory (maxmemory).")


def worker() -> Iterator[Finding]:
    """Whether beat and a worker are at work, and keep up."""
    depths = queues.depths()
    beaten = Heartbeat.objects.filter(name="worker").values_list("beaten_at", flat=True).first()
    late = max(60.0, 3 * settings.HEARTBEAT_SECONDS)
    if beaten is None or timezone.now() - beaten > datetime.timedelta(seconds=late):
        since = f"since {beaten:%Y-%m-%d %H:%M} UTC" if beaten else "yet"
        yield failure(
            f"No message went through beat and a worker {since}.",
            "Start one beat and at least one worker (see Procfile); if they run, look at their logs.",
        )
    else:
        yield ok("Beat and a worker are at work.")
    waiting = sum(depth for name, depth in depths.items() if name != "unacknowledged")
    if waiting > LONG_QUEUE:
        yield warning(f"{waiting} messages wait for a worker.", "Run more workers, or raise their --concurrency.")


def clock() -> Iterator[Finding]:
    """Whether this machine, the database and the broker agree on the time: tokens and leases go by it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        differences = {"PostgreSQL": float(cursor.fetchone()[0]) - time.time()}
    seconds, micro = redis_client().time()
    differences["Redis"] = int(seconds) + int(micro) / 1e6 - time.time()
    agreed = True
    for name, difference in differences.items():
        finding = clock_finding(name, difference)
        if finding is not None:
            agreed = False
            yield finding
    if agreed:
        yield ok("The clocks of this machine, the database and the broker agree.")


def clock_finding(name: str, difference: float) -> Finding | None:
    """What to say of a clock that is ahead of ours by so many seconds; None where that is nothing."""
    if abs(difference) <= CLOCK_WARNING:
        return None
    text = f"The clock of {name} is {abs(difference):.0f} seconds {'ahead of' if difference > 0 else 'behind'} ours."
    remedy = "Keep the clocks of all machines by NTP (chrony, systemd-timesyncd)."
    return failure(text, remedy) if abs(difference) > CLOCK_FAILURE else warning(text, remedy)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:300] or type(error).__name__
