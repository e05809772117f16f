"""Pages in a browser over loopback at 1,000,000 invoices: first visit, second visit, the next page of the list."""

import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from bench import books
from bench.figures import Figures, Line, Of, Play, Row, Variant
from bench.rows.pages import LARGE, fill
from bench.stage import ROOT, product
from bench.visitor import signed_in
from crm.models import Deal
from crm_sync.launch.environment import free_port
from tests.browser import FLAGS, ensure_chromium
from tests.web_budgets.visits import Visit, visit, watched

BACKEND = "whitenoise.storage.CompressedManifestStaticFilesStorage"
CHARTS = "/vendor/echarts/"
KIB = 1024
MOST_KIB, LONGEST_TASK, NEXT_PAGE = 200, 50, 100
TRIES = 9
PAGES = {
    "home": "/",
    "deal": "/deals/{deal}/",
    "invoices": "/invoices/",
    "report with a chart": "/reports/ready/receivables-aging/",
}
# From the click on "Next" until the new rows are drawn.
PAINTED = """() => new Promise((done) => {
  const look = () => {
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    if (paint) done(paint.startTime);
    else requestAnimationFrame(look);
  };
  look();
})"""


def _play(play: Play) -> dict[str, Any]:
    fill(play.size(LARGE))
    person = books.admin()
    port = free_port(18_200)
    address = f"http://127.0.0.1:{port}"
    # As it runs for people: files compressed, named by their content.
    environment = {
        **os.environ,
        "PORT": str(port),
        "WEB_PROCESSES": "2",
        "STATICFILES_BACKEND": BACKEND,
        "STATIC_ROOT": str(play.folder / "collected"),
    }
    collect = [sys.executable, "-W", "ignore", "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(collect, cwd=ROOT, env=environment, check=True)
    given = {"deal": Deal.objects.values_list("pk", flat=True)[0]}
    # Playwright's loop runs in this thread, and Django would take every query for one from a coroutine.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with product(environment, play.folder, "web"):
        cookies = [
            {"name": cookie.name, "value": str(cookie.value), "url": address}
            for cookie in signed_in(address, person.email).cookies
        ]
        with sync_playwright() as playwright:
            flags = ["--no-sandbox", *FLAGS] if os.geteuid() == 0 else FLAGS
            browser = playwright.chromium.launch(executable_path=ensure_chromium(), args=flags)
            found = {name: _visited(browser, address + path.format(**given), cookies) for name, path in PAGES.items()}
            found["sign-in"] = _visited(browser, f"{address}/login/", [])
            found["next page of invoices"] = _turned(browser, f"{address}/invoices/", cookies)
            browser.close()
    return found


def _visited(browser: Browser, url: str, cookies: Any) -> dict[str, Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies(cookies)
    page = watched(context)
    first, *again = [visit(page, url) for _time in range(1 + TRIES)]
    context.close()
    return {"first": _told(first), "again": [_told(each) for each in again]}


def _told(seen: Visit) -> dict[str, Any]:
    charts = sum(size for url, size in seen.files.items() if CHARTS in url)
    return {
        "KiB": (seen.sent - charts) / KIB,
        "charts KiB": charts / KIB,
        "requests": seen.requests,
        "shift": seen.shift,
        "painted ms": seen.painted,
        "longest ms": seen.longest,
        "longest after ms": seen.longest_after,
    }


def _turned(browser: Browser, url: str, cookies: Any) -> dict[str, Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto(url)
    times = []
    for _time in range(1 + TRIES):
        page.wait_for_load_state("networkidle")
        page.locator("[rel=next]").click()
        page.wait_for_load_state("networkidle")
        times.append(float(page.evaluate(PAINTED)))
    context.close()
    return {"ms": times[1:]}


def _lines(results: Mapping[str, Sequence[Figures]], of: Of) -> list[Line]:
    [found] = results["pages"]
    lines = []
    for name in [*PAGES, "sign-in"]:
        first, again = found[name]["first"], found[name]["again"]
        shift = max(each["shift"] for each in (first, *again))
        after = statistics.median(each["longest after ms"] for each in again)
        painted = statistics.median(each["painted ms"] for each in again)
        good = first["KiB"] <= MOST_KIB and round(shift, 2) == 0 and after <= LONGEST_TASK
        text = f"{first['KiB']:.0f} KiB, {first['requests']} requests, drawn after {first['painted ms']:.0f} ms"
        if first["charts KiB"]:
            text += f"; the charts' library {first['charts KiB']:.0f} KiB"
        second = f"{again[-1]['KiB']:.0f} KiB, {again[-1]['requests']} requests, {painted:.0f} ms"
        moves = f"shift {shift:.2f}, longest task after load {after:.0f} ms"
        goal = f"{MOST_KIB} KiB; 0.00; {LONGEST_TASK} ms"
        lines.append(Line(f"{name} in a browser", text, f"second visit: {second}; {moves}", goal, good))
    times = found["next page of invoices"]["ms"]
    middle = statistics.median(times)
    text = f"{middle:.0f} ms ({min(times):.0f} to {max(times):.0f})"
    lines.append(
        Line(f"next page at {LARGE // of:,} invoices, click to drawn", text, "", f"{NEXT_PAGE} ms", middle <= NEXT_PAGE)
    )
    return lines


ROW = Row("browser", [Variant("pages", _play, runs=1)], _lines)
