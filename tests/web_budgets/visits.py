"""What a page costs a browser, asked of the browser itself: bytes on the wire, requests, movement, long tasks."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import BrowserContext, Page

# Entries are kept by the page itself: what a browser buffers for a late observer is limited.
WATCH = """
window.__seen = { shift: 0, moved: [], tasks: [] };
const named = (node) => node && (node.closest ? node : node.parentElement);
const words = (node) => (node ? `${node.tagName.toLowerCase()}#${node.id}.${node.className}` : "?");
new PerformanceObserver((list) => list.getEntries().forEach((each) => {
  if (each.hadRecentInput) return;
  window.__seen.shift += each.value;
  window.__seen.moved.push(...each.sources.map((source) => words(named(source.node))));
})).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => list.getEntries().forEach((each) => {
  window.__seen.tasks.push([each.startTime, each.duration]);
})).observe({ type: "longtask", buffered: true });
"""
TOLD = """() => new Promise((done) => {
  const look = () => {
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    const [way] = performance.getEntriesByType("navigation");
    if (paint && way.loadEventEnd) done({ ...window.__seen, loaded: way.loadEventEnd, painted: paint.startTime });
    else requestAnimationFrame(look);
  };
  look();
})"""


@dataclass(frozen=True)
class Visit:
    """One visit of a page, all that it loads by itself included.

    ``sent`` are bytes over the wire with their headers, ``files`` what came for each address; ``shift`` the sum of
    layout shifts, ``moved`` what moved; ``painted`` milliseconds from the click to the first content; ``longest`` and
    ``longest_after`` milliseconds of the longest task over 50, at all and after the load event.
    """

    sent: int
    requests: int
    files: dict[str, int]
    shift: float
    moved: list[str]
    painted: float
    longest: float
    longest_after: float


def watched(context: BrowserContext) -> Page:
    """A new page that keeps what ``visit`` asks for."""
    page = context.new_page()
    page.add_init_script(WATCH)
    return page


def visit(page: Page, url: str) -> Visit:
    """Go there, wait until nothing loads any more, and tell what it took."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    addresses: dict[str, str] = {}
    kept: set[str] = set()
    sent: dict[str, int] = {}

    def answered(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["response"]["url"]
        if event["response"].get("fromDiskCache"):
            kept.add(event["requestId"])

    session.on("Network.responseReceived", answered)
    session.on("Network.requestServedFromCache", lambda event: kept.add(event["requestId"]))
    session.on("Network.loadingFinished", lambda event: sent.update({event["requestId"]: event["encodedDataLength"]}))
    page.goto(url)
    page.wait_for_load_state("networkidle")
    told = page.evaluate(TOLD)
    session.detach()
    loaded = {key: int(size) for key, size in sent.items() if key not in kept and _on_the_wire(addresses.get(key, ""))}
    after = [duration for start, duration in told["tasks"] if start >= told["loaded"]]
    return Visit(
        sent=sum(loaded.values()),
        requests=len(loaded),
        files={addresses[key]: size for key, size in loaded.items()},
        shift=told["shift"],
        moved=told["moved"],
        painted=told["painted"],
        longest=max((duration for _start, duration in told["tasks"]), default=0.0),
        longest_after=max(after, default=0.0),
    )


def _on_the_wire(url: str) -> bool:
    return url.startswith("http")
