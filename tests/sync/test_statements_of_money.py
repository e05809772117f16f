"""What lists and pages of payments, credit and estimates cost with a synced company behind them."""

import pytest
from django.test import Client
from django.urls import reverse

from invoices.models import CreditDocument, Estimate, Payment
from qbo_connector.models import Connection
from tests import makers
from tests.sync.test_payments_in_full import company, invoices_of_one, record

__all__ = ["company"]  # a fixture
pytestmark = pytest.mark.django_db(transaction=True)


def test_lists_and_pages_cost_at_most_eight_statements(
    company: Connection, client: Client, django_assert_max_num_queries
) -> None:
    """Lists of many rows, one of which is just being sent; the estimate on the card of its quote."""
    admin = makers.user("Admin", "admin@example.com")
    client.force_login(admin)
    first, second = invoices_of_one(company)
    record("15", (first, "5"), (second, "5"), by=admin)
    assert Payment.objects.count() > 10
    refund = CreditDocument.objects.filter(kind="refund")[0]
    quote = Estimate.objects.exclude(quote=None)[0].quote_id
    pages = [
        reverse("invoices:payment-list") + "?view=all",
        reverse("invoices:creditmemo-list") + "?view=all",
        reverse("invoices:refund-list") + "?view=all",
        reverse("invoices:salesreceipt-list") + "?view=all",
        reverse("invoices:credit-detail", args=[refund.pk]),
    ]
    fragments = [
        reverse("invoices:quote-card", args=[quote]),
        reverse("invoices:invoice-records", args=[first.pk]),
        reverse("invoices:invoice-sends", args=[first.pk]),
    ]
    client.get(pages[0])
    for page in pages:
        with django_assert_max_num_queries(8):
            assert client.get(page).status_code == 200
    for fragment in fragments:
        with django_assert_max_num_queries(8):
            assert client.get(fragment, headers={"HX-Request": "true"}).status_code == 200
