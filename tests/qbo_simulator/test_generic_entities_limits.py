"""The limits of every field of the core entities, and each fault by doing what causes it."""

import pytest
import requests

from qbo_simulator.api.operations import open_books
from qbo_simulator.application import Application
from qbo_simulator.entities.catalogue import entity_named
from qbo_simulator.faults import Refused
from qbo_simulator.server import Simulator
from tests.qbo_simulator.conftest import Api

ADDRESS = {"City": 255, "CountrySubDivisionCode": 255, "Country": 255, "PostalCode": 30, "Line1": 500, "Line5": 500}
PERSON = {
    "DisplayName": 500,
    "GivenName": 100,
    "MiddleName": 100,
    "FamilyName": 100,
    "CompanyName": 100,
    "Title": 16,
    "Suffix": 16,
    "PrintOnCheckName": 110,
    "Notes": 2000,
    "PrimaryPhone.FreeFormNumber": 30,
    "AlternatePhone.FreeFormNumber": 30,
    "Mobile.FreeFormNumber": 30,
    "Fax.FreeFormNumber": 30,
    "WebAddr.URI": 1000,
    **{f"BillAddr.{part}": longest for part, longest in ADDRESS.items()},
    **{f"ShipAddr.{part}": longest for part, longest in ADDRESS.items()},
}
FORM = {
    "DocNumber": 21,
    "CustomerMemo.value": 1000,
    "PrivateNote": 4000,
    **{f"BillAddr.{part}": longest for part, longest in ADDRESS.items()},
    **{f"ShipAddr.{part}": longest for part, longest in ADDRESS.items()},
}
LINE = {"Amount": 1, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}
SALE = {"CustomerRef": {"value": "1"}, "Line": [LINE]}
BOUGHT = {
    "Amount": 1,
    "DetailType": "AccountBasedExpenseLineDetail",
    "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "8"}},
}
BASES = {
    "Customer": ({"DisplayName": "New"}, {**PERSON, "ResaleNum": 16}),
    "Vendor": ({"DisplayName": "New"}, {**PERSON, "AcctNum": 100, "TaxIdentifier": 20}),
    "Employee": ({"GivenName": "New"}, {**PERSON, "EmployeeNumber": 100}),
    "Item": (
        {"Name": "New", "Type": "Service", "IncomeAccountRef": {"value": "1"}},
        {"Name": 100, "Sku": 100, "Description": 4000, "PurchaseDesc": 1000},
    ),
    "Account": ({"Name": "New", "AccountType": "Bank"}, {"Name": 100, "AcctNum": 20, "Description": 100}),
    "Term": ({"Name": "New", "DueDays": 1}, {"Name": 31}),
    "PaymentMethod": ({"Name": "New"}, {"Name": 31}),
    "Class": ({"Name": "New"}, {"Name": 100}),
    "Department": ({"Name": "New"}, {"Name": 100}),
    "TaxAgency": ({"DisplayName": "New"}, {"DisplayName": 100, "TaxRegistrationNumber": 30}),
    "Invoice": (SALE, FORM),
    "Estimate": (SALE, FORM),
    "CreditMemo": (SALE, FORM),
    "SalesReceipt": (SALE, {**FORM, "PaymentRefNum": 21}),
    "RefundReceipt": ({**SALE, "DepositToAccountRef": {"value": "35"}}, {**FORM, "PaymentRefNum": 21}),
    "Payment": ({"CustomerRef": {"value": "1"}, "TotalAmt": 1}, {"PaymentRefNum": 21, "PrivateNote": 4000}),
    "Bill": ({"VendorRef": {"value": "30"}, "Line": [BOUGHT]}, {"DocNumber": 21, "PrivateNote": 4000}),
    "Attachable": ({"Note": "x"}, {"Note": 2000, "FileName": 1000}),
}
CASES = [
    pytest.param(entity, path, longest, id=f"{entity}-{path}")
    for entity, (_, limits) in BASES.items()
    for path, longest in limits.items()
]


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    running = Application(tmp_path_factory.mktemp("books"), companies=["us"], keep_dates=True)
    yield running
    running.close()


