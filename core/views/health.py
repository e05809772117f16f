"""Whether this installation is alive, for load balancers, containers and the launcher."""

import datetime

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from redis import RedisError

from core.models import Heartbeat
from core.redis import redis_client


def healthz(request: HttpRequest) -> JsonResponse:
    """200 with ``ok`` when database and broker answer and a heartbeat is fresh, else 503 with what is wrong."""
    parts = {"database": _database_answers(), "broker": _broker_answers(), "heartbeat": False}
    if parts["database"]:
        fresh = timezone.now() - datetime.timedelta(seconds=max(60.0, 3 * settings.HEARTBEAT_SECONDS))
        parts["heartbeat"] = Heartbeat.objects.filter(name="worker", beaten_at__gt=fresh).exists()
    ok = all(parts.values())
    return JsonResponse({**parts, "ok": ok}, status=200 if ok else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _broker_answers() -> bool:
    try:
        return bool(redis_client().ping())
    except RedisError:
        return False
