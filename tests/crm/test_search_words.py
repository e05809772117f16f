"""What people wrote down and the files on records are found by the search over everything."""

import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from core.models import StoredFile
from core.services.files import add_file
from core.views import search
from crm.models import Company, Contact
from crm.services import activities, records

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme(db) -> Company:
    return Company.objects.create(name="Acme")


def found(user, text: str) -> dict[str, list[int]]:
    return {kind: [each.pk for each in matches] for kind, matches in search._found(user, text, most=20).items()}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("penguin", "note"),
        ("peng", "note"),
        ("zebra fence", "call"),
        ("giraffe", "email"),
        ("lena@zoo.example", "email"),
        ("aquarium hall", "meeting"),
    ],
)
def test_activities_are_found_by_all_their_words(acme, rep, text, kind):
    yesterday = timezone.now() - datetime.timedelta(days=1)
    logged = {
        "note": activities.log([acme], kind="note", by=rep, body="They want a penguin house."),
        "call": activities.log([acme], kind="call", by=rep, subject="About the zebras’ fence", occurred_at=yesterday),
        "email": activities.log(
            [acme], kind="email", by=rep, subject="Giraffes", sender="lena@zoo.example", occurred_at=yesterday
        ),
        "meeting": activities.log([acme], kind="meeting", by=rep, subject="Kick-off", place="Aquarium, small hall"),
    }

    assert found(rep, text) == {"activity": [logged[kind].pk]}


def test_an_activity_leads_to_its_record_with_the_timeline_at_its_words(client, acme, rep):
    contact = Contact.objects.create(first_name="Lena", last_name="Smith")
    activities.log([contact, acme], kind="note", by=rep, body="Wants penguins\nand much more")
    activities.log([contact], kind="note", by=rep, body="Something else")
    client.force_login(rep)

    (group,) = client.get(reverse("core:palette"), {"q": "penguins"}).context["groups"]
    (hit,) = group.hits
    page = client.get(hit.url)

    assert (hit.title, hit.icon) == ("Wants penguins", "note")
    assert hit.detail.startswith("Note · Lena Smith · ")
    assert hit.url.startswith(reverse("crm:contact-detail", args=[contact.pk]))
    assert [line.said["body"] for line in page.context["timeline_lines"]] == ["Wants penguins\nand much more"]


def test_a_deleted_activity_is_found_no_more(acme, rep):
    note = activities.log([acme], kind="note", by=rep, body="penguin")
    activities.delete(note, by=rep)

    assert found(rep, "penguin") == {}


def test_files_are_found_by_name_and_lead_to_their_record(client, acme, rep, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    file = add_file("company", acme.pk, SimpleUploadedFile("Fence-plan 2026.txt", b"plan"), by=rep)
    records_hit = client_hit(client, rep, "plan 2026")

    assert found(rep, "fence-pl") == {"file": [file.pk]}
    assert (records_hit.title, records_hit.detail) == ("Fence-plan 2026.txt", "Acme · 4\xa0bytes")
    assert records_hit.url == reverse("crm:company-detail", args=[acme.pk]) + "#card-files"

    records.archive(acme, by=rep)
    assert client_hit(client, rep, "fence").detail.endswith("Archived")


def client_hit(client, user, text: str):
    """The one match of the palette."""
    client.force_login(user)
    (group,) = client.get(reverse("core:palette"), {"q": text}).context["groups"]
    (hit,) = group.hits
    return hit


def test_files_of_what_a_person_may_not_see_are_not_even_counted(acme, rep, looker):
    for number, kind in enumerate(("invoice", "invoicedraft", "company"), 1):
        StoredFile.objects.create(
            object_type=kind, object_id=acme.pk, name=f"fence {number}.txt", size=1, content=f"files/{number}"
        )
    company_file = StoredFile.objects.get(object_type="company")

    assert found(looker, "fence") == {"file": [company_file.pk]}
    # A draft has no page; the file on the invoice is one that a rep may see.
    assert len(found(rep, "fence")["file"]) == 2
