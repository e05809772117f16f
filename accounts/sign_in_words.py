"""The events of signing in as people read them on their security page."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from accounts import browsers, notices
from accounts.models import User
from core.models import Event

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LATEST = 10
WORDS: dict[str, "StrOrPromise"] = {
    **notices.TOLD,
    "user.signed_in": _("Signed in"),
    "user.signed_out": _("Signed out"),
    "user.sign_in_failed": _("Wrong password"),
    "user.code_refused": _("Wrong code"),
    "user.identity_refused": _("A sign-in with the identity provider was refused"),
    "user.locked": _("Too many wrong passwords: sign-in paused"),
    "user.reset_requested": _("A link for a new password was asked for"),
    "user.session_ended": _("A session was ended"),
}


@dataclass(frozen=True)
class Happened:
    """One line."""

    words: "StrOrPromise"
    at: datetime
    browser: str
    address: str


def latest(person: User) -> list[Happened]:
    """The last ones about ``person``, newest first: one statement."""
    found = Event.objects.filter(
        links__object_type="user", links__object_id=person.pk, name__in=list(WORDS), object_type="user"
    ).order_by("-pk")[:LATEST]
    return [
        Happened(
            WORDS[event.name],
            event.occurred_at,
            browsers.in_words(event.data["agent"]) if "agent" in event.data else "",
            str(event.data.get("address", "")),
        )
        for event in found
    ]
