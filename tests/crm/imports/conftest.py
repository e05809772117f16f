"""Makers of imports: a file, its columns, its options, checked and run without a worker."""

# ruff: noqa: PLC0415 -- pytest loads this file before Django is set up, and models need that

import csv
import io
from typing import Any

import pytest


def as_csv(rows: "list[list[str]]", delimiter: str = ",") -> bytes:
    """Rows as the content of a CSV file."""
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    return buffer.getvalue().encode()


@pytest.fixture(autouse=True)
def quiet_broker(noted_messages):
    """No worker is there: what is sent is noted, and ``work`` is called by hand."""
    return noted_messages


@pytest.fixture
def upload(ops):
    """A function that uploads a file as the operations person."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    from crm.imports import preparing

    def uploaded(rows: Any, object_type: str = "contact", *, name: str = "people.csv", by: Any = None) -> Any:
        content = rows if isinstance(rows, bytes) else as_csv(rows)
        return preparing.upload(object_type, SimpleUploadedFile(name, content), by=by or ops)

    return uploaded


@pytest.fixture
def checked(upload):
    """A function that uploads, takes what was guessed, and checks."""
    from crm.imports import preparing, runs

    def check(rows: Any, object_type: str = "contact", **options: Any) -> Any:
        mapping = options.pop("mapping", None)
        job = upload(rows, object_type, by=options.pop("by", None), name=options.pop("name", "people.csv"))
        kept = job.options
        job = preparing.choose_columns(
            job, mapping or job.mapping, by=job.owner,
            date_order=options.pop("date_order", kept["date_order"]), decimal=options.pop("decimal", kept["decimal"]),
        )  # fmt: skip
        job = preparing.choose_options(job, options)
        runs.start_check(job)
        runs.work(job.pk)
        job.refresh_from_db()
        return job

    return check


@pytest.fixture
def imported(checked):
    """A function that does all of it."""
    from crm.imports import runs

    def run(rows: Any, object_type: str = "contact", **options: Any) -> Any:
        job = checked(rows, object_type, **options)
        assert job.state == "checked", job.problem
        runs.start(job)
        runs.work(job.pk)
        job.refresh_from_db()
        return job

    return run


@pytest.fixture
def undone():
    """A function that takes an import back."""
    from crm.imports import runs

    def undo(job: Any) -> Any:
        runs.start_undo(job, by=job.owner)
        runs.work(job.pk)
        job.refresh_from_db()
        return job

    return undo
