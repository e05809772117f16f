"""E-mails to a person about what happened to the way they sign in, so that they notice what they did not do."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from core.models import Event
from core.services import mails

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

TOLD: dict[str, "StrOrPromise"] = {
    "user.password_changed": gettext_lazy("Your password was changed"),
    "user.password_reset": gettext_lazy("Your password was reset"),
    "user.two_factor_added": gettext_lazy("Two-factor sign-in was switched on"),
    "user.two_factor_removed": gettext_lazy("Two-factor sign-in was switched off"),
    "user.recovery_codes_renewed": gettext_lazy("New recovery codes were made"),
    "user.identity_connected": gettext_lazy("Sign-in with an identity provider was connected"),
    "user.identity_disconnected": gettext_lazy("Sign-in with an identity provider was disconnected"),
    "user.recovery_code_used": gettext_lazy("A recovery code was used"),
}


def tell(event: Event, person: User) -> None:
    """Plan the e-mail about ``event``, if it is one that its person gets to know of."""
    subject = TOLD.get(event.name)
    if subject is None:
        return
    body = _(
        "Hello %(name)s,\n\n%(what)s.\n\nIf that was not you, tell an administrator at once, and look through your "
        "sessions:\n%(link)s\n"
    ) % {"name": person, "what": subject, "link": f"{settings.BASE_URL}{reverse('mfa_index')}"}
    mails.plan_mail(f"security-notice:{event.pk}", to=[person.email], subject=str(subject), body=body, about=person)
