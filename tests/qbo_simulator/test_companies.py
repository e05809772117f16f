"""Sample companies with recent dates, new companies, bulk data, reset, PDF, XML."""

import time
from datetime import UTC, date, datetime, timedelta

import pytest
import requests

from qbo_simulator.seed import SAMPLES
from qbo_simulator.server import Simulator


def test_sample_data_look_recent(tmp_path):
    today = datetime.now(UTC).date()
    with Simulator(tmp_path) as simulator:
        companies = requests.get(f"{simulator.url}/_simulator/companies", timeout=5).json()
        assert [row["country"] for row in companies] == ["US", "GB", "CA"]
        for company in companies:
            url = f"{simulator.url}/_simulator/objects/{company['realmId']}/Invoice"
            invoices = requests.get(url, timeout=5).json()
            dates = [date.fromisoformat(body["TxnDate"]) for body in invoices]
            due = [date.fromisoformat(body["DueDate"]) for body in invoices if body["Balance"]]
            assert timedelta(1) <= today - max(dates) <= timedelta(40)
            assert min(due) < today < max(due)
            for body in invoices:
                assert datetime.fromisoformat(body["MetaData"]["LastUpdatedTime"]) < datetime.now(UTC)
                if body["SalesTermRef"]["value"] == "3":
                    assert date.fromisoformat(body["DueDate"]) - date.fromisoformat(body["TxnDate"]) == timedelta(30)


def test_chosen_companies_and_state_after_a_restart(tmp_path):
    with Simulator(tmp_path, companies=["uk"]) as simulator:
        requests.post(f"{simulator.url}/_simulator/clock", json={"advance": 86400 * 10}, timeout=5)
        requests.post(f"{simulator.url}/_simulator/switches", json={"check_amounts": False}, timeout=5)
        before = requests.get(f"{simulator.url}/_simulator/companies", timeout=5).json()
        assert [row["name"] for row in before] == ["Sandbox Company_UK_1"]

    with Simulator(tmp_path) as simulator:
        assert requests.get(f"{simulator.url}/_simulator/companies", timeout=5).json() == before
        clock = requests.get(f"{simulator.url}/_simulator/clock", timeout=5).json()
        assert clock["offset"] == pytest.approx(864000, abs=60)
        assert requests.get(f"{simulator.url}/_simulator/switches", timeout=5).json()["check_amounts"] is False


def test_the_clock_moves_everything_that_has_a_time(us, line):
    us.control("POST", "clock", {"advance": 86400 * 100})
    us.tokens = us.control("POST", "tokens", {"realmId": us.realm})
    us.headers["Authorization"] = f"Bearer {us.tokens['access_token']}"

    invoice = us.post("Invoice", {"CustomerRef": {"value": "1"}, "Line": [line(1)]})

    expected = datetime.now(UTC) + timedelta(days=100)
    assert abs(datetime.fromisoformat(invoice["MetaData"]["CreateTime"]) - expected) < timedelta(minutes=1)
    assert abs(datetime.fromisoformat(us.now()) - expected) < timedelta(minutes=1)
    assert us.control("POST", "clock", {"offset": 0, "speed": 3600})["speed"] == 3600


def test_new_companies(us, connect, line):
    made = us.control(
        "POST",
        "companies",
        {
            "name": "Empty Ltd",
            "country": "GB",
            "empty": True,
            "preferences": {"SalesFormsPrefs": {"AllowDeposit": False}},
        },
    )
    assert (made["name"], made["country"]) == ("Empty Ltd", "GB")
    api = connect(made["realmId"])
    assert api.query("SELECT COUNT(*) FROM Invoice") == {"totalCount": 0}
    assert api.raw("GET", "preferences").json()["Preferences"]["SalesFormsPrefs"]["AllowDeposit"] is False
    customer = api.post("Customer", {"DisplayName": "First"})
    invoice = api.post("Invoice", {"CustomerRef": {"value": customer["Id"]}, "Line": [line(10, "1", tax="5")]})
    assert (invoice["DocNumber"], invoice["TotalAmt"]) == ("1001", 12)
    second = us.control("POST", "companies", {"name": "Another", "country": "US"})
    assert second["realmId"] != made["realmId"]


