"""S3 in a real browser: with hostile texts in every record no script runs, and no page breaks its policy."""

import pytest
from playwright.sync_api import expect

from tests.security import world
from tests.security.walking import rows_of

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.timeout(390)]


def test_no_script_runs_and_no_policy_breaks_in_a_browser(quickbooks, us_company, windows, open_as, live_server):
    """Lists, records with all their cards, the wizard, the board, search as one types, sync, workflows, imports.

    A script that ran would call what is not there, an element that came alive would ask for its picture, and whatever
    the policy stops is told: each of the three fails the test.
    """
    admin = world.build(quickbooks, us_company)
    world.poison()
    asked: list[str] = []

    def first(label: str) -> int:
        return rows_of(label, 1)[0]

    pages = [
        "/", "/companies/", "/deals/board/", "/invoices/", "/payments/", "/tasks/", "/settings/sync-health/",
        "/workflows/",
        f"/companies/{first('crm.Company')}/", f"/contacts/{first('crm.Contact')}/", f"/deals/{first('crm.Deal')}/",
        f"/products/{first('crm.Product')}/", f"/quotes/{first('crm.Quote')}/",
        f"/invoices/{first('invoices.Invoice')}/",
        f"/payments/{first('invoices.Payment')}/", f"/workflows/{first('workflows.Workflow')}/",
        f"/imports/{first('crm.Import')}/columns/",
    ]  # fmt: skip
    for path in pages:
        page = open_as(admin, path)
        page.on("request", lambda request: asked.append(request.url))
        assert page.evaluate("document.querySelectorAll('xss-canary, img[src=x]').length") == 0, path
        assert page.evaluate("typeof window.canary") == "undefined", path
        expect(page.locator("h1").first).to_be_visible()
        page.close()
    page = open_as(admin, "/")
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.press("Control+k")
    page.keyboard.type("canary", delay=20)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.querySelectorAll('xss-canary, img[src=x]').length") == 0
    assert [url for url in asked if url.endswith("/x") or not url.startswith((live_server.url, "data:"))] == []
