"""One HTTP request and one answer, without the socket."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass
class Request:
    """A request as it came in. Header names are lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""

    @cached_property
    def path(self) -> str:
        """The path, decoded, without doubled slashes."""
        path = self.target.partition("?")[0].partition("#")[0]
        if not path.startswith("/"):
            # A proxy's form, with scheme and host.
            path = urlsplit(path).path
        return unquote(re.sub("/{2,}", "/", path))

    @cached_property
    def query(self) -> dict[str, str]:
        """The query parameters; the last of equal ones counts."""
        return dict(parse_qsl(self.target.partition("?")[2].partition("#")[0], keep_blank_values=True))

    @cached_property
    def form(self) -> dict[str, str]:
        """The fields of a posted form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def host(self) -> str:
        """The address under which the client reached us."""
        return self.headers.get("host", "127.0.0.1")

    def parameter(self, name: str) -> str | None:
        """Return a query parameter whatever its case."""
        wanted = name.lower()
        return next((value for key, value in self.query.items() if key.lower() == wanted), None)


@dataclass
class Response:
    """An answer; ``cut`` is after how many bytes of the body the connection breaks."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json;charset=UTF-8"
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None


class DropConnection(Exception):
    """Close the connection without an answer."""
