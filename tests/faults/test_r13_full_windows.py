"""R13: a change-data window that is full hides what was deleted in it; it is found all the same."""

import datetime

from django.utils import timezone

from qbo_connector.models import MirrorObject, PullSchedule
from tests.checker import assert_at_rest
from tests.quickbooks import sync_company


def test_a_deletion_in_a_full_window_is_not_missed(us_company, quickbooks):
    sync_company(us_company)
    unpaid = [row["Id"] for row in quickbooks.objects(us_company.realm_id, "Invoice") if not row["LinkedTxn"]]
    assert MirrorObject.objects.filter(entity="Invoice", qbo_id=unpaid[0], deleted=False).exists()
    quickbooks.call("POST", f"objects/{us_company.realm_id}/Invoice/{unpaid[0]}", {"operation": "delete"})
    try:
        quickbooks.call("POST", "clock", {"offset": 3600})
        wanted = {"customers": 5, "items": 1, "invoices": 1100, "seed": 7, "days": 1}
        quickbooks.call("POST", "generate", {"realmId": us_company.realm_id, **wanted})
        PullSchedule.objects.update(cursor=timezone.now() - datetime.timedelta(days=2))

        sync_company(us_company)
        sync_company(us_company)

        assert_at_rest(quickbooks, us_company)
    finally:
        quickbooks.call("POST", "clock", {"offset": 0})
