"""The accountant's pages, as a browser without script uses them."""

import re
import time

import pytest
import requests

COMPANY = "/companies/9130350000000001"
CANADA = "/companies/9130350000000003"


@pytest.fixture
def page(us):
    def get(path, **parameters):
        answer = requests.get(us.url + path, params=parameters, timeout=5)
        assert answer.status_code == 200, answer.text
        assert "It is not QuickBooks" in answer.text
        return answer.text

    return get


@pytest.fixture
def press(us):
    def post(path, *, status=200, **form):
        answer = requests.post(us.url + path, data=form, headers={"Origin": us.url}, timeout=5)
        assert answer.status_code == status, answer.text
        return answer.text

    return post


@pytest.fixture
def filled(page):
    """The fields of a form as the page shows them, so that a test changes only what it means."""

    def read(path):
        text = page(path)
        form = dict(re.findall(r'<input[^>]*? name="([^"]+)"[^>]*? value="([^"]*)"', text))
        form |= dict.fromkeys(re.findall(r'type="checkbox" name="([^"]+)" value="1" checked', text), "1")
        unchecked = set(re.findall(r'type="checkbox" name="([^"]+)" value="[^"]*">', text))
        for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', text, re.S):
            chosen = re.findall(r'<option value="([^"]*)" selected>', options)
            plain = re.findall(r"<option selected>([^<]*)<", options)
            form[name] = (chosen or plain or [""])[0]
        areas = re.findall(r'<textarea name="([^"]+)"[^>]*>(.*?)</textarea>', text, re.S)
        return {name: value for name, value in (form | dict(areas)).items() if name not in unchecked}

    return read


@pytest.mark.parametrize(
    "path",
    [
        "/",
        COMPANY,
        f"{COMPANY}/settings",
        f"{COMPANY}/invoices",
        f"{COMPANY}/invoices/new",
        f"{COMPANY}/invoices/130",
        f"{COMPANY}/invoices/130/edit",
        f"{COMPANY}/invoices/49",
        f"{COMPANY}/payments",
        f"{COMPANY}/payments/74",
        f"{COMPANY}/payments/74/edit",
        f"{COMPANY}/payments/new?customer=8",
        f"{COMPANY}/customers",
        f"{COMPANY}/customers/new",
        f"{COMPANY}/customers/8",
        f"{COMPANY}/customers/8/edit",
        f"{COMPANY}/items",
        f"{COMPANY}/items/new",
        f"{COMPANY}/items/5",
        f"{CANADA}/settings",
        f"{CANADA}/customers/new",
        f"{CANADA}/invoices/186",
        f"{CANADA}/invoices/186/edit",
        f"{CANADA}/items",
        "/calls",
        "/webhooks",
        "/faults",
        "/rules",
        "/clock",
        "/snapshots",
    ],
)
def test_every_page_opens(page, path):
    assert "<h1>" in page(path)


def test_a_company_is_made_and_set_up(us, press, page, filled):
    shown = press("/", name="Second", template="uk", empty="1")
    assert "Second is there." in shown
    realm = us.control("GET", "companies")[-1]["realmId"]
    settings = f"/companies/{realm}/settings"
    form = filled(settings)
    switched = {"SalesFormsPrefs.CustomTxnNumbers": "1", "SalesFormsPrefs.AutoApplyPayments": "1"}

    assert "Preferences saved." in press(
        settings, **{**form, **switched, "closed": "2020-12-31", "action": "preferences"}
    )

    preferences = us.control("GET", f"objects/{realm}/Preferences/1")
    assert preferences["SalesFormsPrefs"]["CustomTxnNumbers"] is True
    assert preferences["SalesFormsPrefs"]["AutoApplyPayments"] is True
    assert preferences["AccountingInfoPrefs"]["BookCloseDate"] == "2020-12-31"
    assert preferences["AccountingInfoPrefs"]["CustomerTerminology"] == "Customers"
    assert "Made 3 customers, 2 items, 7 invoices, 4 payments." in press(
        settings, action="generate", customers="3", items="2", invoices="7", payments="4", seed="2"
    )
    assert "Renamed." in press(settings, action="name", name="Third")
    assert "Third" in page("/")
    assert "The subscription has lapsed" in press(settings, action="subscription", lapsed="1")
    refused = press(f"/companies/{realm}/customers/new", status=400, name="Late")
    assert "(6190)" in refused
    assert "Subscribed again." in press(settings, action="subscription", lapsed="0")


