"""Whether this installation is alive and may get requests, for load balancers, containers and the launcher."""

from collections.abc import Sequence

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core import probes

ALIVE = (probes.DATABASE, probes.BROKER, probes.HEARTBEAT)
READY = (probes.DATABASE, probes.BROKER, probes.MIGRATIONS)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 with ``ok`` when database and broker answer and a heartbeat is fresh, else 503 with what is wrong."""
    return _said(ALIVE)


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when this web process may get requests: database and broker answer, all migrations are applied. Else 503.

    ``?exclude=broker`` leaves a part out, for load balancers that shall go on sending people while it is away.
    """
    left_out = request.GET.getlist("exclude")
    return _said([probe for probe in READY if probe.name not in left_out])


def _said(asked: Sequence[probes.Probe]) -> JsonResponse:
    parts = probes.answers(asked)
    ok = all(parts.values())
    return JsonResponse({**parts, "ok": ok}, status=200 if ok else 503)
