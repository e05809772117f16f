"""Exports: exactly what is filtered, as CSV and XLSX, at once or by a worker; who may have them, and how long."""

# ruff: noqa: PLC0415 -- models need Django set up
import csv
import datetime
import io
import resource
import xml.etree.ElementTree as ElementTree
import zipfile
from decimal import Decimal

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from core.tables import sheets

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def content(response) -> bytes:
    assert response.status_code == 200, response
    return b"".join(response.streaming_content)


def read_csv(raw: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))


def read_xlsx(raw: bytes) -> list[list[str | None]]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        assert archive.testzip() is None
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    return [[next(iter(cell.itertext()), None) for cell in row.findall(f"{MAIN}c")] for row in sheet.iter(f"{MAIN}row")]


def export(client, object_type="company", **data):
    return client.post(reverse("tables:export", args=[object_type]), {"state": "", "format": "csv", **data})


def test_values_of_a_file_are_plain():
    moment = datetime.datetime(2026, 11, 2, 9, 30, tzinfo=datetime.UTC)
    row = [None, True, Decimal("-12.50"), 7, datetime.date(2026, 1, 2), moment, "=1+1", " @SUM(A1)", "-5", "ü\x01"]

    assert sheets.csv_lines([row]) == (
        ",true,-12.50,7,2026-01-02,2026-11-02T09:30:00+00:00,'=1+1,' @SUM(A1),'-5,ü\x01\r\n"
    )
    first = sheets.piece(sheets.head(sheets.XLSX, ["a", "<b>"]))
    last = sheets.piece(sheets.lines(sheets.XLSX, [row]), first)
    found = read_xlsx(b"".join(sheets.file(sheets.XLSX, [first.content, last.content], last)))
    assert found == [
        ["a", "<b>"],
        [None, "1", "-12.50", "7", "46024", "46328.395833", "=1+1", " @SUM(A1)", "-5", "ü"],
    ]


@pytest.mark.django_db
def test_a_long_number_is_a_text_in_a_sheet_so_that_no_digit_is_lost():
    first = sheets.piece(sheets.head(sheets.XLSX, ["a"]))
    last = sheets.piece(sheets.lines(sheets.XLSX, [[Decimal("12345678901234.5678")]]), first)

    raw = b"".join(sheets.file(sheets.XLSX, [first.content, last.content], last))

    assert read_xlsx(raw)[1] == ["12345678901234.5678"]
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        assert b'<c t="inlineStr"><is><t xml:space="preserve">12345678901234.5678' in archive.read(
            "xl/worksheets/sheet1.xml"
        )


@pytest.mark.django_db
def test_the_file_has_what_is_filtered_in_its_order_with_the_shown_columns(web, companies, ops):
    from crm.models import Company

    Company.objects.filter(name="Beta").update(domain="=cmd|calc")
    state = f"owner={ops.pk}&sort=-name&columns=name,domain"

    assert read_csv(content(export(web, state=state))) == [["Name", "Domain"], ["Beta", "'=cmd|calc"], ["Alpha", ""]]
    excel = content(export(web, state=state, format="csv-excel"))
    assert excel.startswith(b"\xef\xbb\xbfName")
    assert read_xlsx(content(export(web, state=state, format="xlsx"))) == [
        ["Name", "Domain"], ["Beta", "=cmd|calc"], ["Alpha", None],
    ]  # fmt: skip
    everything = read_csv(content(export(web, state=state, columns="every")))
    assert {"Name", "Industry", "Created", "Owner"} <= set(everything[0])
    assert everything[1][everything[0].index("Owner")] == "Ops"


@pytest.mark.django_db
def test_only_the_chosen_rows(web, companies):
    found = read_csv(content(export(web, ids=str(companies["Gamma"].pk), state="columns=name")))

    assert found == [["Name"], ["Gamma"]]


@pytest.mark.django_db
def test_amounts_come_with_their_currency(web, companies, rep):
    from crm.services import deals, pipelines

    stage = pipelines.ensure_default().stages.first()
    deals.create(by=rep, name="Pool", stage=stage, amount=Decimal("1234.5"), currency="EUR")

    found = read_csv(content(export(web, "deal", state="columns=name,amount,owner")))

    assert found[0] == ["Deal", "Amount", "Owner", "Currency"]
    assert found[1] == ["Pool", "1234.50", "Sales rep", "EUR"] or Decimal(found[1][1]) == Decimal("1234.5")


