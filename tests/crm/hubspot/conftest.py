"""Makers of HubSpot imports: the sample export, checked, run and undone without a worker."""

# ruff: noqa: PLC0415 -- pytest loads this file before Django is set up, and models need that

from pathlib import Path
from typing import Any

import pytest

FILES = Path(__file__).parent / "files"


@pytest.fixture(autouse=True)
def tasks(noted_messages):
    """Messages that no worker gets: ``settle`` does what they ask for."""
    return noted_messages


@pytest.fixture
def settle(tasks, django_capture_on_commit_callbacks):
    """A function that does what was sent until nothing more is."""
    from crm.hubspot import batches
    from crm.imports import runs
    from crm.imports import tasks as doors

    act = {runs.TASK: doors.work_on_import, batches.TASK: doors.work_on_hubspot_import}

    def work() -> None:
        while tasks:
            task, args = tasks.pop(0)
            with django_capture_on_commit_callbacks(execute=True):
                act.get(task, lambda *_args: None)(*args)

    return work


@pytest.fixture
def uploaded(admin, settle, django_capture_on_commit_callbacks):
    """A function that uploads files of the sample, or given ones as (name, content), and has them read."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    from crm.hubspot import uploading

    def upload(*names: "str | tuple[str, str]", by: Any = None) -> Any:
        files = [
            SimpleUploadedFile(
                *(name, (FILES / name).read_bytes()) if isinstance(name, str) else (name[0], name[1].encode())
            )
            for name in names
        ]
        with django_capture_on_commit_callbacks(execute=True):
            batch = uploading.upload(files, by=by or admin)
        settle()
        batch.refresh_from_db()
        return batch

    return upload


@pytest.fixture
def checked(uploaded, settle, django_capture_on_commit_callbacks):
    """A function that uploads, takes what is proposed and has it checked."""
    from crm.hubspot import proposing

    def check(*names: "str | tuple[str, str]", by: Any = None, **given: str) -> Any:
        batch = uploaded(*names, by=by)
        assert batch.state == "draft", batch.problem
        proposed = {
            each.field: each.chosen
            for asked in (proposing.stages(batch), *(some for _job, some in proposing.columns(batch)))
            for each in asked
        }
        with django_capture_on_commit_callbacks(execute=True):
            proposing.decide(batch, proposed | given, by=by or batch.owner)
        settle()
        batch.refresh_from_db()
        return batch

    return check


@pytest.fixture
def imported(checked, settle, django_capture_on_commit_callbacks):
    """A function that does all of it."""
    from crm.hubspot import batches

    def run(*names: "str | tuple[str, str]", **given: Any) -> Any:
        batch = checked(*names, **given)
        assert batch.state == "checked", batch.problem
        with django_capture_on_commit_callbacks(execute=True):
            batches.start(batch)
        settle()
        batch.refresh_from_db()
        assert batch.state == "done", batch.problem
        return batch

    return run


@pytest.fixture
def undone(settle, django_capture_on_commit_callbacks):
    """A function that takes an import back."""
    from crm.hubspot import batches

    def undo(batch: Any) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            batches.start_undo(batch)
        settle()
        batch.refresh_from_db()
        return batch

    return undo
