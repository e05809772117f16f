"""Windows of the browser in front of the running site; a test fails when a page of ours throws or breaks its policy."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page


class Windows:
    """The windows of one test; those of the same size, scheme and person share cookies and cached files."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.contexts: dict[tuple[Any, ...], BrowserContext] = {}
        self.problems: list[str] = []

    def open(
        self, *, width: int = 1280, height: int = 900, theme: str = "light", script: bool = True, of: Any = None
    ) -> Page:
        """A new page; ``of`` is whose cookies it shares."""
        key = (width, height, theme, script, of)
        if key not in self.contexts:
            self.contexts[key] = self.browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=theme, java_script_enabled=script
            )
        page = self.contexts[key].new_page()
        page.on("console", lambda line: self.problems.append(line.text) if "Content Security" in line.text else None)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        return page

    def close(self) -> None:
        """Close all, and tell what went wrong in any of them."""
        for context in self.contexts.values():
            context.close()
        assert not self.problems, self.problems


@pytest.fixture
def windows(browser: Browser) -> Iterator[Windows]:
    """The windows of this test."""
    opened = Windows(browser)
    yield opened
    opened.close()


@pytest.fixture
def open_as(windows: Windows, live_server: Any, client: Any, settings: Any) -> Callable[..., Page]:
    """``open_as(user, path, width=, height=, theme=, script=)``: a page of the site as somebody who is signed in."""

    def opened(user: Any, path: str, **window: Any) -> Page:
        client.force_login(user)
        page = windows.open(of=user.pk, **window)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        return page

    return opened
