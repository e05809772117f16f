"""Once and only once: requestid, batches, and what survives a killed process."""

import json
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests


def test_the_same_requestid_gives_the_first_answer_and_writes_once(us, line):
    sale = {"CustomerRef": {"value": "1"}, "Line": [line(10)]}
    first = us.raw("POST", "invoice", json=sale, params={"requestid": "once"})
    second = us.raw("POST", "invoice", json={"CustomerRef": {"value": "2"}}, params={"requestid": "once"})

    assert second.content == first.content
    assert us.query("SELECT COUNT(*) FROM Invoice") == {"totalCount": 32}
    known = us.control("GET", f"requestids?realmId={us.realm}")
    assert [(row["requestid"], row["entity"], row["id"]) for row in known] == [
        ("once", "Invoice", first.json()["Invoice"]["Id"])
    ]


def test_requestids_belong_to_a_company(us, uk, line):
    us.post("Customer", {"DisplayName": "Here"}, requestid="same")

    assert uk.post("Customer", {"DisplayName": "There"}, requestid="same")["DisplayName"] == "There"


def test_every_kind_of_write_is_repeatable(us):
    customer = {"Id": "2", "SyncToken": "0", "sparse": True, "Notes": "x"}
    assert us.post("Customer", customer, requestid="u") == us.post("Customer", customer, requestid="u")
    void = {"Id": "129", "SyncToken": "0"}
    assert us.post("Invoice", void, operation="void", requestid="v") == us.post(
        "Invoice", void, operation="void", requestid="v"
    )
    delete = {"Id": "130", "SyncToken": "0"}
    assert us.post("Invoice", delete, operation="delete", requestid="d") == us.post(
        "Invoice", delete, operation="delete", requestid="d"
    )


def test_a_refusal_is_repeated_too_unless_the_switch_says_otherwise(us):
    wrong, right = {"DisplayName": ""}, {"DisplayName": "Right"}
    us.refuse("Customer", wrong, requestid="r")
    assert us.refuse("Customer", right, requestid="r")["code"] == "2020"

    us.control("POST", "switches", {"replay_faults": False})
    us.refuse("Customer", wrong, requestid="s")
    assert us.post("Customer", right, requestid="s")["DisplayName"] == "Right"


def test_requestids_can_be_forgotten(us):
    us.post("Customer", {"DisplayName": "One"}, requestid="a")
    assert us.control("POST", "requestids/forget", {"realmId": us.realm, "requestid": "a"}) == {"forgotten": 1}
    assert us.post("Customer", {"DisplayName": "Two"}, requestid="a")["DisplayName"] == "Two"

    us.control("POST", "switches", {"requestid_retention": 3600})
    us.control("POST", "clock", {"advance": 3500})
    assert us.post("Customer", {"DisplayName": "Three"}, requestid="a")["DisplayName"] == "Two"


def test_a_requestid_has_at_most_fifty_characters(us):
    assert us.refuse("Customer", {"DisplayName": "X"}, requestid="r" * 51)["code"] == "2050"


def test_parallel_requests_with_one_requestid_write_once(us, line):
    sale = {"CustomerRef": {"value": "1"}, "Line": [line(10)]}

    def post(_):
        headers = us.headers
        url = f"{us.base}/invoice"
        return requests.post(url, json=sale, headers=headers, params={"requestid": "p"}, timeout=10).content

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(post, range(16)))

    assert len(answers) == 1
    assert us.query("SELECT COUNT(*) FROM Invoice") == {"totalCount": 32}


def test_parallel_updates_of_one_object_leave_one_winner(us):
    barrier = threading.Barrier(6)

    def update(number):
        barrier.wait()
        body = {"Id": "2", "SyncToken": "0", "sparse": True, "Notes": str(number)}
        return requests.post(f"{us.base}/customer", json=body, headers=us.headers, timeout=10).status_code

    with ThreadPoolExecutor(6) as pool:
        codes = sorted(pool.map(update, range(6)))

    assert codes == [200, 400, 400, 400, 400, 400]
    assert us.get("Customer", "2")["SyncToken"] == "1"


