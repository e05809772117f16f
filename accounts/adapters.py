"""How django-allauth, which signs people in, fits into this product: its hooks, and nothing else of it."""

import secrets
from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal.httpkit import get_client_ip
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, sessions, two_factor
from accounts.models import User
from accounts.oidc import admission, configuration
from accounts.oidc.provider import Bounded
from core import company
from core.encryption import decrypt, encrypt

CONTEXT = "accounts.two_factor"
CODE_STAGE = "allauth.mfa.stages.AuthenticateStage"
UNKNOWN = "0.0.0.0"  # noqa: S104 -- nothing listens there: it is shown where a client has no address
# The library's messages by the names of its templates, in our words. Those that are not here are not told.
WORDS = {
    "mfa/messages/totp_activated.txt": gettext_lazy("Two-factor sign-in is on."),
    "mfa/messages/totp_deactivated.txt": gettext_lazy("Two-factor sign-in is off."),
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # the library has no types
    """Signing in: nobody signs up, every sign-in is written down and its session listed."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People are invited."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Never refuses: a server on a Unix socket has no address of the client."""
        return str(get_client_ip(request) or UNKNOWN)

    def login(self, request: HttpRequest, user: Any) -> None:
        """All factors are given: the session begins, under a new key."""
        channel = admission.complete(request, user)
        super().login(request, user)
        sessions.begin(request)
        request.session[admission.CHANNEL] = channel
        audit.record("user.signed_in", user, request=request, by=user, channel=channel)

    def get_login_stages(self) -> list[str]:
        """Without a code where the identity provider has taken care of the second factor."""
        stages: list[str] = super().get_login_stages()
        return [each for each in stages if each != CODE_STAGE or not admission.trusted(self.request)]

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Our words instead of the library's templates."""
        words = message or WORDS.get(message_template or "")
        if words:
            messages.add_message(request, level, str(words))

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """``accounts.audit`` and its listeners tell people; the library's e-mails are not sent."""


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc] # as above
    """The identity provider, as the library asks for it: one, never of the database, and limited in every way."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Who comes in is decided in ``accounts.oidc.admission``."""
        return False

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        """The one of the environment."""
        return [configuration.app()] if configuration.configured() else []

    def get_requests_session(self) -> Bounded:
        """For all that the library asks the provider."""
        return Bounded()

    def generate_state_param(self, state: dict[str, Any]) -> str:
        """256 bits, as everywhere."""
        return secrets.token_urlsafe(32)


class TwoFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc] # as above
    """The second factor: its secrets are sealed, and who needs one can't switch it off."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("That code is not right. It changes every 30 seconds and works once."),
        "cannot_delete_authenticator": gettext_lazy("Your role needs two-factor sign-in: it can't be switched off."),
    }

    def get_totp_label(self, user: Any) -> str:
        """What the app shows below the issuer."""
        return str(user.email)

    def get_totp_issuer(self) -> str:
        """The company's name; until it has one the product's."""
        return company.profile().name or _("CRM Sync")

    def encrypt(self, text: str) -> str:
        """Secrets and the seed of recovery codes are sealed at rest."""
        return encrypt(text, context=CONTEXT)

    def decrypt(self, encrypted_text: str) -> str:
        """Raises UnreadableSecret when the key is gone."""
        return decrypt(encrypted_text, context=CONTEXT)

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """Not while the role needs it."""
        return not two_factor.needed(cast(User, authenticator.user))
