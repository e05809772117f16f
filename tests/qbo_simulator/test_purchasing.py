"""Bills and what goes with them: vendors, payments, credits, orders, checks, journal entries."""

import pytest


def by_account(amount, account="8", **detail):
    inner = {"AccountRef": {"value": account}, **detail}
    return {"Amount": amount, "DetailType": "AccountBasedExpenseLineDetail", "AccountBasedExpenseLineDetail": inner}


def by_item(amount, item="5", **detail):
    inner = {"ItemRef": {"value": item}, **detail}
    return {"Amount": amount, "DetailType": "ItemBasedExpenseLineDetail", "ItemBasedExpenseLineDetail": inner}


def bill_of(api, *lines, vendor="30", **fields):
    return api.post("Bill", {"VendorRef": {"value": vendor}, "Line": list(lines), **fields})


def pay(vendor, total, *links, **fields):
    lines = [{"Amount": amount, "LinkedTxn": [{"TxnId": i, "TxnType": kind}]} for kind, i, amount in links]
    paid = {"PayType": "Check", "CheckPayment": {"BankAccountRef": {"value": "35"}}}
    return {"VendorRef": {"value": vendor}, "TotalAmt": total, "Line": lines, **paid, **fields}


def test_a_bill_is_completed(us):
    before = us.get("Vendor", "30")["Balance"]
    bill = bill_of(
        us, by_account(40), by_item(30, UnitPrice=10, Qty=3), SalesTermRef={"value": "3"}, TxnDate="2026-04-01"
    )

    assert (bill["TotalAmt"], bill["Balance"], bill["DueDate"]) == (70, 70, "2026-05-01")
    assert bill["APAccountRef"] == {"value": "33", "name": "Accounts Payable (A/P)"}
    assert bill["VendorRef"]["name"] == "Books by Bessie"
    assert bill["VendorAddr"]["Line1"] == "15 Main St."
    assert [line["LineNum"] for line in bill["Line"]] == [1, 2]
    detail = bill["Line"][0]["AccountBasedExpenseLineDetail"]
    assert (detail["BillableStatus"], detail["TaxCodeRef"]) == ("NotBillable", {"value": "NON"})
    assert "DocNumber" not in bill
    assert us.get("Vendor", "30")["Balance"] == before + 70


def test_bought_goods_are_in_stock_and_sent_back_they_are_not(us):
    before = us.get("Item", "5")["QtyOnHand"]
    bill = bill_of(us, by_item(30, UnitPrice=10, Qty=3))
    credit = us.post("VendorCredit", {"VendorRef": {"value": "30"}, "Line": [by_item(10, UnitPrice=10, Qty=1)]})
    assert us.get("Item", "5")["QtyOnHand"] == before + 2
    us.post("VendorCredit", {"Id": credit["Id"], "SyncToken": "0"}, operation="delete")
    us.post("Bill", {"Id": bill["Id"], "SyncToken": "0"}, operation="delete")
    assert us.get("Item", "5")["QtyOnHand"] == before


def test_a_payment_settles_bill_and_vendor_and_its_end_opens_them_again(us):
    bill = bill_of(us, by_account(100))
    owed = us.get("Vendor", "30")["Balance"]

    payment = us.post("BillPayment", pay("30", 60, ("Bill", bill["Id"], 60)))

    paid = us.get("Bill", bill["Id"])
    assert (paid["Balance"], paid["SyncToken"]) == (40, "1")
    assert paid["LinkedTxn"] == [{"TxnId": payment["Id"], "TxnType": "BillPaymentCheck"}]
    assert us.get("Vendor", "30")["Balance"] == owed - 60
    error = us.refuse("Bill", {"Id": bill["Id"], "SyncToken": "1"}, operation="delete")
    assert error["code"] == "6000"
    error = us.refuse("Bill", {"Id": bill["Id"], "SyncToken": "1", "sparse": True, "Line": [by_account(10)]})
    assert error["code"] == "6000"

    voided = us.post("BillPayment", {"Id": payment["Id"], "SyncToken": "0"}, operation="update", include="void")
    assert (voided["TotalAmt"], voided["Line"], voided["PrivateNote"]) == (0, [], "Voided")
    opened = us.get("Bill", bill["Id"])
    assert opened["Balance"] == 100
    assert "LinkedTxn" not in opened
    assert us.get("Vendor", "30")["Balance"] == owed


