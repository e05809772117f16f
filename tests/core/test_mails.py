"""E-mails to people outside: once each, tried again, never lost without a trace."""

import datetime
import smtplib
from typing import Any

import pytest
from django.core import mail as outbox
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from core.models import Event, MailState, OutgoingMail
from core.services import mails

pytestmark = pytest.mark.django_db(transaction=True)
FAILURES: list[Exception] = []


class Failing(BaseEmailBackend):
    """A mail server that fails as often as told, then takes everything."""

    def send_messages(self, email_messages: Any) -> int:
        if FAILURES:
            raise FAILURES.pop(0)
        outbox.outbox.extend(email_messages)
        return len(email_messages)


@pytest.fixture(autouse=True)
def server(settings: Any) -> None:
    FAILURES.clear()
    settings.EMAIL_BACKEND = f"{__name__}.Failing"
    settings.DEFAULT_FROM_EMAIL = "CRM <crm@example.com>"
    outbox.outbox = []


def plan(key: str = "a", **more: Any) -> OutgoingMail:
    return mails.plan_mail(key, to=["a@example.com"], subject="Hello", body="Text", **more)[0]


def in_hours(hours: int) -> datetime.datetime:
    return timezone.now() + datetime.timedelta(hours=hours)


def test_the_same_key_is_one_email_with_one_message_id() -> None:
    first, second = plan(), plan()
    assert first == second

    assert mails.send_due() == 1
    assert mails.send_due(now=in_hours(24)) == 0

    (sent,) = outbox.outbox
    assert sent.extra_headers["Message-ID"] == f"<{first.message_id}@example.com>"
    assert Event.objects.filter(name="mail.sent").count() == 1


def test_a_server_that_is_away_is_tried_again_with_the_same_message_id() -> None:
    mail = plan()
    FAILURES[:] = [ConnectionRefusedError("refused"), smtplib.SMTPServerDisconnected("gone")]

    assert mails.send_due() == 0
    mail.refresh_from_db()
    assert "can't be reached" in mail.problem
    assert mails.send_due() == 0
    assert mails.send_due(now=in_hours(5)) == 1

    mail.refresh_from_db()
    assert (mail.state, mail.problem) == (MailState.SENT, "")
    assert len(outbox.outbox) == 1


def test_an_address_that_is_refused_for_good_fails_at_once_and_can_be_retried() -> None:
    mail = plan()
    FAILURES[:] = [smtplib.SMTPRecipientsRefused({"a@example.com": (550, b"No such user")})]

    mails.send_due()

    mail.refresh_from_db()
    assert mail.state == MailState.FAILED
    assert mail.problem == "The mail server refused the address: No such user"
    assert Event.objects.get(name="mail.failed").data["reason"] == mail.problem
    assert mails.retry_mail(mail, by=None)
    assert mails.send_due() == 1


def test_it_gives_up_after_many_tries_and_says_so() -> None:
    mail = plan()
    FAILURES[:] = [OSError("down")] * mails.MOST_TRIES

    for turn in range(mails.MOST_TRIES):
        mails.send_due(now=in_hours(24 * (turn + 1)))

    mail.refresh_from_db()
    assert mail.state == MailState.FAILED
    assert "down" in mail.problem


def test_what_was_not_sent_can_be_taken_back_and_what_was_sent_cannot() -> None:
    waiting, gone = plan(), plan("b")
    assert mails.cancel_mail(waiting, by=None)
    mails.send_due()
    assert not mails.cancel_mail(gone, by=None)
    assert len(outbox.outbox) == 1


def test_a_worker_that_died_leaves_it_to_the_next_one() -> None:
    plan()
    assert mails._claimed(timezone.now()) is not None

    assert mails.send_due() == 0
    assert mails.send_due(now=in_hours(1)) == 1


def test_an_attachment_that_is_not_ready_delays_the_email() -> None:
    def not_ready(wanted: Any) -> Any:
        raise mails.NotReady("QuickBooks does not answer.")

    mails.attachment_makers["test"] = not_ready
    try:
        mail = plan(attachments=[{"kind": "test"}])
        mails.send_due()
        mail.refresh_from_db()
        assert (mail.state, mail.problem) == (MailState.PLANNED, "QuickBooks does not answer.")
        mails.attachment_makers["test"] = lambda wanted: ("a.pdf", b"%PDF", "application/pdf")
        assert mails.send_due(now=in_hours(1)) == 1
        assert outbox.outbox[0].attachments[0][0] == "a.pdf"
    finally:
        del mails.attachment_makers["test"]


def test_an_email_that_cannot_be_made_stops_no_other_and_fails_in_the_end(monkeypatch: Any) -> None:
    def broken(wanted: Any) -> Any:
        raise RuntimeError("no paper")

    monkeypatch.setitem(mails.attachment_makers, "broken", broken)
    bad = plan("a", attachments=[{"kind": "broken"}])
    plan("b")

    assert mails.send_due() == 1
    mails.send_due(now=in_hours(24))

    bad.refresh_from_db()
    assert bad.state == MailState.FAILED
    assert "no paper" in bad.problem
    assert Event.objects.get(name="mail.failed").data["reason"] == bad.problem
