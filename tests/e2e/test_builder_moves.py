"""Steps of a workflow change their places in the builder by drag and by keyboard."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import sign_in
from tests.makers import user
from tests.workflows.makers import step
from workflows.models import Workflow
from workflows.services import workflows

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def workflow(db) -> Workflow:
    """Three steps in a row."""
    boss = user("Admin", "admin@example.com")
    definition = {
        **workflows.NEW,
        "steps": [step(f"s{n}", "write_note", text=f"Note {n}", path="") for n in (1, 2, 3)],
    }
    return workflows.create(name="Notes", by=boss, definition=definition)


def order(workflow: Workflow) -> list[str]:
    """The steps as the draft has them."""
    return [each["id"] for each in Workflow.objects.get(pk=workflow.pk).draft["steps"]]


def shown(page: Page, *steps: str) -> None:
    """The builder shows the steps in this order."""
    expect(page.locator("#builder [data-step]")).to_have_count(len(steps))
    for place, each in enumerate(steps):
        expect(page.locator("#builder [data-step]").nth(place)).to_have_attribute("data-step", each)


def redrawn(page: Page):
    """Wait for the flow that is drawn anew after a move."""
    return page.expect_response(lambda answer: answer.request.method == "GET" and "/workflows/" in answer.url)


def test_steps_are_moved_by_drag_and_by_keyboard(workflow, window, live_server):
    page = window()
    sign_in(page, live_server.url, "admin@example.com")
    page.goto(f"{live_server.url}/workflows/{workflow.pk}/")
    shown(page, "s1", "s2", "s3")

    with redrawn(page):
        page.locator("#open-s3").focus()
        page.keyboard.press("Alt+ArrowUp")
    shown(page, "s1", "s3", "s2")
    expect(page.locator("#open-s3")).to_be_focused()
    assert order(workflow) == ["s1", "s3", "s2"]

    grip, first = (
        page.locator("[data-step=s2] [data-grip]").bounding_box(),
        page.locator("[data-step=s1]").bounding_box(),
    )
    assert grip is not None
    assert first is not None
    page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    # In small steps, as a hand does: a browser that is short of time takes one leap for a click.
    page.mouse.move(first["x"] + 40, grip["y"] - 20, steps=5)
    expect(page.locator("[data-step=s2].sortable-chosen")).to_be_visible()
    page.mouse.move(first["x"] + 40, first["y"] + 4, steps=15)
    # While steps make room they take no further one in: a hand goes on until it is where it should be.
    for nudge in range(40):
        if page.locator("#builder [data-step]").first.get_attribute("data-step") == "s2":
            break
        page.mouse.move(first["x"] + 40 + nudge % 3, first["y"] + 4 + nudge % 5)
        page.wait_for_timeout(50)
    with redrawn(page):
        page.mouse.up()

    shown(page, "s2", "s1", "s3")
    assert order(workflow) == ["s2", "s1", "s3"]
