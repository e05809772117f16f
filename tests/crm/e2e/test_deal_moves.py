"""The board by keyboard and by mouse where a stage asks for a property and losing for a reason."""

import contextlib
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from crm.enums import DealStatus
from crm.models import Deal
from crm.services import pipelines
from tests.e2e.axe import assert_accessible

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_deal_is_moved_by_keyboard_and_lost_by_drag(open_as, rep, admin, deal, pipeline, stages):
    pipelines.update_stage(stages["Qualified"], by=admin, required=["amount"])
    pipelines.set_reasons(pipeline, DealStatus.LOST, ["Price"], by=admin)
    pipelines.update(pipeline, by=admin, lost_reason_required=True)
    page = open_as(rep, "/deals/board/", width=1900)

    page.locator(f"#board-link-{deal.pk}").focus()
    page.keyboard.press("Alt+ArrowRight")
    panel = page.locator("#drawer")
    expect(panel.get_by_label("Amount")).to_be_focused()
    assert_accessible(page)
    page.keyboard.type("900")
    page.keyboard.press("Enter")
    card = page.locator(f"#board-deal-{deal.pk}")
    expect(page.locator(f'[data-stage="{stages["Qualified"].pk}"] #board-deal-{deal.pk}')).to_be_visible()
    expect(panel).to_be_hidden()
    expect(page.locator(f"#board-link-{deal.pk}")).to_be_focused()
    assert Deal.objects.get(pk=deal.pk).amount == Decimal(900)

    page.wait_for_load_state("networkidle")
    goal = page.locator(f'[data-stage="{stages["Lost"].pk}"]')
    # A browser that is short of time takes a fast drag for a click.
    for _attempt in range(4):
        start, end = card.locator(".board-amount").bounding_box(), goal.bounding_box()
        page.mouse.move(start["x"] + 10, start["y"] + 8)
        page.mouse.down()
        page.mouse.move(end["x"] + 40, end["y"] + 20, steps=12)
        page.mouse.move(end["x"] + 60, end["y"] + 30, steps=4)
        page.mouse.up()
        with contextlib.suppress(AssertionError):
            expect(panel).to_be_visible(timeout=4000)
            break
    panel.get_by_label("Why was it lost?").select_option("Price")
    expect(page.locator(f'[data-stage="{stages["Qualified"].pk}"] #board-deal-{deal.pk}')).to_have_count(1)
    panel.get_by_role("button", name="Move").click()
    expect(goal.locator(f"#board-deal-{deal.pk}")).to_be_visible()
    assert Deal.objects.get(pk=deal.pk).lost_reason == "Price"

    page.locator("#toasts").get_by_role("button", name="Undo").last.click()
    expect(page.locator(f'[data-stage="{stages["Qualified"].pk}"] #board-deal-{deal.pk}')).to_be_visible()
    assert Deal.objects.get(pk=deal.pk).status == "open"
