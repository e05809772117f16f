"""Accounts: types, balances that follow every transaction, opening balances, deposits."""

import pytest


def balances(api, *identifiers):
    return [api.get("Account", identifier)["CurrentBalance"] for identifier in identifiers]


def test_every_transaction_moves_the_accounts_and_its_end_moves_them_back(us, line):
    watched = ("84", "4", "35", "33", "81", "90", "41")
    start = balances(us, *watched)
    tax = {"TxnTaxCodeRef": {"value": "2"}}
    invoice = us.post(
        "Invoice", {"CustomerRef": {"value": "1"}, "Line": [line(100, "5", tax="TAX", Qty=1)], "TxnTaxDetail": tax}
    )
    assert invoice["TotalAmt"] == 108
    cost = us.get("Item", "5")["PurchaseCost"]
    after = balances(us, *watched)
    assert after == pytest.approx([start[0] + 108, *start[1:4], start[4] - cost, start[5] - 8, start[6]])

    link = [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]
    payment = us.post(
        "Payment", {"CustomerRef": {"value": "1"}, "TotalAmt": 108, "Line": [{"Amount": 108, "LinkedTxn": link}]}
    )
    assert balances(us, "84", "4") == pytest.approx([start[0], start[1] + 108])
    deposit = us.post(
        "Deposit",
        {
            "DepositToAccountRef": {"value": "35"},
            "Line": [{"LinkedTxn": [{"TxnId": payment["Id"], "TxnType": "Payment"}]}],
        },
    )
    assert deposit["TotalAmt"] == 108
    assert balances(us, "4", "35") == pytest.approx([start[1], start[2] + 108])
    assert us.get("Payment", payment["Id"])["LinkedTxn"] == [{"TxnId": deposit["Id"], "TxnType": "Deposit"}]
    assert us.get("Account", "35")["SyncToken"] == "0"

    us.post("Deposit", {"Id": deposit["Id"], "SyncToken": "0"}, operation="delete")
    us.post("Payment", {"Id": payment["Id"], "SyncToken": "0"}, operation="delete")
    token = us.get("Invoice", invoice["Id"])["SyncToken"]
    us.post("Invoice", {"Id": invoice["Id"], "SyncToken": token}, operation="void")
    assert balances(us, *watched) == pytest.approx(start)


def test_what_is_in_a_deposit_can_not_be_changed(us):
    deposited = us.get("Payment", "97")
    key = {"Id": "97", "SyncToken": deposited["SyncToken"], "sparse": True}
    for change in ({"TotalAmt": 1, "Line": []}, {"DepositToAccountRef": {"value": "35"}}):
        error = us.refuse("Payment", {**key, "CustomerRef": {"value": "8"}, **change})
        assert (error["code"], error["Message"]) == ("6540", "Deposited transaction cannot be changed")
    assert us.refuse("Payment", key, operation="delete")["code"] == "6540"
    assert us.refuse("Payment", key, operation="update", include="void")["code"] == "6540"
    assert us.refuse("SalesReceipt", {"Id": "47", "SyncToken": "0"}, operation="delete")["code"] == "6540"
    assert us.post("Payment", {**key, "PrivateNote": "still fine"})["PrivateNote"] == "still fine"

    us.post("Deposit", {"Id": "121", "SyncToken": "0"}, operation="delete")
    freed = us.get("Payment", "97")
    assert "LinkedTxn" not in freed
    us.post("Payment", {"Id": "97", "SyncToken": freed["SyncToken"]}, operation="delete")


def test_a_deposit_takes_up_only_what_waits_for_it(us):
    def deposit(kind, identifier, **line):
        body = {
            "DepositToAccountRef": {"value": "35"},
            "Line": [{"LinkedTxn": [{"TxnId": identifier, "TxnType": kind}], **line}],
        }
        return us.refuse("Deposit", body)["code"]

    assert deposit("Payment", "97") == "6000"
    assert deposit("SalesReceipt", "11") == "6000"
    assert deposit("Payment", "9999") == "610"
    assert deposit("Cat", "97") == "2170"
    direct = {"Amount": 1, "DetailType": "DepositLineDetail", "DepositLineDetail": {"AccountRef": {"value": "1"}}}
    base = {"DepositToAccountRef": {"value": "35"}, "Line": [direct]}
    back = {"AccountRef": {"value": "36"}, "Amount": 5}
    assert us.refuse("Deposit", {**base, "CashBack": back})["Detail"].endswith("must be 0 or greater.")
    assert us.refuse("Deposit", {**base, "DepositToAccountRef": {"value": "84"}})["code"] == "6000"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"AccountType": "Bank"}, ("Bank", "CashOnHand", "Asset")),
        ({"AccountSubType": "CashOnHand"}, ("Bank", "CashOnHand", "Asset")),
        ({"AccountType": "Credit Card"}, ("Credit Card", "CreditCard", "Liability")),
        ({"AccountSubType": "SuppliesMaterialsCogs"}, ("Cost of Goods Sold", "SuppliesMaterialsCogs", "Expense")),
        ({"AccountType": "Income"}, ("Income", "SalesOfProductIncome", "Revenue")),
    ],
)
def test_type_subtype_and_classification_belong_together(us, body, expected):
    made = us.post("Account", {"Name": "New", **body})
    assert (made["AccountType"], made["AccountSubType"], made["Classification"]) == expected
    assert (made["CurrentBalance"], made["SubAccount"], made["Active"]) == (0, False, True)


