"""A sales rep's browser in front of the running site."""

# ruff: noqa: PLC0415 -- pytest loads this file before Django is set up, and models need that

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

# Playwright's loop runs in this thread, which Django takes for asynchronous code; here nothing is.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# What the browser logs although it is meant: a refused form (422), a missing PDF (503), and an autosave that was
# replaced by the button which sends the same and more.
MEANT = ("status of 422", "status of 503", "htmx:afterRequest", "htmx:sendAbort")


@pytest.fixture
def sign_in(page: Page, live_server: Any, settings: Any) -> Iterator[Callable[[Any], Page]]:
    """Let somebody be signed in; console errors (also of the Content-Security-Policy) fail the test."""
    from django.test import Client

    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))

    def enter(user: Any) -> Page:
        client = Client()
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        return page

    yield enter
    assert [text for text in errors if not any(meant in text for meant in MEANT)] == []
