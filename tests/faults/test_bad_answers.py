"""R5 as far as single answers go: what can't be read is parked with its reason, the rest goes on, no cursor is lost."""

import json

import pytest

from core.redis import redis_client
from invoices.models import Invoice
from qbo_connector.models import MirrorObject, ParkedRecord, PullSchedule
from tests.checker import assert_at_rest
from tests.quickbooks import read_company, sync_company

UNREADABLE = {
    "HTML error page": {"action": "html", "status": 503},
    "HTML with 200": {"action": "html", "status": 200},
    "empty body": {"action": "empty"},
    "cut JSON": {"action": "malformed"},
    "half a body": {"action": "cut", "when": "after"},
    "dropped connection": {"action": "drop"},
    "fault with 200": {"action": "fault_in_200", "code": "10000"},
    "fault 4001": {"action": "fault", "code": "4001"},
    "unknown fault": {"action": "fault", "code": "98765"},
    "a list": {"action": "body", "body": []},
    "a text": {"action": "body", "body": "sorry"},
    "no time": {"action": "body", "body": {"CDCResponse": []}},
    "another answer": {"action": "body", "body": {"time": "2026-01-01T00:00:00-08:00", "Customer": {}}},
    "throttled": {"action": "throttle"},
}


@pytest.mark.parametrize("answer", UNREADABLE)
def test_a_bad_answer_moves_no_cursor_and_the_next_cycle_repairs(answer, us_company, quickbooks):
    sync_company(us_company)
    cursor = PullSchedule.objects.get().cursor
    invoice = quickbooks.objects(us_company.realm_id, "Invoice")[-1]
    quickbooks.call("POST", f"objects/{us_company.realm_id}/Invoice/{invoice['Id']}", {"CustomerMemo": {"value": "Hi"}})
    quickbooks.fault(kind="cdc", times=1, **UNREADABLE[answer])

    read_company(us_company)

    plan = PullSchedule.objects.get()
    assert plan.cursor == cursor
    assert plan.failures == 1
    assert plan.last_problem
    quickbooks.call("DELETE", "faults")
    if answer == "throttled":
        redis_client().flushdb()
    sync_company(us_company)
    assert Invoice.objects.get(external_id=invoice["Id"]).message == "Hi"
    assert PullSchedule.objects.get().failures == 0
    assert_at_rest(quickbooks, us_company)


CORRUPT = {
    "total is a text": {"set": {"TotalAmt": "a lot"}},
    "total is a list": {"set": {"TotalAmt": [1]}},
    "total missing": {"unset": ["TotalAmt"]},
    "balance is huge": {"set": {"Balance": 1e30}},
    "lines are a text": {"set": {"Line": "none"}},
    "line is a number": {"set": {"Line": [5]}},
    "customer is a text": {"set": {"CustomerRef": "Bill"}},
    "date is nonsense": {"set": {"TxnDate": "yesterday"}},
    "token is nonsense": {"set": {"SyncToken": "x"}},
    "NUL in a text": {"set": {"DocNumber": "10\u000001"}},
}


@pytest.mark.parametrize("kind", CORRUPT)
def test_one_bad_record_stops_no_other(kind, us_company, quickbooks):
    realm = us_company.realm_id
    invoices = quickbooks.objects(realm, "Invoice")
    bad = invoices[len(invoices) // 2]["Id"]
    quickbooks.call("POST", f"objects/{realm}/Invoice/{bad}", {"operation": "corrupt", **CORRUPT[kind]})

    sync_company(us_company)

    others = {row["Id"] for row in invoices} - {bad}
    assert set(Invoice.objects.values_list("external_id", flat=True)) >= others
    parked = ParkedRecord.objects.filter(entity="Invoice", resolved_at=None)
    if kind == "NUL in a text":
        assert Invoice.objects.get(external_id=bad).number == "1001"
        assert not parked.exists()
    else:
        assert [row.qbo_id for row in parked] == [bad], list(parked)
        assert parked[0].reason
    assert PullSchedule.objects.get().cursor is not None


def test_a_mended_record_is_no_longer_parked(us_company, quickbooks):
    realm = us_company.realm_id
    bad = quickbooks.objects(realm, "Invoice")[0]
    quickbooks.call(
        "POST", f"objects/{realm}/Invoice/{bad['Id']}", {"operation": "corrupt", "set": {"TxnDate": "soon"}}
    )
    sync_company(us_company)
    assert ParkedRecord.objects.filter(resolved_at=None).count() == 1

    quickbooks.call(
        "POST",
        f"objects/{realm}/Invoice/{bad['Id']}",
        {"operation": "corrupt", "set": {"TxnDate": bad["TxnDate"], "SyncToken": str(int(bad["SyncToken"]) + 1)}},
    )
    sync_company(us_company)

    assert not ParkedRecord.objects.filter(resolved_at=None).exists()
    assert Invoice.objects.filter(external_id=bad["Id"]).exists()


def test_duplicates_and_unknown_entities_in_one_answer(us_company, quickbooks):
    sync_company(us_company)
    invoice = quickbooks.objects(us_company.realm_id, "Invoice")[0]
    newer = {**invoice, "SyncToken": str(int(invoice["SyncToken"]) + 1), "PrivateNote": "newer"}
    body = {
        "CDCResponse": [
            {
                "QueryResponse": [
                    {"Invoice": [newer, invoice, {"no": "id"}, {"Id": "5"}, None], "startPosition": 1, "maxResults": 5},
                    {"Spaceship": [{"Id": "1"}]},
                    {},
                ]
            }
        ],
        "time": "2026-11-22T00:00:00.000-08:00",
    }
    quickbooks.fault(kind="cdc", times=1, action="body", body=json.loads(json.dumps(body)))

    sync_company(us_company)

    assert MirrorObject.objects.get(entity="Invoice", qbo_id=invoice["Id"]).sync_token == int(newer["SyncToken"])
    assert sorted(ParkedRecord.objects.values_list("entity", flat=True)) == [
        "Invoice",
        "Invoice",
        "Invoice",
        "Spaceship",
    ]


def test_a_deleted_invoice_leaves_its_deal_and_is_not_resurrected(us_company, quickbooks):
    sync_company(us_company)
    realm = us_company.realm_id
    invoice = next(row for row in quickbooks.objects(realm, "Invoice") if not row["LinkedTxn"])
    quickbooks.call("POST", f"objects/{realm}/Invoice/{invoice['Id']}", {"operation": "delete"})

    sync_company(us_company)

    assert Invoice.objects.get(external_id=invoice["Id"]).removed_at is not None
    assert MirrorObject.objects.get(entity="Invoice", qbo_id=invoice["Id"]).deleted
    older = {"QueryResponse": [{"Invoice": [invoice]}]}
    quickbooks.fault(
        kind="cdc", times=1, action="body", body={"CDCResponse": [older], "time": "2026-11-22T00:00:00.000-08:00"}
    )
    sync_company(us_company)
    assert MirrorObject.objects.get(entity="Invoice", qbo_id=invoice["Id"]).deleted
