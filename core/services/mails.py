"""E-mails to people outside: planned in the transaction of what they are for, sent by a worker, tried again."""

import datetime
import smtplib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from core import brand_mail
from core.access import needs
from core.events import Draft, emit_many, object_type_of
from core.models import MailState, Origin, OutgoingMail
from core.placeholders import one_line
from core.services import smtp

log = structlog.get_logger(__name__)
MOST_TRIES = 8
CLAIM = datetime.timedelta(minutes=5)
# Kind of an attachment -> function that makes (file name, content, content type). It may raise NotReady.
attachment_makers: dict[str, Callable[[Mapping[str, Any]], tuple[str, bytes, str]]] = {}

# First part of a key (before the colon) -> why such an e-mail is not wanted any more, in words, or empty. It is asked
# right before the e-mail leaves.
withdrawals: dict[str, Callable[[OutgoingMail], str]] = {}

# First part of a key -> the words as they leave. For what is secret, as a link that signs in: no row holds it.
body_makers: dict[str, Callable[[OutgoingMail], str]] = {}


class NotReady(Exception):
    """The e-mail can't be made just now; the message says why. It is tried again."""


def plan_mail(
    key: str,
    *,
    to: Sequence[str],
    subject: str,
    body: str,
    about: Any = None,
    cc: Sequence[str] = (),
    reply_to: str = "",
    attachments: Sequence[Mapping[str, Any]] = (),
    by: Any = None,
) -> tuple[OutgoingMail, bool]:
    """The e-mail for ``key`` and whether it is new; it leaves when the transaction commits."""
    mail, created = OutgoingMail.objects.get_or_create(
        key=key,
        defaults={
            "to": list(to),
            "cc": list(cc),
            "reply_to": reply_to,
            "subject": one_line(subject)[:300],
            "body": body,
            "attachments": [dict(each) for each in attachments],
            "object_type": object_type_of(about) if about is not None else "",
            "object_id": about.pk if about is not None else None,
            "by": by,
        },
    )
    if created:
        emit_many(
            [Draft("mail.planned", "mail", mail.pk, data={"subject": mail.subject})],
            by=by,
            origin=Origin.PERSON if by is not None else Origin.SYSTEM,
        )
    return mail, created


def send_due(*, limit: int = 100, now: datetime.datetime | None = None) -> int:
    """Send what is due; returns how many left. Each is claimed first, so that two workers never send the same one."""
    sent = 0
    for _turn in range(limit):
        moment = now or timezone.now()
        mail = _claimed(moment)
        if mail is None:
            break
        using = smtp.way_or_problem()
        if using.server is not None and not smtp.take_place(using.server, moment):
            _put_off(mail, smtp.tomorrow(moment))
            continue
        sent += _send(mail, using)
    return sent


@transaction.atomic
def _claimed(now: datetime.datetime) -> OutgoingMail | None:
    due = OutgoingMail.objects.filter(state=MailState.PLANNED, due_at__lte=now).order_by("due_at")
    mail = due.select_for_update(skip_locked=True).first()
    if mail is not None:
        # A worker that dies here leaves it to the next one after a while.
        OutgoingMail.objects.filter(pk=mail.pk).update(due_at=now + CLAIM, attempts=F("attempts") + 1)
        mail.attempts += 1
    return mail


def _send(mail: OutgoingMail, using: smtp.Way) -> bool:
    try:
        if _withdrawn(mail):
            return False
        message = _message(mail, using)
        # Making an attachment takes a while.
        if mail.attachments and _withdrawn(mail):
            return False
        using.deliver(message)
    except NotReady as later:
        _again(mail, str(later), lasting=False)
    except smtplib.SMTPRecipientsRefused as refused:
        _again(mail, smtp.in_words(refused), lasting=_for_good(refused))
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPSenderRefused) as error:
        # Nothing is wrong with the e-mail: it leaves once an administrator has put the settings right.
        smtp.note_failure(smtp.in_words(error))
        _again(mail, smtp.in_words(error), lasting=False)
    except smtplib.SMTPResponseException as error:
        _again(mail, smtp.in_words(error), lasting=500 <= error.smtp_code < 600)
    except (smtplib.SMTPException, OSError) as error:
        smtp.note_failure(smtp.in_words(error))
        _again(mail, smtp.in_words(error), lasting=False)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:
        # One that can't be made keeps no other from leaving, and is told of in the end.
        log.exception("mail.broken", mail=mail.pk)
        _again(mail, _("It could not be made: %s") % error, lasting=False)
    else:
        _finish(mail, MailState.SENT)
        if using.server is not None and using.server.failing_since is not None:
            smtp.note_success()
        return True
    return False


