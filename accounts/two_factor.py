"""The second factor: who has one, who needs one, and how an administrator takes it from somebody who lost it."""

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.http import HttpRequest

from accounts import audit, sessions
from accounts.models import User
from core.access import needs

# What is secret in a factor's data: the key of the app, or the seed of the recovery codes.
SEALED = ("secret", "seed")


def has(person: User) -> bool:
    """Whether ``person`` signs in with a code too: one statement."""
    return bool(Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).exists())


def needed(person: User) -> bool:
    """Whether the role of ``person`` asks for a second factor."""
    return person.role is not None and person.role.requires_two_factor


def missing(person: User) -> bool:
    """Whether ``person`` has to set one up before anything else; costs nothing where the role asks for none."""
    return needed(person) and not has(person)


@needs("accounts.manage")
@transaction.atomic
def take_away(person: User, *, request: HttpRequest, by: User) -> bool:
    """Forget the second factor of somebody who lost it, and end their sessions; False when there is none."""
    removed, _kinds = Authenticator.objects.filter(user=person).delete()
    if removed:
        sessions.factors_changed(person, request)
        audit.record("user.two_factor_removed", person, request=request, by=by)
    return bool(removed)
