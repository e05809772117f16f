"""Refusals as other programs read them: problem details (RFC 9457), with the place of each mistake in what was sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import JsonResponse
from rest_framework.utils.encoders import JSONEncoder

CONTENT_TYPE = "application/problem+json"
TITLES = {
    400: "The request can't be read",
    401: "A key is needed",
    403: "Not allowed",
    404: "Not found",
    405: "This method is not known here",
    406: "Answers are JSON",
    409: "It does not fit what is there now",
    412: "It was changed meanwhile",
    413: "Too large",
    415: "This content type is not read here",
    422: "Some values don't fit",
    428: "Say which version you mean",
    429: "Too many requests",
    500: "Something went wrong on our side",
    503: "Not available now",
}


@dataclass(frozen=True)
class Mistake:
    """What is wrong at one place: a JSON pointer into the body, or the name of a parameter."""

    detail: str
    pointer: str = ""
    parameter: str = ""

    def printed(self) -> dict[str, str]:
        """As JSON."""
        place = {"parameter": self.parameter} if self.parameter else {"pointer": self.pointer}
        return {"detail": self.detail, **place}


@dataclass
class Problem(Exception):
    """A refusal with its status; ``code`` tells programs apart what people read in ``detail``."""

    status: int
    detail: str
    code: str = ""
    mistakes: Sequence[Mistake] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """As JSON."""
        kind = self.code or TITLES[self.status].lower().replace(" ", "-").replace("'", "")
        found = {
            "type": f"urn:crm-sync:problem:{kind}",
            "title": TITLES[self.status],
            "status": self.status,
            "detail": self.detail,
        }
        return {**found, "errors": [each.printed() for each in self.mistakes]} if self.mistakes else found

    def response(self) -> JsonResponse:
        """The answer."""
        answer = JsonResponse(self.body(), status=self.status, content_type=CONTENT_TYPE, encoder=JSONEncoder)
        for name, value in self.headers.items():
            answer[name] = value
        return answer


def unfit(*mistakes: Mistake) -> Problem:
    """Some values don't fit."""
    return Problem(422, "Some of the values can't be taken; see errors.", "unfit", mistakes)


def against_schema(*mistakes: Mistake) -> Problem:
    """What was sent is not as the document of the API says."""
    return Problem(422, "This is not as the document of the API says; see errors.", "schema", mistakes)


def unfit_at(pointer: str, detail: Any) -> Problem:
    """One value does not fit."""
    return unfit(Mistake(str(detail), pointer))


def missing() -> Problem:
    """There is no such thing, or none that this key may see."""
    return Problem(404, "There is no such record, or not for this key.", "not-found")


def conflict(detail: Any, code: str = "conflict") -> Problem:
    """What is asked does not fit what is there."""
    return Problem(409, str(detail), code)


def pointer(*parts: Any) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