def test_an_invoice_is_made_with_lines(us, press, page):
    form = {
        "customer": "cool cars",
        "date": "2026-04-20",
        "line-0-description": "Two of them",
        "line-0-item": "Landscaping:Fountains:Pump",
        "line-0-qty": "2",
        "line-0-price": "10.50",
        "line-0-tax": "NON",
        "line-1-description": "only words",
        "line-2-description": "",
        "percent": "10",
        "memo": "Thanks",
        "action": "save",
    }
    pump = us.query("SELECT * FROM Item WHERE Name = 'Pump'")["Item"][0]
    form["line-0-item"] = pump["FullyQualifiedName"]

    shown = press(f"{COMPANY}/invoices/new", **form)

    made = us.query("SELECT * FROM Invoice ORDERBY Id DESC MAXRESULTS 1")["Invoice"][0]
    assert f"Invoice {made['DocNumber']} made." in shown
    assert (made["CustomerRef"]["value"], made["TotalAmt"], made["Balance"]) == ("3", 18.9, 18.9)
    first = made["Line"][0]
    assert (first["Amount"], first["SalesItemLineDetail"]["ItemRef"]["value"]) == (21, pump["Id"])
    assert made["Line"][1]["DetailType"] == "DescriptionOnly"
    assert made["CustomerMemo"] == {"value": "Thanks"}


def test_a_new_line_takes_price_and_description_of_its_item(us, press, filled):
    press(f"{COMPANY}/invoices/new", **{"customer": "cool cars", "line-0-description": "", "line-0-item": "Design"})
    two = {"line-0-description": "Plan", "line-0-item": "Design", "line-0-qty": "2"}
    press(f"{COMPANY}/invoices/new", customer="cool cars", **two)

    second, first = us.query("SELECT * FROM Invoice ORDERBY Id DESC MAXRESULTS 2")["Invoice"]
    shown = [(form["Line"][0]["Description"], form["Line"][0]["Amount"]) for form in (first, second)]
    assert shown == [("Custom Design", 75), ("Plan", 150)]
    form = filled(f"{COMPANY}/invoices/{first['Id']}/edit")
    press(f"{COMPANY}/invoices/{first['Id']}/edit", **{**form, "line-0-price": "", "line-0-description": ""})
    assert us.get("Invoice", first["Id"])["TotalAmt"] == 0


def test_an_edited_invoice_keeps_what_was_not_changed(us, press, filled):
    before = us.get("Invoice", "130")
    form = filled(f"{COMPANY}/invoices/130/edit")

    assert "Saved." in press(f"{COMPANY}/invoices/130/edit", **{**form, "due": "2026-12-31", "note": "<b>"})

    after = us.get("Invoice", "130")
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert changed <= {"SyncToken", "MetaData", "DueDate", "PrivateNote", "Line"}
    assert [(e["Amount"], e["DetailType"]) for e in after["Line"]] == [
        (e["Amount"], e["DetailType"]) for e in before["Line"]
    ]
    assert (after["DueDate"], after["PrivateNote"], after["TotalAmt"]) == ("2026-12-31", "<b>", 362.07)
    stale = press(f"{COMPANY}/invoices/130/edit", status=400, **form)
    assert "(5010)" in stale


def test_a_refused_form_comes_back_as_it_was_filled_in(us, press):
    form = {"customer": "Cool Cars", "date": "2026-04-20", "line-0-description": "Typed", "line-0-item": "Nonsense"}

    shown = press(f"{COMPANY}/invoices/new", status=400, **form, action="save")

    assert "There is no item of the name “Nonsense”." in shown
    assert 'value="Typed"' in shown
    more = press(f"{COMPANY}/invoices/new", **form, action="lines")
    assert 'name="line-3-item"' in more
    refused = press(f"{COMPANY}/invoices/new", status=400, customer="Cool Cars", action="save")
    assert "Required param missing" in refused
    assert "(2020)" in refused


def test_a_person_records_a_payment_and_sees_it(us, press, page):
    shown = press(f"{COMPANY}/invoices/130", action="pay", amount="100", date="2026-04-20")

    assert "Payment of 100.00 recorded on 2026-04-20." in shown
    made = re.search(r'href="([^"]+/payments/\d+)">Payment \d+</a>', shown)
    assert made
    assert ">Invoice 1037</a>" in page(made.group(1))
    assert us.get("Invoice", "130")["Balance"] == 262.07
    assert "262.07" in page(f"{COMPANY}/invoices/130")
    assert us.control("GET", "calls")["by_kind"].get("create") is None


