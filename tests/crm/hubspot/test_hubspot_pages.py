"""The pages of a HubSpot import: from several files at once to undoing all of it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from crm.models import Company, HubspotImport, Pipeline
from tests.crm.hubspot.conftest import FILES

pytestmark = pytest.mark.django_db


def test_from_several_files_to_undoing_them(client, admin, ops, settle, django_capture_on_commit_callbacks):
    client.force_login(admin)
    files = [SimpleUploadedFile(name, (FILES / name).read_bytes()) for name in ("deals.csv", "companies.csv")]
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("imports:hubspot-create"), {"exports": files})
    batch = HubspotImport.objects.get()
    url = reverse("imports:hubspot", args=[batch.pk])
    assert answer.url == url
    assert "The files are being read." in client.get(url).content.decode()

    settle()
    page = client.get(url).content.decode()
    for part in ("Former Employee", "Closed Won", "Garden Pipeline", "Make it, won", "Customer tier", "Deal Type"):
        assert part in page

    # What is not chosen is left out.
    given = {"owner-0": "", "owner-1": str(ops.pk), "stage-0": "new:won", "stage-1": "new:open", "stage-2": "new:lost"}
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(url, given).url == url
    settle()
    page = client.get(url).content.decode()
    assert "Nothing is written yet." in page
    assert Company.objects.count() == 0
    file = client.get(reverse("imports:outcome", args=[batch.files.get(object_type="company").pk])).content.decode()
    assert "All files of this export" in file
    assert "Start the import" not in file

    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("imports:hubspot-act", args=[batch.pk, "start"]))
    settle()
    page = client.get(url).content.decode()
    assert reverse("invoices:hubspot-parity", args=[batch.pk]) in page
    assert "2 associations were made." in page
    assert Company.objects.get(name="Berger Gardens").owner == ops
    assert Pipeline.objects.filter(name="Garden Pipeline").exists()
    assert "companies.csv" in client.get(reverse("imports:list")).content.decode()

    # A file of it can't be undone by itself.
    job = batch.files.get(object_type="company")
    assert client.post(reverse("imports:act", args=[job.pk, "undo"])).url == url
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("imports:hubspot-act", args=[batch.pk, "undo"]))
    settle()
    assert "The import is undone." in client.get(url).content.decode()
    assert not Company.objects.filter(archived_at=None).exists()


def test_a_file_that_is_no_export_is_refused_on_the_page(client, admin):
    client.force_login(admin)

    answer = client.post(reverse("imports:hubspot-create"), {"exports": SimpleUploadedFile("a.csv", b"Colour\nred\n")})

    assert (answer.status_code, HubspotImport.objects.count()) == (422, 0)
    assert "“a.csv” is not recognised as an export of HubSpot." in answer.content.decode()


def test_an_import_of_somebody_else_is_not_found(client, ops, uploaded):
    batch = uploaded("companies.csv")
    client.force_login(ops)

    assert client.get(reverse("imports:hubspot", args=[batch.pk])).status_code == 404
    assert client.post(reverse("imports:hubspot-act", args=[batch.pk, "discard"])).status_code == 404


def test_a_prepared_import_can_be_discarded(client, admin, uploaded):
    batch = uploaded("companies.csv")
    client.force_login(admin)

    assert client.post(reverse("imports:hubspot-act", args=[batch.pk, "discard"])).url == reverse("imports:list")
    assert not HubspotImport.objects.exists()


def test_a_file_that_can_not_be_read_to_its_end_says_so_and_can_be_discarded(client, admin, uploaded):
    head = "Record ID,Company name,Company owner\n"
    batch = uploaded(("companies.csv", head + "1,Cool Cars,\n" * 200 + "2,Berger" + "," * 600 + "x\n"))
    client.force_login(admin)

    page = client.get(reverse("imports:hubspot", args=[batch.pk])).content.decode()

    assert (batch.state, "more than 500 columns" in page, "Discard this import" in page) == ("failed", True, True)
    client.post(reverse("imports:hubspot-act", args=[batch.pk, "discard"]))
    assert not HubspotImport.objects.exists()
