"""Merging two customers, vendors or items: what an accountant does and an app only sees afterwards."""

import pytest


def merge(api, entity, loser, winner):
    return api.control("POST", f"objects/{api.realm}/{entity}/{loser}", {"operation": "merge", "into": winner})


def test_a_merged_customer_is_gone_and_its_documents_belong_to_the_other(us, line):
    since = us.now()
    invoice = us.post("Invoice", {"CustomerRef": {"value": "3"}, "Line": [line(40)]})
    paid = us.control("POST", f"objects/{us.realm}/Invoice/{invoice['Id']}", {"operation": "pay", "amount": 15})
    before = us.get("Customer", "2")

    winner = merge(us, "Customer", "3", "2")

    assert winner["Balance"] == before["Balance"] + 25
    assert int(winner["SyncToken"]) == int(before["SyncToken"]) + 1
    assert us.raw("GET", "customer/3").json()["Fault"]["Error"][0]["code"] == "610"
    for entity, identifier in (("Invoice", invoice["Id"]), ("Payment", paid["Id"])):
        moved = us.get(entity, identifier)
        assert moved["CustomerRef"] == {"value": "2", "name": before["DisplayName"]}
        assert int(moved["SyncToken"]) > 0
    changes = us.changes(since)
    assert {"status": "Deleted", "Id": "3"}.items() <= next(
        row for row in changes["Customer"] if row["Id"] == "3"
    ).items()
    assert invoice["Id"] in [row["Id"] for row in changes["Invoice"]]
    assert us.post("Customer", {"DisplayName": "Cool Cars"})["Id"] != "3"


def test_sub_customers_follow_and_a_parent_is_not_merged_into_its_child(us):
    children = [row for row in us.query("SELECT * FROM Customer")["Customer"] if row.get("ParentRef")]
    parent = children[0]["ParentRef"]["value"]
    mine = [row["Id"] for row in children if row["ParentRef"]["value"] == parent]

    refused = us.http.post(
        f"{us.url}/_simulator/objects/{us.realm}/Customer/{parent}",
        json={"operation": "merge", "into": mine[0]},
        timeout=10,
    )
    assert refused.json()["Fault"]["Error"][0]["code"] == "6000"

    winner = merge(us, "Customer", parent, "2")

    for identifier in mine:
        child = us.get("Customer", identifier)
        assert child["ParentRef"] == {"value": "2"}
        assert child["FullyQualifiedName"] == f"{winner['FullyQualifiedName']}:{child['DisplayName']}"
    together = sum(us.get("Customer", identifier)["BalanceWithJobs"] for identifier in mine)
    assert winner["BalanceWithJobs"] == pytest.approx(winner["Balance"] + together)


def test_merged_items_add_their_stock_and_lines_name_the_winner(us, line):
    lines = [line(10, "11"), line(20, "5")]
    invoice = us.post("Invoice", {"CustomerRef": {"value": "1"}, "Line": lines})
    stock = us.get("Item", "11")["QtyOnHand"] + us.get("Item", "5")["QtyOnHand"]

    winner = merge(us, "Item", "5", "11")

    assert winner["QtyOnHand"] == stock
    named = [row["SalesItemLineDetail"]["ItemRef"] for row in us.get("Invoice", invoice["Id"])["Line"][:2]]
    assert named == [{"value": "11", "name": "Pump"}] * 2
    assert us.raw("GET", "item/5").status_code == 400


def test_merged_vendors_share_their_balance(us):
    owed = us.get("Vendor", "32")["Balance"] + us.get("Vendor", "31")["Balance"]

    winner = merge(us, "Vendor", "31", "32")

    assert winner["Balance"] == owed
    bills = us.query("SELECT * FROM Bill")["Bill"]
    assert not [bill for bill in bills if bill["VendorRef"]["value"] == "31"]
    assert [bill["VendorRef"]["name"] for bill in bills if bill["Id"] == "1"] == ["Cal Telephone"]


def test_what_can_not_be_merged(us):
    url = f"{us.url}/_simulator/objects/{us.realm}"
    for path, into, code in (
        ("Customer/1", "1", "6000"),
        ("Customer/1", "999", "610"),
        ("Item/5", "1", "6000"),
        ("Term/1", "2", "500"),
    ):
        answer = us.http.post(f"{url}/{path}", json={"operation": "merge", "into": into}, timeout=10)
        assert answer.status_code == 400
        assert answer.json()["Fault"]["Error"][0]["code"] == code, path
