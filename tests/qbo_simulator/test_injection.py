"""Faults on purpose: before and after the commit, in every shape."""

import time

import pytest
import requests

SALE = {
    "CustomerRef": {"value": "1"},
    "Line": [{"Amount": 10, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}],
}


def count(api):
    return len(api.control("GET", f"objects/{api.realm}/Invoice"))


def test_a_dropped_answer_after_the_commit_is_repaired_by_the_same_requestid(us):
    us.control("POST", "faults", {"method": "POST", "path": "/invoice", "when": "after", "action": "drop", "times": 1})

    with pytest.raises(requests.ConnectionError):
        us.post("Invoice", SALE, requestid="lost")

    assert count(us) == 32
    assert us.post("Invoice", SALE, requestid="lost")["DocNumber"] == "1038"
    assert count(us) == 32
    assert us.control("GET", "faults") == []


def test_a_connection_dropped_before_leaves_nothing(us):
    us.control("POST", "faults", {"entity": "Invoice", "action": "drop", "times": 1})

    with pytest.raises(requests.ConnectionError):
        us.post("Invoice", SALE)

    assert count(us) == 31


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_status_before_or_after_the_commit(us, when):
    us.control("POST", "faults", {"entity": "Invoice", "status": 503, "when": when, "times": 2})

    codes = [us.raw("POST", "invoice", json=SALE, params={"requestid": "x"}).status_code for _ in range(3)]

    assert codes == [503, 503, 200]
    assert count(us) == 32


def test_a_cut_body_breaks_while_it_is_read(us):
    us.control("POST", "faults", {"path": "/query", "action": "cut", "when": "after", "cut_after": 50, "times": 1})

    with pytest.raises(requests.RequestException):
        us.query("SELECT * FROM Customer")

    assert us.query("SELECT * FROM Customer")["maxResults"] == 29


def test_latency_lets_a_client_time_out_while_the_write_happens(us):
    us.control("POST", "faults", {"entity": "Invoice", "latency": 1.5, "when": "after", "times": 1})

    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{us.base}/invoice", json=SALE, headers=us.headers, timeout=0.5)

    deadline = time.monotonic() + 5
    while count(us) == 31 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert count(us) == 32


def test_latency_for_every_call_goes_with_another_fault(us):
    us.control("POST", "faults", {"latency": 0.05, "path": "/v3/"})
    us.control("POST", "faults", {"code": "10000", "times": 1, "path": "/v3/"})
    start = time.perf_counter()

    answer = us.raw("GET", "customer/1")

    assert time.perf_counter() - start >= 0.05
    assert (answer.status_code, answer.json()["Fault"]["type"]) == (500, "SystemFault")


@pytest.mark.parametrize(
    ("rule", "status", "text"),
    [
        ({"action": "html"}, 503, "<html>"),
        ({"action": "empty"}, 200, ""),
        ({"action": "malformed"}, 200, '{"QueryResponse":'),
        ({"action": "fault_in_200", "code": 10000}, 200, '"code": "10000"'),
        ({"code": "6240", "detail": "taken"}, 400, '"Detail": "taken"'),
        ({"code": "120", "status": 401, "message": "Authorization Failure"}, 401, "Authorization Failure"),
        ({"action": "fault_lowercase", "code": "6240"}, 400, '"fault": {"error": [{"message": "Duplicate Name'),
        ({"action": "fault_lowercase", "code": "3200"}, 401, '"type": "AUTHENTICATION"'),
        ({"status": 429}, 429, '<Error code="3001">'),
        ({"body": {"QueryResponse": {"Wombat": [{"Id": 1}]}}}, 200, "Wombat"),
        ({"body": "not json", "status": 502, "content_type": "text/plain"}, 502, "not json"),
    ],
)
def test_shapes(us, rule, status, text):
    us.control("POST", "faults", {"kind": "query", "times": 1, **rule})

    answer = us.raw("GET", "query", params={"query": "SELECT * FROM Term"})

    assert answer.status_code == status
    assert text in answer.text if text else answer.text == ""
    assert us.query("SELECT * FROM Term")["maxResults"] == 5


def test_conditions_decide_which_calls_are_met(us, uk):
    us.control(
        "POST", "faults", {"match": {"realm": uk.realm, "method": "GET", "regex": r"/customer/\d+$"}, "status": 500}
    )

    assert us.raw("GET", "customer/1").status_code == 200
    assert uk.raw("GET", "item/2").status_code == 200
    assert uk.raw("GET", "customer/1").status_code == 500
    rules = us.control("GET", "faults")
    assert rules[0]["hits"] == 1
    us.control("DELETE", f"faults/{rules[0]['id']}")
    assert uk.raw("GET", "customer/1").status_code == 200


def test_skip_times_and_probability(us):
    us.control("POST", "faults", {"path": "/term/", "status": 500, "skip": 1, "times": 1})
    assert [us.raw("GET", "term/1").status_code for _ in range(3)] == [200, 500, 200]

    us.control("POST", "faults", {"path": "/term/", "status": 500, "probability": 0.5})
    codes = [us.raw("GET", "term/1").status_code for _ in range(60)]
    assert 10 < codes.count(500) < 50


def test_faults_meet_oauth_too(us):
    us.control("POST", "faults", {"path": "/tokens/bearer", "when": "after", "action": "drop", "times": 1})

    with pytest.raises(requests.ConnectionError):
        requests.post(f"{us.url}/oauth2/v1/tokens/bearer", data={"grant_type": "x"}, timeout=5)


@pytest.mark.parametrize(
    "rule", [{"action": "explode"}, {"when": "never", "status": 500}, {"colour": 1}, {"regex": "("}]
)
def test_a_rule_that_makes_no_sense_is_refused(us, rule):
    answer = requests.post(f"{us.url}/_simulator/faults", json=rule, timeout=5)

    assert answer.status_code == 400
    assert us.control("GET", "faults") == []


def test_a_stored_record_can_be_broken_for_every_way_of_reading(us):
    since = us.now()
    broken = {"operation": "corrupt", "set": {"TotalAmt": "a lot", "Line": None}, "unset": ["CustomerRef"]}
    us.control("POST", f"objects/{us.realm}/Invoice/130", broken)

    for body in (us.get("Invoice", "130"), us.changes(since)["Invoice"][0]):
        assert body["TotalAmt"] == "a lot"
        assert body["Line"] is None
        assert "CustomerRef" not in body
    assert us.query("SELECT * FROM Invoice MAXRESULTS 1000")["maxResults"] == 31


def test_tokens_can_be_ended_from_outside(us):
    assert us.control("POST", "tokens/expire", {"realmId": us.realm})["changed"] == 1
    assert us.raw("GET", "customer/1").status_code == 401

    us.control("POST", "tokens/expire", {"realmId": us.realm, "revoke": True})
    answer = requests.post(
        f"{us.url}/oauth2/v1/tokens/bearer",
        data={"grant_type": "refresh_token", "refresh_token": us.tokens["refresh_token"]},
        auth=("demo-client", "demo-secret"),
        timeout=5,
    )
    assert answer.json()["error"] == "invalid_grant"
