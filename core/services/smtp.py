"""The mail server: who e-mails come from, how many a day, and what it said when it refused.

What an administrator set on the settings page counts; until then the environment does (``EMAIL_URL``).
"""

import datetime
import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formataddr
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import cache
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from redis import RedisError

from core import company
from core.access import needs
from core.audit import differences
from core.encryption import UnreadableSecret, decrypt, encrypt
from core.events import emit
from core.models import MailSecurity, MailServer

log = structlog.get_logger(__name__)
CONTEXT = "core.mail_server.password"
SMTP = "django.core.mail.backends.smtp.EmailBackend"
FIELDS = (
    "enabled", "host", "port", "security", "username", "from_name", "from_address", "reply_to", "daily_limit",
)  # fmt: skip
FAILING = "core:mail-failing"
SECONDS = 10


class BadServer(ValueError):
    """A setting does not fit: ``field`` names it, the message says why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Way:
    """How e-mails leave just now. ``sender`` and ``reply_to`` are headers; the connection is Django's."""

    connection: Any
    sender: str
    reply_to: str
    server: MailServer | None = None

    def deliver(self, message: EmailMessage) -> None:
        """Send one message. A connection that was refused is closed too, which Django leaves open."""
        try:
            message.send()
        finally:
            with suppress(smtplib.SMTPException, OSError):
                self.connection.close()


def stored() -> MailServer:
    """The settings, made at the first use."""
    return MailServer.objects.filter(pk=1).first() or MailServer.objects.get_or_create(pk=1)[0]


def way() -> Way:
    """How e-mails leave: by the server of the settings page, else as the environment says."""
    server = MailServer.objects.filter(pk=1, enabled=True).first()
    if server is None:
        return Way(get_connection(fail_silently=False), settings.DEFAULT_FROM_EMAIL, "")
    return Way(_connection(server), sender_of(server), server.reply_to, server)


def way_or_problem() -> Way:
    """The same for a worker: a password that can't be read leaves a connection that fails like a refusal."""
    try:
        return way()
    except UnreadableSecret as error:
        words = in_words(error)
        note_failure(words)
        return Way(_NoWay(words), settings.DEFAULT_FROM_EMAIL, "")


class _NoWay:
    """A connection over which nothing leaves."""

    def __init__(self, words: str) -> None:
        self.words = words

    def send_messages(self, messages: Any) -> int:
        """Always fails."""
        raise OSError(self.words)

    def close(self) -> None:
        """Nothing is open."""


def sender_of(server: MailServer) -> str:
    """``Name <address>``; the company's name where none is set."""
    return formataddr((server.from_name or company.profile().name, server.from_address))


@needs("core.configure")
@transaction.atomic
def change(values: Mapping[str, Any], *, password: str | None, by: Any) -> MailServer:
    """Write what differs, with the event ``mail_server.changed``. ``password``: None keeps it, empty removes it.

    Raises BadServer. A stored password never goes to another server or user: it has to be typed again for those.
    """
    if unknown := set(values) - set(FIELDS):
        raise TypeError(", ".join(sorted(unknown)))
    stored()
    row = MailServer.objects.select_for_update().get(pk=1)
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    _check(row, values, changed, password)
    if password is not None:
        sealed = encrypt(password, context=CONTEXT) if password else ""
        changed["sealed_password"] = sealed
    before = differences.values_of(row, changed)
    if changed:
        MailServer.objects.filter(pk=1).update(**changed, failing_since=None, problem="", updated_at=timezone.now())
        row.refresh_from_db()
        transaction.on_commit(lambda: _remember(failing=False))
        told = sorted({"password" if name == "sealed_password" else name for name in changed})
        changes = differences.since(before, row)
        if "sealed_password" in changed:
            changes["password"] = changes.pop("sealed_password", [differences.HIDDEN, differences.HIDDEN])
        emit("mail_server.changed", row, by=by, changed=told, changes=changes)
    return row


def _check(row: MailServer, values: Mapping[str, Any], changed: Mapping[str, Any], password: str | None) -> None:
    given = {name: values.get(name, getattr(row, name)) for name in FIELDS}
    if given["enabled"] and not given["host"]:
        raise BadServer("host", _("Name the server, such as smtp.example.com."))
    if given["enabled"] and not given["from_address"]:
        raise BadServer("from_address", _("Say which address e-mails come from."))
    if not 1 <= given["port"] <= 65535:
        raise BadServer("port", _("A port is between 1 and 65535."))
    elsewhere = {"host", "port", "username", "security"} & set(changed)
    if row.sealed_password and password is None and elsewhere:
        raise BadServer("password", _("Type the password again: it is kept for the server and user that it was for."))


