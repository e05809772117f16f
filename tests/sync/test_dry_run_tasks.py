"""Dry runs in the background: asked for once, carried out once, found again after a crash, ended in time."""

import datetime
import json

import pytest
from django.utils import timezone

from crm.models import Company
from crm.services import companies
from sync import dry_run_report, tasks
from sync.dry_run import QUICKBOOKS, Report
from sync.enums import DryRunState, SyncObject
from sync.models import ObjectSettings, SyncDryRun
from sync.services import dry_runs
from tests.books import Books
from tests.makers import user

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def full(books: Books) -> Books:
    books.settings(enabled=False)
    books.customer("Theirs", "theirs@example.com")
    books.sync()
    companies.create(by=user("Admin"), name="Ours", email="ours@example.com")
    return books


def test_a_question_is_asked_once_and_its_answer_is_kept(full: Books) -> None:
    first = dry_runs.wanted(full.connection, SyncObject.CONTACT, by=user("Admin"))
    assert dry_runs.wanted(full.connection, SyncObject.CONTACT, by=user("Admin")) == first
    assert (first.state, first.busy, first.percent) == (DryRunState.WAITING, True, 0)

    tasks.dry_run(first.pk)
    tasks.dry_run(first.pk)

    run = dry_runs.wanted(full.connection, SyncObject.CONTACT, by=user("Admin"), max_age=HOUR)
    assert (run.pk, run.state, run.attempt, run.looked_at) == (first.pk, DryRunState.DONE, 1, run.total)
    assert run.report is not None
    report = Report.from_json(run.report)
    assert report.count(QUICKBOOKS, "create") == 1
    assert json.loads(json.dumps(report.as_json())) == run.report
    assert not Company.objects.filter(name="Theirs").exists()
    # Other settings are another question.
    ObjectSettings.objects.filter(sync_object="contact").update(without_email="included")
    assert dry_runs.wanted(full.connection, SyncObject.CONTACT, by=user("Admin")).pk != run.pk


def test_a_lost_message_and_a_dead_worker_are_found(full: Books) -> None:
    run = dry_runs.wanted(full.connection, SyncObject.CONTACT, by=user("Admin"))
    assert dry_runs.lost() == []
    SyncDryRun.objects.update(touched_at=timezone.now() - dry_runs.LOST_AFTER)
    assert dry_runs.lost() == [run.pk]
    SyncDryRun.objects.update(state=DryRunState.RUNNING, attempt=1)
    assert dry_runs.lost() == []
    dry_runs.carry_out(run.pk)
    run.refresh_from_db()
    assert run.report is None, "somebody else is busy with it"
    SyncDryRun.objects.update(touched_at=timezone.now() - dry_runs.SILENT)

    assert dry_runs.lost() == [run.pk]
    dry_runs.carry_out(run.pk)

    run.refresh_from_db()
    assert (run.state, run.attempt) == (DryRunState.DONE, 2)


def test_it_ends_in_time_and_says_so(full: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dry_run_report, "SLICE", 1)
    full.customer("Another", "another@example.com")
    full.sync()
    run = dry_runs.wanted(full.connection, SyncObject.CONTACT, by=user("Admin"))

    dry_runs.carry_out(run.pk, seconds=0)

    run.refresh_from_db()
    assert run.report is not None
    assert (run.state, run.report["complete"]) == (DryRunState.DONE, False)


def test_settings_that_can_not_be_any_more_fail_in_words(full: Books) -> None:
    run = dry_runs.wanted(full.connection, SyncObject.CONTACT, by=user("Admin"))
    SyncDryRun.objects.update(values={**run.values, "matching": "fields", "matching_fields": ["property:77"]})

    dry_runs.carry_out(run.pk)

    run.refresh_from_db()
    assert run.state == DryRunState.FAILED
    assert "is no text that records can be matched by" in run.problem
    # Looking at the page asks for nothing; a person's wish does.
    assert not dry_runs.wanted(full.connection, SyncObject.CONTACT, by=user("Admin")).busy
    assert dry_runs.wanted(full.connection, SyncObject.CONTACT, by=user("Admin"), max_age=HOUR).busy
