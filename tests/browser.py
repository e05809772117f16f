"""A Chromium for the end-to-end tests: the one that is there, else apt's, else Playwright's own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from wsgiref.handlers import BaseHandler

import pytest
from django.core.servers.basehttp import ServerHandler
from playwright.sync_api import Browser, Page, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str | None:
    """The browser of the CHROMIUM variable or the first one on the PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def ensure_chromium() -> str | None:
    """A browser program, installed if need be; None means Playwright's own. Fails with a sentence."""
    if found := find_chromium():
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for arguments in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
            subprocess.run(["apt-get", "-q", *arguments], check=False, stdout=subprocess.DEVNULL, env=quiet)
        if found := find_chromium():
            return found
    answer = subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    if answer.returncode == 0:
        return None
    pytest.exit(
        "The browser tests need Chromium and it could not be installed here. Install it with the system's package "
        "manager, or set CHROMIUM to the program, or run `make test-fast`, which needs no browser.",
        returncode=1,
    )


def _log_exception(handler: ServerHandler, exc_info: Any) -> None:
    """Say nothing of answers that a closed page no longer took."""
    if not isinstance(exc_info[1], ConnectionError):
        BaseHandler.log_exception(handler, exc_info)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the run, started by the first test that asks for it."""
    # Playwright's loop runs in this thread, and Django would take every query of a test for one from a coroutine.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    ServerHandler.log_exception = _log_exception
    # A machine that does much else at the same time is slow, not wrong.
    expect.set_options(timeout=15_000)
    flags = ["--no-sandbox", *FLAGS] if os.geteuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=ensure_chromium(), args=flags)
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a context of its own: no cookies, a laptop's size."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US", timezone_id="UTC")
    yield context.new_page()
    context.close()


if __name__ == "__main__":
    # `make test` installs the browser once, before its workers ask for it at the same time.
    print(ensure_chromium() or "Playwright's Chromium")