@pytest.mark.django_db
def test_every_export_is_on_record_and_needs_the_permission(web, other, companies, ops):
    from core.models import Event, ListJob

    assert export(other).status_code == 403
    assert 'id="export-open"' not in other.get("/companies/").content.decode()
    assert not ListJob.objects.exists()

    content(export(web, state="q=al"))

    event = Event.objects.get(name="list.exported")
    assert (event.actor, event.data["list"], event.data["rows"], event.data["query"]) == (ops, "company", 1, "q=al")


@pytest.mark.django_db
def test_a_long_export_is_made_by_a_worker_kept_for_its_owner_and_expires(
    web, other, companies, ops, monkeypatch, django_capture_on_commit_callbacks
):
    from core.models import ListJob, ListSlice
    from core.tables import jobs
    from crm.models import Company

    Company.objects.bulk_create(Company(name=f"Many {n:03}", owner=ops) for n in range(25))
    monkeypatch.setattr(jobs, "EXPORT_AT_ONCE", 10)
    monkeypatch.setattr(jobs, "EXPORT_SLICE", 7)
    sent = []
    monkeypatch.setattr(jobs, "send", sent.append)
    for kind, read in (("csv", read_csv), ("xlsx", read_xlsx)):
        with django_capture_on_commit_callbacks(execute=True):
            assert export(web, state="q=many&sort=-name&columns=name", format=kind).status_code == 302
        job = ListJob.objects.order_by("-pk").first()
        assert web.get(reverse("tables:job-file", args=[job.pk])).status_code == 404  # not yet
        jobs.work(sent[-1])

        assert "Download" in web.get(reverse("tables:jobs")).content.decode()
        found = read(content(web.get(reverse("tables:job-file", args=[job.pk]))))
        assert found == [["Name"], *([f"Many {n:03}"] for n in reversed(range(25)))]
        assert other.get(reverse("tables:job-file", args=[job.pk])).status_code == 404
        assert other.get(reverse("tables:job", args=[job.pk])).status_code == 404

    ListJob.objects.update(expires_at=timezone.now() - datetime.timedelta(seconds=1))
    assert web.get(reverse("tables:job-file", args=[job.pk])).status_code == 404
    jobs.sweep()
    assert not ListSlice.objects.exists()


@pytest.mark.slow
@pytest.mark.django_db
def test_a_hundred_thousand_rows_need_no_more_memory_than_ten_thousand(ops, monkeypatch):
    from core.models import ListJob
    from core.tables import jobs, tables

    monkeypatch.setattr(jobs, "send", lambda pk: None)
    monkeypatch.setattr(jobs, "WORK_SECONDS", 10_000)

    def exported(rows):
        """Export so many companies; the job, and the most memory that this process ever had, in kB."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO crm_company (name, domain, email, phone, website, industry, currency, billing_address,"
                " shipping_address, notes, properties, created_at, updated_at)"
                " SELECT 'Company ' || n, 'example.com', '', '', '', '', '', '{}', '{}', '', '{}', now(), now()"
                " FROM generate_series(1, %s) AS n",
                [rows],
            )
        job = jobs.start_export(tables["company"], by=ops, kind="xlsx", state="", columns=["name", "domain"])
        jobs.work(job.pk)
        return ListJob.objects.get(pk=job.pk), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    small, before = exported(10_000)
    large, after = exported(90_000)

    assert (small.done, large.done, large.state) == (10_000, 100_000, "done")
    assert after - before < 20_000, (before, after)


@pytest.mark.django_db
def test_times_of_a_file_that_is_sent_at_once_are_in_the_readers_zone(web, companies, ops):
    ops.time_zone = "Asia/Tokyo"
    ops.save()

    rows = read_csv(content(export(web, state="columns=name,created")))

    assert [row[1][-6:] for row in rows[1:]] == ["+09:00"] * 3
