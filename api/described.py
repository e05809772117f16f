"""What an operation of the API is: its address, what it takes and answers, which scope opens it, and what it does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from api.models import ApiKey

Schema = dict[str, Any]


@dataclass(frozen=True)
class Param:
    """A parameter of the query string."""

    name: str
    schema: Schema
    text: str
    required: bool = False


@dataclass(frozen=True)
class Answer:
    """What an operation answers. ``body`` is JSON; ``etag`` the version of the record that it shows."""

    body: Any = None
    status: int = 200
    etag: str = ""
    location: str = ""
    raw: Any = None  # a ready response, for the content of a file


@dataclass
class Call:
    """One call: who makes it, the ids of the address, the parameters, the body, and the version it is about."""

    request: HttpRequest
    user: Any
    key: ApiKey
    at: Mapping[str, Any]
    query: Mapping[str, Any]
    body: Any
    if_match: str = ""
    if_none_match: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Operation:
    """A method of an address.

    ``path`` is below ``/api/v1/``, with ``{id}`` for ids. ``answers`` are the schemas of its answers by status (None:
    no body). ``versioned`` ones change a record that is there and need ``If-Match``; ``shows_version`` ones answer
    with an ``ETag``. ``body_type`` is what it reads. ``refuses`` are
    refusals beside those that follow from all this.
    """

    method: str
    path: str
    name: str
    tag: str
    summary: str
    scope: str
    run: Callable[[Call], Answer]
    answers: Mapping[int, Schema | None]
    params: tuple[Param, ...] = ()
    body: Schema | None = None
    body_type: str = "application/json"
    answer_type: str = "application/json"
    versioned: bool = False
    shows_version: bool = False
    text: str = ""
    writes: bool | None = None
    refuses: tuple[int, ...] = ()

    @property
    def is_write(self) -> bool:
        """Whether it changes anything: then it takes an ``Idempotency-Key``."""
        return self.method != "GET" if self.writes is None else self.writes
