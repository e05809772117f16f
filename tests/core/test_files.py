"""Files on records: what is taken, who sees them, and that nothing is left behind."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from core.files import BadFile, clean_name, content_type_of
from core.models import Event, EventLink, StoredFile
from core.services import files
from crm.models import Company
from invoices.models import Invoice
from qbo_connector.models import Connection
from tests import makers

PDF = b"%PDF-1.7\n%binary"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def upload(name: str = "offer.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def a_company() -> Company:
    return Company.objects.create(name="Cool Cars")


def contents(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("offer.pdf", "offer.pdf"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/etc/passwd.txt", "passwd.txt"),
        ('a"b<c>.pdf', "a_b_c_.pdf"),
        ("invoice\u202efdp.exe.pdf", "invoice fdp.exe.pdf"),
        ("", "file"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_a_name_is_only_a_name(typed: str, kept: str) -> None:
    assert clean_name(typed) == kept


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<script>alert(1)</script>"),
        ("drawing.svg", b"<svg onload=alert(1)>"),
        ("offer.pdf", b"<html>"),
        ("photo.png", b"GIF89a"),
        ("list.csv", b"a\x00b"),
        ("program.exe", b"MZ"),
        ("nothing", b"text"),
    ],
)
def test_what_is_not_what_it_says_or_could_run_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(BadFile):
        content_type_of(name, content)


@pytest.mark.django_db
def test_a_file_is_kept_told_and_fetched_as_a_download(client: Client, media: Path) -> None:
    person, company = makers.user(), a_company()
    client.force_login(person)

    answer = client.post(
        reverse("core:company-files", args=[company.pk]), {"file": [upload(), upload("notes.txt", b"hello")]},
        headers={"HX-Request": "true"},
    )  # fmt: skip

    assert "offer.pdf" in answer.text
    file = StoredFile.objects.get(name="offer.pdf")
    assert (file.size, file.content_type, file.uploaded_by) == (len(PDF), "application/pdf", person)
    event = Event.objects.filter(name="file.added").earliest("pk")
    assert EventLink.objects.filter(event=event, object_type="company", object_id=company.pk).exists()
    fetched = client.get(reverse("core:file-download", args=[file.key]))
    assert b"".join(fetched.streaming_content) == PDF
    assert fetched["Content-Disposition"] == 'attachment; filename="offer.pdf"'
    assert fetched["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in fetched["Content-Security-Policy"]
    assert not any("offer" in str(path) for path in contents(media))


@pytest.mark.django_db
def test_who_sees_no_invoices_gets_none_of_their_files(client: Client) -> None:
    invoice = Invoice.objects.create(connection=Connection.objects.create(realm_id="1"), issued_on="2026-11-01")
    file = files.add_file("invoice", invoice.pk, upload(), by=None)
    role = Role.objects.create(name="Sees no invoices", permissions=["crm.edit"])
    client.force_login(User.objects.create_user("nobody@example.com", makers.PASSWORD, role=role))

    assert client.get(reverse("core:file-download", args=[file.key])).status_code == 404
    assert client.post(reverse("core:file-remove", args=[file.key])).status_code == 404
    assert StoredFile.objects.filter(pk=file.pk).exists()


@pytest.mark.django_db
def test_refusals_are_sentences_and_the_others_are_kept(client: Client, settings: Any) -> None:
    settings.FILE_LIMIT_MB = 1
    company = a_company()
    client.force_login(makers.user())
    large = upload("large.pdf", PDF + b"x" * 1024 * 1024)

    answer = client.post(
        reverse("core:company-files", args=[company.pk]),
        {"file": [large, upload("page.html", b"<html>"), upload()]},
        headers={"HX-Request": "true"},
    )

    assert "“large.pdf” is too large: a file may have at most 1 MB." in answer.text
    assert "“page.html” is of a kind that can't be kept here." in answer.text.replace("&#x27;", "'")
    assert [file.name for file in files.files_of("company", company.pk)] == ["offer.pdf"]


@pytest.mark.django_db(transaction=True)
def test_removing_forgets_the_content(media: Path) -> None:
    file = files.add_file("company", a_company().pk, upload(), by=None)

    files.remove_file(file, by=None)
    files.remove_file(file, by=None)

    assert contents(media) == []
    assert Event.objects.filter(name="file.removed").count() == 1


@pytest.mark.django_db
def test_what_an_unfinished_upload_left_is_swept_after_a_day(media: Path) -> None:
    kept = files.add_file("company", a_company().pk, upload(), by=None)
    stray, fresh = media / "files" / "ab" / "stray", media / "files" / "ab" / "fresh"
    stray.parent.mkdir(parents=True)
    for path in (stray, fresh):
        path.write_bytes(b"x")
    os.utime(stray, (time.time() - 90_000,) * 2)
    os.utime(Path(kept.content.path), (time.time() - 90_000,) * 2)

    assert files.forget_strays() == 1

    assert not stray.exists()
    assert fresh.exists()
    with kept.content.open() as opened:
        assert opened.read() == PDF


@pytest.mark.django_db
def test_the_card_costs_the_same_for_one_and_for_many_files(client: Client, django_assert_max_num_queries: Any) -> None:
    person, company = makers.user(), a_company()
    client.force_login(person)
    files.add_file("company", company.pk, upload(), by=person)
    with django_assert_max_num_queries(12) as few:
        client.get(reverse("core:company-files", args=[company.pk]))
    for number in range(29):
        files.add_file("company", company.pk, upload(f"{number}.pdf"), by=person)
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get(reverse("core:company-files", args=[company.pk]))
