"""Taking the audit log out: what is filtered, safe in a sheet, and itself a line of the log."""

import csv
import io

import pytest
from django.urls import reverse

from core.audit.source import Source, coming_from
from core.events import emit
from core.models import Event, ListJob
from core.tables import jobs

pytestmark = pytest.mark.django_db
ADDRESS = reverse("tables:export", args=["event"])


def exported(web, **sent):
    answer = web.post(ADDRESS, {"state": "view=all&object=company", **sent})
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def test_what_is_filtered_leaves_as_csv_and_the_log_says_so(web, company, rep, admin):
    with coming_from(Source("203.0.113.9")):
        emit("company.changed", company, by=rep, title="Acme", changes={"domain": ["a.example", "b.example"]})
    emit("role.changed", rep.role, by=admin, title="Seller")

    rows = list(csv.DictReader(io.StringIO(exported(web, format="csv").decode())))

    assert [row["What"] for row in rows] == ["Company changed", "Company created"]
    assert (rows[0]["Who"], rows[0]["Network address"], rows[0]["Channel"]) == (str(rep), "203.0.113.9", "Person")
    assert "a.example → b.example" in rows[0]["Before and after"]
    told = Event.objects.get(name="list.exported")
    assert (told.actor, told.data["list"], told.data["rows"]) == (admin, "event", 2)


def test_formulas_are_inert(web, company, rep):
    emit("company.changed", company, by=rep, title="=HYPERLINK(1)", changes={"name": ["+1", "@SUM(A1)"]})

    row = next(csv.DictReader(io.StringIO(exported(web, format="csv").decode())))

    assert row["Record"] == "'=HYPERLINK(1)"
    assert row["Before and after"][0] not in "=+-@"


@pytest.mark.filterwarnings("ignore:Workbook contains no default style")
def test_a_sheet_holds_the_same(web, company, rep):
    openpyxl = pytest.importorskip("openpyxl")
    emit("company.changed", company, by=rep, title="Acme", changes={"domain": ["a.example", "b.example"]})

    sheet = openpyxl.load_workbook(io.BytesIO(exported(web, format="xlsx"))).active

    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0][1:3] == ["What", "Record"]
    assert rows[1][1:3] == ["Company changed", "Acme"]


def test_many_are_made_in_the_background_for_who_still_may(web, company, rep, admin, monkeypatch):
    monkeypatch.setattr(jobs, "EXPORT_AT_ONCE", 1)
    emit("company.changed", company, by=rep, title="Acme", changes={"domain": ["a.example", "b.example"]})
    for _time in range(2):
        assert web.post(ADDRESS, {"state": "view=all&object=company", "format": "csv"}).status_code == 302
    allowed, refused = ListJob.objects.order_by("pk")

    jobs.work(allowed.pk)
    admin.role.permissions = ["accounts.manage"]
    admin.role.save()
    jobs.work(refused.pk)

    allowed.refresh_from_db()
    refused.refresh_from_db()
    assert (allowed.state, allowed.total) == (ListJob.State.DONE, 2)
    assert refused.state == ListJob.State.FAILED
    assert web.get(reverse("tables:job-file", args=[allowed.pk])).status_code == 403
