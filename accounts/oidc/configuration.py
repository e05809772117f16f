"""What the environment says about the identity provider, and what is wrong with it."""

import hashlib
from collections.abc import Iterator
from urllib.parse import urlsplit

from allauth.socialaccount.models import SocialApp
from django.conf import settings
from django.urls import reverse

from accounts.models import Role

LOOPBACK = ("localhost", "127.0.0.1", "::1")
# Whoever has it makes accounts and roles: that is given by a person.
NEVER_BY_ITSELF = "accounts.manage"


def configured() -> bool:
    """Whether people can sign in with an identity provider."""
    return bool(settings.OIDC_ISSUER and settings.OIDC_CLIENT_ID)


def only() -> bool:
    """Whether passwords are for administrators alone."""
    return configured() and bool(settings.OIDC_ONLY)


def name() -> str:
    """What people know the provider as."""
    return str(settings.OIDC_NAME)


def key() -> str:
    """What accounts at this provider are kept under: another issuer's people are other people, whatever their ids."""
    return f"oidc-{hashlib.sha256(settings.OIDC_ISSUER.encode()).hexdigest()[:16]}"


def callback() -> str:
    """The address that has to be registered at the provider."""
    return f"{settings.BASE_URL}{reverse('accounts:oidc-callback')}"


def app() -> SocialApp:
    """The provider as django-allauth knows it; no row of the database."""
    return SocialApp(
        provider="openid_connect",
        provider_id=key(),
        name=name(),
        client_id=settings.OIDC_CLIENT_ID,
        secret=settings.OIDC_CLIENT_SECRET,
        settings={"server_url": settings.OIDC_ISSUER, "oauth_pkce_enabled": True},
    )


def sign_up_role() -> Role | None:
    """The role of people whom nobody invited; None where those stay out."""
    role = Role.objects.filter(name=settings.OIDC_SIGN_UP_ROLE).first() if settings.OIDC_SIGN_UP_ROLE else None
    return None if role is None or NEVER_BY_ITSELF in role.permissions else role


def problems() -> Iterator[tuple[str, str]]:
    """What can't be right, with what to do; asks the database for the role."""
    issuer = urlsplit(settings.OIDC_ISSUER)
    if issuer.scheme != "https" and issuer.hostname not in LOOPBACK:
        yield (
            f"OIDC_ISSUER is {settings.OIDC_ISSUER!r}; anybody on the way could sign in as anybody.",
            "Set it to the https address that the provider calls its issuer.",
        )
    if not settings.OIDC_CLIENT_ID:
        yield "OIDC_CLIENT_ID is empty, so nobody is offered the provider.", "Copy it from the provider."
    if settings.OIDC_SIGN_UP_ROLE and sign_up_role() is None:
        yield (
            f"OIDC_SIGN_UP_ROLE names {settings.OIDC_SIGN_UP_ROLE!r}, which is no role, or one that manages users; "
            "nobody joins by it.",
            "Name a role of Settings, Roles that does not manage users.",
        )
