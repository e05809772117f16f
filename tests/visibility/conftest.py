"""The world of these tests."""

# ruff: noqa: PLC0415 -- pytest loads this file before Django is set up, and models need that

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def plain_accounting(settings: Any, tmp_path: Any) -> Any:
    """No company answers; files lie where the test ends with them."""
    from invoices.ports import accounting
    from tests.invoices.fakes import books

    settings.ACCOUNTING = "tests.invoices.fakes.ListAccounting"
    settings.MEDIA_ROOT = str(tmp_path)
    accounting.cache_clear()
    books.reset()
    yield
    accounting.cache_clear()