def test_a_credit_pays_a_bill(us):
    bill = bill_of(us, by_account(100))
    credit = us.post("VendorCredit", {"VendorRef": {"value": "30"}, "Line": [by_account(30)]})
    us.post("BillPayment", pay("30", 0, ("Bill", bill["Id"], 30), ("VendorCredit", credit["Id"], 30)))
    assert us.get("Bill", bill["Id"])["Balance"] == 70
    assert us.get("VendorCredit", credit["Id"])["Balance"] == 0


def test_bill_payments_that_can_not_be(us):
    bill = bill_of(us, by_account(10))
    link = ("Bill", bill["Id"], 10)
    for body, code in (
        (pay("30", 10, link, PayType="Barter"), "2170"),
        (pay("30", 10, link, CheckPayment={}), "2020"),
        (pay("30", 10, link, CheckPayment={"BankAccountRef": {"value": "41"}}), "6000"),
        (pay("30", 10, link, CheckPayment={"BankAccountRef": {"value": "999"}}), "2500"),
        (pay("31", 10, link), "6000"),
        (pay("30", 5, link), "6000"),
        (pay("30", 20, ("Bill", bill["Id"], 20)), "6000"),
        (pay("30", 10, ("Bill", "9999", 10)), "610"),
        (pay("30", 10, ("Cat", bill["Id"], 10)), "2170"),
        (pay("999", 10, link), "2500"),
        (pay("30", -1), "6000"),
        (pay("30", "ten", link), "2080"),
    ):
        assert us.refuse("BillPayment", body)["code"] == code, body
    assert us.get("Bill", bill["Id"])["Balance"] == 10


def test_wrong_bills(us):
    for body, code in (
        ({"Line": [by_account(1)]}, "2020"),
        ({"VendorRef": {"value": "30"}}, "2020"),
        ({"VendorRef": {"value": "1"}, "Line": [by_account(1)]}, "2500"),
        ({"VendorRef": {"value": "30"}, "Line": [by_account(1, "999")]}, "2500"),
        ({"VendorRef": {"value": "30"}, "Line": [by_item(1, "999")]}, "2500"),
        ({"VendorRef": {"value": "30"}, "Line": [by_item(5, UnitPrice=2, Qty=2)]}, "6070"),
        ({"VendorRef": {"value": "30"}, "Line": [by_account(-1)]}, "6000"),
        ({"VendorRef": {"value": "30"}, "Line": [by_account(1, BillableStatus="Perhaps")]}, "2170"),
        ({"VendorRef": {"value": "30"}, "Line": [by_account(1, BillableStatus="Billable")]}, "6000"),
        ({"VendorRef": {"value": "30"}, "Line": [{"Amount": 1, "DetailType": "SalesItemLineDetail"}]}, "2170"),
        ({"VendorRef": {"value": "30"}, "Line": [by_account(1)], "DocNumber": "1" * 22}, "2050"),
        ({"VendorRef": {"value": "30"}, "Line": [by_account(1)], "CurrencyRef": {"value": "EUR"}}, "6000"),
        ({"VendorRef": {"value": "30"}, "Line": [by_account(1)], "SalesTermRef": {"value": "99"}}, "2500"),
    ):
        assert us.refuse("Bill", body)["code"] == code, body


def test_a_bill_for_an_order_closes_it(us):
    order = us.post("PurchaseOrder", {"VendorRef": {"value": "30"}, "Line": [by_item(10, UnitPrice=10, Qty=1)]})
    assert order["DocNumber"]
    link = [{"TxnId": order["Id"], "TxnType": "PurchaseOrder"}]
    bill = bill_of(us, by_item(10, UnitPrice=10, Qty=1), LinkedTxn=link)
    assert bill["LinkedTxn"] == link
    closed = us.get("PurchaseOrder", order["Id"])
    assert (closed["POStatus"], closed["LinkedTxn"]) == ("Closed", [{"TxnId": bill["Id"], "TxnType": "Bill"}])


