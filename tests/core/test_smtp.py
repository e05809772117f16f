"""E-mails by a mail server of the settings page: a real one, on this machine."""

import datetime
import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from core.models import Event, MailServer, MailState, OutgoingMail
from core.services import mails, smtp

pytestmark = pytest.mark.django_db
PASSWORD = "s3cret-of-the-server"


class Session(socketserver.StreamRequestHandler):
    """One connection: enough of RFC 5321 for Django's client."""

    def handle(self) -> None:
        server: Any = self.server
        self.say("220 test ESMTP")
        for line in iter(self.rfile.readline, b""):
            words = line.decode().strip()
            verb = words.split(" ")[0].upper()
            if verb == "EHLO":
                self.say("250-test\r\n250 AUTH PLAIN LOGIN")
            elif verb == "AUTH":
                server.logins.append(words)
                self.say(server.login_answer)
            elif verb == "RCPT":
                self.say(server.recipient_answer)
            elif verb == "DATA":
                self.say("354 go on")
                server.messages.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
                self.say("250 taken")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


class Server(socketserver.ThreadingTCPServer):
    """A mail server that keeps what it gets."""

    daemon_threads = True

    def __init__(self) -> None:
        self.logins: list[str] = []
        self.messages: list[str] = []
        self.login_answer, self.recipient_answer = "235 welcome", "250 ok"
        super().__init__(("127.0.0.1", 0), Session)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join(5)


@pytest.fixture
def ada() -> User:
    return User.objects.create_user(
        "ada@example.com", "correct horse battery", name="Ada", role=Role.objects.get(name="Admin")
    )


@pytest.fixture
def admin(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def use(server: Server, by: User, password: str | None = PASSWORD, **more: Any) -> MailServer:
    values = {
        "enabled": True, "host": "127.0.0.1", "port": server.server_address[1], "security": "none",
        "username": "crm", "from_address": "sales@garden.example", "from_name": "Garden & Sons", **more,
    }  # fmt: skip
    return smtp.change(values, password=password, by=by)


def plan(key: str) -> OutgoingMail:
    return mails.plan_mail(key, to=["alex@example.com"], subject="Hello", body="Text")[0]


def test_mails_leave_by_the_server_of_the_settings(server, ada):
    use(server, ada, reply_to="answers@garden.example")
    mail = plan("a")

    assert mails.send_due() == 1

    (message,) = server.messages
    assert "From: Garden & Sons <sales@garden.example>" in message.replace('"', "")
    assert "Reply-To: answers@garden.example" in message
    assert f"Message-ID: <{mail.message_id}@garden.example>" in message
    assert server.logins[0].startswith("AUTH")


def test_the_password_is_sealed_and_never_told(server, ada, admin):
    row = use(server, ada)

    assert PASSWORD not in row.sealed_password
    assert PASSWORD not in admin.get(reverse("core:mail-server")).content.decode()
    assert PASSWORD not in str(list(Event.objects.values_list("data", flat=True)))


def test_a_kept_password_goes_to_no_other_server(server, ada):
    use(server, ada)

    with pytest.raises(smtp.BadServer) as refused:
        use(server, ada, password=None, host="mail.elsewhere.example")

    assert refused.value.field == "password"
    assert MailServer.objects.get().host == "127.0.0.1"
    assert use(server, ada, password=None, from_name="Other").from_name == "Other"


def test_a_refused_login_is_told_in_the_servers_words_and_keeps_mails_for_later(server, ada, admin):
    use(server, ada)
    server.login_answer = "535 5.7.8 Wrong password"
    mail = plan("a")

    assert mails.send_due() == 0

    mail.refresh_from_db()
    assert (mail.state, mail.problem) == (
        MailState.PLANNED,
        "The mail server did not accept user and password: 535 5.7.8 Wrong password",
    )
    assert MailServer.objects.get().failing_since is not None
    assert "E-mails can’t leave" in admin.get(reverse("core:settings")).content.decode()
    server.login_answer = "235 welcome"
    assert mails.send_due(now=mail.due_at + datetime.timedelta(hours=1)) == 1
    assert MailServer.objects.get().failing_since is None
    assert "E-mails can’t leave" not in admin.get(reverse("core:settings")).content.decode()


def test_a_test_email_says_what_the_server_said(server, ada, admin):
    use(server, ada)

    taken = admin.post(reverse("core:mail-test"), {"to": "me@example.com"}, follow=True)
    server.recipient_answer = "550 No such user here"
    refused = admin.post(reverse("core:mail-test"), {"to": "me@example.com"}, follow=True)

    assert "took the test e-mail" in taken.content.decode()
    assert "No such user here" in refused.content.decode()
    assert len(server.messages) == 1


def test_without_a_server_a_test_email_is_not_said_to_have_left(admin, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

    answer = admin.post(reverse("core:mail-test"), {"to": "me@example.com"}, follow=True).content.decode()

    assert "only written to the log" in answer
    assert "took the test e-mail" not in answer


def test_a_server_that_is_away_is_told(server, ada):
    use(server, ada, port=1)

    assert "can't be reached" in smtp.send_test("me@example.com")


def test_what_is_over_the_daily_limit_leaves_the_next_day(server, ada):
    use(server, ada, daily_limit=2)
    plans = [plan(key) for key in "abc"]

    assert mails.send_due() == 2

    plans[2].refresh_from_db()
    assert (plans[2].state, plans[2].attempts) == (MailState.PLANNED, 0)
    assert "daily limit" in plans[2].problem
    assert mails.send_due(now=plans[2].due_at) == 1


def test_the_page_keeps_the_settings_and_asks_for_what_is_missing(admin):
    sent = {"enabled": "on", "host": "", "port": "587", "security": "starttls", "from_address": "a@example.com"}

    assert "Name the server" in admin.post(reverse("core:mail-server"), sent).content.decode()
    assert admin.post(reverse("core:mail-server"), {**sent, "host": "smtp.example.com"}).status_code == 302

    assert (MailServer.objects.get().host, MailServer.objects.get().enabled) == ("smtp.example.com", True)


def test_the_health_page_tells_of_mails_that_failed_and_sends_one_again(server, ada, admin):
    use(server, ada)
    server.recipient_answer = "550 5.1.1 No such mailbox"
    refused = plan("refused")
    mails.send_due()
    server.recipient_answer = "451 4.2.2 Mailbox is full"
    plan("late")
    mails.send_due()

    card = admin.get(reverse("core:mail-health"))
    assert [mail.pk for mail, _page in card.context["failed"]] == [refused.pk]
    assert [mail.key for mail, _page in card.context["late"]] == ["late"]
    assert "No such mailbox" in card.text
    assert reverse("core:mail-health") in admin.get(reverse("sync:health")).text

    again = admin.post(reverse("core:mail-retry", args=[refused.pk]), headers={"HX-Request": "true"})
    assert (again.context["failed"], again.status_code) == ([], 200)
    refused.refresh_from_db()
    assert refused.state == MailState.PLANNED


def test_a_server_that_refuses_everything_is_told_on_the_health_page(server, ada, admin):
    use(server, ada)
    server.login_answer = "535 5.7.8 Wrong password"
    plan("a")
    mails.send_due()

    assert "Wrong password" in admin.get(reverse("core:mail-health")).text
