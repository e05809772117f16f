"""A product that runs whole: web server, a real worker with beat, the simulator; and a person in a browser."""

# ruff: noqa: PLC0415 -- pytest loads this file before Django is set up, and models need that

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

PASSWORD = "a long enough password"


@pytest.fixture
def everything(
    quickbooks: Any, transactional_db: None, live_server: Any, settings: Any, tmp_path: Path
) -> Iterator[Any]:
    """The live server's address, with a worker and beat of short periods behind it."""
    from tests import workers

    settings.BASE_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    with workers.worker(tmp_path, BASE_URL=live_server.url, PULL_INTERVAL_SECONDS="4"):
        yield live_server


@pytest.fixture
def window(windows: Any) -> Callable[..., Page]:
    """Opens windows in which nobody is signed in, each with cookies of its own."""
    return lambda **options: windows.open(of=object(), **options)


def sign_in(page: Page, address: str, email: str, password: str = PASSWORD) -> None:
    """Sign in as a person does."""
    page.goto(f"{address}/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state("networkidle")