def test_checks_cards_and_refunds(us):
    start = us.get("Account", "41")["CurrentBalance"]
    body = {"AccountRef": {"value": "41"}, "PaymentType": "CreditCard", "Line": [by_account(15)]}
    us.post("Purchase", body)
    us.post("Purchase", {**body, "Credit": True, "Line": [by_account(5)]})
    assert us.get("Account", "41")["CurrentBalance"] == pytest.approx(start - 10)
    assert us.refuse("Purchase", {**body, "PaymentType": "Shells"})["code"] == "2170"
    assert us.refuse("Purchase", {**body, "AccountRef": {"value": "35"}})["code"] == "6000"
    assert us.refuse("Purchase", {**body, "EntityRef": {"value": "30", "type": "Cat"}})["code"] == "2170"
    made = us.post("Purchase", {**body, "EntityRef": {"value": "1", "type": "Customer"}})
    assert made["EntityRef"]["name"] == "Amy's Bird Sanctuary"
    error = us.refuse("Purchase", {"Id": made["Id"], "SyncToken": "0"}, operation="void")
    assert (error["code"], error["Detail"]) == ("500", "Operation void is not supported.")
    key = {"Id": made["Id"], "SyncToken": "0", "sparse": True}
    assert us.post("Purchase", {**key, "PaymentType": "CreditCard", "PrivateNote": "x"})["TotalAmt"] == 15


def test_journal_entries_are_balanced(us):
    def line(side, account, amount, **detail):
        inner = {"PostingType": side, "AccountRef": {"value": account}, **detail}
        return {"Amount": amount, "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": inner}

    start = us.get("Account", "35")["CurrentBalance"]
    entry = us.post("JournalEntry", {"Line": [line("Debit", "35", 20), line("Credit", "1", 20)]})
    assert (entry["TotalAmt"], entry["Line"][0]["JournalEntryLineDetail"]["AccountRef"]["name"]) == (20, "Checking")
    assert us.get("Account", "35")["CurrentBalance"] == start + 20
    name = {"Type": "Customer", "EntityRef": {"value": "1"}}
    with_name = [line("Debit", "84", 5, Entity=name), line("Credit", "1", 5)]
    entity = us.post("JournalEntry", {"Line": with_name})["Line"][0]["JournalEntryLineDetail"]["Entity"]
    assert entity == {"Type": "Customer", "EntityRef": {"value": "1", "name": "Amy's Bird Sanctuary"}}
    assert us.get("Customer", "1")["Balance"] == 239 + 5
    for lines, code in (
        ([line("Debit", "35", 20), line("Credit", "1", 19)], "6000"),
        ([line("Sideways", "35", 20)], "2170"),
        ([line("Debit", "84", 5), line("Credit", "1", 5)], "6000"),
        ([line("Debit", "999", 5), line("Credit", "1", 5)], "2500"),
        ([], "2020"),
    ):
        assert us.refuse("JournalEntry", {"Line": lines})["code"] == code, lines


def test_purchases_abroad_have_tax_on_each_line(ca):
    account = ca.post("Account", {"Name": "Rent", "AccountType": "Expense"})["Id"]
    payable = ca.post("Account", {"Name": "Accounts Payable", "AccountType": "Accounts Payable"})["Id"]
    vendor = ca.post("Vendor", {"DisplayName": "Landlord"})["Id"]
    error = ca.refuse("Bill", {"VendorRef": {"value": vendor}, "Line": [by_account(100, account)]})
    assert error["Detail"].startswith("Business Validation Error: Make sure all your transactions have a GST/HST rate")
    code = ca.post(
        "Bill", {"VendorRef": {"value": vendor}, "Line": [by_account(100, account, TaxCodeRef={"value": "2"})]}
    )
    assert (code["TotalAmt"], code["HomeTotalAmt"], code["APAccountRef"]["value"]) == (100, 100, payable)
    foreign = {"VendorRef": {"value": vendor}, "CurrencyRef": {"value": "USD"}, "Line": [by_account(1, account)]}
    assert ca.refuse("Bill", foreign)["code"] == "6000"


def test_voids_that_do_not_exist_fail_each_in_its_own_way(us):
    purchase = us.post("Purchase", {"AccountRef": {"value": "35"}, "PaymentType": "Cash", "Line": [by_account(1)]})
    assert us.refuse("Purchase", {"Id": purchase["Id"], "SyncToken": "0"}, operation="void")["code"] == "500"
    bill = us.raw("POST", "bill", json={"Id": "126", "SyncToken": "0"}, params={"operation": "void"})
    assert (bill.status_code, bill.json()["Fault"]["type"]) == (200, "SystemFault")
    entry = us.raw("POST", "journalentry", json={"Id": "1", "SyncToken": "0"}, params={"operation": "void"})
    assert (entry.status_code, set(entry.json())) == (200, {"BatchItemResponse", "time"})


def test_zeros_beside_an_amount_are_not_compared_with_it(us):
    bill = us.post("Bill", {"VendorRef": {"value": "30"}, "Line": [by_item(5, UnitPrice=0, Qty=0)]})
    assert bill["TotalAmt"] == 5
