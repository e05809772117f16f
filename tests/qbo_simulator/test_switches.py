"""Every doubtful point can be switched, and does what it says."""

import json
import re
import shlex
import time
from pathlib import Path

import pytest
import requests

from qbo_simulator import control, injection, switches, webhooks
from qbo_simulator.pages.workshop import DOUBTS


def test_every_switch_is_explained_on_the_page():
    assert DOUBTS.keys() == switches.DEFAULTS.keys()


README = (Path(switches.__file__).parent / "README.md").read_text()


def test_the_readme_names_everything_that_can_be_set():
    doubts = README[README.index("## Doubtful points") : README.index("## Unlike the real service")]
    assert set(re.findall(r"^\| `(\w+)` \|", doubts, re.M)) == switches.DEFAULTS.keys()
    told = README[README.index("## Control") :]
    for name in (*injection.ACTIONS, *webhooks.DEFAULTS):
        assert f"`{name}`" in told, name
    for _, path in control._ACTIONS:
        assert re.search(rf"\b{re.escape(path.split('/')[0])}\b", told), path


def examples():
    """The curl commands of the README for the control interface, without those that move files or make very much."""
    text = README[README.index("## Control") : README.index("## Doubtful points")].replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.startswith("curl") and "state.sqlite3" not in line]
    return [part.strip() for line in lines for part in line.split("; ") if "100000" not in part]


def test_the_examples_of_the_readme_work_as_they_stand(us):
    run = 0
    for line in examples():
        words = shlex.split(line, comments=True)
        options = {words[at]: words[at + 1] for at in range(len(words) - 1) if words[at] in ("-X", "-d")}
        target = next(word for word in words if word.startswith("$S")).replace("$S", f"{us.url}/_simulator")
        body = json.loads(options["-d"]) if "-d" in options else None
        answer = requests.request(options.get("-X", "GET"), target, json=body, timeout=30)
        assert answer.status_code == 200, (line, answer.text)
        run += 1
    assert run > 25


def test_wrong_names_and_values_are_refused(us):
    for body, status in (
        ({"nonsense": 1}, 404),
        ({"default_order": "sideways"}, 400),
        ({"check_amounts": "yes"}, 400),
        ({"metered_kinds": "read"}, 400),
        ({"batch_size": "a"}, 400),
        ({"batch_size": 2.5}, 400),
        ({"requestid_retention": "a"}, 400),
    ):
        assert requests.post(f"{us.url}/_simulator/switches", json=body, timeout=5).status_code == status
    assert us.control("GET", "switches") == switches.DEFAULTS


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("clock", {"advance": 1e18}),
        ("clock", {"offset": -1e12}),
        ("clock", {"offset": "nan"}),
        ("clock", {"speed": -1}),
        ("limits", {"per_second": "x"}),
        ("limits", {"on": "yes"}),
        ("token-policy", {"access_seconds": "x"}),
        ("token-policy", {"code_seconds": -1}),
        ("companies", {"realmId": "a/b"}),
    ],
)
def test_settings_that_would_break_every_later_call_are_refused(us, path, body):
    before = us.control("GET", path)
    assert requests.post(f"{us.url}/_simulator/{path}", json=body, timeout=5).status_code == 400
    after = us.control("GET", path)
    if path == "clock":
        assert abs(after["offset"]) < 1
        assert after["speed"] == 1
    else:
        assert after == before
    us.query("select * from Term")


def test_entity_names_in_queries(us):
    assert us.query("select * from term")["Term"]
    us.control("POST", "switches", {"query_entity_case": "sensitive"})
    answer = us.raw("GET", "query", params={"query": "select * from term"})
    assert answer.json()["Fault"]["Error"][0]["code"] == "4001"
    assert us.query("select * from Term")["Term"]


def test_the_order_of_rows_without_orderby(us):
    ascending = [body["Id"] for body in us.query("SELECT * FROM Customer")["Customer"]]
    us.control("POST", "switches", {"default_order": "desc"})
    assert [body["Id"] for body in us.query("SELECT * FROM Customer")["Customer"]] == ascending[::-1]


def test_the_size_of_a_batch(us):
    batch = {"BatchItemRequest": [{"bId": str(n), "Query": "SELECT * FROM Term"} for n in range(50)]}
    assert us.raw("POST", "batch", json=batch).status_code == 400
    us.control("POST", "switches", {"batch_size": 50})
    assert us.raw("POST", "batch", json=batch).status_code == 200


def test_a_requestid_with_another_body(us):
    us.post("Customer", {"DisplayName": "One"}, requestid="same")
    assert us.post("Customer", {"DisplayName": "Two"}, requestid="same")["DisplayName"] == "One"
    us.control("POST", "switches", {"requestid_mismatch": "refuse"})
    assert us.refuse("Customer", {"DisplayName": "Two"}, requestid="same")["code"] == "6000"
    assert us.post("Customer", {"DisplayName": "One"}, requestid="same")["DisplayName"] == "One"


@pytest.mark.parametrize(("value", "status", "found"), [("refuse", 400, None), ("truncate", 200, 1), ("empty", 200, 0)])
def test_changes_since_more_than_thirty_days(us, value, status, found):
    us.post("Customer", {"DisplayName": "New"})
    us.control("POST", "switches", {"cdc_too_old": value})

    answer = us.raw("GET", "cdc", params={"entities": "Customer", "changedSince": "2020-01-01"})

    assert answer.status_code == status
    if found is not None:
        (part,) = answer.json()["CDCResponse"][0]["QueryResponse"]
        assert len(part.get("Customer", ())) == found


