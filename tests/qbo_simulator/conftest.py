"""The simulator over real HTTP: a fresh one for each test, and a client that speaks plain dictionaries."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from qbo_simulator.server import Simulator

US, UK, CA, AU = "9130350000000001", "9130350000000002", "9130350000000003", "9130350000000004"


class Api:
    """One company over the API, and the control interface beside it."""

    def __init__(self, url: str, realm: str) -> None:
        self.url = url
        self.realm = realm
        self.http = requests.Session()
        self.tokens = self.control("POST", "tokens", {"realmId": realm})
        self.headers = {"Authorization": f"Bearer {self.tokens['access_token']}", "Accept": "application/json"}

    @property
    def base(self) -> str:
        return f"{self.url}/v3/company/{self.realm}"

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(method, f"{self.url}/_simulator/{path}", json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def raw(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {**self.headers, **options.pop("headers", {})}
        return self.http.request(method, f"{self.base}/{path}", headers=headers, timeout=10, **options)

    def post(self, entity: str, body: Any, **parameters: str) -> Any:
        """Write and return the entity, which has to be there."""
        answer = self.raw("POST", entity.lower(), json=body, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()[entity]

    def refuse(self, entity: str, body: Any, **parameters: str) -> dict[str, Any]:
        """Write and return the first error of the refusal, which has to come."""
        answer = self.raw("POST", entity.lower(), json=body, params=parameters)
        assert answer.status_code == 400, answer.text
        return answer.json()["Fault"]["Error"][0]

    def get(self, entity: str, identifier: str, **parameters: str) -> Any:
        answer = self.raw("GET", f"{entity.lower()}/{identifier}", params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()[entity]

    def query(self, text: str) -> Any:
        answer = self.raw("GET", "query", params={"query": text})
        assert answer.status_code == 200, answer.text
        return answer.json()["QueryResponse"]

    def changes(self, since: str, entities: str = "Customer,Item,Invoice,Payment") -> dict[str, list[dict[str, Any]]]:
        answer = self.raw("GET", "cdc", params={"entities": entities, "changedSince": since})
        assert answer.status_code == 200, answer.text
        found: dict[str, list[dict[str, Any]]] = {}
        for part in answer.json()["CDCResponse"][0]["QueryResponse"]:
            found |= {name: rows for name, rows in part.items() if isinstance(rows, list)}
        return found

    def now(self) -> str:
        return self.raw("GET", "query", params={"query": "SELECT COUNT(*) FROM Term"}).json()["time"]


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    """A simulator with the sample companies as recorded, dates included, and without limits."""
    with Simulator(tmp_path / "simulator", companies=["us", "uk", "ca", "au"], keep_dates=True) as running:
        requests.post(f"{running.url}/_simulator/limits", json={"on": False}, timeout=10)
        yield running


@pytest.fixture
def connect(simulator: Simulator) -> Callable[[str], Api]:
    """Connect to a company of the simulator by realm id."""
    return lambda realm: Api(simulator.url, realm)


@pytest.fixture
def us(connect: Callable[[str], Api]) -> Api:
    return connect(US)


@pytest.fixture
def uk(connect: Callable[[str], Api]) -> Api:
    return connect(UK)


@pytest.fixture
def ca(connect: Callable[[str], Api]) -> Api:
    return connect(CA)


@pytest.fixture
def au(connect: Callable[[str], Api]) -> Api:
    return connect(AU)


@pytest.fixture
def line() -> Callable[..., dict[str, Any]]:
    """Make a line of a sales form."""

    def make(amount: float, item: str = "1", *, tax: str | None = None, **detail: Any) -> dict[str, Any]:
        inner: dict[str, Any] = {"ItemRef": {"value": item}, **detail}
        if tax:
            inner["TaxCodeRef"] = {"value": tax}
        return {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": inner}

    return make


@pytest.fixture
def recording() -> Callable[[str], Any]:
    """Read a recorded answer of QuickBooks."""
    folder = Path(__file__).parent / "recordings"
    return lambda name: json.loads((folder / f"{name}.json").read_text())
