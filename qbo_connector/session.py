"""The HTTP session under python-quickbooks: tokens, time-outs, pace and meter. Knows no Django model."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
import structlog
from requests.adapters import HTTPAdapter

from qbo_connector import errors

log = structlog.get_logger(__name__)


class Tokens(Protocol):
    """Where the session gets its access token."""

    def current(self) -> str:
        """A token that is good for some minutes. Raises NeedsReconnect or OperatorProblem."""

    def renewed(self, rejected: str) -> str:
        """Another token than ``rejected``, which QuickBooks did not accept."""


class Pace(Protocol):
    """Keeps a company's calls under QuickBooks' limits."""

    def slot(self, *, batch: bool = False) -> AbstractContextManager[None]:
        """Held during one call; waits for its turn. Raises Throttled while QuickBooks wants to be left alone."""

    def throttled(self, retry_after: int = 0) -> None:
        """QuickBooks answered 429, asking to be left alone for so many seconds (0: it did not say)."""

    def answered(self) -> None:
        """QuickBooks answered anything else."""


@dataclass(frozen=True)
class Call:
    """One finished call, for the meter and the log. ``status`` 0: no answer came."""

    method: str
    path: str
    status: int
    milliseconds: int
    tid: str
    read: bool


class QuickBooksSession(requests.Session):
    """A pooled session for one company. Not shared between threads."""

    def __init__(
        self,
        *,
        tokens: Tokens,
        pace: Pace,
        meter: Callable[[Call], None],
        connect_timeout: float,
        read_timeout: float,
        company: int | None = None,
    ) -> None:
        super().__init__()
        self.company = company
        self.tokens = tokens
        self.pace = pace
        self.meter = meter
        self.timeouts = (connect_timeout, read_timeout)
        self.trust_env = False
        # Redirects of an API are never followed: the bearer token would travel with them.
        self.max_redirects = 0
        for scheme in ("https://", "http://"):
            self.mount(scheme, HTTPAdapter(pool_connections=2, pool_maxsize=2, max_retries=0))

    @property
    def access_token(self) -> str:
        """python-quickbooks reads this before every call."""
        return self.tokens.current()

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        """One call at the company's pace; an expired token is renewed once, the call repeated once."""
        response = self._send(method, url, **options)
        if response.status_code == 401:
            rejected = str(options["headers"].get("Authorization", "")).removeprefix("Bearer ")
            options["headers"]["Authorization"] = f"Bearer {self.tokens.renewed(rejected)}"
            response = self._send(method, url, **options)
        return response

    def _send(self, method: str, url: str, **options: Any) -> requests.Response:
        path = urlsplit(url).path
        writing = method == "POST" and not path.endswith("/query")
        options.setdefault("timeout", self.timeouts)
        options.setdefault("allow_redirects", False)
        started = time.monotonic()
        try:
            with self.pace.slot(batch=path.endswith("/batch")):
                started = time.monotonic()
                response = super().request(method, url, **options)
        except requests.ConnectTimeout as error:
            self._unanswered(method, path, started, error, read=not writing)
            raise errors.RetryLater(errors.Fault(message=type(error).__name__)) from error
        except requests.RequestException as error:
            kind = errors.OutcomeUnknown if writing else errors.RetryLater
            self._unanswered(method, path, started, error, read=not writing)
            raise kind(errors.Fault(message=type(error).__name__)) from error
        call = Call(
            method=method,
            path=path,
            status=response.status_code,
            milliseconds=int((time.monotonic() - started) * 1000),
            tid=response.headers.get("intuit_tid", ""),
            read=not writing,
        )
        self.meter(call)
        log.info(
            "quickbooks.call",
            method=method,
            path=path,
            status=call.status,
            ms=call.milliseconds,
            intuit_tid=call.tid,
            connection=self.company,
        )
        return response

    def _unanswered(self, method: str, path: str, started: float, error: Exception, *, read: bool) -> None:
        ms = int((time.monotonic() - started) * 1000)
        self.meter(Call(method, path, status=0, milliseconds=ms, tid="", read=read))
        log.warning(
            "quickbooks.no_answer", method=method, path=path, ms=ms, error=type(error).__name__, connection=self.company
        )