@pytest.mark.parametrize(("entity", "path", "longest"), CASES)
def test_a_text_fits_up_to_its_limit_and_not_beyond(app, entity, path, longest):
    base = BASES[entity][0]
    outer, _, inner = path.partition(".")

    def body(length):
        text = "7" * length
        return {**base, outer: {inner: text} if inner else text}

    with app.store.writing() as tx:
        books = open_books(app, tx, "9130350000000001")
        kind = entity_named(entity)
        tx.execute("SAVEPOINT attempt")
        books.create(kind, body(longest))
        tx.execute("ROLLBACK TO attempt")
        with pytest.raises(Refused) as refused:
            books.create(kind, body(longest + 1))
        tx.execute("ROLLBACK TO attempt")
    error = refused.value.errors[0]
    assert (error.code, error.element) == ("2050", outer)
    assert error.detail.endswith(f"Max:{longest:,} supported. Supplied length:{longest + 1:,}")


def test_five_lines_of_an_address_have_a_limit_together(us):
    lines = {f"Line{number}": "x" * 450 for number in range(1, 6)}
    error = us.refuse("Customer", {"DisplayName": "New", "BillAddr": lines})
    assert (error["code"], error["element"]) == ("2050", "BillAddr")


@pytest.mark.parametrize("sign", [":", "\t", "\n"])
def test_signs_that_no_name_can_have(us, sign):
    for entity, field in (
        ("Customer", "DisplayName"),
        ("Customer", "GivenName"),
        ("Vendor", "PrintOnCheckName"),
        ("Employee", "FamilyName"),
        ("Item", "Name"),
        ("Account", "Name"),
        ("Class", "Name"),
        ("Term", "Name"),
    ):
        assert us.refuse(entity, {**BASES[entity][0], field: f"a{sign}b"})["code"] == "2040", (entity, field)


@pytest.mark.parametrize(
    ("entity", "change", "code"),
    [
        ("Customer", {"PrimaryEmailAddr": {"Address": "nobody"}}, "2210"),
        ("Customer", {"PreferredDeliveryMethod": "Pigeon"}, "2170"),
        ("Customer", {"TaxExemptionReasonId": "16"}, "2170"),
        ("Customer", {"ParentRef": {"value": "9999"}}, "2500"),
        ("Customer", {"SalesTermRef": {"value": "9999"}}, "2500"),
        ("Customer", {"PaymentMethodRef": {"value": "9999"}}, "2500"),
        ("Customer", {"DefaultTaxCodeRef": {"value": "9999"}}, "2500"),
        ("Customer", {"CurrencyRef": {"value": "EUR"}}, "6000"),
        ("Customer", {"Active": "perhaps"}, "2010"),
        ("Vendor", {"TermRef": {"value": "9999"}}, "2500"),
        ("Vendor", {"CurrencyRef": {"value": "EUR"}}, "6000"),
        ("Employee", {"Gender": "Cat"}, "2170"),
        ("Item", {"Type": "Cat"}, "2170"),
        ("Item", {"UnitPrice": "much"}, "2080"),
        ("Item", {"IncomeAccountRef": {"value": "9999"}}, "2500"),
        ("Item", {"Type": "Inventory"}, "2020"),
        ("Item", {"PrefVendorRef": {"value": "9999"}}, "2500"),
        ("Term", {"DueDays": 1000}, "2080"),
        ("Term", {"DayOfMonthDue": 32}, "2080"),
        ("PaymentMethod", {"Type": "CATS"}, "2170"),
        ("Invoice", {"EmailStatus": "Perhaps"}, "2170"),
        ("Invoice", {"PrintStatus": "Perhaps"}, "2170"),
        ("Invoice", {"EmailStatus": "NeedToSend"}, "2020"),
        ("Invoice", {"TxnDate": "yesterday"}, "2010"),
        ("Invoice", {"Line": [{**LINE, "Amount": "ten"}]}, "2080"),
        ("Invoice", {"Line": [{**LINE, "DetailType": "CatDetail"}]}, "2170"),
        ("Invoice", {"Line": [{**LINE, "Amount": -5}]}, "6000"),
        ("Invoice", {"Line": []}, "2020"),
        ("Invoice", {"CustomerRef": {"value": "9999"}}, "2500"),
        ("Invoice", {"SalesTermRef": {"value": "9999"}}, "2500"),
        ("Invoice", {"DepartmentRef": {"value": "9999"}}, "2500"),
        ("Invoice", {"TxnTaxDetail": {"TxnTaxCodeRef": {"value": "9999"}}}, "2500"),
        ("Invoice", {"CurrencyRef": {"value": "EUR"}}, "6000"),
        ("Invoice", {"DeliveryInfo": {"DeliveryType": "Email"}}, "2010"),
        ("Invoice", {"CustomField": [{"DefinitionId": str(n)} for n in range(4)]}, "6000"),
        ("Estimate", {"TxnStatus": "Perhaps"}, "2170"),
        ("Payment", {"TotalAmt": -1}, "6000"),
        ("Payment", {"PaymentMethodRef": {"value": "9999"}}, "2500"),
        ("Payment", {"DepositToAccountRef": {"value": "9999"}}, "2500"),
        ("RefundReceipt", {"DepositToAccountRef": None}, "2020"),
    ],
)
def test_wrong_values_are_refused(us, entity, change, code):
    before = us.query(f"select count(*) from {entity}")
    assert us.refuse(entity, {**BASES[entity][0], **change})["code"] == code
    assert us.query(f"select count(*) from {entity}") == before


