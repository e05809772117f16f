"""Tells Sentry of errors, without what people typed or who they are. Imported only where ``SENTRY_DSN`` is set.

Sent are the kind of the error, the places in the code, the name of the page or task, and the ids by which the log
lines are found. Texts of errors lose whatever may be data: they quote names, addresses and amounts.
"""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any

import sentry_sdk
import structlog
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.excepthook import ExcepthookIntegration
from sentry_sdk.integrations.threading import ThreadingIntegration

# What ties an error to its log lines.
TAGS = ("request_id", "task_id", "parent_task_id", "task", "connection", "intuit_tid")
KEPT = (
    "event_id", "timestamp", "level", "platform", "release", "environment", "transaction", "transaction_info",
    "exception", "logentry", "message", "threads", "tags", "sdk", "contexts", "type", "server_name", "debug_meta",
)  # fmt: skip
KEPT_CONTEXTS = ("runtime", "trace")
_DATA = (
    # PostgreSQL shows the row after these words.
    (re.compile(r"\s*(?:DETAIL|CONTEXT|QUERY|STATEMENT):.*", re.DOTALL), ""),
    (re.compile(r"[^\s@'\"<>(]+@[^\s@'\"<>)]+"), "[e-mail]"),
    (re.compile(r"(?i)\b(bearer|basic|token)\s+\S+"), r"\1 [removed]"),
    (re.compile(r"(?i)\bhttps?://\S+"), "[address]"),
    (re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|‘[^’\n]*’|“[^”\n]*”"), "'…'"),
    (re.compile(r"\b(?=[A-Za-z_\-.+/]*\d)[A-Za-z0-9_\-.+/]{24,}={0,2}"), "[removed]"),
    (re.compile(r"\d[\d,. ]{4,}\d"), "[number]"),
)
# Their texts are QuickBooks' own words, which name customers and documents.
QUOTING = "qbo_connector."


def start(dsn: str, *, environment: str, release: str = "") -> None:
    """Begin to tell. ``dsn`` is the address that Sentry gives a project."""
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=release or None,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            DjangoIntegration(transaction_style="function_name", middleware_spans=False, signals_spans=False),
            CeleryIntegration(),
            ExcepthookIntegration(),
            ThreadingIntegration(),
            DedupeIntegration(),
            AtexitIntegration(callback=lambda _pending, _timeout: None),
        ],
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        traces_sample_rate=0,
        before_send=scrubbed,
    )


def scrubbed(event: Any, hint: Mapping[str, Any]) -> Any:
    """The event with nothing but what ``KEPT`` names, its texts without data, and the ids of the log."""
    found: dict[str, Any] = {name: value for name, value in event.items() if name in KEPT}
    contexts = found.get("contexts") or {}
    found["contexts"] = {name: value for name, value in contexts.items() if name in KEPT_CONTEXTS}
    ids = {**structlog.contextvars.get_contextvars(), **(event.get("tags") or {})}
    found["tags"] = {name: str(ids[name])[:200] for name in (*TAGS, "event") if ids.get(name) is not None}
    for one in (found.get("exception") or {}).get("values") or []:
        quoting = str(one.get("module") or "").startswith(QUOTING)
        one["value"] = "" if quoting else without_data(str(one.get("value") or ""))
    if "logentry" in found:
        text = found["logentry"].get("message") or found["logentry"].get("formatted") or ""
        found["logentry"] = {"message": _name_or_text(str(text), found["tags"])}
    if "message" in found:
        found["message"] = _name_or_text(str(found["message"]), found["tags"])
    return found


def _name_or_text(text: str, tags: Mapping[str, str]) -> str:
    # The name of an event is ours, and tells what happened.
    return text if text == tags.get("event") else without_data(text)


def without_data(text: str) -> str:
    """An error's text without addresses, keys, numbers and anything in quotation marks."""
    for pattern, instead in _DATA:
        text = pattern.sub(instead, text)
    return text[:500]


class LogHandler(logging.Handler):
    """Tells of the product's own error lines; what Django and Celery raise comes by itself."""

    def emit(self, record: logging.LogRecord) -> None:
        """One line. structlog's are dicts; others are the libraries'."""
        line = record.msg
        if not isinstance(line, dict) or record.name.startswith("django_structlog"):
            return
        with sentry_sdk.new_scope() as scope:
            scope.set_tag("event", str(line.get("event", "")))
            for name in TAGS:
                if line.get(name) is not None:
                    scope.set_tag(name, str(line[name]))
            problem = line.get("exc_info")
            if problem is True:
                problem = sys.exc_info()
            if isinstance(problem, tuple):
                problem = problem[1]
            if isinstance(problem, BaseException):
                scope.capture_exception(problem)
            else:
                scope.capture_message(str(line.get("event", "")), level="error")
