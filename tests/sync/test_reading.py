"""Whether something asked for is still on its way: the invoice card looks again soon as long as it is."""

import datetime

from django.utils import timezone

from invoices.ports import accounting
from qbo_connector.models import PullSchedule
from sync.reconcile import run
from tests.quickbooks import read_company, sync_company


def test_a_request_is_under_way_until_its_rows_are_applied(us_company, quickbooks):
    sync_company(us_company)
    assert not accounting().reading([us_company.pk])
    invoice = quickbooks.objects(us_company.realm_id, "Invoice")[-1]
    quickbooks.call("POST", f"objects/{us_company.realm_id}/Invoice/{invoice['Id']}", {"PrivateNote": "Hi"})

    accounting().request_pull([us_company.pk])
    assert accounting().reading([us_company.pk])
    read_company(us_company)
    assert accounting().reading([us_company.pk]), "read, but not applied yet"
    assert run.reconcile(us_company)

    assert not accounting().reading([us_company.pk])


def test_a_request_that_leads_nowhere_is_not_waited_for_forever(us_company):
    sync_company(us_company)
    PullSchedule.objects.update(requested_at=timezone.now() - datetime.timedelta(minutes=3), finished_at=None)
    assert not accounting().reading([us_company.pk])