def test_the_body_of_a_429(us):
    for value, text in (("xml", "<Fault"), ("json", '"code": "3001"'), ("empty", "")):
        us.control("POST", "switches", {"throttle_body": value})
        us.control("POST", "faults", {"action": "throttle", "times": 1})
        answer = us.raw("GET", "customer/1")
        assert answer.status_code == 429
        assert text in answer.text


def test_the_codes_of_numbers_and_amounts(us, line):
    wrong = {"CustomerRef": {"value": "1"}, "Line": [line(5, Qty=2, UnitPrice=2)]}
    taken = {"CustomerRef": {"value": "1"}, "Line": [line(5)], "DocNumber": "1037"}
    assert (us.refuse("Invoice", wrong)["code"], us.refuse("Invoice", taken)["code"]) == ("6070", "6140")
    us.control("POST", "switches", {"amount_mismatch_code": "6000", "duplicate_number_code": "6210"})
    assert (us.refuse("Invoice", wrong)["code"], us.refuse("Invoice", taken)["code"]) == ("6000", "6210")


def test_the_closing_date_in_preferences(us):
    us.control("POST", f"objects/{us.realm}/Preferences/1", {"AccountingInfoPrefs": {"BookCloseDate": "2020-01-31"}})
    read = us.raw("GET", "preferences").json()["Preferences"]
    assert read["AccountingInfoPrefs"]["BookCloseDate"] == "2020-01-31"
    us.control("POST", "switches", {"show_close_date": False})
    read = us.raw("GET", "preferences").json()["Preferences"]
    (found,) = us.query("SELECT * FROM Preferences")["Preferences"]
    for body in (read, found):
        assert "BookCloseDate" not in body["AccountingInfoPrefs"]


def test_the_lengths_of_the_schema(us):
    us.post("Customer", {"GivenName": "x" * 26})
    us.control("POST", "switches", {"field_limits": "schema"})
    assert us.refuse("Customer", {"GivenName": "y" * 26})["code"] == "2050"


WRAPPED = {"Customer": {"DisplayName": "Wrapped"}}
ODD_LINE = {"Amount": 5, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"Amount": 5}}


@pytest.mark.parametrize(
    ("entity", "body"),
    [
        ("Customer", {"DisplayName": "A", "Nonsense": 1}),
        ("Customer", {"DisplayName": "A", "Nonsense": None}),
        ("Customer", {"DisplayName": "A", "BillAddr": {"Street": "x"}}),
        ("Customer", {"Id": "1", "SyncToken": "0", "sparse": True, "displayName": "a"}),
        ("Customer", WRAPPED),
        ("Item", {"Name": "A", "SalesDesc": "x"}),
        ("Invoice", {"CustomerRef": {"value": "1"}, "Line": [ODD_LINE]}),
        ("ExchangeRate", {"SourceCurrencyCode": "EUR", "Rate": 2, "Nonsense": 1}),
        ("RecurringTransaction", {"Invoice": {"Nonsense": 1}}),
    ],
    ids=str,
)
def test_names_that_no_object_has_may_be_refused(ca, entity, body):
    ca.control("POST", "switches", {"unknown_properties": "refuse"})
    assert ca.refuse(entity, body) == {
        "Message": "Request has invalid or unsupported property",
        "Detail": "Property Name:failed to parse json object; a property specified is unsupported or invalid",
        "code": "2010",
    }


def test_names_that_no_object_has_are_ignored_and_may_be_refused_or_kept(us):
    body = {"DisplayName": "A", "Nonsense": 1, "BillAddr": {"City": "B", "Street": "x"}}
    made = us.post("Customer", body)
    us.control("POST", "switches", {"unknown_properties": "refuse"})
    batch = {"BatchItemRequest": [{"bId": "1", "operation": "create", "Customer": body}]}
    (part,) = us.raw("POST", "batch", json=batch).json()["BatchItemResponse"]
    assert part["Fault"]["Error"][0]["code"] == "2010"
    us.control("POST", "switches", {"unknown_properties": "keep"})
    kept = us.post("Customer", body | {"DisplayName": "B"})

    assert ("Nonsense" in made, "Street" in made["BillAddr"], made["BillAddr"]["City"]) == (False, False, "B")
    assert (kept["Nonsense"], kept["BillAddr"]["Street"]) == (1, "x")


def test_what_is_metered(us):
    us.control("POST", "switches", {"metered_kinds": ["query"], "metered_failures": True})
    us.control("DELETE", "calls")
    us.get("Customer", "1")
    us.query("SELECT * FROM Term")
    us.raw("GET", "query", params={"query": "nonsense"})
    assert us.control("GET", "calls")["metered"] == 2


def test_own_writes_in_webhooks(us):
    us.control("POST", "webhooks", {"address": "http://127.0.0.1:9/", "delay": 0, "retries": [], "own_writes": False})
    us.post("Customer", {"DisplayName": "By the app"})
    us.control("POST", f"objects/{us.realm}/Customer", {"DisplayName": "By a person"})
    deadline = time.monotonic() + 5
    while not (sent := us.control("GET", "webhooks")["sent"]) and time.monotonic() < deadline:
        time.sleep(0.02)
    person = us.control("GET", f"objects/{us.realm}/Customer?name=by a person")[0]["Id"]
    assert len(sent) == 1
    assert f'"intuitentityid": "{person}"' in sent[0]["body"]