def test_wrong_accounts_are_refused(us):
    for body, code in (
        ({"Name": "x"}, "2020"),
        ({"AccountType": "Bank"}, "2020"),
        ({"Name": "x", "AccountType": "Piggy"}, "2170"),
        ({"Name": "x", "AccountSubType": "Piggy"}, "2170"),
        ({"Name": "x", "AccountType": "Bank", "AccountSubType": "AccountsReceivable"}, "2170"),
        ({"Name": "x:y", "AccountType": "Bank"}, "2040"),
        ({"Name": "x" * 101, "AccountType": "Bank"}, "2050"),
        ({"Name": "x", "AccountType": "Bank", "AcctNum": "1" * 21}, "2050"),
        ({"Name": "Checking", "AccountType": "Bank"}, "6240"),
        ({"Name": "x", "AccountType": "Bank", "ParentRef": {"value": "999"}}, "2500"),
        ({"Name": "x", "AccountType": "Bank", "ParentRef": {"value": "1"}}, "6000"),
        ({"Name": "x", "AccountType": "Bank", "CurrencyRef": {"value": "EUR"}}, "6000"),
        ({"Name": "x", "AccountType": "Income", "OpeningBalance": 5}, "6000"),
    ):
        assert us.refuse("Account", body)["code"] == code, body


def test_opening_balances_of_accounts_customers_and_vendors_are_booked(us, uk):
    equity = balances(us, "34")[0]
    bank = us.post(
        "Account",
        {"Name": "New bank", "AccountType": "Bank", "OpeningBalance": 500, "OpeningBalanceDate": "2026-04-01"},
    )
    loan = us.post("Account", {"Name": "Loan", "AccountType": "Long Term Liability", "OpeningBalance": 200})
    assert (bank["CurrentBalance"], loan["CurrentBalance"]) == (500, -200)
    assert balances(us, "34")[0] == equity - 500 + 200
    deposit = us.query("select * from Deposit orderby Id desc maxresults 1")["Deposit"][0]
    assert (deposit["TxnDate"], deposit["PrivateNote"], deposit["TotalAmt"]) == ("2026-04-01", "Opening Balance", 500)

    for api in (us, uk):
        customer = api.post("Customer", {"DisplayName": "Old debts", "Balance": 75.5, "OpenBalanceDate": "2026-01-15"})
        assert (customer["Balance"], customer["BalanceWithJobs"]) == (75.5, 75.5)
        assert "OpenBalanceDate" not in customer
        (invoice,) = api.query(f"select * from Invoice where CustomerRef = '{customer['Id']}'")["Invoice"]
        assert (invoice["TxnDate"], invoice["PrivateNote"], invoice["Balance"]) == (
            "2026-01-15",
            "Opening Balance",
            75.5,
        )
        sparse = {"Id": customer["Id"], "SyncToken": customer["SyncToken"], "sparse": True, "Balance": 1}
        assert api.post("Customer", sparse)["Balance"] == 75.5

    vendor = us.post("Vendor", {"DisplayName": "Old bills", "Balance": 40})
    assert vendor["Balance"] == 40
    (bill,) = us.query(f"select * from Bill where VendorRef = '{vendor['Id']}'")["Bill"]
    assert (bill["PrivateNote"], bill["Balance"]) == ("Opening Balance", 40)


def test_sub_accounts_and_their_names(us):
    parent = us.post("Account", {"Name": "Safe", "AccountType": "Bank"})
    child = us.post("Account", {"Name": "Box", "AccountType": "Bank", "ParentRef": {"value": parent["Id"]}})
    assert (child["FullyQualifiedName"], child["SubAccount"], child["Level"]) == ("Safe:Box", True, 1)
    us.post("Transfer", {"FromAccountRef": {"value": "35"}, "ToAccountRef": {"value": child["Id"]}, "Amount": 12})
    mine = us.get("Account", parent["Id"])
    assert (mine["CurrentBalance"], mine["CurrentBalanceWithSubAccounts"]) == (0, 12)

    us.post("Account", {"Id": parent["Id"], "SyncToken": "0", "sparse": True, "Name": "Vault"})
    assert us.get("Account", child["Id"])["FullyQualifiedName"] == "Vault:Box"


def test_a_new_name_is_on_the_documents(us):
    us.post("Account", {"Id": "35", "SyncToken": "0", "sparse": True, "Name": "Main bank"})
    assert us.get("Deposit", "121")["DepositToAccountRef"] == {"value": "35", "name": "Main bank"}
    token = us.get("Vendor", "31")["SyncToken"]
    us.post("Vendor", {"Id": "31", "SyncToken": token, "sparse": True, "DisplayName": "Insurance"})
    assert us.get("Bill", "1")["VendorRef"]["name"] == "Insurance"
    assert us.get("Bill", "1")["SyncToken"] == "1"


def test_receivables_in_a_foreign_currency_have_their_own_account(ca, line):
    customers = ca.query("select * from Customer")["Customer"]
    foreign = next(row for row in customers if row["CurrencyRef"]["value"] == "USD")
    before = balances(ca, "84", "92")
    ca.post("Invoice", {"CustomerRef": {"value": foreign["Id"]}, "Line": [line(10, tax="2")], "ExchangeRate": 1.5})
    assert balances(ca, "84", "92") == [before[0], before[1] + 10]
