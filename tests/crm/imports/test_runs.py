"""Imports in the background: slices, what a killed worker leaves, stopping, statements, the sweep."""

import datetime

import pytest
from django.utils import timezone

from crm.imports import runs, writing
from crm.models import Contact, Import

pytestmark = pytest.mark.django_db


def people(count: int) -> list[list[str]]:
    rows = [[f"p{n}@example.com", f"Last{n}", f"Company {n % 7}", str(n)] for n in range(count)]
    return [["Email", "Last name", "Company name", "Phone"], *rows]


def test_a_killed_worker_goes_on_and_nothing_happens_twice(checked, monkeypatch):
    monkeypatch.setattr(runs, "SLICE", 10)
    job = checked(people(45))
    assert (job.total, job.created, job.companies, job.slices.count()) == (45, 45, 7, 5)
    runs.start(job)
    write, calls = writing.write, []

    def dies(*args, **kwargs):
        calls.append(1)
        written = write(*args, **kwargs)
        if len(calls) == 3:
            raise KeyboardInterrupt  # as a worker that is killed: nothing is tidied up
        return written

    monkeypatch.setattr(writing, "write", dies)
    with pytest.raises(KeyboardInterrupt):
        runs.work(job.pk)
    job.refresh_from_db()
    assert (job.state, job.created, Contact.objects.count()) == ("running", 20, 20)

    # Its lease holds for a while; then the sweep hands it on.
    runs.work(job.pk)
    assert Contact.objects.count() == 20
    Import.objects.filter(pk=job.pk).update(worked_at=timezone.now() - runs.LEASE - datetime.timedelta(seconds=1))
    assert runs.sweep() == 1
    runs.work(job.pk)

    job.refresh_from_db()
    assert (job.state, job.created, job.progress, Contact.objects.count()) == ("done", 45, 45, 45)
    assert Contact.objects.values("email").distinct().count() == 45


def test_a_stretch_of_work_ends_in_time_and_hands_itself_on(checked, monkeypatch, quiet_broker):
    monkeypatch.setattr(runs, "SLICE", 10)
    job = checked(people(30))
    runs.start(job)
    monkeypatch.setattr(runs, "WORK_SECONDS", -1)
    quiet_broker.clear()

    for _stretch in range(3):
        runs.work(job.pk)

    job.refresh_from_db()
    assert (job.created, job.state) == (30, "running")
    assert quiet_broker == [(runs.TASK, [job.pk])] * 3
    runs.work(job.pk)
    job.refresh_from_db()
    assert job.state == "done"


def test_a_stopped_import_keeps_what_it_wrote_and_can_be_undone(checked, monkeypatch, undone):
    monkeypatch.setattr(runs, "SLICE", 10)
    job = checked(people(30))
    runs.start(job)
    monkeypatch.setattr(runs, "WORK_SECONDS", -1)
    runs.work(job.pk)

    runs.stop(job)
    runs.work(job.pk)

    job.refresh_from_db()
    assert (job.state, job.created, Contact.objects.count()) == ("stopped", 10, 10)
    monkeypatch.undo()
    job = undone(job)
    assert (job.state, Contact.objects.filter(archived_at=None).count()) == ("undone", 0)


def test_it_runs_once_and_only_after_the_check(checked):
    job = checked(people(1))
    runs.start(job)

    with pytest.raises(runs.NotPossible):
        runs.start(job)
    with pytest.raises(runs.NotPossible):
        runs.start_check(job)
    with pytest.raises(runs.NotPossible):
        runs.discard(job)


def test_whoever_lost_the_permission_imports_no_more(checked, ops):
    job = checked(people(1))
    runs.start(job)
    ops.role.permissions = ["crm.edit"]
    ops.role.save()

    runs.work(job.pk)

    job.refresh_from_db()
    assert (job.state, Contact.objects.count()) == ("failed", 0)
    assert "may not import any more" in job.problem


def statements(checked, django_assert_max_num_queries, rows, count: int) -> int:
    job = checked(rows)
    runs.start(job)
    with django_assert_max_num_queries(200) as captured:
        runs.work(job.pk)
    job.refresh_from_db()
    assert job.created + job.updated == count
    return len(captured)


def test_a_slice_costs_the_same_for_one_row_and_for_many(checked, django_assert_max_num_queries):
    header, *rows = people(61)
    one = statements(checked, django_assert_max_num_queries, [header, rows[0]], 1)
    thirty = statements(checked, django_assert_max_num_queries, [header, *rows[1:31]], 30)
    changed = [[email, f"{last} x", company, "7"] for email, last, company, _phone in rows[:30]]
    updates = statements(checked, django_assert_max_num_queries, [header, *changed], 30)

    assert thirty <= one + 3
    assert updates <= one + 3