def test_a_payment_is_spread_over_invoices_and_changed(us, press, filled):
    for _ in range(2):
        us.control("POST", f"objects/{us.realm}/Invoice", _invoice_of("3", 50))
    first, second = [body["Id"] for body in us.query("SELECT * FROM Invoice WHERE CustomerRef = '3'")["Invoice"]][-2:]
    new = f"{COMPANY}/payments/new?customer=3"

    shown = press(new, customer="3", date="2026-04-21", total="", **{f"apply-{first}": "50", f"apply-{second}": "20"})

    assert "Payment of 70.00 recorded." in shown
    payment = us.query("SELECT * FROM Payment ORDERBY Id DESC MAXRESULTS 1")["Payment"][0]
    assert (us.get("Invoice", first)["Balance"], us.get("Invoice", second)["Balance"]) == (0, 30)
    edit = f"{COMPANY}/payments/{payment['Id']}/edit"
    form = filled(edit)
    assert form[f"apply-{first}"] == "50"
    assert "Saved." in press(edit, **{**form, f"apply-{first}": "", "reference": "R1"})
    payment = us.get("Payment", payment["Id"])
    assert (payment["UnappliedAmt"], payment["PaymentRefNum"]) == (50, "R1")
    refused = press(edit, status=400, **{**filled(edit), f"apply-{first}": "999"})
    assert "(6000)" in refused


