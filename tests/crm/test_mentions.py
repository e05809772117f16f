"""Colleagues who are named in notes: who is meant, who is told, and what they find on their home page."""

import pytest
from django.urls import reverse

from core.models import Event, MailState, OutgoingMail
from core.services import mails
from crm.services import activities, mentions

pytestmark = pytest.mark.django_db


def note(record, by, text):
    return activities.log([record], kind="note", by=by, body=text)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@Oscar Ops, please call", {"ops@example.com"}),
        ("ask @oscar ops and @admin@example.com.", {"ops@example.com", "admin@example.com"}),
        ("(@ops) has it", {"ops@example.com"}),
        ("write to ops@example.com", set()),
        ("@opsy and @Nobody", set()),
        ("", set()),
    ],
)
def test_names_addresses_and_their_beginnings_are_recognised(rep, ops, admin, text, named):
    assert {person.email for person in mentions.people_in(text)} == named


def test_whoever_is_named_is_told_once_by_mail_and_on_the_home_page(client, rep, ops, deal):
    written = note(deal, rep, "@Oscar Ops look, says @Rita Rep")
    activities.change(written, by=rep, body="@Oscar Ops look again")

    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.subject) == (["ops@example.com"], "Rita Rep mentioned you")
    assert reverse("crm:deal-detail", args=[deal.pk]) in mail.body
    assert Event.objects.filter(name="user.mentioned").count() == 1
    client.force_login(ops)
    card = client.get(reverse("crm:mention-home")).content.decode()
    assert "Garden redesign" in card
    assert "look again" in card


def test_a_deleted_note_is_told_nobody_any_more(client, rep, ops, deal):
    written = note(deal, rep, "@ops secret")
    activities.delete(written, by=rep)

    mails.send_due()

    assert OutgoingMail.objects.get().state == MailState.CANCELLED
    client.force_login(ops)
    assert "secret" not in client.get(reverse("crm:mention-home")).content.decode()


def test_colleagues_are_offered_by_any_word_of_their_name(client, rep, ops, admin):
    admin.name = "Oscar Other"
    admin.save()
    client.force_login(rep)

    def offered(typed):
        return [each["value"] for each in client.get(reverse("crm:mention-choices"), {"q": typed}).json()["results"]]

    assert offered("os") == ["Oscar Ops", "Oscar Other"]
    assert offered("oth") == ["Oscar Other"]
    assert offered("ops@") == ["Oscar Ops"]
    assert offered("rita") == []
    admin.name = "Oscar Ops"
    admin.save()
    assert offered("oscar o") == ["admin@example.com", "ops@example.com"]
    assert [person.email for person in mentions.people_in("@admin@example.com, @ops@example.com")] == offered("oscar o")
    admin.is_active = False
    admin.save()
    assert offered("oscar") == ["Oscar Ops"]
