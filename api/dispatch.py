"""From a request to an operation and back: key, rate, scope, parameters, version, body, answer."""

import json
import re
from collections.abc import Mapping
from typing import Any

import structlog
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, TooManyFieldsSent, TooManyFilesSent
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import APIView

from api import idempotency, rates, schemas
from api.authentication import KeyAuthentication
from api.described import Answer, Call, Operation, Param
from api.problems import TITLES, Mistake, Problem, against_schema, missing
from api.schemas import IF_MATCH

log = structlog.get_logger(__name__)

LARGEST_BODY = 5 * 1024 * 1024
NO_STORE = "no-store"
VERSIONS = re.compile(IF_MATCH)


class Endpoint(APIView):
    """An address with its operations by method."""

    authentication_classes = [KeyAuthentication]
    permission_classes: list[Any] = []
    operations: Mapping[str, Operation] = {}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.http_method_names = [method.lower() for method in self.operations]

    @property
    def allowed_methods(self) -> list[str]:
        """For the Allow header."""
        return sorted(self.operations)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The answer of the operation, in English and UTC, whatever the browser's session says."""
        with translation.override("en-us"), timezone.override(None):
            response: HttpResponse = super().dispatch(request, *args, **kwargs)
        response["Cache-Control"] = NO_STORE
        return response

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Count the request before anything is looked up for it; then who calls."""
        if not _has_key(request):
            self._count_address(request)
        try:
            self.perform_authentication(request)
        except exceptions.AuthenticationFailed:
            # Who guesses keys has one budget for all of them.
            self._count_address(request)
            raise
        if request.auth is None:
            raise exceptions.NotAuthenticated("Send a key: Authorization: Bearer crm_…")
        self.rate = rates.count(f"key:{request.auth.pk}")
        if self.rate.exceeded:
            raise Problem(429, "This key has made too many requests in this minute.", "rate")

    def _count_address(self, request: Any) -> None:
        self.rate = rates.count(f"address:{request.META.get('REMOTE_ADDR', '')}")
        if self.rate.exceeded:
            raise Problem(429, "Too many requests without a key.", "rate")

    def handler(self, request: Any, **at: Any) -> HttpResponse:
        """Carry out the operation of the request's method."""
        operation = self.operations[request.method]
        if operation.scope not in request.auth.scopes:
            words = f"This key lacks the scope {operation.scope}."
            raise Problem(403, words, "scope")
        call = Call(request._request, request.user, request.auth, at, _query(request._request, operation), None)
        _read_version(call, operation)
        call.body = _body(request._request, operation)
        if not operation.is_write:
            return _shown(call, operation.run(call))
        name = idempotency.name_in(call.request)

        def write() -> Answer:
            with transaction.atomic():
                return operation.run(call)

        form = operation.body_type != "application/json"
        answer, kept = idempotency.once(call.key, name, call.request, write, form=form) if name else (write(), False)
        response = _shown(call, answer)
        if kept:
            response["Idempotency-Replayed"] = "true"
        return response

    get = post = put = patch = delete = handler

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """A 405 with what is allowed."""
        raise exceptions.MethodNotAllowed(request.method)

    def handle_exception(self, exc: Exception) -> HttpResponse:
        """Every refusal as problem details; what is unexpected is logged and told without its words."""
        response = _problem(exc).response()
        if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
            response["WWW-Authenticate"] = KeyAuthentication().authenticate_header(None)
        return response

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Add where the caller stands in this minute."""
        response.headers.setdefault("Allow", ", ".join(self.allowed_methods))
        rate = getattr(self, "rate", None)
        for header, value in rate.headers().items() if rate is not None else ():
            response[header] = value
        return response  # type: ignore[no-any-return]

    def perform_content_negotiation(self, request: Any, force: bool = False) -> Any:  # noqa: FBT001 -- DRF's
        """Answers are JSON, whatever is asked for; contents of files say what they are."""
        return None, ""


def _has_key(request: Any) -> bool:
    return bool(request.META.get("HTTP_AUTHORIZATION"))


def _problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, Http404):
        return missing()
    if isinstance(error, PermissionDenied):
        return Problem(403, str(error) or "Your role does not let you do this.", "permission")
    if isinstance(error, exceptions.APIException):
        status = error.status_code if error.status_code in TITLES else 400
        return Problem(status, str(error.detail))
    log.exception("api.failed", exc_info=error)
    return Problem(500, "We have noted what happened. Try again later.", "failed")


def _query(request: HttpRequest, operation: Operation) -> dict[str, Any]:
    """The parameters as values. Raises Problem for unknown and unfit ones."""
    known = {param.name: param for param in operation.params}
    found: dict[str, Any] = {}
    wrong = []
    for name, values in request.GET.lists():
        if name not in known:
            wrong.append(Mistake("There is no such parameter.", parameter=name[:100]))
            continue
        value = _typed(known[name], values)
        mistakes = schemas.mistakes_in(value, known[name].schema)
        wrong += [Mistake(each.detail, parameter=name) for each in mistakes[:1]]
        found[name] = value
    missed = [name for name, param in known.items() if param.required and name not in request.GET]
    if wrong := [*wrong, *(Mistake("Give this parameter.", parameter=name) for name in missed)]:
        raise against_schema(*wrong)
    defaults = {name: param.schema["default"] for name, param in known.items() if "default" in param.schema}
    return {**defaults, **found}


def _typed(param: Param, values: list[str]) -> Any:
    """The text of the address as the type that the parameter has."""
    value = values[-1].replace("\x00", "�")
    kind = param.schema.get("type")
    if kind == "integer" and value.removeprefix("-").isascii() and value.removeprefix("-").isdigit():
        return int(value) if len(value) < 20 else value
    if kind == "boolean":
        return {"true": True, "false": False}.get(value, value)
    return value.split(",") if kind == "array" else value


def _read_version(call: Call, operation: Operation) -> None:
    call.if_match = call.request.headers.get("If-Match", "").strip()
    if call.if_match and not VERSIONS.fullmatch(call.if_match):
        raise Problem(400, "If-Match holds an ETag as it was answered, or *.", "if-match")
    call.if_none_match = call.request.headers.get("If-None-Match", "").strip()
    if operation.versioned and not call.if_match:
        raise Problem(428, "Send the ETag of what you have read as If-Match, or * to change it anyway.", "if-match")


def _body(request: HttpRequest, operation: Operation) -> Any:
    if operation.body is None:
        return None
    if request.content_type != operation.body_type:
        raise Problem(415, f"Send {operation.body_type}.", "content-type")
    if operation.body_type != "application/json":
        return _form(request)
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
        raise Problem(413, f"A body has at most {LARGEST_BODY // 1024 // 1024} MB.", "too-large")
    value = schemas.read_json(request.body)
    schemas.check(value, operation.body)
    return value


def _form(request: HttpRequest) -> None:
    """Read a form, so that one that can't be read is told before anything is done. Raises Problem."""
    try:
        request.FILES  # noqa: B018 -- it is read when it is first looked at
    except (MultiPartParserError, TooManyFieldsSent, TooManyFilesSent) as error:
        raise Problem(400, f"The form can't be read: {str(error)[:200]}", "not-a-form") from error


