"""Requests nobody should send: refused in the API's own way, never answered with our own failure."""

import copy
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qbo_simulator
from qbo_simulator.application import Application
from qbo_simulator.wire import Request

REALM = "9130350000000001"
FOLDER = Path(qbo_simulator.__file__).parent / "companies" / "us"
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**25), 10**25),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["", "NaN", "1e999", "-0", "2026-13-45", "true", "\x00", "9" * 400]),
    st.just([]),
    st.just({}),
    st.lists(st.one_of(st.none(), st.integers(), st.just({})), max_size=2),
    st.dictionaries(
        st.sampled_from(["value", "Id", "Amount", "x"]), st.one_of(st.none(), st.integers(), st.text(max_size=3))
    ),
)


@pytest.fixture(scope="module")
def app():
    folder = Path(tempfile.mkdtemp(prefix="simulator-"))
    application = Application(folder, companies=["us"])
    application.limits.change({"on": False})
    body = json.dumps({"realmId": REALM}).encode()
    tokens = json.loads(application.serve(Request("POST", "/_simulator/tokens", {}, body)).body)
    application.headers = {"authorization": f"Bearer {tokens['access_token']}", "accept": "application/json"}
    yield application
    application.close()
    shutil.rmtree(folder)


def send(app: Application, method: str, path: str, body: bytes = b"") -> Any:
    return app.serve(Request(method, f"/v3/company/{REALM}/{path}", dict(app.headers), body))


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place inside a value."""
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += places(item, (*path, key))
    return found


def put(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    body = copy.deepcopy(body)
    target = body
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return body


SAMPLES = [
    (entity, json.loads((FOLDER / f"{entity}.json").read_text())[index])
    for entity, index in (
        ("Invoice", 7),
        ("Invoice", 30),
        ("Payment", 7),
        ("Customer", 8),
        ("Item", 4),
        ("CreditMemo", 0),
    )
]


@given(
    which=st.integers(0, len(SAMPLES) - 1),
    place=st.integers(0, 10**6),
    odd=ODD,
    update=st.booleans(),
    sparse=st.booleans(),
)
@settings(max_examples=400, deadline=None, database=None)
def test_a_document_with_one_odd_value_is_taken_or_refused(app, which, place, odd, update, sparse):
    entity, body = SAMPLES[which]
    body = put(body, places(body)[place % len(places(body))], odd) | {"sparse": sparse}
    if not update:
        body.pop("Id", None)

    answer = send(app, "POST", entity.lower(), json.dumps(body).encode())

    assert answer.status in (200, 400), (odd, answer.body)
    assert entity in json.loads(answer.body) or "Fault" in json.loads(answer.body)


@given(text=st.text(max_size=60))
@settings(max_examples=200, deadline=None, database=None)
def test_any_query_is_answered_or_refused(app, text):
    for query in (text, f"SELECT * FROM Customer WHERE {text}", f"SELECT * FROM Invoice ORDERBY {text}"):
        answer = send(app, "GET", "query?" + urlencode({"query": query}, errors="replace"))
        assert answer.status in (200, 400), answer.body


@given(
    entities=st.text(max_size=10),
    since=st.text(max_size=20),
    body=st.one_of(st.binary(max_size=20), ODD.map(json.dumps)),
)
@settings(max_examples=150, deadline=None, database=None)
def test_any_parameters_and_bodies_are_answered_or_refused(app, entities, since, body):
    parameters = urlencode({"entities": entities, "changedSince": since}, errors="replace")
    raw = body if isinstance(body, bytes) else body.encode()
    answers = [
        send(app, "GET", f"cdc?{parameters}"),
        send(app, "GET", f"cdc?entities=Customer&changedSince={since.encode('utf-8', 'replace').hex()}"),
        send(app, "POST", "batch", raw),
        send(app, "POST", "batch", b'{"BatchItemRequest":[{"bId":1,"operation":2,"Customer":' + raw + b"}]}"),
        send(app, "POST", "invoice", raw),
        send(app, "POST", "invoice?operation=void", raw),
        send(app, "POST", "payment?operation=delete", raw),
        app.serve(Request("POST", "/oauth2/v1/tokens/bearer", {"authorization": "Basic " + entities}, raw)),
        app.serve(Request("POST", "/v2/oauth2/tokens/revoke", {}, raw)),
    ]
    assert all(answer.status in (200, 400, 401) for answer in answers), [answer.body for answer in answers]


LAST_DAY = {"TxnDate": "9999-12-31"}
LINE = {"Amount": 5, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}
EXPENSE = {
    "Amount": 5,
    "DetailType": "AccountBasedExpenseLineDetail",
    "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "7"}},
}


def test_forms_of_the_first_and_the_last_day_are_taken_and_reported(app):
    """Their due dates and ages lie beyond what dates can hold."""
    bill = {"VendorRef": {"value": "30"}, "Line": [EXPENSE], "SalesTermRef": {"value": "3"}, **LAST_DAY}
    invoice = {"CustomerRef": {"value": "1"}, "Line": [LINE]}
    for path, body in (
        ("bill", bill),
        ("invoice", invoice | LAST_DAY),
        ("invoice", invoice | {"TxnDate": "0001-01-01"}),
    ):
        answer = send(app, "POST", path, json.dumps(body).encode())
        assert answer.status == 200, answer.body
    for report in ("AgedReceivables", "AgedReceivableDetail", "AgedPayables", "AgedPayableDetail"):
        assert send(app, "GET", f"reports/{report}").status == 200


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"DisplayName":"\\ud800"}', b'{"Balance":' + b"9" * 5000 + b"}"])
def test_the_page_of_an_odd_call_shows_it(app, body):
    assert send(app, "POST", "customer", body).status == 400
    number = json.loads(app.serve(Request("GET", "/_simulator/calls", {}, b"")).body)["calls"][-1]["number"]
    assert app.serve(Request("GET", f"/calls/{number}", {}, b"")).status == 200
