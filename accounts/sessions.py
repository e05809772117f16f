"""The sessions of a person: in which browsers, from where, last seen when; and their end."""

import hashlib
import time
from collections.abc import Iterable
from typing import Any, cast

import structlog
from allauth.account.signals import authentication_step_completed
from allauth.mfa import signals as mfa_signals
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from redis import RedisError

from accounts import audit
from accounts.models import User
from core.access import require

log = structlog.get_logger(__name__)
# How exactly “last seen” is known: one statement per session in that time.
SEEN_SECONDS = 300
LISTED = "session_is_listed"
# In the session itself, as seconds of the epoch: so that its end costs no statement.
BEGAN, SEEN = "session_began", "session_seen"


def begin(request: HttpRequest) -> None:
    """List the session of this request among those of its person."""
    if not request.session.session_key:
        request.session.save()
    request.session[LISTED] = True
    request.session[BEGAN] = request.session[SEEN] = int(time.time())
    UserSession.objects.create_from_request(request)


def renew(request: HttpRequest) -> None:
    """Give the session of this request another key, because its person has just proven again who they are."""
    former = request.session.session_key
    request.session.cycle_key()
    UserSession.objects.filter(session_key=former).update(session_key=request.session.session_key)


def factors_changed(person: User, request: HttpRequest) -> None:
    """Another way to sign in: whoever came in by the former one is out, in all browsers but this one."""
    end_all(person, but=request.session.session_key if request.user == person else None)


def forget(request: HttpRequest) -> None:
    """The session of this request is about to end by itself."""
    UserSession.objects.filter(session_key=request.session.session_key).delete()


def over(request: HttpRequest) -> bool:
    """Whether the session of this request was not used for too long, or is as old as none may become."""
    now = time.time()
    began, seen_at = request.session.get(BEGAN), request.session.get(SEEN)
    too_old = began is not None and now - began > settings.SESSION_LONGEST_HOURS * 3600
    return too_old or (seen_at is not None and now - seen_at > settings.SESSION_IDLE_HOURS * 3600)


def expire(request: HttpRequest) -> None:
    """End the session of this request, which is over: whoever brought it is a stranger from here on."""
    forget(request)
    logout(request)


def seen(request: HttpRequest) -> None:
    """Note that the session is in use; at most once in five minutes, and not at all while the cache is away."""
    key = request.session.session_key
    if not key or not request.session.get(LISTED):
        return
    if time.time() - request.session.get(SEEN, 0) >= SEEN_SECONDS:
        request.session[SEEN] = int(time.time())
    try:
        due = cache.add(f"session-seen:{hashlib.sha256(key.encode()).hexdigest()}", 1, SEEN_SECONDS)
    except RedisError as error:
        log.warning("sessions.cache_away", error=str(error))
        return
    if due:
        UserSession.objects.filter(session_key=key).update(
            last_seen_at=timezone.now(), ip=audit.client_address(request)
        )


def of(person: User) -> list[UserSession]:
    """Those that are alive, the last used one first; what has expired meanwhile is forgotten."""
    found = UserSession.objects.purge_and_list(person)
    return sorted(found, key=lambda each: each.last_seen_at, reverse=True)


@transaction.atomic
def end(found: Iterable[UserSession], *, request: HttpRequest, by: User) -> int:
    """Sign out in these browsers, those of others only for who manages users; returns how many there were."""
    count = 0
    for session in found:
        if session.user != by:
            require(by, "accounts.manage")
        person = session.user
        browser = session.user_agent[: audit.LONGEST_AGENT]
        session.end()
        audit.record(
            "user.session_ended", person, request=request, by=by, ended_agent=browser, ended_address=session.ip
        )
        count += 1
    return count


def listen() -> None:
    """Hear from the library who proved what, and whose factors changed."""
    authentication_step_completed.connect(_proven_again)
    for signal in (mfa_signals.authenticator_added, mfa_signals.authenticator_removed, mfa_signals.authenticator_reset):
        signal.connect(_factor_changed)


def _proven_again(sender: Any, request: HttpRequest, user: Any, **more: Any) -> None:
    if more.get("reauthenticated") and request.user == user:
        renew(request)


def _factor_changed(sender: Any, request: HttpRequest, user: Any, **_more: Any) -> None:
    factors_changed(cast(User, user), request)


def end_all(person: User, *, but: str | None = None) -> None:
    """End the sessions of ``person`` in silence, as a new password does; ``but`` is the key of the one that stays."""
    for session in UserSession.objects.filter(user=person).exclude(session_key=but or ""):
        session.end()
