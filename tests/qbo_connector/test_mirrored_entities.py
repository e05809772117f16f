"""Every entity that change data knows is mirrored, with a typed head, for one read where there is little."""

import datetime
from decimal import Decimal

from qbo_connector.mirror.entities import CHANGE_DATA
from qbo_connector.models import ApiUsage, MirrorObject
from tests.faults.mirror import assert_mirrored, read_until_quiet
from tests.quickbooks import connect


def test_a_small_company_costs_one_read_for_each_entity(us_company, quickbooks):
    read_until_quiet(us_company)

    reads = dict(ApiUsage.objects.values_list("cause", "reads"))
    # Tax codes, tax rates, company and preferences are read before.
    assert reads["first_load"] == len(CHANGE_DATA) + 4
    assert_mirrored(quickbooks, us_company)
    known = set(MirrorObject.objects.values_list("entity", flat=True))
    assert known >= {
        "Vendor",
        "Bill",
        "BillPayment",
        "Estimate",
        "CreditMemo",
        "SalesReceipt",
        "RefundReceipt",
        "Deposit",
    }


def test_the_heads_hold_what_lists_need(us_company, quickbooks):
    read_until_quiet(us_company)

    def first(entity):
        row = MirrorObject.objects.filter(entity=entity).order_by("pk").first()
        return row, next(r for r in quickbooks.objects(us_company.realm_id, entity) if r["Id"] == row.qbo_id)

    bill, remote = first("Bill")
    assert (bill.party_id, bill.total) == (remote["VendorRef"]["value"], Decimal(str(remote["TotalAmt"])))
    assert bill.due_on == datetime.date.fromisoformat(remote["DueDate"])
    estimate, remote = first("Estimate")
    assert (estimate.party_id, estimate.kind) == (remote["CustomerRef"]["value"], remote["TxnStatus"])
    vendor, remote = first("Vendor")
    assert vendor.name == remote["DisplayName"]
    paid, remote = first("BillPayment")
    assert (paid.kind, paid.party_id) == (remote["PayType"], remote["VendorRef"]["value"])


def test_currencies_of_a_multicurrency_company(quickbooks, transactional_db):
    company = connect(quickbooks, "ca")
    read_until_quiet(company)

    codes = set(MirrorObject.objects.filter(entity="CompanyCurrency").values_list("code", "currency"))
    assert codes == {(row["Code"], row["Code"]) for row in quickbooks.objects(company.realm_id, "CompanyCurrency")}
    assert codes
