"""Invitations: who is asked to join, with a link that works once and for a week."""

import datetime
import secrets
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Invitation, Role, Team, User
from core import company
from core.access import needs
from core.events import emit
from core.models import OutgoingMail
from core.services import mails

KEY = "invitation"
DAYS = 7


class InvitationRefused(ValueError):
    """It can't be like this; the message says why."""


class InvitationOver(Exception):
    """It was accepted or withdrawn, or its time is up."""


@needs("accounts.manage")
@transaction.atomic
def invite(*, name: str, email: str, role: Role, teams: Iterable[Team], by: User) -> Invitation:
    """Ask somebody to join. Raises InvitationRefused when the address has an account or an open invitation."""
    if User.objects.filter(email__iexact=email).exists():
        raise InvitationRefused(_("Somebody with this e-mail address exists already."))
    if waiting().filter(email__iexact=email).exists():
        raise InvitationRefused(_("This e-mail address is invited already: send it again from the list."))
    invitation = Invitation.objects.create(
        name=name, email=User.objects.normalize_email(email), role=role, invited_by=by, **_fresh()
    )
    invitation.teams.set(teams)
    emit("invitation.sent", invitation, by=by, email=invitation.email, role=role.name)
    _plan(invitation, by)
    return invitation


@needs("accounts.manage")
@transaction.atomic
def resend(invitation: Invitation, *, by: User) -> Invitation:
    """Another e-mail with another link and a new week; the former link ends. Raises InvitationOver."""
    changed = waiting().filter(pk=invitation.pk).update(**_fresh())
    if not changed:
        raise InvitationOver
    invitation.refresh_from_db()
    emit("invitation.sent", invitation, by=by, email=invitation.email, role=invitation.role.name)
    _plan(invitation, by)
    return invitation


@needs("accounts.manage")
@transaction.atomic
def withdraw(invitation: Invitation, *, by: User) -> None:
    """Take it back: the link ends. Raises InvitationOver."""
    if not waiting().filter(pk=invitation.pk).update(withdrawn_at=timezone.now()):
        raise InvitationOver
    emit("invitation.withdrawn", invitation, by=by, email=invitation.email)


@transaction.atomic
def accept(invitation: Invitation, *, password: str | None, time_zone: str, request: HttpRequest) -> User:
    """Make the account, once; without a password for who signs in otherwise. Raises InvitationOver."""
    fresh = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if not fresh.is_open or User.objects.filter(email__iexact=fresh.email).exists():
        raise InvitationOver
    Invitation.objects.filter(pk=fresh.pk).update(accepted_at=timezone.now())
    user = User.objects.create_user(
        fresh.email, password, name=fresh.name, role=fresh.role, time_zone=time_zone, language=_language(fresh)
    )
    for team in fresh.teams.all():
        team.members.add(user)
    audit.record("user.created", user, request=request, by=fresh.invited_by, role=fresh.role.name)
    emit("invitation.accepted", fresh, by=user, about=[user])
    return user


def waiting() -> QuerySet[Invitation]:
    """Those that were neither accepted nor withdrawn; expired ones too, they can be sent again."""
    return Invitation.objects.filter(accepted_at=None, withdrawn_at=None)


def find(pk: int, token: str) -> Invitation | None:
    """The open invitation that the link is for."""
    invitation = Invitation.objects.select_related("role", "invited_by").filter(pk=pk).first()
    if invitation is None or not constant_time_compare(token_of(invitation), token):
        return None
    return invitation if invitation.is_open else None


def token_of(invitation: Invitation) -> str:
    """The secret part of the link; nobody can make it from the row alone."""
    return salted_hmac("accounts.invitation", f"{invitation.pk}:{invitation.nonce}", algorithm="sha256").hexdigest()


def register() -> None:
    """Tell the sending of e-mails how this one is made."""
    mails.body_makers[KEY] = body
    mails.withdrawals[KEY] = withdrawn


def withdrawn(mail: OutgoingMail) -> str:
    """Why the e-mail is not wanted any more: the invitation is over, or another e-mail was asked for meanwhile."""
    invitation = Invitation.objects.filter(pk=mail.object_id or 0).first()
    wanted = invitation is not None and invitation.is_open and mail.key == _key(invitation)
    return "" if wanted else _("The invitation was accepted, withdrawn or sent again.")


def body(mail: OutgoingMail) -> str:
    """The words with the link, made as it leaves."""
    invitation = Invitation.objects.select_related("invited_by").get(pk=mail.object_id or 0)
    link = reverse("accounts:invitation", args=[invitation.pk, token_of(invitation)])
    return _(
        "Hello %(name)s,\n\n%(by)s invites you to %(company)s. Choose your password here; the link works once, and "
        "for %(days)s days:\n%(link)s\n\nIf you do not know what this is about, do nothing.\n"
    ) % {
        "name": invitation.name,
        "by": invitation.invited_by or _("An administrator"),
        "company": company.profile().name or _("CRM Sync"),
        "days": DAYS,
        "link": f"{settings.BASE_URL}{link}",
    }


def _fresh() -> dict[str, Any]:
    now = timezone.now()
    return {"nonce": secrets.token_urlsafe(32), "sent_at": now, "expires_at": now + datetime.timedelta(days=DAYS)}


def _key(invitation: Invitation) -> str:
    return f"{KEY}:{invitation.pk}:{invitation.sent_at.timestamp()}"


def _plan(invitation: Invitation, by: User) -> None:
    mails.plan_mail(
        _key(invitation),
        to=[invitation.email],
        subject=_("You are invited to %s") % (company.profile().name or _("CRM Sync")),
        body=_("An invitation for %s. The link stands in the e-mail alone.") % invitation,
        about=invitation,
        by=by,
    )


def _language(invitation: Invitation) -> str:
    return invitation.invited_by.language if invitation.invited_by else settings.LANGUAGE_CODE
