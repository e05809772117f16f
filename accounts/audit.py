"""What happened around signing in, as events of the person: the one place through which all of it goes."""

from typing import Any, cast

import structlog
from allauth.account.adapter import get_adapter
from allauth.mfa import signals
from django.db import transaction
from django.http import HttpRequest

from accounts import notices
from accounts.models import User
from core.events import emit
from core.models import Event

log = structlog.get_logger(__name__)
LONGEST_AGENT = 200


@transaction.atomic
def record(name: str, person: User, *, request: HttpRequest | None, by: User | None, **data: Any) -> Event:
    """Write down ``name`` about ``person``, with where it came from; ``by`` is None for who has not proven to be it."""
    if request is not None:
        data |= {"address": client_address(request), "agent": request.headers.get("User-Agent", "")[:LONGEST_AGENT]}
    # The log keeps no names and addresses: who reads it need not know who works here.
    log.info(name, person=person.pk, by=by.pk if by else None)
    event = emit(name, person, by=by, **data)
    notices.tell(event, person)
    return event


def client_address(request: HttpRequest) -> str:
    """The network address of the client; that of the proxy's client where a proxy is trusted (``BEHIND_PROXY``)."""
    return str(get_adapter().get_client_ip(request))


def listen() -> None:
    """Hear from the library what happens on its pages."""
    signals.authenticator_added.connect(two_factor_added)
    signals.authenticator_removed.connect(two_factor_removed)
    signals.authenticator_reset.connect(recovery_codes_renewed)
    signals.authenticator_used.connect(second_factor_used)
    signals.authentication_failed.connect(second_factor_refused)


def two_factor_added(sender: Any, request: HttpRequest, user: Any, authenticator: Any, **_more: Any) -> None:
    """A person set up a second factor; recovery codes come along with it and are not told of."""
    if authenticator.type == authenticator.Type.TOTP:
        record("user.two_factor_added", cast(User, user), request=request, by=user)


def two_factor_removed(sender: Any, request: HttpRequest, user: Any, authenticator: Any, **_more: Any) -> None:
    """A person switched the second factor off."""
    if authenticator.type == authenticator.Type.TOTP:
        record("user.two_factor_removed", cast(User, user), request=request, by=user)


def recovery_codes_renewed(sender: Any, request: HttpRequest, user: Any, **_more: Any) -> None:
    """A person made new recovery codes; the former ones no longer work."""
    record("user.recovery_codes_renewed", cast(User, user), request=request, by=user)


def second_factor_used(sender: Any, request: HttpRequest, user: Any, authenticator: Any, **_more: Any) -> None:
    """A recovery code was used up, which is worth knowing; codes of the app are not, the sign-in tells of them."""
    if authenticator.type == authenticator.Type.RECOVERY_CODES:
        authenticator.refresh_from_db()
        left = len(authenticator.wrap().get_unused_codes())
        record("user.recovery_code_used", cast(User, user), request=request, by=user, left=left)


def second_factor_refused(sender: Any, request: HttpRequest, user: Any, **_more: Any) -> None:
    """Somebody who knew the password typed a wrong code."""
    record("user.code_refused", cast(User, user), request=request, by=None)
