"""Every fault of the API, made by doing what causes it, in the recorded words where there is a recording."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from qbo_simulator import faults

SALE: dict[str, Any] = {
    "CustomerRef": {"value": "1"},
    "Line": [{"Amount": 10, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}],
}


def post(path: str, body: Any):
    return lambda api: api.raw("POST", path, json=body)


def get(path: str):
    return lambda api: api.raw("GET", path)


def modify_an_inactive_one(api):
    made = api.post("Customer", {"DisplayName": "Gone", "Active": True})
    off = api.post("Customer", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Active": False})
    return api.raw(
        "POST", "customer", json={"Id": made["Id"], "SyncToken": off["SyncToken"], "sparse": True, "Notes": "x"}
    )


def take_a_number_twice(api):
    return api.raw("POST", "invoice", json={**SALE, "DocNumber": "1037"})


def write_for_a_lapsed_company(api):
    api.control("POST", "switches", {"inactive_companies": [api.realm]})
    return api.raw("POST", "invoice", json=SALE)


def write_into_closed_books(api):
    found = api.raw("GET", "preferences").json()["Preferences"]
    closed = {**found["AccountingInfoPrefs"], "BookCloseDate": "2026-03-31"}
    body = {"Id": "1", "SyncToken": found["SyncToken"], "sparse": True, "AccountingInfoPrefs": closed}
    api.post("Preferences", body)
    return api.raw("POST", "invoice", json={**SALE, "TxnDate": "2026-03-15"})


def change_a_deposited_payment(api):
    payment = api.get("Payment", "31")
    return api.raw("POST", "payment", json={**payment, "TotalAmt": 1, "Line": []})


def batch_too_much(api):
    items = [{"bId": str(number), "Query": "select * from Term"} for number in range(31)]
    return api.raw("POST", "batch", json={"BatchItemRequest": items})


def injected(code: str):
    def act(api):
        api.control("POST", "faults", {"entity": "Term", "code": code, "times": 1})
        return api.raw("GET", "term/1")

    return act


#: Code, status, what causes it, part of the detail, and the recording that it equals.
CAUSES = [
    ("120", 401, injected("120"), "no longer an administrator", None),
    ("500", 400, post("estimate?operation=void", {"Id": "100", "SyncToken": "0"}), "void is not supported.", None),
    ("610", 400, get("invoice/99999"), "made inactive", "object-not-found-610"),
    ("610", 400, post("invoice", {**SALE, "Id": "99999", "SyncToken": "0"}), "made inactive", "object-not-found-610"),
    ("1040", 400, batch_too_much, "limited to 30", None),
    ("2010", 400, post("customer", [1]), "unsupported or invalid", None),
    ("2010", 400, post("invoice", {**SALE, "Line": "none"}), "Line", None),
    ("2010", 400, post("invoice", {"Invoice": SALE}), "failed to parse json object; a property", None),
    ("2020", 400, post("invoice", {"CustomerRef": {"value": "1"}}), "Line is missing", "required-param-2020"),
    ("2020", 400, post("invoice?operation=update", {**SALE, "Id": "130"}), "SyncToken is missing", None),
    ("2040", 400, post("customer", {"DisplayName": "a:b"}), "", None),
    ("2050", 400, post("invoice", {**SALE, "DocNumber": "9" * 22}), "Max:21 supported. Supplied length:22", None),
    ("2080", 400, post("payment", {"CustomerRef": {"value": "1"}, "TotalAmt": "ten"}), "ten", None),
    ("2170", 400, post("invoice", {**SALE, "EmailStatus": "Never"}), "Never", None),
    ("2210", 400, post("customer", {"DisplayName": "M", "PrimaryEmailAddr": {"Address": "no"}}), "@", None),
    (
        "2500",
        400,
        post("invoice", {**SALE, "CustomerRef": {"value": "75"}}),
        "Names element id 75 not found",
        "invalid-reference-2500",
    ),
    ("4000", 400, get("query?query=select"), "QueryParserError: Encountered", None),
    ("4001", 400, get("query?query=select * from Term startposition 0"), "too small", "query-4001"),
    ("4001", 400, get("query?query=select * from Check"), "Invalid context declaration: Check", None),
    ("5010", 400, post("customer", {"Id": "1", "SyncToken": "77", "sparse": True}), "root", "stale-object-5010"),
    ("6000", 400, modify_an_inactive_one, "has been deleted", "business-validation-6000"),
    ("6140", 400, take_a_number_twice, "TxnId=130", "duplicate-docnumber-6140"),
    ("6190", 400, write_for_a_lapsed_company, "Invalid Company Status", None),
    ("6210", 400, write_into_closed_books, "Account Period Closed", None),
    ("6240", 400, post("customer", {"DisplayName": "cool cars"}), "already exists. : ", "duplicate-name-6240*"),
    ("6540", 400, change_a_deposited_payment, "remove it from its deposit", None),
    ("10000", 404, get("nothing/1"), "Could not find resource for relative", None),
    ("10000", 500, injected("10000"), "System Failure Error", None),
]


@pytest.mark.parametrize(
    ("code", "status", "cause", "words", "recorded"), CAUSES, ids=[f"{n}-{row[0]}" for n, row in enumerate(CAUSES)]
)
def test_faults_recorded(us, recording, code, status, cause, words, recorded):
    answer = cause(us)

    body = answer.json()
    assert answer.status_code == status, body
    assert list(body) == ["Fault", "time"]
    error = body["Fault"]["Error"][0]
    assert (error["code"], words in error["Detail"]) == (code, True), error
    if recorded:
        expected = recording(f"fault-{recorded.rstrip('*')}")
        if recorded.endswith("*"):
            # What follows the colon differs between recordings.
            expected["Fault"]["Error"][0]["Detail"] = error["Detail"]
        assert body["Fault"] == expected["Fault"]


#: Tests of their own: the gateway's casing, its XML, a fault inside 200.
ELSEWHERE = {"3001", "3100", "3200", "6070"}


def test_the_list_is_complete():
    """Each code that the interface's description names, and each that this program can say."""
    described = (
        "120 500 610 2010 2020 2050 2080 2170 2500 3001 3100 3200 4000 4001 5010 6000 6140 6190 6210 6240 6540 10000"
    )
    said = set(re.findall(r'Error\("(\d+)"', Path(faults.__file__).read_text())) | {"6070", "6140"}
    assert set(described.split()) | said <= {row[0] for row in CAUSES} | ELSEWHERE
    assert all(faults.by_code(code) for code in described.split())


