"""A new password for somebody who forgot it: asked for by anybody, answered by e-mail alone.

The request does the same work whether somebody has the address or not; a worker then finds out. The link is Django's
(``default_token_generator``): it ends with an hour, with its use and with a sign-in.
"""

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from accounts import attempts, audit, sessions
from accounts.models import User
from core.events import Draft, emit_many
from core.models import Event, Origin, OutgoingMail
from core.services import mails

KEY = "password-reset"
# Links that an address is sent, and that a network address asks for, in a quarter of an hour.
LIMIT = 3
NETWORK_LIMIT = 30


@transaction.atomic
def ask(email: str, *, request: HttpRequest) -> None:
    """Note that a link was asked for; whether there is such a person shows in nothing."""
    address = audit.client_address(request)
    often = not attempts.allowed(f"reset-from:{attempts.network_key(address)}", NETWORK_LIMIT)
    if often or not attempts.allowed(f"reset:{attempts.email_key(email)}", LIMIT):
        return
    person = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
    agent = request.headers.get("User-Agent", "")[: audit.LONGEST_AGENT]
    draft = Draft("user.reset_requested", "user", person.pk if person else 0, data={"address": address, "agent": agent})
    emit_many([draft], by=None, origin=Origin.SYSTEM)


def plan(event: Event) -> None:
    """Plan the e-mail that ``event`` asks for. Again does nothing."""
    person = User.objects.filter(pk=event.object_id, is_active=True).first()
    if person is None:
        return
    mails.plan_mail(
        f"{KEY}:{event.pk}",
        to=[person.email],
        subject=_("A new password"),
        body=_("A link with which %s chooses a new password. It stands in the e-mail alone.") % person,
        about=person,
    )


def register() -> None:
    """Tell the sending of e-mails how this one is made."""
    mails.body_makers[KEY] = body
    mails.withdrawals[KEY] = withdrawn


def withdrawn(mail: OutgoingMail) -> str:
    """Why it is not wanted any more."""
    return (
        "" if User.objects.filter(pk=mail.object_id or 0, is_active=True).exists() else _("This person is deactivated.")
    )


def body(mail: OutgoingMail) -> str:
    """The words with the link, made as it leaves."""
    person = User.objects.get(pk=mail.object_id or 0)
    uid, token = urlsafe_base64_encode(force_bytes(person.pk)), default_token_generator.make_token(person)
    return _(
        "Hello %(name)s,\n\nhere you choose a new password; the link works once, and for one hour:\n%(link)s\n\n"
        "If you did not ask for it, do nothing: your password stays as it is.\n"
    ) % {"name": person, "link": f"{settings.BASE_URL}{reverse('accounts:reset', args=[uid, token])}"}


@transaction.atomic
def reset(person: User, *, password: str, request: HttpRequest) -> None:
    """A new password by the link: all sessions end, and who had to wait may try again."""
    person.set_password(password)
    person.save(update_fields=["password"])
    sessions.end_all(person)
    attempts.forget(person.email)
    audit.record("user.password_reset", person, request=request, by=None)
