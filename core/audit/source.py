"""Where what is happening comes from: the request, the client's address, and the key of a program.

Set once for a request by the middleware, so that every event written inside carries it. Work in the background has no
address; the id of the request that asked for it comes along with the log's context.
"""

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.http import HttpRequest

LONGEST = 64


@dataclass
class Source:
    """The client's address, and the key with which a program came: its id and its name."""

    address: str | None = None
    key: int | None = None
    key_name: str = ""


_NOWHERE = Source()
_source: ContextVar[Source | None] = ContextVar("event_source", default=None)


@contextmanager
def coming_from(source: Source) -> Iterator[Source]:
    """Everything inside comes from ``source``."""
    token = _source.set(source)
    try:
        yield source
    finally:
        _source.reset(token)


def current() -> Source:
    """Where what happens now comes from; all of it empty outside of requests."""
    return _source.get() or _NOWHERE


def note_key(key: int, name: str) -> None:
    """The rest of this request is done with a key; outside of a request nothing is noted."""
    source = _source.get()
    if source is not None:
        source.key, source.key_name = key, name


def request_id() -> str:
    """The id under which the log tells of this request, or of the one that sent this task; empty for none."""
    return str(structlog.contextvars.get_contextvars().get("request_id") or "")[:LONGEST]


def client_address(request: HttpRequest) -> str | None:
    """The network address of the client; that of the proxy's client where a proxy is trusted (``BEHIND_PROXY``)."""
    if settings.BEHIND_PROXY:
        # The proxy adds who it talked to at the end; what stands before that is what anybody wrote.
        forwarded = str(request.headers.get("X-Forwarded-For", "")).rpartition(",")[2].strip()
        with suppress(ValueError):
            return _plain(forwarded)
    with suppress(ValueError):
        return _plain(str(request.META.get("REMOTE_ADDR", "")))
    return None


def _plain(text: str) -> str:
    address = ipaddress.ip_address(text.partition("%")[0])  # the database knows no zones of link-local addresses
    return str(getattr(address, "ipv4_mapped", None) or address)
