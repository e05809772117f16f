"""Every entity that a client can write: created, read, changed, found, seen in change data, and removed."""

import pytest

ACCOUNT_LINE = {
    "Amount": 12.5,
    "DetailType": "AccountBasedExpenseLineDetail",
    "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "8"}},
}
ITEM_LINE = {
    "Amount": 20,
    "DetailType": "ItemBasedExpenseLineDetail",
    "ItemBasedExpenseLineDetail": {"ItemRef": {"value": "5"}, "UnitPrice": 10, "Qty": 2},
}


def entry(kind: str, account: str, amount: float = 30) -> dict:
    detail = {"PostingType": kind, "AccountRef": {"value": account}}
    return {"Amount": amount, "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": detail}


SALE = {"Amount": 9, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}
INFO = {"Name": "Monthly", "RecurType": "Automated", "ScheduleInfo": {"IntervalType": "Monthly", "NumInterval": 1}}
#: What is created, one field that is changed, and figures that QuickBooks computes.
TRANSACTIONS = {
    "Invoice": ({"CustomerRef": {"value": "1"}, "Line": [SALE]}, {"TotalAmt": 9, "Balance": 9}),
    "Estimate": ({"CustomerRef": {"value": "1"}, "Line": [SALE]}, {"TotalAmt": 9, "TxnStatus": "Pending"}),
    "CreditMemo": ({"CustomerRef": {"value": "1"}, "Line": [SALE]}, {"TotalAmt": 9, "RemainingCredit": 9}),
    "SalesReceipt": ({"CustomerRef": {"value": "1"}, "Line": [SALE]}, {"TotalAmt": 9, "Balance": 0}),
    "RefundReceipt": (
        {"CustomerRef": {"value": "1"}, "Line": [SALE], "DepositToAccountRef": {"value": "35"}},
        {"TotalAmt": 9},
    ),
    "Payment": ({"CustomerRef": {"value": "1"}, "TotalAmt": 5}, {"UnappliedAmt": 5}),
    "Bill": ({"VendorRef": {"value": "30"}, "Line": [ACCOUNT_LINE, ITEM_LINE]}, {"TotalAmt": 32.5, "Balance": 32.5}),
    "VendorCredit": ({"VendorRef": {"value": "30"}, "Line": [ACCOUNT_LINE]}, {"TotalAmt": 12.5, "Balance": 12.5}),
    "BillPayment": (
        {
            "VendorRef": {"value": "46"},
            "PayType": "Check",
            "TotalAmt": 5,
            "CheckPayment": {"BankAccountRef": {"value": "35"}},
            "Line": [{"Amount": 5, "LinkedTxn": [{"TxnId": "126", "TxnType": "Bill"}]}],
        },
        {"CheckPayment": {"BankAccountRef": {"value": "35", "name": "Checking"}, "PrintStatus": "NotSet"}},
    ),
    "Purchase": (
        {
            "AccountRef": {"value": "35"},
            "PaymentType": "Cash",
            "EntityRef": {"value": "30", "type": "Vendor"},
            "Line": [ACCOUNT_LINE],
        },
        {"TotalAmt": 12.5, "EntityRef": {"value": "30", "name": "Books by Bessie", "type": "Vendor"}},
    ),
    "PurchaseOrder": ({"VendorRef": {"value": "30"}, "Line": [ITEM_LINE]}, {"TotalAmt": 20, "POStatus": "Open"}),
    "Deposit": (
        {
            "DepositToAccountRef": {"value": "35"},
            "Line": [
                {
                    "Amount": 7,
                    "DetailType": "DepositLineDetail",
                    "DepositLineDetail": {"AccountRef": {"value": "1"}},
                }
            ],
        },
        {"TotalAmt": 7},
    ),
    "Transfer": (
        {"FromAccountRef": {"value": "35"}, "ToAccountRef": {"value": "36"}, "Amount": 3},
        {"FromAccountRef": {"value": "35", "name": "Checking"}},
    ),
    "JournalEntry": ({"Line": [entry("Debit", "8"), entry("Credit", "35")]}, {"TotalAmt": 30, "Adjustment": False}),
    "CreditCardPaymentTxn": (
        {"BankAccountRef": {"value": "35"}, "CreditCardAccountRef": {"value": "41"}, "Amount": 4},
        {"CreditCardAccountRef": {"value": "41", "name": "Mastercard"}},
    ),
    "InventoryAdjustment": (
        {
            "AdjustAccountRef": {"value": "80"},
            "Line": [
                {
                    "DetailType": "ItemAdjustmentLineDetail",
                    "ItemAdjustmentLineDetail": {"ItemRef": {"value": "5"}, "QtyDiff": 3},
                }
            ],
        },
        {},
    ),
}
UNCHANGED = {"TimeActivity", "JournalCode"}


