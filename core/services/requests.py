"""Requests to addresses of others: planned in the transaction of what they are for, sent by a worker, tried again."""

import datetime
import hashlib
import hmac
import ipaddress
import re
import secrets
from typing import Any

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from core import outgoing
from core.access import needs
from core.encryption import UnreadableSecret, decrypt, encrypt
from core.events import Draft, emit_many, object_type_of
from core.models import AllowedHost, Origin, OutgoingRequest, RequestKind, RequestState, WebhookSigning

log = structlog.get_logger(__name__)
MOST_TRIES = 10
# Longer than a request may take in all, so that no second worker sends it meanwhile.
CLAIM = datetime.timedelta(minutes=2)
LONGEST_WAIT = datetime.timedelta(hours=4)
KEPT_ANSWER = 2_000
# Answers that pass: time-out, too early, too many.
PASSING = frozenset({408, 425, 429})
URL_CONTEXT, SECRET_CONTEXT = "core.outgoing_request", "core.webhook_secret"
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


class BadHost(ValueError):
    """This is no host that could be allowed; the message says why."""


def allowed_hosts() -> set[str]:
    """The hosts that may be inside the network: those of the settings file and those of administrators."""
    return {*settings.OUTGOING_ALLOWED_HOSTS, *AllowedHost.objects.values_list("host", flat=True)}


def url_problem(url: str) -> str:
    """Why a request can't go to this address, in words; empty when it can."""
    return outgoing.problem_of(url, allowed=allowed_hosts())


@transaction.atomic
def plan_request(
    key: str, *, kind: RequestKind, url: str, body: str, about: Any = None, by: Any = None
) -> tuple[OutgoingRequest, bool]:
    """The request for ``key`` and whether it is new; it leaves when the transaction commits. ``body`` is JSON."""
    planned, created = OutgoingRequest.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "host": outgoing.host_of(url)[:255],
            "sealed_url": encrypt(url.strip(), context=URL_CONTEXT),
            "body": body,
            "object_type": object_type_of(about) if about is not None else "",
            "object_id": about.pk if about is not None else None,
            "by": by,
        },
    )
    if created:
        _tell("request.planned", planned)
    return planned, created


def send_due(*, limit: int = 100, now: datetime.datetime | None = None) -> int:
    """Send what is due; returns how many were received. Each is claimed first, so that two workers never send one."""
    received = 0
    for _turn in range(limit):
        found = _claimed(now or timezone.now())
        if found is None:
            break
        received += _send(found)
    return received


@transaction.atomic
def _claimed(now: datetime.datetime) -> OutgoingRequest | None:
    due = OutgoingRequest.objects.filter(state=RequestState.PLANNED, due_at__lte=now).order_by("due_at")
    found = due.select_for_update(of=("self",), skip_locked=True).first()
    if found is not None:
        # A worker that dies here leaves it to the next one after a while.
        OutgoingRequest.objects.filter(pk=found.pk).update(due_at=now + CLAIM, attempts=F("attempts") + 1)
        found.attempts += 1
    return found


def _send(request: OutgoingRequest) -> bool:
    body = request.body.encode()
    headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": request.key}
    try:
        if request.kind == RequestKind.WEBHOOK:
            headers |= signature(body, timezone.now())
        url = decrypt(request.sealed_url, context=URL_CONTEXT)
        answer = outgoing.post(url, body, headers, allowed=allowed_hosts())
    except (outgoing.NotAllowed, UnreadableSecret) as refused:
        _finish(request, RequestState.FAILED, str(refused))
    except outgoing.NoAnswer as silent:
        _again(request, str(silent))
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:
        # One that can't be sent keeps no other from leaving, and is told of in the end.
        log.exception("request.broken", request=request.pk)
        _again(request, _("It could not be sent: %s") % error)
    else:
        return _answered(request, answer)
    return False


def _answered(request: OutgoingRequest, answer: outgoing.Answer) -> bool:
    request.status, request.answer = answer.status, answer.body[:KEPT_ANSWER]
    words = {"host": request.host, "status": answer.status}
    if 200 <= answer.status < 300:
        _finish(request, RequestState.SENT)
        return True
    if answer.status in PASSING or answer.status >= 500:
        _again(request, _("%(host)s answered with status %(status)s.") % words, wait=answer.wait)
    elif 300 <= answer.status < 400:
        _finish(request, RequestState.FAILED, _("%s answered with another address; those are not followed.") % words)
    else:
        _finish(request, RequestState.FAILED, _("%(host)s refused it with status %(status)s.") % words)
    return False


def _again(request: OutgoingRequest, problem: str, *, wait: int = 0) -> None:
    if request.attempts >= MOST_TRIES:
        _finish(request, RequestState.FAILED, problem)
        return
    pause = datetime.timedelta(seconds=max(wait, 15 * 2**request.attempts))
    due_at = timezone.now() + min(pause, LONGEST_WAIT)
    OutgoingRequest.objects.filter(pk=request.pk, state=RequestState.PLANNED).update(
        due_at=due_at, problem=problem, status=request.status, answer=request.answer
    )


