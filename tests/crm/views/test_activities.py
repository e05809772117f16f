"""Notes, calls, e-mails and meetings on record pages: written, changed, pinned, deleted; who may; what it costs."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from core.models import Event, EventLink
from crm.models import Activity, ActivityLink
from crm.queries import timeline
from crm.services import activities, deals, tasks

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def add(client, record, kind, **data):
    """Send the composer's form."""
    address = reverse("crm:activity-add", args=[record._meta.model_name, record.pk, kind])
    return client.post(address, data, headers=HTMX)


def told(client, record, **filters):
    """The lines of the record's timeline."""
    address = reverse("crm:timeline", args=[record._meta.model_name, record.pk])
    return client.get(address, filters).context["timeline_lines"]


def test_a_call_is_logged_on_several_records(signed_in, rep, contact, company, deal):
    form = signed_in.get(reverse("crm:activity-add", args=["contact", contact.pk, "call"]), headers=HTMX)
    assert str(company) in form.content.decode()
    assert str(deal) in form.content.decode()

    answer = add(
        signed_in, contact, "call", body="Wants roses", direction="out", outcome="connected", minutes="12",
        occurred_at="2026-01-05T10:30", about=[f"company:{company.pk}", f"deal:{deal.pk}"],
    )  # fmt: skip

    assert answer.status_code == 200
    call = Activity.objects.get()
    assert (call.duration_seconds, call.by, call.outcome) == (720, rep, "connected")
    for record in (contact, company, deal):
        (line,) = told(signed_in, record, kind="call")
        assert (line.sentence, line.said["facts"]) == ("called", ("Connected", "12 min"))
    event = Event.objects.get(name="call.logged")
    assert event.data["outcome"] == "connected"
    assert EventLink.objects.filter(event=event).count() == 3


def test_an_email_of_a_deal_is_thought_to_have_gone_to_its_contact(signed_in, rep, deal, contact):
    form = signed_in.get(reverse("crm:activity-add", args=["deal", deal.pk, "email"]), headers=HTMX).context["form"]

    assert (form["recipients"].value(), form["sender"].value()) == (contact.email, rep.email)


