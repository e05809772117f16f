"""What a log line looks like: one JSON object, or text for a person at a terminal."""

from collections.abc import Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from core.redaction import redact_line

FORMATS = ("json", "text")
# They log whole tokens and payloads at DEBUG.
TALKATIVE = ("urllib3", "requests_oauthlib", "intuitlib", "quickbooks")
# Some lines for each task, of which there are several a second.
BUSY = ("celery.app.trace", "celery.worker.strategy", "celery.beat", "celery.redirected")


def configure(level: str, form: str, *, more_handlers: Mapping[str, str]) -> dict[str, Any]:
    """Set structlog up, and return Django's LOGGING with the same form for all other loggers.

    ``more_handlers``: name -> class of handlers beside the console. Raises ValueError with the accepted names for
    another ``form``.
    """
    if form not in FORMATS:
        raise ValueError(f"LOG_FORMAT is {form!r}; use json or text.")
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    ends: dict[str, list[Any]] = {
        "json": [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str), redact_line],
        "text": [
            without_line_breaks,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
            redact_line,
        ],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": "structlog.stdlib.ProcessorFormatter",
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ends[form]],
                "foreign_pre_chain": shared,
            }
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "line"},
            **{name: {"class": path, "level": "ERROR"} for name, path in more_handlers.items()},
        },
        "root": {"handlers": ["console", *more_handlers], "level": level},
        "loggers": {name: {"level": "WARNING"} for name in (*TALKATIVE, *BUSY)},
    }


def of_server(level: str, form: str) -> dict[str, Any]:
    """The same for gunicorn's own lines: starts, stops, processes that died. Requests are told by the product."""
    found = configure(level, form, more_handlers={})
    own = {"handlers": ["console"], "level": level, "propagate": False}
    return {**found, "loggers": {"gunicorn.error": own, "gunicorn.access": {**own, "handlers": []}}}


def without_line_breaks(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """What others sent (an address, a browser's name) may not begin a line of its own in a log of text."""
    for name, value in event.items():
        if name != "exc_info" and isinstance(value, str) and ("\n" in value or "\r" in value):
            event[name] = value.replace("\r", "\\r").replace("\n", "\\n")
    return event