def test_a_batch_does_each_item_for_itself(us, line):
    sale = {"CustomerRef": {"value": "1"}, "Line": [line(10)]}
    items = [
        {"bId": "1", "operation": "create", "Invoice": sale},
        {"bId": "2", "operation": "create", "Customer": {"DisplayName": "Cool Cars"}},
        {"bId": "3", "operation": "update", "Customer": {"Id": "2", "SyncToken": "9", "sparse": True}},
        {"bId": "4", "Query": "SELECT COUNT(*) FROM Term"},
        {"bId": "5", "operation": "delete", "Invoice": {"Id": "130", "SyncToken": "0"}},
        {"bId": "6", "operation": "update", "optionsData": "void", "Invoice": {"Id": "129", "SyncToken": "0"}},
        {"bId": "7", "operation": "create"},
    ]

    answer = us.raw("POST", "batch", json={"BatchItemRequest": items}).json()

    parts = {part["bId"]: part for part in answer["BatchItemResponse"]}
    assert parts["1"]["Invoice"]["TotalAmt"] == 10
    assert [parts[i]["Fault"]["Error"][0]["code"] for i in ("2", "3", "7")] == ["6240", "5010", "2010"]
    assert parts["4"]["QueryResponse"] == {"totalCount": 5}
    assert parts["5"]["Invoice"]["status"] == "Deleted"
    assert parts["6"]["Invoice"]["PrivateNote"] == "Voided"


def test_a_batch_with_a_requestid_is_done_once_and_is_limited(us):
    items = [{"bId": str(i), "operation": "create", "Customer": {"DisplayName": f"Batch {i}"}} for i in range(30)]
    first = us.raw("POST", "batch", json={"BatchItemRequest": items}, params={"requestid": "b"}).json()
    again = us.raw("POST", "batch", json={"BatchItemRequest": items}, params={"requestid": "b"}).json()

    assert again["BatchItemResponse"] == first["BatchItemResponse"]
    assert us.query("SELECT COUNT(*) FROM Customer") == {"totalCount": 59}
    too_many = us.raw("POST", "batch", json={"BatchItemRequest": [*items, items[0]]})
    assert too_many.status_code == 400
    assert too_many.json()["Fault"]["Error"][0]["code"] == "1040"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b"[" * 100000, b'{"Notes":"\\ud800"}'])
def test_a_body_that_is_no_object_is_refused(us, body):
    answer = us.raw("POST", "customer", data=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
    assert answer.json()["Fault"]["Error"][0]["code"] == "2010"


def start(directory):
    """Run the simulator as people do and return the process with its URL."""
    command = [sys.executable, "-m", "qbo_simulator", "--port", "0", "--data", str(directory), "--company", "us"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().strip().rpartition(" ")[2]


@pytest.mark.slow
def test_an_answered_write_survives_kill_nine(tmp_path):
    realm = "9130350000000001"
    answered: list[str] = []
    tokens: dict[str, str] = {}
    for round_number in range(3):
        process, url = start(tmp_path)
        try:
            requests.post(f"{url}/_simulator/limits", json={"on": False}, timeout=10)
            tokens = tokens or requests.post(f"{url}/_simulator/tokens", json={"realmId": realm}, timeout=10).json()
            headers = {"Authorization": f"Bearer {tokens['access_token']}", "Accept": "application/json"}
            killer = threading.Timer(0.4, process.send_signal, [signal.SIGKILL])
            killer.start()
            for number in range(10000):
                body = {"DisplayName": f"Round {round_number} customer {number}"}
                answer = requests.post(f"{url}/v3/company/{realm}/customer", json=body, headers=headers, timeout=10)
                answered.append(answer.json()["Customer"]["Id"])
        except requests.ConnectionError:
            killer.join()
        finally:
            process.kill()
            process.wait()
            process.stdout.close()

    process, url = start(tmp_path)
    try:
        stored = requests.get(f"{url}/_simulator/objects/{realm}/Customer", timeout=30).json()
        assert len(answered) > 10
        assert len(answered) == len(set(answered))
        assert set(answered) <= {body["Id"] for body in stored}
        # Without an answer at most one write for each kill may be there all the same.
        assert len(stored) <= 29 + len(answered) + 3
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_taken_port_is_told_in_a_sentence(tmp_path, simulator):
    port = simulator.url.rpartition(":")[2]
    command = [sys.executable, "-m", "qbo_simulator", "--port", port, "--data", str(tmp_path / "other")]

    result = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)

    assert result.returncode == 1
    assert f"can't listen on 127.0.0.1:{port}" in result.stderr
    assert json.dumps(result.stderr).count("Traceback") == 0