def _withdrawn(mail: OutgoingMail) -> bool:
    """Whether its reason is gone, which is noted."""
    ask = withdrawals.get(mail.key.partition(":")[0])
    reason = ask(mail) if ask is not None else ""
    if reason:
        _finish(mail, MailState.CANCELLED, reason)
    return bool(reason)


def _message(mail: OutgoingMail, using: smtp.Way) -> EmailMessage:
    host = using.sender.rpartition("@")[2].strip("> ") or "localhost"
    reply_to = mail.reply_to or using.reply_to
    make_body = body_makers.get(mail.key.partition(":")[0])
    message = EmailMultiAlternatives(
        subject=mail.subject,
        body=make_body(mail) if make_body is not None else mail.body,
        to=mail.to,
        cc=mail.cc,
        from_email=using.sender,
        reply_to=[reply_to] if reply_to else None,
        headers={"Message-ID": f"<{mail.message_id}@{host}>", "Auto-Submitted": "auto-generated"},
        connection=using.connection,
    )
    brand_mail.dress(message)
    for wanted in mail.attachments:
        make = attachment_makers.get(str(wanted.get("kind")))
        if make is None:
            raise NotReady(_("An attachment of the kind “%s” can't be made here.") % wanted.get("kind"))
        message.attach(*make(wanted))
    return message


def _for_good(error: smtplib.SMTPRecipientsRefused) -> bool:
    return all(500 <= code < 600 for code, _words in error.recipients.values())


def _put_off(mail: OutgoingMail, until: datetime.datetime) -> None:
    problem = _("The daily limit of e-mails is used up; it leaves tomorrow.")
    waiting = OutgoingMail.objects.filter(pk=mail.pk, state=MailState.PLANNED)
    waiting.update(due_at=until, attempts=F("attempts") - 1, problem=problem)


def _again(mail: OutgoingMail, problem: str, *, lasting: bool) -> None:
    log.warning("mail.not_sent", mail=mail.pk, attempts=mail.attempts, lasting=lasting)
    if lasting or mail.attempts >= MOST_TRIES:
        _finish(mail, MailState.FAILED, problem)
        return
    due_at = timezone.now() + datetime.timedelta(minutes=min(240, 2**mail.attempts))
    OutgoingMail.objects.filter(pk=mail.pk, state=MailState.PLANNED).update(problem=problem, due_at=due_at)


@transaction.atomic
def _finish(mail: OutgoingMail, state: MailState, problem: str = "") -> None:
    OutgoingMail.objects.filter(pk=mail.pk).update(state=state, problem=problem, finished_at=timezone.now())
    name = {MailState.SENT: "mail.sent", MailState.CANCELLED: "mail.withdrawn"}.get(state, "mail.failed")
    about = [(mail.object_type, mail.object_id)] if mail.object_id is not None else []
    data = {"subject": mail.subject, "to": mail.to, "reason": problem}
    emit_many([Draft(name, "mail", mail.pk, about, data)], by=mail.by, origin=Origin.SYSTEM)


@needs("core.configure")
@transaction.atomic
def cancel_mail(mail: OutgoingMail, *, by: Any) -> bool:
    """Take back an e-mail that has not left; False when it is too late."""
    waiting = OutgoingMail.objects.filter(pk=mail.pk, state=MailState.PLANNED, attempts=0)
    return bool(waiting.update(state=MailState.CANCELLED, finished_at=timezone.now()))


@needs("core.configure")
@transaction.atomic
def retry_mail(mail: OutgoingMail, *, by: Any) -> bool:
    """Send a failed e-mail again; False when it is not failed."""
    failed = OutgoingMail.objects.filter(pk=mail.pk, state=MailState.FAILED)
    again = failed.update(state=MailState.PLANNED, attempts=0, problem="", due_at=timezone.now(), finished_at=None)
    if again:
        drafts = [Draft("mail.planned", "mail", mail.pk, data={"subject": mail.subject})]
        emit_many(drafts, by=by, origin=Origin.PERSON)
    return bool(again)