def take_place(server: MailServer, now: datetime.datetime) -> bool:
    """Count one e-mail of today; False when the daily limit is used up."""
    if server.daily_limit is None:
        return True
    day = company.today(now)
    rows = MailServer.objects.filter(pk=1)
    if rows.filter(~Q(counted_on=day) | Q(counted_on=None)).update(counted_on=day, counted=min(1, server.daily_limit)):
        return server.daily_limit > 0
    return bool(rows.filter(counted_on=day, counted__lt=server.daily_limit).update(counted=F("counted") + 1))


def tomorrow(now: datetime.datetime) -> datetime.datetime:
    """When the company's next day begins."""
    day = company.today(now) + datetime.timedelta(days=1)
    return datetime.datetime.combine(day, datetime.time(), company.zone())


def note_success() -> None:
    """An e-mail left: whatever was wrong with the server is over."""
    if MailServer.objects.filter(pk=1, failing_since__isnull=False).update(failing_since=None, problem=""):
        _remember(failing=False)


def note_failure(words: str) -> None:
    """The server could not be used; a refusal of one address is none of this."""
    rows = MailServer.objects.filter(pk=1, enabled=True)
    if rows.update(problem=words[:1000]):
        rows.filter(failing_since=None).update(failing_since=timezone.now())
        _remember(failing=True)


def _remember(*, failing: bool) -> None:
    """Keep in the cache whether something is wrong, so that pages need no query to know."""
    try:
        cache.set(FAILING, 1, None) if failing else cache.delete(FAILING)
    except RedisError as error:
        log.warning("smtp.cache_away", error=str(error))


def is_failing() -> bool:
    """Whether the last e-mail could not leave because of the server."""
    try:
        return bool(cache.get(FAILING))
    except RedisError:
        return False


def send_test(to: str) -> str:
    """Send a test e-mail at once; what went wrong in words, with the server's own, empty when it left."""
    using = way()
    message = EmailMessage(
        subject=_("A test of your e-mail settings"),
        body=_("This e-mail was sent from the settings page. If you can read it, sending works."),
        from_email=using.sender,
        to=[to],
        reply_to=[using.reply_to] if using.reply_to else None,
        connection=using.connection,
    )
    try:
        using.deliver(message)
    except (smtplib.SMTPException, OSError, UnreadableSecret) as error:
        words = in_words(error)
        note_failure(words)
        return words
    note_success()
    return ""


def in_words(error: Exception) -> str:
    """What a mail server's refusal means, with its own words."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        _code, said = next(iter(error.recipients.values()), (0, b""))
        return _("The mail server refused the address: %s") % _text(said)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return _("The mail server did not accept user and password: %s") % _said(error)
    if isinstance(error, smtplib.SMTPSenderRefused):
        return _("The mail server refused the sender's address: %s") % _said(error)
    if isinstance(error, smtplib.SMTPResponseException):
        return _("The mail server refused it: %s") % _said(error)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return _("The mail server can't do what is set here: %s") % error
    if isinstance(error, ssl.SSLCertVerificationError):
        return _("The mail server's certificate is not valid for it: %s") % error.verify_message
    if isinstance(error, ssl.SSLError):
        return _("No private connection could be made; port and security may not fit each other: %s") % (
            error.reason or error
        )
    if isinstance(error, TimeoutError):
        return _("The mail server did not answer within %d seconds.") % SECONDS
    if isinstance(error, UnreadableSecret):
        return _("The stored password can't be read any more. Type it again.")
    return _("The mail server can't be reached: %s") % error


def _said(error: smtplib.SMTPResponseException) -> str:
    return f"{error.smtp_code} {_text(error.smtp_error)}"


def _text(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)


def _connection(server: MailServer) -> Any:
    password = decrypt(server.sealed_password, context=CONTEXT) if server.sealed_password else ""
    return get_connection(
        SMTP,
        fail_silently=False,
        host=server.host,
        port=server.port,
        username=server.username,
        password=password,
        use_tls=server.security == MailSecurity.STARTTLS,
        use_ssl=server.security == MailSecurity.TLS,
        timeout=SECONDS,
    )
