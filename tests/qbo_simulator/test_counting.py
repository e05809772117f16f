"""Limits, and the log of calls."""

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor

import requests


def test_ten_calls_a_second_then_throttled_as_recorded(us, uk, recording):
    us.control("POST", "limits", {"on": True})

    for _ in range(20):
        start = time.monotonic()
        answers = [us.raw("GET", "term/1") for _ in range(12)]
        codes = [answer.status_code for answer in answers]
        # On a machine that is too busy for twelve calls in a second there is nothing to see.
        if time.monotonic() - start < 0.9:
            break
        time.sleep(1)

    assert codes[:10] == [200] * 10
    assert codes[10:] == [429, 429]
    refused = next(answer for answer in answers if answer.status_code == 429)
    error = recording("fault-throttle-3001")["Fault"]["Error"][0]
    assert refused.headers["Content-Type"].startswith("application/xml")
    for text in ('type="SERVICE"', f'code="{error["code"]}"', error["Message"], error["Detail"]):
        assert text in refused.text
    assert uk.raw("GET", "term/1").status_code == 200


def test_limits_a_minute_in_flight_and_for_batches(us):
    us.control("POST", "limits", {"on": True, "per_second": None, "per_minute": 5, "batch_per_minute": 1})
    batch = {"BatchItemRequest": [{"bId": "1", "Query": "SELECT * FROM Term"}]}
    assert us.raw("POST", "batch", json=batch).status_code == 200
    assert us.raw("POST", "batch", json=batch).status_code == 429
    assert [us.raw("GET", "term/1").status_code for _ in range(5)] == [200, 200, 200, 200, 429]

    us.control("POST", "limits", {"per_minute": None, "in_flight": 2})
    us.control("POST", "faults", {"latency": 1, "path": "/term/"})
    with ThreadPoolExecutor(5) as pool:
        codes = list(
            pool.map(lambda _: requests.get(f"{us.base}/term/1", headers=us.headers, timeout=5).status_code, range(5))
        )
    assert codes.count(200) == 2


def test_calls_are_counted_by_kind_company_and_meter(us, uk, line):
    us.control("DELETE", "calls")
    us.query("SELECT * FROM Term")
    us.get("Term", "1")
    us.now()
    us.changes(us.now())
    us.raw("GET", "invoice/130/pdf")
    us.raw("GET", "invoice/9999")
    us.post("Invoice", {"CustomerRef": {"value": "1"}, "Line": [line(1)]}, requestid="abc")
    us.post("Customer", {"Id": "2", "SyncToken": "0", "sparse": True})
    uk.get("Term", "1")

    seen = us.control("GET", "calls")

    assert seen["by_company"][us.realm] == {
        "query": 3,
        "read": 2,
        "cdc": 1,
        "pdf": 1,
        "create": 1,
        "update": 1,
        "metered": 6,
    }
    assert (seen["total"], seen["metered"], seen["unmetered"]) == (10, 7, 3)
    created = us.control("GET", "calls?kind=create")["calls"]
    assert len(created) == 1
    assert created[0]["requestid"] == "abc"
    assert created[0]["entity"] == "Invoice"
    assert created[0]["status"] == 200
    assert [call["kind"] for call in us.control("GET", "calls?kind=write")["calls"]] == ["create", "update"]
    us.control("DELETE", "calls")
    assert us.control("GET", "calls")["total"] == 0


def test_the_digest_of_a_body_tells_whether_a_retry_sent_the_same_bytes(us):
    body = b'{"DisplayName": "Digest"}'
    us.raw("POST", "customer", data=body, params={"requestid": "d"})
    us.raw("POST", "customer", data=body, params={"requestid": "d"})

    calls = us.control("GET", "calls?kind=create")["calls"]

    assert {call["digest"] for call in calls} == {hashlib.sha256(body).hexdigest()}
    assert [call["replayed"] for call in calls] == [False, True]


def test_rate_and_most_in_flight_are_measured(us):
    us.control("POST", "faults", {"latency": 1, "path": "/term/"})
    us.control("DELETE", "calls")
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: requests.get(f"{us.base}/term/1", headers=us.headers, timeout=5), range(6)))

    rates = us.control("GET", "calls")["rates"][us.realm]

    assert rates["per_minute"] == rates["most_in_flight"] == 6
    assert 1 <= rates["per_second"] <= 6
    assert rates["in_flight"] == 0


def test_calls_are_found_by_everything_that_is_known_of_them(us):
    us.control("DELETE", "calls")
    us.get("Customer", "1")
    between = us.control("GET", "clock")["now"]
    time.sleep(0.01)
    us.raw("GET", "customer/9999")
    us.post("Customer", {"DisplayName": "Found"}, requestid="abc")

    def numbers(**wanted):
        answer = us.http.get(f"{us.url}/_simulator/calls", params=wanted, timeout=5)
        assert answer.status_code == 200, answer.text
        return [call["number"] for call in answer.json()["calls"]]

    first, second, third = numbers()
    assert numbers(since=between) == [second, third]
    assert numbers(until=between) == [first]
    assert numbers(after=str(second)) == [third]
    assert numbers(metered="true") == [first]
    assert numbers(status="400", fault="610") == [second]
    assert numbers(requestid="abc") == numbers(kind="write") == numbers(method="POST") == [third]
    assert numbers(path="/CUSTOMER/1") == [first]
    assert numbers(limit="1") == [third]
    assert us.http.get(f"{us.url}/_simulator/calls?colour=red", timeout=5).status_code == 400
    (hour,) = us.control("GET", "calls")["by_hour"].values()
    assert hour == {"total": 3, "metered": 1}


def test_one_call_has_its_bodies_but_not_its_token(us):
    us.control("DELETE", "calls")
    us.post("Customer", {"DisplayName": "Detail"})

    number = us.control("GET", "calls")["calls"][0]["number"]
    call = us.control("GET", f"calls/{number}")

    assert '"Detail"' in call["request_body"]
    assert '"SyncToken":"0"' in call["response_body"]
    assert call["response_bytes"] == len(call["response_body"])
    assert us.tokens["access_token"] not in str(call)
    assert us.http.get(f"{us.url}/_simulator/calls/{number + 7}", timeout=5).status_code == 404