def test_what_is_incomplete_is_refused_at_its_field(signed_in, contact):
    tomorrow = (timezone.now() + datetime.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    for kind, data, words in (
        ("note", {"body": " "}, "Write something first."),
        ("meeting", {"body": "x"}, "This field is required."),
        ("email", {"recipients": "a@example.com"}, "Give the subject or the text."),
        ("call", {"minutes": "-3"}, "Give the duration in minutes"),
        ("call", {"occurred_at": tomorrow}, "in the future"),
    ):
        answer = add(signed_in, contact, kind, **data)
        assert answer.status_code == 422, kind
        assert words in answer.content.decode(), kind
        assert answer["HX-Retarget"] == "#composer"
    assert not Activity.objects.exists()
    assert signed_in.get(reverse("crm:activity-add", args=["contact", contact.pk, "dance"])).status_code == 404


def test_words_are_text_whatever_they_hold(signed_in, contact):
    add(signed_in, contact, "note", body="<script>alert(1)</script> https://example.com/x")
    add(
        signed_in, contact, "email", subject="<img src=x onerror=alert(2)>", sender="<b>a@example.com",
        body="<html><style>p{}</style><p>Hello&nbsp;<b>Grace</b></p><script>alert(3)</script><p>Bye</p></html>",
    )  # fmt: skip

    page = signed_in.get(reverse("crm:contact-detail", args=[contact.pk])).content.decode()

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert Activity.objects.get(kind="email").body == "Hello Grace\n\nBye"
    assert 'rel="nofollow"' in page


def test_the_timeline_mixes_by_time_searches_and_goes_back(signed_in, rep, contact):
    old = timezone.now() - datetime.timedelta(days=30)
    for number in range(25):
        moment = old + datetime.timedelta(hours=number)
        activities.log([contact], kind="call", by=rep, body=f"call {number}", occurred_at=moment)
    activities.log([contact], kind="note", by=rep, body="Roses, not tulips")

    lines = told(signed_in, contact)
    assert [line.kind for line in lines[:3]] == ["note", "change", "call"]
    assert lines[0].day == "Today"
    assert [line.said.get("body") for line in told(signed_in, contact, words="TULIPS")] == ["Roses, not tulips"]
    assert {line.kind for line in told(signed_in, contact, kind=["note", "change"])} == {"note", "change"}

    seen, more = [], reverse("crm:timeline", args=["contact", contact.pk])
    while more:
        answer = signed_in.get(more)
        seen += [line.said.get("body") for line in answer.context["timeline_lines"]]
        more = answer.context["timeline_more"]
    assert seen == ["Roses, not tulips", None, *(f"call {number}" for number in reversed(range(25)))]


def test_a_place_in_the_timeline_survives_the_address():
    now = timezone.now()
    place = timeline.Place(12, now, 7, "2026-01-05")

    assert timeline.Place.read(str(place)) == place
    for odd in ("", "1.2", "a.b.c.d", "9" * 30 + ".1.1.x", "1.9999999999999999999.1.x"):
        assert timeline.Place.read(odd) == timeline.Place(), odd


def test_a_pinned_note_stands_on_top_and_not_twice(signed_in, rep, contact, deal):
    note = activities.log([contact, deal], kind="note", by=rep, body="Never call before ten")
    address = reverse("crm:activity-pin", args=[note.pk, "contact", contact.pk])

    answer = signed_in.post(address, headers=HTMX)

    assert [line.activity for line in answer.context["timeline_pinned"]] == [note.pk]
    assert note.pk not in [line.activity for line in answer.context["timeline_lines"]]
    assert note.pk in [line.activity for line in told(signed_in, deal)]
    assert [line.activity for line in told(signed_in, contact, kind="note")] == [note.pk]
    signed_in.post(address, {"pinned": "0"}, headers=HTMX)
    assert note.pk in [line.activity for line in told(signed_in, contact)]
    elsewhere = reverse("crm:activity-pin", args=[note.pk, "company", contact.company_id])
    assert signed_in.post(elsewhere).status_code == 404


def test_a_note_is_changed_and_deleted_by_who_wrote_it(signed_in, client, rep, contact, deal, company):
    note = activities.log([contact, deal], kind="note", by=rep, body="Wants lilies")
    address = reverse("crm:activity-edit", args=[note.pk])
    assert "Wants lilies" in signed_in.get(address, headers=HTMX).content.decode()

    answer = signed_in.post(
        address, {"body": "Wants roses", "about": [f"contact:{contact.pk}", f"company:{company.pk}"]}, headers=HTMX
    )

    assert answer.status_code == 204
    assert "record:changed" in answer["HX-Trigger"]
    shown = set(note.links.values_list("object_type", "object_id"))
    assert shown == {("contact", contact.pk), ("company", company.pk)}
    (line,) = told(signed_in, contact, kind="note")
    assert (line.said["body"], line.said["facts"]) == ("Wants roses", ("edited",))
    assert signed_in.post(address, {"body": "x", "about": []}, headers=HTMX).status_code == 422

    signed_in.post(reverse("crm:activity-delete", args=[note.pk, "contact", contact.pk]), headers=HTMX)

    note.refresh_from_db()
    assert (note.body, note.deleted_at is not None) == ("", True)
    assert "deleted a note" in [line.sentence for line in told(signed_in, contact)]
    assert not any("roses" in str(event.data) or "lilies" in str(event.data) for event in Event.objects.all())
    assert signed_in.get(address).status_code == 404


def test_others_may_change_it_only_with_the_permission(client, rep, ops, admin, looker, contact):
    note = activities.log([contact], kind="note", by=ops, body="Mine")
    for user, expected in ((looker, 403), (rep, 403), (admin, 200), (ops, 200)):
        client.force_login(user)
        assert client.get(reverse("crm:activity-edit", args=[note.pk])).status_code == expected, user
    client.force_login(looker)
    page = client.get(reverse("crm:contact-detail", args=[contact.pk])).content.decode()
    assert "Mine" in page
    assert "composer" not in page
    assert add(client, contact, "note", body="x").status_code == 403
    assert client.post(reverse("crm:activity-pin", args=[note.pk, "contact", contact.pk])).status_code == 403


def test_what_is_to_come_stands_apart(signed_in, rep, contact):
    soon = timezone.now() + datetime.timedelta(days=2)
    activities.log([contact], kind="meeting", by=rep, subject="Site visit", occurred_at=soon)
    tasks.create(by=rep, about=contact, title="Send the plan", assignee=rep)
    done = tasks.create(by=rep, about=contact, title="Old one", assignee=rep)
    tasks.complete([done], by=rep)

    page = signed_in.get(reverse("crm:timeline-upcoming", args=["contact", contact.pk])).content.decode()

    assert "Site visit" in page
    assert "Send the plan" in page
    assert "Old one" not in page
    assert "meeting" not in [line.kind for line in told(signed_in, contact)]


def test_a_timeline_costs_the_same_for_one_and_for_thirty(signed_in, rep, deal):
    def cost(name):
        with CaptureQueriesContext(connection) as captured:
            assert signed_in.get(reverse(name, args=["deal", deal.pk])).status_code == 200
        return len(captured)

    def grow(count):
        soon = timezone.now() + datetime.timedelta(days=2)
        for number in range(count):
            note = activities.log([deal], kind="note", by=rep, body=f"note {number}")
            activities.pin(activities.log([deal], kind="note", by=rep, body="pinned"), deal, pinned=True)
            activities.log([deal], kind="meeting", by=rep, subject=f"meeting {number}", occurred_at=soon)
            tasks.create(by=rep, about=deal, title=f"task {number}", assignee=rep)
            assert note.pk
        deals.update(deal, by=rep, name=f"Garden {count}")

    grow(1)
    few = [cost("crm:timeline"), cost("crm:timeline-upcoming")]
    grow(30)
    assert [cost("crm:timeline"), cost("crm:timeline-upcoming")] == few
    assert max(few) <= 6
    assert ActivityLink.objects.count() == 93
