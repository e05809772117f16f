"""A copy that somebody made in QuickBooks carries our marker too; it is never taken for the document that we made."""

import uuid
from typing import Any

import pytest
from django.utils import timezone

from invoices.models import Invoice, Payment
from invoices.services import payments
from qbo_connector.models import Connection, ParkedRecord
from sync.publish import payments as publishing
from tests.checker import marked
from tests.faults.test_r2_timeout_is_not_failure import send_again
from tests.makers import deal_of, requested_invoice, user
from tests.quickbooks import QuickBooks, drain_until_settled, sync_company

pytestmark = pytest.mark.django_db(transaction=True)
COPIED = ("CustomerRef", "PrivateNote", "TxnDate")


def copy_there(quickbooks: QuickBooks, company: Connection, entity: str, original: dict[str, Any]) -> str:
    """What the accountant's "Copy" makes; afterwards the original is edited, so that it was changed last."""
    fields = {name: original[name] for name in (*COPIED, *(("TotalAmt",) if entity == "Payment" else ("Line",)))}
    fields["Line"] = [{k: v for k, v in line.items() if k != "Id"} for line in fields.get("Line", [])]
    quickbooks.call("POST", "clock", {"advance": 5})
    path = f"objects/{company.realm_id}/{entity}"
    copy = quickbooks.call("POST", path, fields)
    quickbooks.call("POST", "clock", {"advance": 5})
    changed = {"PaymentRefNum": "Seen"} if entity == "Payment" else {"CustomerMemo": {"value": "Seen"}}
    quickbooks.call("POST", f"{path}/{original['Id']}", {"operation": "update", "fields": changed})
    return str(copy["Id"])


def test_the_first_document_with_the_marker_is_ours_and_the_copy_is_shown(
    us_company: Connection, quickbooks: QuickBooks, settings: Any
) -> None:
    sync_company(us_company)
    rep = user("Admin")
    invoice = requested_invoice(deal_of("Cool Cars", rep), rep)
    quickbooks.fault(method="POST", entity="Invoice", when="after", times=1, action="drop")
    drain_until_settled(us_company)
    (qbo_id,) = marked(quickbooks, us_company)[str(invoice.request_id)]
    original = next(row for row in quickbooks.objects(us_company.realm_id, "Invoice") if row["Id"] == qbo_id)
    copy = copy_there(quickbooks, us_company, "Invoice", original)
    quickbooks.call("POST", "requestids/forget", {})
    settings.QBO_REQUESTID_SECONDS = 0

    send_again(us_company)

    invoice.refresh_from_db()
    assert invoice.external_id == original["Id"]
    parked = ParkedRecord.objects.get(entity="Invoice", qbo_id=copy)
    assert f"the mark of Invoice {original['Id']}" in parked.reason
    sync_company(us_company)
    assert Invoice.objects.filter(external_id__in=[original["Id"], copy]).count() == 2


def test_the_first_payment_with_the_marker_is_ours(us_company: Connection, quickbooks: QuickBooks) -> None:
    sync_company(us_company)
    invoice = Invoice.objects.filter(balance__gt=100, applications=None).order_by("pk")[0]
    wanted = payments.Received(invoice.balance, timezone.localdate(), [(invoice, invoice.balance)])
    payment = payments.record(wanted, request_id=uuid.uuid4(), by=user("Admin"))
    publishing.publish(payment.pk)
    quickbooks.fault(method="POST", path="/payment", when="after", action="drop", times=1)
    drain_until_settled(us_company)
    (original,) = [
        row
        for row in quickbooks.objects(us_company.realm_id, "Payment")
        if str(payment.request_id) in row.get("PrivateNote", "")
    ]
    copy = copy_there(quickbooks, us_company, "Payment", original)

    sync_company(us_company)

    payment.refresh_from_db()
    assert payment.external_id == original["Id"]
    assert Payment.objects.get(external_id=copy).request_id is None