def test_amounts_that_do_not_agree(us):
    line = {**SALE["Line"][0], "SalesItemLineDetail": {"ItemRef": {"value": "1"}, "Qty": 2, "UnitPrice": 7}}
    assert us.refuse("Invoice", {**SALE, "Line": [line]})["code"] == "6070"


def test_a_missing_vat_rate(uk, recording):
    item = uk.query("SELECT * FROM Item WHERE Type = 'Service' MAXRESULTS 1")["Item"][0]["Id"]
    customer = uk.query("SELECT * FROM Customer MAXRESULTS 1")["Customer"][0]["Id"]
    line = {**SALE["Line"][0], "SalesItemLineDetail": {"ItemRef": {"value": item}}}
    sale = {"CustomerRef": {"value": customer}, "GlobalTaxCalculation": "TaxExcluded", "Line": [line]}

    answer = uk.raw("POST", "invoice", json=sale)

    assert (answer.status_code, answer.json()["Fault"]) == (400, recording("fault-vat-rate-missing-6000")["Fault"])


def test_a_name_that_is_taken_names_its_owner(us, recording):
    expected = recording("fault-duplicate-name-6240-with-id")["Fault"]["Error"][0]
    found = us.refuse("Vendor", {"DisplayName": "Cool Cars"})
    assert (found["code"], found["Message"]) == (expected["code"], expected["Message"])
    assert found["Detail"].startswith("The name supplied already exists. : ")


def test_too_many_calls_get_xml_whatever_they_ask_for(us, recording):
    us.control("POST", "limits", {"on": True, "per_second": 1})
    answers = [us.raw("GET", "term/1") for _ in range(3)]

    refused = next(answer for answer in answers if answer.status_code != 200)
    assert refused.status_code == 429
    assert "Retry-After" not in refused.headers
    fault = ElementTree.fromstring(refused.content)[0]
    expected = recording("fault-throttle-3001")["Fault"]
    space = "{http://schema.intuit.com/finance/v3}"
    assert fault.attrib["type"] == expected["type"]
    error = expected["Error"][0]
    assert (fault[0].attrib["code"], fault[0].findtext(f"{space}Message"), fault[0].findtext(f"{space}Detail")) == (
        error["code"],
        error["Message"],
        error["Detail"],
    )


@pytest.mark.parametrize("code", ["610", "2020", "3001", "3100", "3200", "5010", "6000", "6240", "10000"])
def test_an_injected_code_has_its_usual_words_and_status(us, code):
    us.control("POST", "faults", {"entity": "Term", "code": code, "times": 1})

    answer = us.raw("GET", "term/1")

    error = answer.json()["Fault"]["Error"][0]
    assert answer.status_code == {"3001": 429, "3100": 403, "3200": 401, "10000": 500}.get(code, 400)
    assert error["code"] == code
    assert "Injected" not in error["Message"]
