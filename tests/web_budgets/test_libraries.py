"""Libraries that few pages need come when they are needed."""

import pytest
from playwright.sync_api import expect

from crm.services import contacts
from tests.makers import new_deal, user

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_picker_below_a_card_is_there_when_somebody_comes_near(open_as):
    person = user()
    deal = new_deal(person)
    contacts.create(by=person, first_name="Lovelace", last_name="Ada", email="ada@love.example")
    page = open_as(person, f"/deals/{deal.pk}/")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    box = page.get_by_label("Add a contact")
    expect(box).to_be_visible()
    assert not page.evaluate("Boolean(window.TomSelect)")

    box.focus()
    expect(page.get_by_role("combobox", name="Add a contact")).to_be_focused()
    page.keyboard.type("Love")
    page.get_by_role("option", name="Lovelace").click()

    expect(page.locator("#deal-contacts")).to_contain_text("Lovelace")
    assert len([url for url in asked if "tom-select" in url]) == 2
