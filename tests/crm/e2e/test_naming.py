"""Naming a colleague in a note: the names are offered while one types."""

import re

import pytest
from playwright.sync_api import expect

from crm.models import Activity

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_colleague_is_named_by_a_few_letters(open_as, rep, ops, company):
    page = open_as(rep, f"/companies/{company.pk}/")
    note = page.locator("#note-body")

    note.click()
    page.keyboard.type("Please ask @osc")
    offered = page.get_by_role("listbox", name="Colleagues").get_by_role("option")
    expect(offered).to_have_text([re.compile("Oscar Ops")])
    page.keyboard.press("Enter")
    expect(note).to_have_value("Please ask @Oscar Ops ")
    expect(offered).to_have_count(0)

    # Escape leaves what was typed, and Enter is a new line again.
    page.keyboard.type("or @os")
    expect(offered).to_have_count(1)
    page.keyboard.press("Escape")
    expect(offered).to_have_count(0)
    page.keyboard.press("Enter")
    expect(note).to_have_value("Please ask @Oscar Ops or @os\n")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("#timeline .timeline-note")).to_contain_text("Please ask @Oscar Ops")
    assert Activity.objects.get().body.startswith("Please ask @Oscar Ops or @os")