@pytest.mark.parametrize("company", ["us", "uk", "ca"])
def test_generated_data_add_up(company, request, line):
    api = request.getfixturevalue(company)
    wanted = {"customers": 20, "items": 5, "invoices": 200, "payments": 120, "seed": 7}

    assert api.control("POST", "generate", {"realmId": api.realm, **wanted}) == {
        "customers": 20,
        "items": 5,
        "invoices": 200,
        "payments": 120,
    }

    customers = {row["Id"]: row for row in api.query("SELECT * FROM Customer MAXRESULTS 1000")["Customer"]}
    invoices = api.query("SELECT * FROM Invoice MAXRESULTS 1000")["Invoice"]
    for identifier, customer in list(customers.items())[-20:]:
        owed = sum(round(row["Balance"] * 100) for row in invoices if row["CustomerRef"]["value"] == identifier)
        assert round(customer["Balance"] * 100) == owed
    numbers = [row["DocNumber"] for row in invoices]
    assert len(set(numbers)) == len(numbers)
    for row in invoices:
        sold = [part for part in row["Line"] if part["DetailType"] == "SalesItemLineDetail"]
        if company != "ca" and row["Id"] not in ("27", "42"):
            assert sold
    buyer = list(customers)[-1]
    code = None if company == "us" else "9" if company == "uk" else "7"
    item = api.query("SELECT * FROM Item MAXRESULTS 1000")["Item"][-1]["Id"]
    made = api.post("Invoice", {"CustomerRef": {"value": buyer}, "Line": [line(10, item, tax=code)]})
    assert int(made["DocNumber"]) == max(map(int, numbers)) + 1


def test_generating_for_a_company_with_customers_adds_to_their_balances(us):
    us.control("POST", "generate", {"realmId": us.realm, "invoices": 50})

    total = us.control("GET", f"objects/{us.realm}/Customer")
    invoices = us.control("GET", f"objects/{us.realm}/Invoice")
    assert round(sum(row["Balance"] for row in total), 2) == round(sum(row["Balance"] for row in invoices), 2)


@pytest.mark.parametrize("template", sorted(SAMPLES))
def test_a_company_is_made_of_every_template(us, connect, template):
    made = us.control("POST", "companies", {"template": template, "name": f"Of {template}"})
    empty = us.control("POST", "companies", {"template": template, "name": f"Empty {template}", "empty": True})

    assert connect(made["realmId"]).query("SELECT COUNT(*) FROM Invoice")["totalCount"] > 0
    assert connect(empty["realmId"]).query("SELECT COUNT(*) FROM Invoice") == {"totalCount": 0}
    read = connect(made["realmId"]).raw("GET", f"companyinfo/{made['realmId']}").json()
    assert read["CompanyInfo"]["CompanyName"] == f"Of {template}"
    wrong = requests.post(f"{us.url}/_simulator/companies", json={"template": "mars"}, timeout=5)
    assert wrong.status_code == 404


def test_the_clock_runs_on_at_its_speed_while_nothing_does(tmp_path):
    with Simulator(tmp_path, companies=["us"]) as simulator:
        requests.post(f"{simulator.url}/_simulator/clock", json={"speed": 100000}, timeout=5)
        time.sleep(0.2)
        before = requests.get(f"{simulator.url}/_simulator/clock", timeout=5).json()
    with Simulator(tmp_path) as simulator:
        after = requests.get(f"{simulator.url}/_simulator/clock", timeout=5).json()
    assert after["speed"] == 100000
    assert before["offset"] > 15000
    assert datetime.fromisoformat(after["now"]) > datetime.fromisoformat(before["now"])


def test_what_a_smaller_invoice_gives_back_is_credit_of_whoever_paid(us, line):
    """The parent paid the invoice of its sub-customer, which then shrinks."""
    parent = us.post("Customer", {"DisplayName": "Parent"})["Id"]
    child = us.post("Customer", {"DisplayName": "Child", "ParentRef": {"value": parent}, "Job": True})["Id"]
    invoice = us.post("Invoice", {"CustomerRef": {"value": child}, "Line": [line(80)]})["Id"]
    link = {"Amount": 80, "LinkedTxn": [{"TxnId": invoice, "TxnType": "Invoice"}]}
    us.post("Payment", {"CustomerRef": {"value": parent}, "TotalAmt": 80, "Line": [link]})
    token = us.get("Invoice", invoice)["SyncToken"]

    us.post("Invoice", {"Id": invoice, "SyncToken": token, "sparse": True, "Line": [line(30)]})

    assert us.get("Customer", child)["Balance"] == 0
    paid = us.get("Customer", parent)
    assert (paid["Balance"], paid["BalanceWithJobs"]) == (-50, -50)


def test_two_names_are_merged_by_the_accountant(us):
    kept = us.control("POST", f"objects/{us.realm}/Customer/24", {"operation": "merge", "into": "3"})

    assert kept["Id"] == "3"
    assert us.get("Invoice", "130")["CustomerRef"] == {"value": "3", "name": "Cool Cars"}
    assert us.get("Customer", "3")["Balance"] == 362.07
    assert us.raw("GET", "customer/24").json()["Fault"]["Error"][0]["code"] == "610"
    answer = requests.post(f"{us.url}/_simulator/objects/{us.realm}/Customer/3", json={"operation": "merge"}, timeout=5)
    assert answer.json()["Fault"]["Error"][0]["code"] == "610"


