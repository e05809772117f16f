"""The pages of an import: who sees them, the way through the steps, what is left out and taken back."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from core import import_notes
from crm.imports import runs
from crm.models import Contact, Import

pytestmark = pytest.mark.django_db


@pytest.fixture
def web(client, ops):
    """A browser in which the operations person is signed in."""
    client.force_login(ops)
    return client


def send(client, content: bytes, object_type="contact", name="people.csv"):
    file = SimpleUploadedFile(name, content)
    return client.post(reverse("imports:create", args=[object_type]), {"file": file})


def test_from_the_upload_to_its_undoing(web, monkeypatch):
    monkeypatch.setattr(import_notes, "notes", [lambda kind, new, changed: [f"{new} of {kind} go elsewhere too"]])
    answer = send(web, "Vorname;E-Mail;Seit\nJosé;jose@example.com;31.01.2026\nNo;nothing;\n".encode("cp1252"))
    job = Import.objects.get()
    assert answer.url == reverse("imports:file", args=[job.pk])
    page = web.get(answer.url).content.decode()
    assert "José" in page
    assert "Western European (Windows-1252)" in page

    answer = web.post(answer.url, {"encoding": "cp1252", "delimiter": ";"})
    assert answer.url == reverse("imports:columns", args=[job.pk])
    chosen = {"column-0": "first_name", "column-1": "email", "column-2": "", "date_order": "dmy", "decimal": "."}
    refused = web.post(answer.url, {**chosen, "column-2": "email"})
    assert (refused.status_code, "Two columns go to “E-mail”" in refused.content.decode()) == (422, True)
    answer = web.post(answer.url, chosen)
    assert answer.url == reverse("imports:options", args=[job.pk])

    options = {"mode": "both", "match_by": "", "duplicates": "last", "empty": "keep", "owner": ""}
    refused = web.post(answer.url, options)
    assert "To update records, choose what they are found by." in refused.content.decode()
    answer = web.post(answer.url, {**options, "match_by": "email"})
    outcome = reverse("imports:outcome", args=[job.pk])
    assert answer.url == outcome
    assert "every 2s" in web.get(outcome).content.decode()

    runs.work(job.pk)
    page = web.get(outcome).content.decode()
    for part in ("1 of contact go elsewhere too", "jose@example.com", "Start the import", "“nothing” is not an e-mail"):
        assert part in page
    # What is to be corrected is shown before what is right.
    assert page.index("“nothing” is not an e-mail") < page.index("jose@example.com")
    assert Contact.objects.count() == 0
    web.post(reverse("imports:act", args=[job.pk, "start"]))
    runs.work(job.pk)
    page = web.get(outcome).content.decode()
    shown = web.get(f"{reverse('crm:contact-list')}?import={job.pk}").content.decode()
    assert f"/contacts/?import={job.pk}" in page
    assert "jose@example.com" in shown

    web.post(reverse("imports:act", args=[job.pk, "undo"]))
    runs.work(job.pk)
    assert "The import is undone: 1 record is as it was." in web.get(outcome).content.decode()
    assert Contact.objects.get().archived_at
    assert "people.csv" in web.get(reverse("imports:list")).content.decode()


def test_rows_that_were_left_out_can_be_corrected_and_uploaded_again(web, imported):
    job = imported([
        ["Email", "Phone", "Whatever"],
        ["good@example.com", "+1 2", ""],
        ["bad", "+4 5", "=1+1"],
    ], mapping=["email", "mobile", "job_title"])  # fmt: skip

    answer = web.get(reverse("imports:errors", args=[job.pk]))
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert rows == [
        ["Email", "Phone", "Whatever", "Error"],
        ["bad", "'+4 5", "'=1+1", "E-mail: “bad” is not an e-mail address. It looks like name@example.com."],
    ]

    rows[1][0] = "better@example.com"
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    send(web, buffer.getvalue().encode())
    again = Import.objects.latest("pk")
    assert again.mapping == ["email", "mobile", "job_title", ""]
    runs.start_check(again)
    runs.work(again.pk)
    runs.start(again)
    runs.work(again.pk)
    better = Contact.objects.get(email="better@example.com")
    assert (better.mobile, better.job_title) == ("+4 5", "=1+1")


def test_a_column_shows_how_its_cells_are_read(web):
    send(web, b"Name,Amount,Close date\nA,1.5,02/03/2026\n", "deal")
    address = reverse("imports:columns", args=[Import.objects.get().pk])
    fields = {"column-0": "name", "column-1": "amount", "column-2": "close_on", "look": "1", "decimal": "."}

    american = web.post(address, {**fields, "date_order": "mdy"}).content.decode()
    european = web.post(address, {**fields, "date_order": "dmy", "decimal": ","}).content.decode()

    assert "02/03/2026 is read as Feb 3, 2026" in american
    assert "02/03/2026 is read as Mar 2, 2026" in european
    assert "is not a number" in european


def test_only_the_importer_and_admins_see_an_import(client, imported, admin, django_user_model, ops):
    job = imported([["Email"], ["a@example.com"]])
    other = django_user_model.objects.create_user("other@example.com", "long enough pass", role=ops.role, name="Otto")
    pages = [reverse(f"imports:{name}", args=[job.pk]) for name in ("detail", "outcome", "progress", "errors")]

    client.force_login(other)
    assert [client.get(page).status_code for page in pages] == [404] * 4
    assert client.post(reverse("imports:act", args=[job.pk, "undo"])).status_code == 404
    assert "people.csv" not in client.get(reverse("imports:list")).content.decode()
    client.force_login(admin)
    assert client.get(pages[1]).status_code == 200


def test_what_can_not_be_read_is_said_at_the_field(web):
    answer = send(web, b"\xd0\xcf\x11\xe0", name="old.xls")

    assert answer.status_code == 422
    assert "old Excel file" in answer.content.decode()
    assert not Import.objects.exists()


@pytest.mark.parametrize("object_type", ["contact", "company", "deal", "product"])
def test_the_sample_of_each_object_imports_as_it_is(web, imported, object_type, contact, pipeline):
    if object_type == "deal":
        imported(web.get(reverse("imports:sample", args=["contact"])).content)
    content = web.get(reverse("imports:sample", args=[object_type])).content

    job = imported(content, object_type)

    assert all(job.mapping)
    assert (job.failed, job.done_rows) == (0, len(content.decode().splitlines()) - 1)


def test_lists_offer_the_import_to_who_may(client, ops, rep):
    client.force_login(rep)
    assert "/imports/new/" not in client.get(reverse("crm:contact-list")).content.decode()
    client.force_login(ops)
    assert "/imports/new/contact/" in client.get(reverse("crm:contact-list")).content.decode()
