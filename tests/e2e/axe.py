"""The gates of the browser tests: no serious or critical finding of axe, and nothing wider than the window."""

from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

GRAVE = ("serious", "critical")
AXE = Axe().axe_script
LOOKS: tuple[tuple[int, Literal["light", "dark"]], ...] = ((1280, "dark"), (390, "light"))
# Colours are measured when nothing fades in any more.
AT_REST = """() => Promise.all(
    document.getAnimations().filter((each) => each.effect.getTiming().iterations !== Infinity)
        .map((each) => each.finished.catch(() => {})))"""


def assert_accessible(page: Page) -> None:
    """Fail with rule, help and elements of each serious or critical finding on the page as it stands.

    axe is run from outside the page's Content-Security-Policy, which stays in force for the page itself.
    """
    findings = grave_findings(page)
    assert not findings, f"{page.url}\n" + "\n".join(findings)


def assert_looks(page: Page) -> None:
    """Accessible and not too wide, dark on a desk and light on a phone.

    The page is turned over where it stands: style sheets and scripts follow both without loading it again.
    """
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert_accessible(page)
        assert_fits(page)


def assert_fits(page: Page) -> None:
    """Fail if one has to scroll sideways."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), page.url


def grave_findings(page: Page) -> list[str]:
    """The serious and critical findings, one line for each element."""
    page.evaluate(AT_REST)
    # Half a megabyte of script: a page that is looked at again has it already.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    violations = page.evaluate("async () => (await axe.run({resultTypes: ['violations']})).violations")
    return [
        f"{violation['impact']} {violation['id']}\n  {node['html'][:300]}\n  {node['failureSummary']}"
        for violation in violations
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]