def test_reset_starts_over(us):
    us.post("Customer", {"DisplayName": "Gone soon"})
    us.control("POST", "faults", {"status": 500})
    us.control("POST", "switches", {"check_amounts": False})

    us.control("POST", "reset", {})

    assert len(us.control("GET", f"objects/{us.realm}/Customer")) == 29
    assert us.control("GET", "faults") == []
    assert us.control("GET", "switches")["check_amounts"] is True
    assert us.control("GET", "limits")["on"] is True
    assert us.raw("GET", "customer/1").status_code == 401


def test_the_pdf_shows_number_customer_lines_and_total(us):
    us.post("Invoice", {"Id": "130", "SyncToken": "0", "sparse": True, "CustomerMemo": {"value": r"(a) \ b"}})

    answer = us.raw("GET", "invoice/130/pdf", headers={"Accept": "application/pdf"})

    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-1.4")
    for text in (b"Invoice 1037", b"Sonnenschein Family Store", b"Fountain Pump", b"362.07", rb"\(a\) \\ b"):
        assert text in answer.content
    start = int(answer.content.rsplit(b"startxref\n", 1)[1].split()[0])
    assert answer.content[start : start + 4] == b"xref"


def test_clients_that_do_not_ask_for_json_get_xml(us):
    answer = us.raw("GET", "customer/1", headers={"Accept": "*/*"})
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert "<DisplayName>Amy's Bird Sanctuary</DisplayName>" in answer.text
    assert '<CurrencyRef name="United States Dollar">USD</CurrencyRef>' in answer.text
    fault = us.raw("GET", "customer/9999", headers={"Accept": "text/plain"})
    assert '<Fault type="ValidationFault"><Error code="610"' in fault.text


def test_every_answer_names_its_trace(us):
    assert us.raw("GET", "customer/1").headers["intuit_tid"]
    assert us.raw("GET", "customer/9999").headers["intuit_tid"]


def test_a_payment_link_for_invoices_that_can_be_paid_online(us):
    change = {"Id": "130", "SyncToken": "0", "sparse": True, "AllowOnlineACHPayment": True}
    us.post("Invoice", change)

    assert us.get("Invoice", "130", include="invoiceLink")["InvoiceLink"].startswith("http")
    assert "InvoiceLink" not in us.get("Invoice", "130")
    assert "InvoiceLink" not in us.get("Invoice", "129", include="invoiceLink")


def test_addresses_that_do_not_exist(us):
    assert us.raw("GET", "nothing/1").status_code == 404
    assert us.raw("DELETE", "customer/1").status_code == 400
    assert us.raw("GET", "customer").status_code == 400
    assert requests.get(f"{us.url}/_simulator/nothing", timeout=5).status_code == 404
    assert requests.post(f"{us.url}/_simulator/limits", json={"x": 1}, timeout=5).status_code == 404


def test_the_accountants_operations(us):
    paid = us.control(
        "POST", f"objects/{us.realm}/Invoice/130", {"operation": "pay", "amount": 62.07, "date": "2026-04-20"}
    )
    assert (paid["TotalAmt"], paid["TxnDate"]) == (62.07, "2026-04-20")
    assert us.get("Invoice", "130")["Balance"] == 300
    us.control("POST", f"objects/{us.realm}/Payment/{paid['Id']}", {"operation": "unapply"})
    assert us.get("Invoice", "130")["Balance"] == 362.07
    us.control("POST", f"objects/{us.realm}/Payment/{paid['Id']}", {"operation": "delete"})
    us.control("POST", f"objects/{us.realm}/Customer/3", {"operation": "deactivate"})
    assert (
        us.control("POST", f"objects/{us.realm}/Customer/3", {"operation": "reactivate"})["DisplayName"] == "Cool Cars"
    )
    made = us.control("POST", f"objects/{us.realm}/TaxRate", {"Name": "New", "RateValue": 3})
    assert us.get("TaxRate", made["Id"])["RateValue"] == 3
    renamed = us.control("POST", f"objects/{us.realm}/Customer/2", {"DisplayName": "Bill's"})
    assert renamed["SyncToken"] == "1"
    assert us.control("POST", f"objects/{us.realm}/Invoice/130", {"operation": "void"})["TotalAmt"] == 0
    answer = requests.post(f"{us.url}/_simulator/objects/{us.realm}/Invoice/77777", json={}, timeout=5)
    assert answer.json()["Fault"]["Error"][0]["code"] == "610"
