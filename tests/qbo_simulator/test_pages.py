"""The accountant's pages, as a browser without script uses them."""

import pytest
import requests

COMPANY = "/companies/9130350000000001"


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
    def post(path, **form):
        answer = requests.post(us.url + path, data=form, headers={"Origin": us.url}, timeout=5)
        assert answer.status_code == 200, answer.text
        return answer.text

    return post


@pytest.mark.parametrize(
    "path",
    [
        "/",
        COMPANY,
        f"{COMPANY}/invoices",
        f"{COMPANY}/invoices/130",
        f"{COMPANY}/invoices/49",
        f"{COMPANY}/payments/74",
        f"{COMPANY}/customers",
        f"{COMPANY}/customers/8",
        f"{COMPANY}/items",
        "/companies/9130350000000003/invoices/186",
        "/companies/9130350000000003/items",
        "/calls",
        "/faults",
        "/clock",
    ],
)
def test_every_page_opens(page, path):
    assert "<h1>" in page(path)


def test_a_person_records_a_payment_and_sees_it(us, press, page):
    shown = press(f"{COMPANY}/invoices/130", action="pay", amount="100", date="2026-04-20")

    assert "Payment of 100.00 recorded on 2026-04-20." in shown
    assert "Payment 131" in shown
    assert us.get("Invoice", "130")["Balance"] == 262.07
    assert "262.07" in page(f"{COMPANY}/invoices/130")
    assert us.control("GET", "calls")["by_kind"].get("create") is None


def test_the_other_buttons_of_an_invoice(us, press):
    assert "Saved." in press(f"{COMPANY}/invoices/129", action="edit", due="2026-12-31", memo="Hello", note="<b>")
    invoice = us.get("Invoice", "129")
    assert (invoice["DueDate"], invoice["CustomerMemo"], invoice["PrivateNote"]) == (
        "2026-12-31",
        {"value": "Hello"},
        "<b>",
    )
    assert "Marked as sent." in press(f"{COMPANY}/invoices/129", action="send", address="a@example.com")
    assert "Voided." in press(f"{COMPANY}/invoices/129", action="void")
    assert "Invoice deleted." in press(f"{COMPANY}/invoices/129", action="delete")


def test_a_refusal_is_shown_in_quickbooks_words(press):
    shown = press(f"{COMPANY}/invoices/96", action="delete")

    assert "This transaction is linked to other transactions." in shown


def test_customers_are_found_edited_and_made_inactive(us, press, page):
    assert "Cool Cars" in page(f"{COMPANY}/customers", search="cool")
    press(f"{COMPANY}/customers/3", action="edit", name="Cooler Cars", email="", phone="123")
    body = us.get("Customer", "3")
    assert (body["DisplayName"], body["PrimaryPhone"]) == ("Cooler Cars", {"FreeFormNumber": "123"})
    assert "PrimaryEmailAddr" not in body
    assert "Made inactive." in press(f"{COMPANY}/customers/3", action="deactivate")
    assert "Made active again." in press(f"{COMPANY}/customers/3", action="reactivate")
    refused = press(f"{COMPANY}/customers/3", action="edit", name="books by bessie")
    assert "Another customer, vendor or employee is already using this" in refused
    assert us.get("Customer", "3")["DisplayName"] == "Cooler Cars"


def test_invoices_are_searched_filtered_and_paged(us, page):
    assert "1037" in page(f"{COMPANY}/invoices", search="sonnenschein")
    assert "No invoice here." in page(f"{COMPANY}/invoices", search="nobody")
    assert "1001" in page(f"{COMPANY}/invoices", status="paid")
    assert "1037" not in page(f"{COMPANY}/invoices", status="paid")
    us.control("POST", "generate", {"realmId": us.realm, "invoices": 60})
    assert "Older" in page(f"{COMPANY}/invoices")
    assert "Newer" in page(f"{COMPANY}/invoices", page="2")


def test_payments_are_unapplied_and_deleted(us, press):
    assert "No longer applied." in press(f"{COMPANY}/payments/128", action="unapply")
    assert us.get("Invoice", "96")["Balance"] == 387
    assert "Payment deleted." in press(f"{COMPANY}/payments/128", action="delete")


def test_faults_limits_and_clock(us, press, page):
    press("/faults", action="add", preset="html")
    assert us.raw("GET", "term/1").status_code == 503
    assert "action=html" in page("/faults")
    press("/faults", action="clear")
    assert us.raw("GET", "term/1").status_code == 200
    assert "Limits are on." in press("/faults", action="limits", on="1")
    assert "Moved by 30 days." in press("/clock", action="advance", days="30")
    assert round(us.control("GET", "clock")["offset"] / 86400) == 30
    assert "Back to real time." in press("/clock", action="reset")


def test_the_pdf_opens(us):
    answer = requests.get(f"{us.url}{COMPANY}/invoices/130/pdf", timeout=5)

    assert answer.content.startswith(b"%PDF-")


def test_texts_from_the_books_are_escaped(us, page):
    us.post("Customer", {"DisplayName": "<script>alert(1)</script>"})

    assert "<script>" not in page(f"{COMPANY}/customers", search="alert")


def test_unknown_pages_and_forms_of_other_sites(us):
    for path in ("/nothing", f"{COMPANY}/invoices/99999", "/companies/1/invoices"):
        assert requests.get(us.url + path, timeout=5).status_code == 404
    for path in (f"{COMPANY}/invoices/130", "/_simulator/reset"):
        answer = requests.post(us.url + path, headers={"Origin": "http://evil.example"}, timeout=5)
        assert answer.status_code == 403
    assert us.get("Invoice", "130")["SyncToken"] == "0"
