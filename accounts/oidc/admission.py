"""Who may come in by the identity provider, and as whom.

Who has come in once is known by the provider's id of the person (``sub``), which never changes; before that by an
e-mail address that the provider has verified.
"""

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.shortcuts import redirect

from accounts import audit, invitations
from accounts.access import require
from accounts.models import User
from accounts.oidc import configuration
from accounts.oidc.provider import Refused
from core import company

# In the session, from the provider's answer until all factors are given.
PENDING = "oidc_pending"
# In the session of who is in: by which way.
CHANNEL = "signed_in_by"
BY_PROVIDER, BY_PASSWORD = "openid_connect", "password"


@transaction.atomic
def person_of(claims: dict[str, Any], *, request: HttpRequest) -> User:
    """Whom these claims are about; makes the account of who is invited. Raises Refused."""
    known = SocialAccount.objects.select_related("user__role").filter(provider=configuration.key(), uid=claims["sub"])
    found = known.first()
    if found is not None:
        return _active(found.user)
    email = _verified_email(claims)
    person = User.objects.select_related("role").filter(email__iexact=email).first()
    if person is None:
        return _welcomed(email, str(claims.get("name") or ""), request)
    if account_of(_active(person)) is not None:
        raise Refused("other", person)
    return person


def _active(person: User) -> User:
    if not person.is_active:
        raise Refused("inactive", person)
    return person


def _verified_email(claims: dict[str, Any]) -> str:
    email = str(claims.get("email") or "").strip()
    try:
        validate_email(email)
    except ValidationError:
        raise Refused("no_email") from None
    # Some providers write the word instead of the value.
    if claims.get("email_verified") not in (True, "true"):
        raise Refused("unverified", User.objects.filter(email__iexact=email).first())
    return email


def _welcomed(email: str, name: str, request: HttpRequest) -> User:
    """The account of somebody who has none: by an open invitation, or by the role for people nobody invited."""
    invitation = next((each for each in invitations.waiting().filter(email__iexact=email) if each.is_open), None)
    zone = company.profile().time_zone
    if invitation is not None:
        return invitations.accept(invitation, password=None, time_zone=zone, request=request)
    role = configuration.sign_up_role()
    if role is None:
        raise Refused("unknown")
    named = name[:120] or email.partition("@")[0]
    person = User.objects.create_user(email, None, name=named, role=role, time_zone=zone)
    audit.record("user.created", person, request=request, by=None, role=role.name, channel=BY_PROVIDER)
    return person


def account_of(person: User) -> SocialAccount | None:
    """Who ``person`` is at the provider; None before the first sign-in with it."""
    return SocialAccount.objects.filter(user=person, provider=configuration.key()).first()


def expect(request: HttpRequest, person: User, sub: str) -> None:
    """Remember what the provider has vouched for until ``person`` has given all factors."""
    request.session[PENDING] = {"person": person.pk, "provider": configuration.key(), "sub": sub}


def forget(request: HttpRequest) -> None:
    """Another way is taken."""
    request.session.pop(PENDING, None)


def waits(request: HttpRequest) -> bool:
    """Whether this browser is on its way in by the provider."""
    return PENDING in request.session


def complete(request: HttpRequest, person: User) -> str:
    """All factors are given: bind the provider's id if this is the first time; returns the way that was taken."""
    pending = request.session.pop(PENDING, None)
    if not pending or pending["person"] != person.pk:
        return BY_PASSWORD
    try:
        with transaction.atomic():
            # Two first sign-ins at once bind one id.
            User.objects.select_for_update(of=("self",)).get(pk=person.pk)
            account, bound = SocialAccount.objects.get_or_create(
                user=person, provider=pending["provider"], defaults={"uid": pending["sub"]}
            )
            if bound:
                audit.record("user.identity_connected", person, request=request, by=person)
    except IntegrityError:
        account = None
    if account is None or account.uid != pending["sub"]:
        raise ImmediateHttpResponse(redirect("accounts:login"))
    return BY_PROVIDER


@transaction.atomic
def disconnect(person: User, *, request: HttpRequest, by: User) -> bool:
    """Forget who ``person`` is at the provider; the next sign-in with it binds again. False where nothing was."""
    if by != person:
        require(by, "accounts.manage")
    removed, _kinds = SocialAccount.objects.filter(user=person).delete()
    if removed:
        audit.record("user.identity_disconnected", person, request=request, by=by)
    return bool(removed)


def trusted(request: HttpRequest) -> bool:
    """Whether the provider has taken care of the second factor: it does where the settings say so."""
    return bool(settings.OIDC_TRUST_SECOND_FACTOR) and configuration.configured() and (
        waits(request) or request.session.get(CHANNEL) == BY_PROVIDER
    )  # fmt: skip
