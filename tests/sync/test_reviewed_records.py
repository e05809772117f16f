"""Records that are changed again while their last change is on its way to QuickBooks."""

import pytest

from crm.services import companies
from qbo_connector.models import Operation
from qbo_connector.outbox import drain
from sync.enums import Winner
from sync.models import ObjectSettings
from tests.makers import user
from tests.sync.test_publish_records import garden, in_quickbooks, publish_only, published

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("answered", [True, False])
def test_a_second_change_is_not_overwritten_by_the_first_coming_back(books, answered):
    ObjectSettings.objects.filter(connection=books.connection).update(winner=Winner.QUICKBOOKS)
    company = garden()
    published(books)
    rep = user("Admin")
    companies.update(company, by=rep, phone="555 2")
    publish_only()
    if not answered:
        books.quickbooks.fault(method="POST", entity="Customer", when="after", action="drop", times=1)
    for unit in drain.lease_units(books.connection.pk):
        unit()
    companies.update(company, by=rep, phone="555 3")

    books.sync()

    company.refresh_from_db()
    assert company.phone == "555 3"
    Operation.objects.update(due_at="2000-01-01T00:00:00Z")
    published(books)
    company.refresh_from_db()
    (customer,) = in_quickbooks(books)
    assert company.phone == customer["PrimaryPhone"]["FreeFormNumber"] == "555 3"
