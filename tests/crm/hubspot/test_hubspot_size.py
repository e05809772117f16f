"""What an import from HubSpot costs grows with its slices, not with its rows; it can be stopped and gone on with."""

import csv
import io
import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.hubspot import batches, links, unlinking
from crm.imports import runs
from crm.models import Association, Contact, Deal, DealContact, DealLine, HubspotImport, HubspotLink, Import

pytestmark = pytest.mark.django_db


def as_csv(*rows):
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


def export(number):
    """As many companies, contacts of two companies each, deals with two contacts, and line items, far apart."""
    companies = [(9000 + at, f"Company {at}", f"c{at}.example") for at in range(number)]
    contacts = [
        (8000 + at, f"Person {at}", f"p{at}@c.example", f"{9000 + at};{9000 + (at + 1) % number}", 9000 + at)
        for at in range(number)
    ]
    deals = [
        (7000 + at, f"Deal {at}", "Won", "10.00", f"{8000 + at};{8000 + (at + 1) % number}", 9000 + at)
        for at in range(number)
    ]
    lines = [(5000 + at, f"Line {at}", 1, "5.00", 7000 + at % (number // 2)) for at in range(number)]
    primary = "Associated Company IDs (Primary)"
    return (
        ("companies.csv", as_csv(("Record ID", "Company name", "Company Domain Name"), *companies)),
        ("contacts.csv", as_csv(("Record ID", "First Name", "Email", "Associated Company IDs", primary), *contacts)),
        ("deals.csv", as_csv(
            ("Record ID", "Deal Name", "Deal Stage", "Amount", "Associated Contact IDs", primary), *deals
        )),
        ("lines.csv", as_csv(("Record ID", "Name", "Quantity", "Unit price", "Associated Deal IDs"), *lines)),
    )  # fmt: skip


@pytest.fixture
def slices_of(monkeypatch):
    """A function that sets how many rows a slice has."""

    def chosen(rows):
        monkeypatch.setattr(runs, "SLICE", rows)
        monkeypatch.setattr(links, "BATCH", 2 * rows)
        monkeypatch.setattr(unlinking, "BATCH", 2 * rows)

    return chosen


def counted(act, *given):
    """What ``act`` gives back, and the number of its statements."""
    with CaptureQueriesContext(connection) as seen:
        answer = act(*given)
    return answer, len(seen)


@pytest.mark.slow
def test_statements_grow_with_the_slices_and_not_with_the_rows(imported, undone, slices_of):
    costs = []
    for number, rows in ((20, 20), (60, 60), (60, 20)):
        slices_of(rows)
        batch, cost = counted(imported, *export(number))
        assert (Contact.objects.filter(archived_at=None).count(), DealLine.objects.count()) == (number, number)
        assert Association.objects.filter(removed_at=None).count() == number
        assert DealContact.objects.count() == 2 * number
        batch, back = counted(undone, batch)
        assert batch.state == "undone"
        assert not Deal.objects.filter(archived_at=None).exists()
        assert not DealContact.objects.exists()
        assert not Association.objects.filter(removed_at=None).exists()
        assert not HubspotLink.objects.exists()
        DealLine.objects.all().delete()
        costs.append((cost, back))
    one, many, three = costs

    # A few more only because the caches of the first one were empty.
    assert many[0] <= one[0]
    assert many[1] <= one[1]
    assert three[0] <= 3 * one[0]
    assert three[1] <= 3 * one[1]


def test_stopping_ends_the_associations_and_undoing_takes_back_what_there_is(
    checked, settle, undone, slices_of, tasks, monkeypatch, django_capture_on_commit_callbacks
):
    slices_of(5)
    batch = checked(*export(20))
    page, pages = links._page, []

    def stopped_after_one(*args, **more):
        if len(pages) == 1:
            batches.stop(batch)
        pages.append(args)
        return page(*args, **more)

    monkeypatch.setattr(links, "_page", stopped_after_one)
    with django_capture_on_commit_callbacks(execute=True):
        batches.start(batch)
    settle()
    batch.refresh_from_db()

    assert (batch.state, batch.links, len(pages)) == ("stopped", 10, 2)
    assert Contact.objects.filter(company__isnull=False).count() == 10
    monkeypatch.setattr(links, "_page", page)
    batch = undone(batch)
    assert (batch.state, Contact.objects.filter(archived_at=None).count()) == ("undone", 0)


def test_associations_go_on_where_the_time_of_a_task_was_over(checked, slices_of, django_capture_on_commit_callbacks):
    slices_of(5)
    batch = checked(*export(20))
    with django_capture_on_commit_callbacks(execute=True):
        batches.start(batch)
    for job in batches.in_order(batch):
        runs.start(job) if job.state == Import.State.CHECKED else None
        runs.work(job.pk)

    turns = 1
    while not links.resolve(batch, time.monotonic()):
        turns += 1

    batch.refresh_from_db()
    assert (batch.links, HubspotLink.objects.filter(done=False).count()) == (100, 0)
    assert turns > 10


def test_a_file_that_ends_while_the_export_is_held_is_not_forgotten(checked, tasks, slices_of):
    batch = checked(*export(4))
    HubspotImport.objects.filter(pk=batch.pk).update(state=HubspotImport.State.RUNNING, worked_at=None)
    step, ended = batches._STEPS[batches.State.RUNNING], []

    def ends_at_once(held, jobs):
        more = step(held, jobs)
        job = next(each for each in jobs if each.state == Import.State.CHECKED)
        if not ended:
            runs.work(job.pk)
            batches.follow(job.pk)
            ended.append(job.pk)
            # Whoever is told now finds the export held.
            tasks.clear()
        return more

    batches._STEPS[batches.State.RUNNING] = ends_at_once
    try:
        batches.work(batch.pk)
    finally:
        batches._STEPS[batches.State.RUNNING] = step

    assert tasks == [(batches.TASK, [batch.pk])]
    assert Import.objects.get(pk=ended[0]).state == "done"


def test_a_worker_that_was_killed_is_followed_by_another(checked, slices_of, django_capture_on_commit_callbacks, tasks):
    slices_of(5)
    batch = checked(*export(20))
    with django_capture_on_commit_callbacks(execute=True):
        batches.start(batch)
        batches.work(batch.pk)
    job = batches.in_order(batch)[0]
    Import.objects.filter(pk=job.pk).update(worked_at=timezone.now())
    tasks.clear()
    runs.work(job.pk)
    runs.sweep()
    assert (tasks, Import.objects.get(pk=job.pk).progress) == ([], 0)

    Import.objects.filter(pk=job.pk).update(worked_at=timezone.now() - runs.LEASE)
    assert runs.sweep() == 1
    runs.work(job.pk)

    assert (Import.objects.get(pk=job.pk).state, Import.objects.get(pk=job.pk).created) == ("done", 20)


def test_lines_of_a_deal_that_stand_far_apart_come_in_together(imported, slices_of):
    slices_of(3)
    imported(*export(12))

    assert set(Deal.objects.values_list("lines__name", flat=True)) >= {f"Line {at}" for at in range(12)}
    first = Deal.objects.get(name="Deal 0")
    assert list(first.lines.order_by("position").values_list("name", flat=True)) == ["Line 0", "Line 6"]
