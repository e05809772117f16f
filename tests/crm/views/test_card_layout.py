"""Cards of record pages in a person's own order; e-mails that leave from a record."""

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from core.models import OutgoingMail
from core.services import files, mails
from crm import layouts
from crm.models import Activity
from crm.services import outreach

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def keys(client, record):
    """The cards of a record page, in order."""
    page = client.get(reverse(f"crm:{record._meta.model_name}-detail", args=[record.pk]))
    return [card.key for card in page.context["layout"].shown]


def test_cards_stand_in_ones_own_order(signed_in, client, rep, ops, deal, company):
    address = reverse("crm:card-layout", args=["deal"])
    before = keys(signed_in, deal)
    assert {"associations", "tasks", "files", "quotes", "contacts"} <= set(before)
    assert "Move Tasks up" in signed_in.get(address).content.decode()

    order = ["quotes", "tasks", "unknown"]
    done = signed_in.post(address, {"order": order, "shown": [key for key in before if key != "tasks"]}, headers=HTMX)

    assert done["HX-Refresh"] == "true"
    after = keys(signed_in, deal)
    assert after[0] == "quotes"
    assert sorted([*after, "tasks"]) == sorted(before)
    assert "tasks" in keys(signed_in, company)
    client.force_login(ops)
    assert keys(client, deal) == before
    client.force_login(rep)
    client.post(address, {"reset": "1"}, headers=HTMX)
    assert keys(client, deal) == before


def test_what_is_folded_stays_folded(signed_in, rep, deal):
    address = reverse("crm:card-layout", args=["deal"])
    assert signed_in.post(address, {"folding": "1", "folded": ["tasks", "about-deal"]}).status_code == 204
    page = signed_in.get(reverse("crm:deal-detail", args=[deal.pk])).content.decode()
    assert 'data-folded-cards="tasks about-deal"' in page
    layouts.reset(rep, "deal")
    assert layouts.arranged(rep, "deal").folded == ["tasks", "about-deal"]
    signed_in.post(address, {"folding": "1"})
    assert layouts.arranged(rep, "deal").folded == []


def test_an_email_leaves_from_a_record_and_stands_on_its_timeline(signed_in, rep, contact, company, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    file = files.add_file("contact", contact.pk, SimpleUploadedFile("plan.txt", b"roses"), by=rep)
    address = reverse("crm:mail-compose", args=["contact", contact.pk])
    form = signed_in.get(address, headers=HTMX)
    assert "grace@example.com" in form.content.decode()
    data = {
        "key": str(form.context["form"].initial["key"]), "to": "grace@example.com, amy@example.com",
        "subject": "Plan for {{ company }}", "body": "Dear {{ first_name }},\nas agreed.\n{{ my_name }}",
        "attached": [str(file.pk)], "about": [f"company:{company.pk}"],
    }  # fmt: skip

    assert signed_in.post(address, data, headers=HTMX).status_code == 204
    assert signed_in.post(address, data, headers=HTMX).status_code == 204

    activity = Activity.objects.get()
    assert (activity.subject, activity.kind) == ("Plan for Cool Cars", "email")
    assert OutgoingMail.objects.count() == 1
    timeline = reverse("crm:timeline", args=["company", company.pk])
    assert "Waiting to be sent" in signed_in.get(timeline).content.decode()
    mails.send_due()
    (sent,) = mail.outbox
    assert (sent.subject, sent.to) == ("Plan for Cool Cars", ["grace@example.com", "amy@example.com"])
    assert sent.body == "Dear Grace,\nas agreed.\nRita Rep"
    assert sent.reply_to == [rep.email]
    assert sent.attachments[0][0] == "plan.txt"
    assert "sent an e-mail" in signed_in.get(timeline).content.decode()


def test_an_email_that_can_not_leave_says_why(signed_in, client, looker, contact):
    address = reverse("crm:mail-compose", args=["contact", contact.pk])
    key = "11111111-1111-4111-8111-111111111111"
    fine = {"key": key, "to": "a@example.com", "subject": "Hi", "body": "x"}
    for change, words in (
        ({"to": "nobody"}, "is not an e-mail address"),
        ({"subject": "{{ frist_name }}"}, "first_name"),
        ({"subject": ""}, "This field is required."),
        ({"to": ",".join(f"a{n}@example.com" for n in range(21))}, "At most 20"),
    ):
        answer = signed_in.post(address, {**fine, **change}, headers=HTMX)
        assert (answer.status_code, words in answer.content.decode()) == (422, True), change
    assert not OutgoingMail.objects.exists()
    with pytest.raises(mails.NotReady):
        outreach.stored_file({"file": 0, "name": "gone.txt"})
    client.force_login(looker)
    assert client.get(address).status_code == 403