def _invoice_of(customer, amount):
    detail = {"ItemRef": {"value": "1"}, "TaxCodeRef": {"value": "NON"}}
    line = {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    return {"CustomerRef": {"value": customer}, "Line": [line]}


def test_the_other_buttons_of_an_invoice(press):
    assert "Marked as sent." in press(f"{COMPANY}/invoices/129", action="send", address="a@example.com")
    assert "Voided." in press(f"{COMPANY}/invoices/129", action="void")
    assert "Invoice deleted." in press(f"{COMPANY}/invoices/129", action="delete")


def test_a_refusal_is_shown_in_quickbooks_words(press):
    shown = press(f"{COMPANY}/invoices/96", action="delete")

    assert "This transaction is linked to other transactions." in shown


def test_customers_are_found_made_edited_and_made_inactive(us, press, page, filled):
    assert "Cool Cars" in page(f"{COMPANY}/customers", search="cool")
    form = filled(f"{COMPANY}/customers/3/edit")
    before = us.get("Customer", "3")
    assert "Saved." in press(
        f"{COMPANY}/customers/3/edit", **{**form, "name": "Cooler Cars", "email": "", "phone": "1"}
    )
    body = us.get("Customer", "3")
    assert (body["DisplayName"], body["PrimaryPhone"]) == ("Cooler Cars", {"FreeFormNumber": "1"})
    assert "PrimaryEmailAddr" not in body
    assert body["BillAddr"] == before["BillAddr"]
    assert "Made inactive." in press(f"{COMPANY}/customers/3", action="deactivate")
    assert "Cooler Cars" not in page(f"{COMPANY}/customers", search="cooler")
    assert "Cooler Cars (deleted)" in page(f"{COMPANY}/customers", search="cooler", inactive="1")
    assert "Made active again." in press(f"{COMPANY}/customers/3", action="reactivate")
    form = filled(f"{COMPANY}/customers/3/edit")
    refused = press(f"{COMPANY}/customers/3/edit", status=400, **{**form, "name": "books by bessie"})
    assert "Another customer, vendor or employee is already using this" in refused
    assert 'value="books by bessie"' in refused
    assert us.get("Customer", "3")["DisplayName"] == "Cooler Cars"
    assert "Customer made." in press(f"{COMPANY}/customers/new", given="Ada", family="Lee", parent="Cooler Cars")
    assert us.query("SELECT * FROM Customer WHERE DisplayName = 'Ada Lee'")["Customer"][0]["ParentRef"] == {
        "value": "3"
    }


def test_two_customers_become_one(us, press, page):
    invoices = us.query("SELECT * FROM Invoice WHERE CustomerRef = '24'")["Invoice"]

    shown = press(f"{COMPANY}/customers/24", action="merge", into="Cool Cars")

    assert "Merged: everything is with Cool Cars now." in shown
    assert us.raw("GET", "customer/24").json()["Fault"]["Error"][0]["code"] == "610"
    assert {us.get("Invoice", body["Id"])["CustomerRef"]["value"] for body in invoices} == {"3"}
    refused = press(f"{COMPANY}/customers/3", action="merge", into="Nobody")
    assert "There is no customer of the name “Nobody”." in refused


def test_items_are_made_edited_and_made_inactive(us, press, page, filled):
    form = {"name": "Stamp", "type": "Service", "price": "1.25", "income": "79", "taxable": "1", "action": "save"}
    assert "Item made." in press(f"{COMPANY}/items/new", **form)
    item = us.query("SELECT * FROM Item WHERE Name = 'Stamp'")["Item"][0]
    assert (item["UnitPrice"], item["Taxable"], item["IncomeAccountRef"]["value"]) == (1.25, True, "79")
    one = f"{COMPANY}/items/{item['Id']}"
    assert "Saved." in press(one, **{**filled(one), "price": "2", "sku": "S-1", "action": "save"})
    assert us.get("Item", item["Id"])["UnitPrice"] == 2
    assert "Stamp" in page(f"{COMPANY}/items", search="s-1")
    assert "(6240)" in press(f"{COMPANY}/items/new", status=400, **form)
    assert "Made inactive." in press(one, action="deactivate")
    assert "No item here." in page(f"{COMPANY}/items", search="stamp")
    assert "Made active again." in press(one, action="reactivate")


def test_lists_are_searched_filtered_and_paged_by_key(us, page):
    assert "1037" in page(f"{COMPANY}/invoices", search="sonnenschein")
    assert "No invoice here." in page(f"{COMPANY}/invoices", search="nobody")
    assert "1001" in page(f"{COMPANY}/invoices", status="paid")
    assert "1037" not in page(f"{COMPANY}/invoices", status="paid")
    us.control("POST", "generate", {"realmId": us.realm, "customers": 60, "invoices": 130, "payments": 70})
    for what, wanted in (("invoices", 161), ("customers", 89), ("payments", 86)):
        seen, path = [], f"{COMPANY}/{what}"
        steps = [path]
        while path:
            text = page(path)
            seen += re.findall(rf'href="{COMPANY}/{what}/(\d+)"', text)
            following = re.findall(r'rel="next" href="([^"]+)"', text)
            path = f"{COMPANY}/{what}{following[0].replace('&amp;', '&')}" if following else ""
            steps.append(path)
        assert len(seen) == len(set(seen)) == wanted
        back = re.findall(r'rel="prev" href="([^"]+)"', page(steps[1]))[0].replace("&amp;", "&")
        first = re.findall(rf'href="{COMPANY}/{what}/(\d+)"', page(f"{COMPANY}/{what}{back}"))
        assert first == seen[: len(first)]


def test_payments_are_unapplied_and_deleted(us, press):
    assert "No longer applied." in press(f"{COMPANY}/payments/128", action="unapply")
    assert us.get("Invoice", "96")["Balance"] == 387
    assert "Payment deleted." in press(f"{COMPANY}/payments/128", action="delete")


def test_calls_show_what_was_asked_and_answered(us, press, page):
    us.control("DELETE", "calls")
    us.post("Customer", {"DisplayName": "Seen"}, requestid="look-at-me")
    us.get("Customer", "1")

    number = us.control("GET", "calls?kind=create")["calls"][0]["number"]

    listed = page("/calls", kind="create")
    assert f'href="/calls/{number}"' in listed
    assert "customer/1" not in listed
    shown = page(f"/calls/{number}")
    for text in ("look-at-me", "&#34;DisplayName&#34;: &#34;Seen&#34;", "&#34;SyncToken&#34;: &#34;0&#34;"):
        assert text in shown
    assert us.tokens["access_token"] not in shown
    assert "Invalid isoformat string" in page("/calls", since="never")
    assert "All calls are forgotten." in press("/calls")
    assert requests.get(f"{us.url}/calls/{number}", timeout=5).status_code == 404


def test_webhooks_are_set_up_and_seen(us, press, page, filled):
    form = filled("/webhooks")
    refused = press("/webhooks", **{**form, "address": "nonsense", "action": "save"})
    assert "address can&#39;t be" in refused
    shown = press(
        "/webhooks",
        **{
            **form,
            "address": "http://127.0.0.1:9/none",
            "format": "legacy",
            "delay": "0",
            "retries": "",
            "action": "save",
        },
    )
    assert "Saved." in shown
    settings = us.control("GET", "webhooks")
    assert (settings["format"], settings["retries"], settings["own_writes"]) == ("legacy", [], True)
    us.post("Customer", {"DisplayName": "Told"})
    sent = []
    for _ in range(100):
        sent = sent or us.control("GET", "webhooks")["sent"]
        time.sleep(0 if sent else 0.02)
    assert "Create" in page("/webhooks")
    assert "dataChangeEvent" in page(f"/webhooks/{sent[0]['number']}")
    assert "Forgotten." in press("/webhooks", action="forget")


def test_faults_and_clock(us, press, page):
    press("/faults", action="preset", preset="html")
    assert us.raw("GET", "customer/1").status_code == 503
    assert "action=html" in page("/faults")
    press("/faults", action="clear")
    assert us.raw("GET", "customer/1").status_code == 200
    fields = {"rule-path": "/customer/", "rule-code": "6000", "rule-detail": "Own words", "rule-times": "1"}
    assert "Added." in press("/faults", action="add", **fields)
    assert us.raw("GET", "customer/1").json()["Fault"]["Error"][0]["Detail"] == "Own words"
    assert "action is one of" in press("/faults", action="add", **{"rule-action": "nothing"})
    assert us.control("GET", "faults") == []
    assert "Moved by 30 days." in press("/clock", action="advance", days="30")
    assert round(us.control("GET", "clock")["offset"] / 86400) == 30
    assert "Time runs 60 times as fast." in press("/clock", action="speed", speed="60")
    assert "Back to real time." in press("/clock", action="reset")


def test_rules_are_set(us, press, filled):
    form = filled("/rules")
    assert "Limits are on." in press("/rules", action="limits", on="1", per_second="3", per_minute="")
    limits = us.control("GET", "limits")
    assert (limits["on"], limits["per_second"], limits["per_minute"]) == (True, 3, None)
    us.control("POST", "limits", {"on": False})
    tokens = {**form, "rotation": "every", "previous": "strict", "access_seconds": "60", "action": "tokens"}
    assert "Saved." in press("/rules", **tokens)
    policy = us.control("GET", "token-policy")
    assert (policy["rotation"], policy["previous"], policy["access_seconds"]) == ("every", "strict", 60)
    changed = {"delete_paid_invoice": "unlink", "requestid_retention": "90", "action": "switches"}
    assert "Saved." in press("/rules", **{**form, **changed})
    before = us.control("GET", "switches")
    assert (before["delete_paid_invoice"], before["requestid_retention"]) == ("unlink", 90)
    assert before["replay_faults"] is True
    assert "All access tokens are expired." in press("/rules", action="expire")
    assert us.raw("GET", "customer/1").status_code == 401


def test_snapshots_are_saved_and_gone_back_to(us, press, page):
    assert "Saved as one." in press("/snapshots", action="save", name="one")
    us.post("Customer", {"DisplayName": "Later"})
    assert "Everything is as it was in one." in press("/snapshots", action="restore", name="one")
    assert us.control("GET", f"objects/{us.realm}/Customer?name=later") == []
    assert "a name has letters" in press("/snapshots", action="save", name="../x")
    assert "one is deleted." in press("/snapshots", action="remove", name="one")
    assert "Everything is as at the first start." in press("/snapshots", action="reset")


def test_the_pdf_opens(us):
    answer = requests.get(f"{us.url}{COMPANY}/invoices/130/pdf", timeout=5)

    assert answer.content.startswith(b"%PDF-")


def test_texts_from_the_books_are_escaped(us, page):
    us.post("Customer", {"DisplayName": "<script>alert(1)</script>"})

    assert "<script>" not in page(f"{COMPANY}/customers", search="alert")


def test_unknown_pages_and_forms_of_other_sites(us):
    for path in ("/nothing", f"{COMPANY}/invoices/99999", "/companies/1/invoices", f"{COMPANY}/payments/new"):
        assert requests.get(us.url + path, timeout=5).status_code == 404
    for path in (f"{COMPANY}/invoices/130", "/_simulator/reset", "/snapshots"):
        for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
            assert requests.post(us.url + path, headers=headers, timeout=5).status_code == 403
    assert us.get("Invoice", "130")["SyncToken"] == "0"