@transaction.atomic
def _finish(request: OutgoingRequest, state: RequestState, problem: str = "") -> None:
    OutgoingRequest.objects.filter(pk=request.pk).update(
        state=state, problem=problem, status=request.status, answer=request.answer, finished_at=timezone.now()
    )
    _tell("request.sent" if state == RequestState.SENT else "request.failed", request, reason=problem)


@needs("core.configure")
@transaction.atomic
def retry_request(request: OutgoingRequest, *, by: Any) -> bool:
    """Send a failed request again; False when it is not failed."""
    failed = OutgoingRequest.objects.filter(pk=request.pk, state=RequestState.FAILED)
    again = failed.update(
        state=RequestState.PLANNED, attempts=0, problem="", due_at=timezone.now(), finished_at=None
    )  # fmt: skip
    if again:
        _tell("request.planned", request, by=by)
    return bool(again)


def _tell(name: str, request: OutgoingRequest, *, by: Any = None, **data: Any) -> None:
    seen_on = name != "request.planned" and request.object_id is not None
    about = [(request.object_type, request.object_id)] if seen_on and request.object_id is not None else []
    told = {"kind": request.kind, "host": request.host, **data}
    emit_many(
        [Draft(name, "request", request.pk, about, told)], by=by, origin=Origin.PERSON if by else Origin.SYSTEM
    )  # fmt: skip


def signature(body: bytes, moment: datetime.datetime) -> dict[str, str]:
    """The headers that prove who sent ``body`` and when: HMAC-SHA256 of ``<seconds>.<body>``, for each secret in use.

    After a change of the secret both are sent for a day, so that receivers can follow.
    """
    seconds = str(int(moment.timestamp()))
    signed = [
        hmac.new(each.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
        for each in _secrets_in_use(moment)
    ]
    return {"X-CRM-Timestamp": seconds, "X-CRM-Signature": ", ".join(f"v1={each}" for each in signed)}


BOTH_FOR = datetime.timedelta(days=1)


def _secrets_in_use(moment: datetime.datetime) -> list[str]:
    signing = _signing()
    found = [decrypt(signing.sealed_secret, context=SECRET_CONTEXT)]
    if signing.sealed_previous and moment < signing.changed_at + BOTH_FOR:
        found.append(decrypt(signing.sealed_previous, context=SECRET_CONTEXT))
    return found


def _signing() -> WebhookSigning:
    return WebhookSigning.objects.filter(pk=1).first() or _made()


def _made() -> WebhookSigning:
    fresh = {"sealed_secret": encrypt(_new_secret(), context=SECRET_CONTEXT)}
    return WebhookSigning.objects.get_or_create(pk=1, defaults=fresh)[0]


def _new_secret() -> str:
    return f"whsec_{secrets.token_urlsafe(32)}"


def webhook_secret() -> str:
    """The secret that webhooks are signed with; made when it is first needed."""
    return decrypt(_signing().sealed_secret, context=SECRET_CONTEXT)


@needs("core.configure")
@transaction.atomic
def change_secret(*, by: Any) -> None:
    """Sign with a new secret from now on, and with the one before as well for a day."""
    _signing()
    row = WebhookSigning.objects.select_for_update().get(pk=1)
    row.sealed_previous = row.sealed_secret
    row.sealed_secret, row.changed_at = encrypt(_new_secret(), context=SECRET_CONTEXT), timezone.now()
    row.save()
    emit_many([Draft("webhook_secret.changed", "request", 0)], by=by, origin=Origin.PERSON)


@needs("core.configure")
@transaction.atomic
def allow_host(host: str, *, by: Any) -> AllowedHost:
    """Let requests go to this host, wherever it is. Raises BadHost."""
    name = host.strip().lower().rstrip(".")
    name = outgoing.host_of(name) if "//" in name else name.strip("[]")
    if not _is_host(name):
        raise BadHost(_("Type the name of a host, such as chat.internal.example, or an IP address."))
    row, created = AllowedHost.objects.get_or_create(host=name, defaults={"by": by})
    if created:
        emit_many([Draft("allowed_host.added", "request", row.pk, data={"host": name})], by=by, origin=Origin.PERSON)
    return row


def _is_host(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return _HOST.fullmatch(name) is not None
    return True


@needs("core.configure")
@transaction.atomic
def forbid_host(row: AllowedHost, *, by: Any) -> None:
    """Take a host off the list again."""
    data = {"host": row.host}
    emit_many([Draft("allowed_host.removed", "request", row.pk, data=data)], by=by, origin=Origin.PERSON)
    AllowedHost.objects.filter(pk=row.pk).delete()
