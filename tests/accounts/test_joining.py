"""Invitations and forgotten passwords: what leaves by e-mail, and what its link does."""

import datetime
import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import tasks
from accounts.models import Invitation, Role, Team, User
from core.models import Event, OutgoingMail
from core.services import mails

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
CHOSEN = "another long phrase"


@pytest.fixture(autouse=True)
def no_attempts_before():
    cache.clear()


@pytest.fixture
def admin(client):
    user = User.objects.create_user(
        "ada@example.com", PASSWORD, name="Ada", role=Role.objects.get(name="Admin"), language="en-gb"
    )
    client.force_login(user)
    return user


@pytest.fixture
def rep():
    return User.objects.create_user("rep@example.com", PASSWORD, name="Rita", role=Role.objects.get(name="Sales rep"))


def invite(client, **other):
    team, _new = Team.objects.get_or_create(name="North")
    role = Role.objects.get(name="Sales rep")
    typed = {"name": "Nora New", "email": "nora@example.com", "role": role.pk, "teams": [team.pk]}
    return client.post(reverse("accounts:invite"), typed | other)


def link():
    """The link of the last e-mail that left."""
    mails.send_due()
    return re.search(r"http://127\.0\.0\.1:8000(/\S+)", mail.outbox[-1].body)[1]


def test_an_invited_person_chooses_a_password_once_and_is_in(client, admin):
    assert invite(client).status_code == 302
    address = link()
    stored = "".join(OutgoingMail.objects.values_list("body", flat=True)) + str(Invitation.objects.values().get())
    assert address.split("/")[-2] not in stored

    nora = Client()
    assert b"nora@example.com" in nora.get(address).content
    assert nora.post(address, {"time_zone": "Europe/Paris", "password": "password123"}).status_code == 422
    assert nora.post(address, {"time_zone": "Europe/Paris", "password": CHOSEN}).url == "/"

    assert nora.get("/").status_code == 200
    made = User.objects.get(email="nora@example.com")
    assert (made.name, made.role.name, made.time_zone, made.language) == (
        "Nora New", "Sales rep", "Europe/Paris", "en-gb",
    )  # fmt: skip
    assert [team.name for team in made.teams.all()] == ["North"]
    assert Client().get(address).status_code == 404
    assert Client().post(address, {"time_zone": "UTC", "password": CHOSEN}).status_code == 404


def test_sending_again_ends_the_former_link_and_withdrawing_ends_all(client, admin):
    invite(client)
    first = link()
    invitation = Invitation.objects.get()

    client.post(reverse("accounts:invitation-resend", args=[invitation.pk]))

    second = link()
    assert (Client().get(first).status_code, Client().get(second).status_code) == (404, 200)
    client.post(reverse("accounts:invitation-withdraw", args=[invitation.pk]))
    assert Client().get(second).status_code == 404
    names = list(Event.objects.filter(object_type="invitation").order_by("pk").values_list("name", flat=True))
    assert names == ["invitation.sent", "invitation.sent", "invitation.withdrawn"]


def test_an_invitation_ends_after_a_week_and_can_be_sent_again(client, admin):
    invite(client)
    address = link()
    Invitation.objects.update(expires_at=timezone.now() - datetime.timedelta(seconds=1))

    assert Client().get(address).status_code == 404
    assert b"Expired" in client.get(reverse("accounts:user-list")).content
    client.post(reverse("accounts:invitation-resend", args=[Invitation.objects.get().pk]))
    assert Client().get(link()).status_code == 200


def test_who_is_here_or_invited_already_is_not_invited(client, admin, rep):
    invite(client)

    again = invite(client, email="NORA@example.com")
    known = invite(client, email="REP@example.com")

    assert (again.status_code, known.status_code) == (422, 422)
    assert b"is invited already" in again.content
    assert b"exists already" in known.content
    assert Invitation.objects.count() == 1


def test_an_invitation_withdrawn_before_its_email_left_sends_none(client, admin):
    invite(client)
    client.post(reverse("accounts:invitation-withdraw", args=[Invitation.objects.get().pk]))

    mails.send_due()

    assert mail.outbox == []
    assert OutgoingMail.objects.get().state == "cancelled"


def ask(email, **more):
    return Client(**more).post(reverse("accounts:forgotten"), {"email": email})


def run_task():
    tasks.send_resets(list(Event.objects.filter(name="user.reset_requested").values_list("pk", flat=True)))


def test_a_forgotten_password_is_chosen_anew_by_a_link_that_works_once(rep):
    there = Client()
    there.post(reverse("accounts:login"), {"username": "rep@example.com", "password": PASSWORD})
    ask("REP@example.com")
    run_task()
    run_task()
    address = link()
    assert len(mail.outbox) == 1
    assert "new-password" not in OutgoingMail.objects.get().body

    client = Client()
    shown = client.get(address)
    assert address.split("/")[-2] not in shown.url
    assert client.post(shown.url, {"password": "password123"}).status_code == 422
    assert client.post(shown.url, {"password": CHOSEN}).url == reverse("accounts:login")

    rep.refresh_from_db()
    assert rep.check_password(CHOSEN)
    assert there.get("/").status_code == 302
    assert "_auth_user_id" not in client.session
    assert b"no longer works" in Client().get(address).content
    assert OutgoingMail.objects.filter(subject="Your password was reset").count() == 1


def test_the_answer_is_the_same_for_addresses_that_nobody_has(rep, django_capture_on_commit_callbacks):
    User.objects.create_user("off@example.com", PASSWORD, name="Off", is_active=False)
    answers = [ask(email) for email in ("rep@example.com", "nobody@example.com", "off@example.com")]

    run_task()
    mails.send_due()

    assert {(answer.status_code, answer.url) for answer in answers} == {(302, reverse("accounts:reset-asked"))}
    assert [message.to for message in mail.outbox] == [["rep@example.com"]]
    assert Event.objects.filter(name="user.reset_requested").count() == 3


def test_nobody_is_flooded_with_links(rep):
    for _number in range(5):
        assert ask("rep@example.com").status_code == 302

    run_task()

    assert OutgoingMail.objects.count() == 3


def test_a_reset_lets_in_who_had_to_wait(rep):
    for _number in range(10):
        Client().post(reverse("accounts:login"), {"username": "rep@example.com", "password": "guess"})
    ask("rep@example.com")
    run_task()
    client = Client()
    client.post(client.get(link()).url, {"password": CHOSEN})

    answer = client.post(reverse("accounts:login"), {"username": "rep@example.com", "password": CHOSEN})

    assert answer.url == "/"
