"""The sample company entered again, one transaction after the other: every balance and link is as recorded."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import qbo_simulator
from qbo_simulator import amounts
from qbo_simulator.api.operations import open_books
from qbo_simulator.application import Application
from qbo_simulator.entities.catalogue import ENTITIES
from qbo_simulator.seed import SAMPLES

FOLDER = Path(qbo_simulator.__file__).parent / "companies" / "us"
REALM = SAMPLES["us"].realm
KINDS = (
    "Invoice",
    "Estimate",
    "CreditMemo",
    "SalesReceipt",
    "RefundReceipt",
    "Payment",
    "Deposit",
    "Bill",
    "BillPayment",
)
#: The sample company paid this much sales tax, by a payment that the API does not show.
TAX_PAID = Decimal("38.50")
COMPUTED = {
    "Balance",
    "HomeBalance",
    "TotalAmt",
    "LinkedTxn",
    "UnappliedAmt",
    "RemainingCredit",
    "DeliveryInfo",
    "MetaData",
    "SyncToken",
    "Id",
    "DueDate",
}


def recorded(entity: str) -> dict[str, dict[str, Any]]:
    return {body["Id"]: body for body in json.loads((FOLDER / f"{entity}.json").read_text())}


def request_of(entity: str, body: dict[str, Any], ids: dict[tuple[str, str], str]) -> dict[str, Any]:
    """What somebody entered, with links to the new Ids. Raises KeyError while one of them is not there yet."""
    request = {key: value for key, value in body.items() if key not in COMPUTED}
    if entity in ("Payment", "BillPayment"):
        request["TotalAmt"] = body["TotalAmt"]
    lines = [line for line in body["Line"] if line.get("DetailType") != "SubTotalLineDetail"]
    if entity == "Invoice" and not lines:
        # Recorded with a subtotal only: it bills a charge that the API does not show.
        detail = {"ItemRef": {"value": "1"}, "TaxCodeRef": {"value": "NON"}}
        lines = [
            {"Amount": body["Line"][0]["Amount"], "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
        ]
    request["Line"] = [_linked(line, ids) for line in lines]
    if entity == "Invoice":
        links = [link for link in body["LinkedTxn"] if link["TxnType"] == "Estimate"]
        request["LinkedTxn"] = _linked({"LinkedTxn": links}, ids)["LinkedTxn"]
    if entity == "Estimate":
        request["TxnStatus"] = "Pending"
    return request


def _linked(line: dict[str, Any], ids: dict[tuple[str, str], str]) -> dict[str, Any]:
    line = {key: value for key, value in line.items() if key not in ("Id", "LineNum", "LineEx")}
    if line.get("LinkedTxn"):
        line["LinkedTxn"] = [
            {**link, "TxnId": ids[link["TxnType"], link["TxnId"]]}
            for link in line["LinkedTxn"]
            if link["TxnType"] in KINDS
        ]
    return line


@pytest.fixture(scope="module")
def entered(tmp_path_factory: pytest.TempPathFactory):
    """The sample company without its transactions, in which they are entered again; and their new Ids."""
    app = Application(tmp_path_factory.mktemp("books"), companies=["us"], keep_dates=True)
    with app.store.writing() as tx:
        tx.execute(f"DELETE FROM objects WHERE entity IN ({', '.join('?' * len(KINDS))})", KINDS)
        books = open_books(app, tx, REALM, frozenset({"allowduplicatedocnum"}))
        for entity, fields in (
            ("Customer", ("Balance", "BalanceWithJobs")),
            ("Vendor", ("Balance",)),
            ("Account", ("CurrentBalance", "CurrentBalanceWithSubAccounts")),
        ):
            for body in books.shelf.find(entity):
                books.put_silently(entity, body | dict.fromkeys(fields, 0))
        waiting = [(entity, body) for entity in KINDS for body in recorded(entity).values()]
        ids: dict[tuple[str, str], str] = {}
        while waiting:
            later = []
            for entity, body in waiting:
                try:
                    request = request_of(entity, body, ids)
                except KeyError:
                    later.append((entity, body))
                    continue
                made = books.create(ENTITIES[entity.lower()], amounts.load(json.dumps(request)))
                ids[entity, body["Id"]] = made["Id"]
            assert len(later) < len(waiting)
            waiting = later
    yield app, ids
    app.close()


def stored(app: Application, entity: str) -> dict[str, dict[str, Any]]:
    with app.store.reading() as tx:
        rows = tx.execute("SELECT body FROM objects WHERE entity = ? AND deleted = 0", (entity,)).fetchall()
    return {body["Id"]: body for body in (json.loads(row[0]) for row in rows)}


@pytest.mark.parametrize("entity", ["Customer", "Vendor"])
def test_the_balances_of_the_names_are_as_recorded(entered, entity):
    app, _ = entered
    fields = ("Balance", "BalanceWithJobs") if entity == "Customer" else ("Balance",)
    now = stored(app, entity)
    assert {i: [now[i][field] for field in fields] for i in now} == {
        i: [body[field] for field in fields] for i, body in recorded(entity).items()
    }


@pytest.mark.parametrize("entity", KINDS)
def test_figures_and_links_of_the_transactions_are_as_recorded(entered, entity):
    app, ids = entered
    now = stored(app, entity)
    for identifier, body in recorded(entity).items():
        made = now[ids[entity, identifier]]
        for field in ("TotalAmt", "Balance", "UnappliedAmt", "RemainingCredit", "DueDate", "TxnStatus"):
            assert made.get(field) == body.get(field), (identifier, field)
        expected = {
            (link["TxnType"], ids[link["TxnType"].removesuffix("Check"), link["TxnId"]])
            for link in body.get("LinkedTxn") or ()
            if link["TxnType"].removesuffix("Check") in KINDS
        }
        assert {(link["TxnType"], link["TxnId"]) for link in made.get("LinkedTxn") or ()} == expected, identifier


def test_the_accounts_that_the_recorded_transactions_explain_are_as_recorded(entered):
    app, _ = entered
    now, before = stored(app, "Account"), recorded("Account")
    expected = {i: Decimal(str(before[i]["CurrentBalance"])) for i in ("84", "33", "4", "90")}
    expected["90"] -= TAX_PAID
    assert {i: Decimal(str(now[i]["CurrentBalance"])) for i in expected} == expected
