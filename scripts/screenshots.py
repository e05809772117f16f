"""Photograph pages of a running installation, in light and dark, at a desk's and a phone's width.

    python scripts/screenshots.py --base http://127.0.0.1:8000 --out var/screenshots / /deals/ /invoices/
    python scripts/screenshots.py --readme          # the picture in README, of a running `make demo`

Signs in with --email and --password (those of the demo unless given); ``--anonymous`` does not sign in. Prints what
the browser complained about (scripts refused by the Content-Security-Policy, missing files, failed requests).
"""

import argparse
import os
import re
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HEIGHTS = {390: 844}
README = [
    *("--themes", "light", "--widths", "1280", "--out", "docs/images", "--name", "deal"),
    *("--email", "rep@demo.example", "--follow", "Irrigation for the lawn"),
]
README_PATH = "/deals/?q=Irrigation+for+the+lawn"
SETTLE = "() => !document.querySelector('.htmx-request, [aria-busy=true]') && document.fonts.status === 'loaded'"


def main() -> int:
    """Photograph every path in every theme and width; 1 when the browser complained."""
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=flags())
        for theme in options.themes:
            for width in options.widths:
                context = open_context(browser, theme, width)
                if not options.anonymous:
                    sign_in(context, options.base, options.email, options.password)
                for path in options.paths:
                    photograph(context, options, path, options.name or f"{name_of(path)}-{theme}-{width}", complaints)
                context.close()
        browser.close()
    print("\n".join(dict.fromkeys(complaints)) or "The browser had nothing to complain about.")
    return 1 if complaints else 0


def arguments() -> argparse.Namespace:
    """What to photograph."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*")
    parser.add_argument("--base", default="http://127.0.0.1:8000")
    parser.add_argument("--email", default="admin@demo.example")
    parser.add_argument("--password", default="demo-password")
    parser.add_argument("--anonymous", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("var/screenshots"))
    parser.add_argument("--themes", nargs="+", default=["light", "dark"], choices=["light", "dark"])
    parser.add_argument("--widths", nargs="+", type=int, default=[1280, 390])
    parser.add_argument("--name", default="", help="the file's name, where there is only one picture")
    parser.add_argument("--follow", default="", help="the text of a link of the page that leads to the one wanted")
    parser.add_argument("--readme", action="store_true", help="the picture in README; what else is given wins")
    parser.add_argument("--click", default="", help="a selector to click before the picture is taken")
    parser.add_argument("--keys", default="", help="keys to press before the picture is taken, separated by spaces")
    parser.add_argument("--full", action="store_true", help="the whole page instead of one screen")
    options = parser.parse_args()
    if options.readme:
        options = parser.parse_args([*README, *sys.argv[1:]])
        options.paths = options.paths or [README_PATH]
    if not options.paths:
        parser.error("which pages? Name at least one path, such as /deals/")
    return options


def chromium() -> str | None:
    """The browser of the CHROMIUM variable or the first one on the PATH; None means Playwright's own."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def flags() -> list[str]:
    """Chromium refuses its sandbox to root."""
    return ["--no-sandbox", *FLAGS] if os.geteuid() == 0 else FLAGS


def open_context(browser: Browser, theme: str, width: int) -> BrowserContext:
    """A browser window of this width whose system prefers this theme."""
    return browser.new_context(
        viewport={"width": width, "height": HEIGHTS.get(width, 800)}, color_scheme=theme, device_scale_factor=1
    )


def sign_in(context: BrowserContext, base: str, email: str, password: str) -> None:
    """Sign in through the login page."""
    page = context.new_page()
    page.goto(f"{base}/login/")
    page.fill("#id_username", email)
    page.fill("#id_password", password)
    page.click("#login-form button[type=submit]")
    page.wait_for_url(lambda url: "/login/" not in url)
    page.close()


def photograph(
    context: BrowserContext, options: argparse.Namespace, path: str, name: str, complaints: list[str]
) -> None:
    """One picture; what the browser complains about is added to ``complaints``."""
    page = context.new_page()
    page.on(
        "console", lambda message: complaints.append(f"{path}: {message.text}") if message.type == "error" else None
    )
    page.on("pageerror", lambda error: complaints.append(f"{path}: {error}"))
    page.goto(options.base + path)
    settle(page)
    if options.follow:
        page.get_by_role("link", name=options.follow).first.click()
        settle(page)
    if options.click:
        page.click(options.click)
        settle(page)
    for key in options.keys.split():
        page.keyboard.press(key)
        page.wait_for_timeout(150)
    settle(page)
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if too_wide > 0:
        complaints.append(f"{name}: the page is {too_wide} px wider than the window")
    target = options.out / f"{name}.png"
    page.screenshot(path=target, full_page=options.full)
    print(target)
    page.close()


def settle(page: Page) -> None:
    """Wait until nothing is being loaded any more."""
    page.wait_for_load_state("load")
    page.wait_for_timeout(250)
    page.wait_for_function(SETTLE, timeout=15000)
    page.wait_for_timeout(150)


def name_of(path: str) -> str:
    """A file name for a path."""
    return re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "home"


if __name__ == "__main__":
    sys.exit(main())