def test_business_refusals_of_companies_with_several_currencies(ca):
    customers = ca.query("select * from Customer")["Customer"]
    foreign = next(row for row in customers if row["CurrencyRef"]["value"] == "EUR")
    line = {**LINE, "SalesItemLineDetail": {"ItemRef": {"value": "1"}, "TaxCodeRef": {"value": "2"}}}
    sale = {"CustomerRef": {"value": foreign["Id"]}, "Line": [line]}
    other = ca.refuse("Invoice", {**sale, "CurrencyRef": {"value": "CAD"}})
    assert (other["code"], "must be the customer's (EUR)" in other["Detail"]) == ("6000", True)
    assert ca.refuse("Invoice", {**sale, "ExchangeRate": 0})["code"] == "6000"
    assert (
        ca.refuse("Payment", {"CustomerRef": {"value": foreign["Id"]}, "TotalAmt": 1, "ExchangeRate": 0})["code"]
        == "6000"
    )
    key = {"Id": foreign["Id"], "SyncToken": foreign["SyncToken"], "sparse": True}
    assert ca.refuse("Customer", {**key, "CurrencyRef": {"value": "USD"}})["code"] == "6000"


def test_characters_that_a_us_company_can_not_store(us):
    name = {"DisplayName": "Zoë’s 喫茶店"}
    assert us.post("Customer", {**name})["DisplayName"] == "Zoë’s 喫茶店"
    us.control("POST", "switches", {"us_characters": "replace"})
    assert us.post("Customer", {**name})["DisplayName"] == "Zoë?s ???"
    us.control("POST", "switches", {"us_characters": "refuse"})
    answer = us.raw("POST", "customer", json=name)
    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (500, "10000")


def test_closed_books_and_custom_numbers_and_their_companies(tmp_path, line):
    with Simulator(tmp_path, companies=["us-closed", "us-numbers"]) as simulator:
        requests.post(f"{simulator.url}/_simulator/limits", json={"on": False}, timeout=10)
        companies = requests.get(f"{simulator.url}/_simulator/companies", timeout=10).json()
        assert [row["name"] for row in companies] == ["Sandbox Company_US_Closed", "Sandbox Company_US_Numbers"]
        closed, numbers = (Api(simulator.url, row["realmId"]) for row in companies)

        day = closed.get("Preferences", "1")["AccountingInfoPrefs"]["BookCloseDate"]
        old = closed.query(f"select * from Invoice where TxnDate <= '{day}' maxresults 1")["Invoice"][0]
        assert closed.query(f"select count(*) from Invoice where TxnDate > '{day}'")["totalCount"]
        key = {"Id": old["Id"], "SyncToken": old["SyncToken"], "sparse": True}
        error = closed.refuse("Invoice", {**key, "PrivateNote": "late"})
        assert (error["code"], error["Message"]) == (
            "6210",
            "Account Period Closed, Cannot Update Through Services API",
        )
        assert closed.refuse("Invoice", {**SALE, "TxnDate": day})["code"] == "6210"
        assert closed.post("Invoice", SALE)

        assert "DocNumber" not in numbers.post("Invoice", SALE)
        assert numbers.post("Invoice", {**SALE, "DocNumber": "A-1"})["DocNumber"] == "A-1"
        assert numbers.refuse("Invoice", {**SALE, "DocNumber": "A-1"})["code"] == "6140"
        assert numbers.post("Invoice", {**SALE, "DocNumber": "AUTO_GENERATE"})["DocNumber"].isdecimal()