def _shown(call: Call, answer: Answer) -> HttpResponse:
    if answer.raw is not None:
        return answer.raw  # type: ignore[no-any-return]
    if answer.etag and call.request.method == "GET" and _has(call.if_none_match, answer.etag):
        response = HttpResponse(status=304)
    elif answer.body is None:
        response = HttpResponse(status=answer.status)
    else:
        response = JsonResponse(answer.body, status=answer.status, safe=False, encoder=JSONEncoder)
    if answer.status == 204:
        del response["Content-Type"]
    if answer.etag:
        response["ETag"] = answer.etag
    if answer.location:
        response["Location"] = answer.location
    return response


def _has(listed: str, etag: str) -> bool:
    """Whether an If-Match or If-None-Match names this version."""
    return listed == "*" or etag in [each.strip().removeprefix("W/") for each in listed.split(",")]


def same_version(call: Call, etag: str) -> None:
    """Raises Problem where the caller has read another version than there is now."""
    if not _has(call.if_match, etag):
        raise Problem(412, "It was changed since you read it. Read it again.", "changed", headers={"ETag": etag})


def printed(body: Any) -> Any:
    """A body as plain JSON values, as it is kept for later."""
    return json.loads(json.dumps(body, cls=JSONEncoder))


@csrf_exempt
@login_not_required
def nowhere(request: HttpRequest, rest: str = "") -> HttpResponse:
    """The answer of an address that there is not, as programs read it."""
    response = Problem(404, "There is no such address.", "no-address").response()
    response["Cache-Control"] = NO_STORE
    return response
