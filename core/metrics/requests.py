"""How long requests take, counted in each web process; several processes of a server share files."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

from core.metrics import switch

# What people take for immediate, wait for, and give up on.
SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# gunicorn's master makes the folder (crm_sync.launch.gunicorn_settings).
SHARED = "PROMETHEUS_MULTIPROC_DIR"


@dataclass(frozen=True)
class Figures:
    """What one process counts."""

    registry: CollectorRegistry
    seconds: Histogram
    answers: Counter
    running: Gauge


@cache
def figures() -> Figures:
    """Made with the first request, so that an installation without metrics has no files."""
    registry = CollectorRegistry()
    return Figures(
        registry,
        Histogram(
            "crm_request_seconds",
            "Seconds until the answer to a request began, by page.",
            ("view", "method"),
            buckets=SECONDS,
            registry=registry,
        ),
        Counter("crm_requests", "Answers by page and status.", ("view", "method", "status"), registry=registry),
        Gauge(
            "crm_requests_running",
            "Requests that are being answered.",
            registry=registry,
            multiprocess_mode="livesum",
        ),
    )


def registry() -> CollectorRegistry:
    """The figures of all processes of this server."""
    if not os.environ.get(SHARED):
        return figures().registry
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return together


class RequestSecondsMiddleware:
    """Counts every request by the name of its page: addresses hold ids, of which there are too many."""

    METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not switch.on():
            raise MiddlewareNotUsed
        self.get_response = get_response
        self.figures = figures()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        with self.figures.running.track_inprogress():
            response = self.get_response(request)
        match = request.resolver_match
        view = (match.view_name if match else "") or "none"
        method = request.method if request.method in self.METHODS else "other"
        self.figures.seconds.labels(view, method).observe(time.perf_counter() - began)
        self.figures.answers.labels(view, method, str(response.status_code)).inc()
        return response