def path_of(entity: str) -> str:
    return "creditcardpayment" if entity == "CreditCardPaymentTxn" else entity.lower()


def write(us, entity, body, **parameters):
    answer = us.raw("POST", path_of(entity), json=body, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()[entity]


@pytest.mark.parametrize("entity", TRANSACTIONS)
def test_a_transaction_from_its_creation_to_its_end(us, entity):
    body, computed = TRANSACTIONS[entity]
    since = us.now()

    created = write(us, entity, body)

    assert {name: created[name] for name in computed} == computed
    identifier = created["Id"]
    read = us.raw("GET", f"{path_of(entity)}/{identifier}").json()[entity]
    assert read == created
    found = us.query(f"select * from {path_of(entity)} where Id = '{identifier}'")
    assert found[entity] == [created]

    key = {"Id": identifier, "SyncToken": created["SyncToken"], "sparse": True}
    note = write(us, entity, {**body, **key, "PrivateNote": "first"})
    assert (note["SyncToken"], note["PrivateNote"]) == ("1", "first")
    full = write(us, entity, {**body, "Id": identifier, "SyncToken": "1"})
    assert "PrivateNote" not in full
    changed = us.changes(since, path_of(entity) if entity == "CreditCardPaymentTxn" else entity)[entity]
    assert [row["SyncToken"] for row in changed if row["Id"] == identifier] == ["2"]

    stale = us.raw("POST", path_of(entity), json={**body, "Id": identifier, "SyncToken": "0"})
    assert stale.json()["Fault"]["Error"][0]["code"] == "5010"

    gone = write(us, entity, {"Id": identifier, "SyncToken": "2"}, operation="delete")
    assert gone == {"status": "Deleted", "domain": "QBO", "Id": identifier}
    assert us.raw("GET", f"{path_of(entity)}/{identifier}").json()["Fault"]["Error"][0]["code"] == "610"
    changed = us.changes(since, path_of(entity) if entity == "CreditCardPaymentTxn" else entity)[entity]
    assert [row["status"] for row in changed if row["Id"] == identifier] == ["Deleted"]


@pytest.mark.parametrize("entity", TRANSACTIONS)
def test_a_transaction_without_what_it_needs_is_refused(us, entity):
    body, _ = TRANSACTIONS[entity]
    for name in set(body) - {"EntityRef", "Line" if entity == "BillPayment" else ""}:
        if (entity, name) in (("SalesReceipt", "CustomerRef"), ("RefundReceipt", "DepositToAccountRef")):
            continue
        missing = {key: value for key, value in body.items() if key != name}
        answer = us.raw("POST", path_of(entity), json=missing)
        assert answer.status_code == 400, (entity, name)
        assert answer.json()["Fault"]["Error"][0]["code"] == "2020", (entity, name, answer.text)


LISTS = {
    "Customer": {"DisplayName": "A new one"},
    "Vendor": {"DisplayName": "A new one"},
    "Employee": {"GivenName": "New", "FamilyName": "One"},
    "Item": {"Name": "A new one", "Type": "Service", "IncomeAccountRef": {"value": "1"}},
    "Account": {"Name": "A new one", "AccountType": "Bank"},
    "Term": {"Name": "A new one", "DueDays": 45},
    "PaymentMethod": {"Name": "A new one"},
    "Class": {"Name": "A new one"},
    "Department": {"Name": "A new one"},
    "JournalCode": {"Name": "VT", "Type": "Sales"},
    "Budget": {
        "Name": "A new one",
        "StartDate": "2026-01-01",
        "EndDate": "2026-12-31",
        "BudgetType": "ProfitAndLoss",
        "BudgetDetail": [{"BudgetDate": "2026-01-01", "Amount": 10, "AccountRef": {"value": "1"}}],
    },
}


@pytest.mark.parametrize("entity", LISTS)
def test_a_list_element_is_created_renamed_hidden_and_shown_again(us, entity):
    created = us.post(entity, LISTS[entity])
    field = "DisplayName" if entity in ("Customer", "Vendor", "Employee") else "Name"
    key = {"Id": created["Id"], "sparse": True}

    renamed = us.post(entity, {**key, "SyncToken": "0", field: "Renamed"})
    hidden = us.post(entity, {**key, "SyncToken": "1", "Active": False})

    assert renamed[field] == "Renamed"
    assert hidden[field] == "Renamed (deleted)"
    assert us.query(f"select * from {entity} where Id = '{created['Id']}'") == {}
    both = us.query(f"select * from {entity} where Id = '{created['Id']}' and Active in (true, false)")
    assert both[entity] == [hidden]
    error = us.refuse(entity, {**key, "SyncToken": "2", field: "Other"})
    assert error["code"] == "6000"
    again = us.post(entity, {**key, "SyncToken": "2", "Active": True, field: "Renamed"})
    assert (again[field], again["Active"]) == ("Renamed", True)


def test_time_activities(us):
    body = {"NameOf": "Employee", "EmployeeRef": {"value": "55"}, "Hours": 2, "Minutes": 30, "HourlyRate": 20}
    created = us.post("TimeActivity", body)
    assert created["EmployeeRef"] == {"value": "55", "name": "Emily Platt"}
    assert us.refuse("TimeActivity", {**body, "NameOf": "Cat"})["code"] == "2170"
    assert us.refuse("TimeActivity", {**body, "Minutes": 75})["code"] == "2080"
    assert us.refuse("TimeActivity", {**body, "BillableStatus": "Billable"})["code"] == "6000"
    assert us.refuse("TimeActivity", {**body, "EmployeeRef": {"value": "30"}})["code"] == "2500"
    us.post("TimeActivity", {"Id": created["Id"], "SyncToken": "0"}, operation="delete")
    assert us.raw("GET", f"timeactivity/{created['Id']}").status_code == 400


def test_customer_types_are_read_only(us):
    rows = us.query("select * from CustomerType")["CustomerType"]
    assert us.get("CustomerType", rows[0]["Id"]) == rows[0]
    assert us.refuse("CustomerType", {"Name": "x"})["code"] == "500"


def test_recurring_transactions_are_wrapped_in_their_kind(us):
    body = {"Invoice": {"CustomerRef": {"value": "1"}, "Line": [SALE], "RecurringInfo": INFO}}
    before = us.get("Customer", "1")["Balance"]

    created = us.post("RecurringTransaction", body)

    inner = created["Invoice"]
    assert (inner["TotalAmt"], inner["SyncToken"], inner["RecurringInfo"]["Active"]) == (9, "0", True)
    assert "DocNumber" not in inner
    assert us.get("Customer", "1")["Balance"] == before
    assert us.get("RecurringTransaction", inner["Id"]) == created
    found = us.query(f"select * from RecurringTransaction where Id = '{inner['Id']}'")
    assert found["RecurringTransaction"] == [created]
    changed = us.post("RecurringTransaction", {"Invoice": {**inner, "PrivateNote": "x"}})["Invoice"]
    assert (changed["SyncToken"], changed["PrivateNote"]) == ("1", "x")
    assert us.refuse("RecurringTransaction", {"Invoice": inner})["code"] == "5010"
    gone = us.post("RecurringTransaction", {"Invoice": {"Id": inner["Id"], "SyncToken": "1"}}, operation="delete")
    assert gone["Invoice"]["status"] == "Deleted"
    assert us.raw("GET", f"recurringtransaction/{inner['Id']}").status_code == 400
    for wrong, code in (
        ({**INFO, "RecurType": "Never"}, "2170"),
        ({**INFO, "Name": None}, "2020"),
        ({**INFO, "ScheduleInfo": {}}, "2020"),
    ):
        bad = {"Invoice": {**body["Invoice"], "RecurringInfo": wrong}}
        assert us.refuse("RecurringTransaction", bad)["code"] == code


def test_exchange_rates_are_set_for_a_day_and_found_by_it(ca, us):
    set_ = ca.post("ExchangeRate", {"SourceCurrencyCode": "EUR", "Rate": 1.5, "AsOfDate": "2026-05-01"})
    assert (set_["TargetCurrencyCode"], set_["Rate"]) == ("CAD", 1.5)
    again = ca.post("ExchangeRate", {"SourceCurrencyCode": "EUR", "Rate": "1.6", "AsOfDate": "2026-05-01"})
    assert (again["Rate"], again["Id"]) == (1.6, set_["Id"])

    read = ca.raw("GET", "exchangerate", params={"sourcecurrencycode": "EUR", "asofdate": "2026-05-09"}).json()
    assert (read["ExchangeRate"]["Rate"], read["ExchangeRate"]["AsOfDate"]) == (1.6, "2026-05-09")
    rows = ca.query("select * from ExchangeRate where SourceCurrencyCode in ('EUR') and AsOfDate = '2026-05-01'")
    assert [row["Rate"] for row in rows["ExchangeRate"]] == [1.6]
    for body, code in (
        ({"SourceCurrencyCode": "EUR", "Rate": 0}, "6000"),
        ({"SourceCurrencyCode": "EUR"}, "2020"),
        ({"SourceCurrencyCode": "ZZZ", "Rate": 1}, "2500"),
        ({"SourceCurrencyCode": "EUR", "Rate": "many"}, "2080"),
    ):
        assert ca.refuse("ExchangeRate", body)["code"] == code, body
    assert us.refuse("ExchangeRate", {"SourceCurrencyCode": "EUR", "Rate": 1})["code"] == "6000"


def test_company_currencies(ca, us):
    created = ca.post("CompanyCurrency", {"Code": "GBP"})
    assert (created["Name"], created["Active"]) == ("British Pound Sterling", True)
    assert ca.refuse("CompanyCurrency", {"Code": "GBP"})["code"] == "6240"
    assert ca.refuse("CompanyCurrency", {"Code": "CAD"})["code"] == "6000"
    hidden = ca.post(
        "CompanyCurrency", {"Id": created["Id"], "SyncToken": "0", "sparse": True, "Active": False, "Code": "GBP"}
    )
    assert (hidden["Code"], hidden["Active"]) == ("GBP", False)
    assert us.refuse("CompanyCurrency", {"Code": "EUR"})["code"] == "6000"


def test_the_tax_service_makes_codes_and_rates(us, recording):
    agency = us.post("TaxAgency", {"DisplayName": "Treasury"})
    body = {
        "TaxCode": "City and state",
        "TaxRateDetails": [
            {"TaxRateName": "City", "RateValue": "2.5", "TaxAgencyId": agency["Id"], "TaxApplicableOn": "Sales"},
            {"TaxRateId": "3"},
        ],
    }
    answer = us.raw("POST", "taxservice/taxcode", json=body)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert set(made) == {"TaxCode", "TaxCodeId", "TaxRateDetails", "time"}
    code = us.get("TaxCode", made["TaxCodeId"])
    assert [row["TaxRateRef"]["name"] for row in code["SalesTaxRateList"]["TaxRateDetail"]] == ["City", "California"]
    assert us.get("TaxRate", made["TaxRateDetails"][0]["TaxRateId"])["RateValue"] == 2.5
    assert us.query("select * from Account where Name = 'Treasury Payable'")["Account"][0]["Classification"]

    sale = {"CustomerRef": {"value": "1"}, "TxnTaxDetail": {"TxnTaxCodeRef": {"value": made["TaxCodeId"]}}}
    sale["Line"] = [{**SALE, "Amount": 100, "SalesItemLineDetail": {"TaxCodeRef": {"value": "TAX"}}}]
    assert us.post("Invoice", sale)["TxnTaxDetail"]["TotalTax"] == 10.5

    again = {**body, "TaxCode": "Another"}
    refused = us.raw("POST", "taxservice/taxcode", json=again).json()
    assert refused["Fault"] == recording("fault-duplicate-taxrate-name-6240")["Fault"]
    for wrong, number in (
        ({"TaxCode": "x"}, "2020"),
        ({"TaxCode": "x", "TaxRateDetails": [{"TaxRateId": "77"}]}, "2500"),
        ({"TaxCode": "x", "TaxRateDetails": [{"TaxRateName": "y", "RateValue": "z", "TaxAgencyId": "1"}]}, "2080"),
    ):
        error = us.raw("POST", "taxservice/taxcode", json=wrong).json()["Fault"]["Error"][0]
        assert error["code"] == number, wrong
