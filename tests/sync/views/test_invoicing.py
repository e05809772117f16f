"""The page of a company's invoice settings."""

import pytest

from core.models import Event
from invoices.models import InvoicingSettings
from invoices.ports import accounting
from tests.makers import user
from tests.quickbooks import sync_company


@pytest.fixture
def page(client, us_company):
    sync_company(us_company)
    client.force_login(user("Admin", "admin@example.com"))
    return f"/settings/connected-apps/quickbooks/{us_company.pk}/invoices/"


def test_an_admin_chooses_the_default_product_and_the_switch(client, page, us_company):
    assert accounting().default_item(us_company.pk) is None
    (item, *_rest) = accounting().items(us_company.pk, search="Design", limit=1)

    answer = client.post(page, {"default_item": item.external_id, "skip_other_currencies": "on"})

    assert answer.status_code == 302
    stored = InvoicingSettings.objects.get(connection=us_company)
    assert (stored.default_item_name, stored.skip_other_currencies) == (item.name, True)
    assert accounting().default_item(us_company.pk).external_id == item.external_id
    event = Event.objects.get(name="connection.invoicing_changed")
    assert event.data == {
        "default_item_external_id": item.external_id, "default_item_name": item.name, "skip_other_currencies": True,
        "title": str(us_company),
        "changes": {
            "default_item_external_id": ["", item.external_id], "default_item_name": ["", item.name],
            "skip_other_currencies": [False, True],
        },
    }  # fmt: skip
    assert item.name in client.get(page).content.decode()

    client.post(page, {"default_item": item.external_id, "skip_other_currencies": "on"})
    assert Event.objects.filter(name="connection.invoicing_changed").count() == 1


def test_a_product_that_does_not_exist_is_refused(client, page):
    assert client.post(page, {"default_item": "99999"}).status_code == 422
    assert not InvoicingSettings.objects.exists()
