"""Random work in the books: whatever is done, the figures agree and the changes tell the whole story."""

import shutil
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from qbo_simulator import faults, objects
from qbo_simulator.amounts import cents, load
from qbo_simulator.api import cdc
from qbo_simulator.application import Application
from qbo_simulator.clock import body_time
from qbo_simulator.entities.catalogue import ENTITIES

REALM = "9130350000000001"
WATCHED = ("Customer", "Item", "Invoice", "Payment", "CreditMemo")
PICK = st.integers(0, 10**6)
MONEY = st.decimals("0.01", "500", places=2)


class Accountant(RuleBasedStateMachine):
    """Somebody who works in one company and makes mistakes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="simulator-"))
        self.app = Application(self.folder, companies=["us"])
        self.mirror: dict[tuple[str, str], dict[str, Any]] = {}
        self.tokens: dict[tuple[str, str], int] = {}

    def teardown(self) -> None:
        self.app.close()
        shutil.rmtree(self.folder)

    def all(self, entity: str) -> list[dict[str, Any]]:
        with self.app.store.reading() as tx:
            rows = tx.execute(
                "SELECT body FROM objects WHERE realm = ? AND entity = ? AND deleted = 0 ORDER BY number",
                (REALM, entity),
            ).fetchall()
        return [load(row[0]) for row in rows]

    def do(self, entity: str, identifier: str | None, **body: Any) -> dict[str, Any] | None:
        try:
            return objects.act(self.app, REALM, ENTITIES[entity.lower()], identifier, body)
        except (faults.Refused, ValueError):
            return None

    def pick(self, entity: str, number: int) -> dict[str, Any] | None:
        found = self.all(entity)
        return found[number % len(found)] if found else None

    @initialize()
    def begin(self) -> None:
        self.since = body_time(self.app.clock.now())
        for entity in WATCHED:
            for body in self.all(entity):
                self.mirror[entity, body["Id"]] = body

    def line(self, amount: Decimal, tax: str = "NON") -> dict[str, Any]:
        detail = {"ItemRef": {"value": "1"}, "TaxCodeRef": {"value": tax}}
        return {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}

    @rule(who=PICK, amount=MONEY, tax=st.sampled_from(["TAX", "NON"]))
    def sell(self, who: int, amount: Decimal, tax: str) -> None:
        customer = self.pick("Customer", who % 4)
        self.do("Invoice", None, CustomerRef={"value": customer["Id"]}, Line=[self.line(amount, tax)])

    @rule(which=PICK, amount=MONEY)
    def pay(self, which: int, amount: Decimal) -> None:
        self.do("Invoice", self.pick("Invoice", which)["Id"], operation="pay", amount=amount)

    @rule(which=PICK, amount=MONEY)
    def pay_two(self, which: int, amount: Decimal) -> None:
        first = self.pick("Invoice", which)
        owner = first["CustomerRef"]
        targets = [body for body in self.all("Invoice") if body["CustomerRef"] == owner and body["Balance"] > 0][:2]
        lines = [
            {"Amount": min(amount, body["Balance"]), "LinkedTxn": [{"TxnId": body["Id"], "TxnType": "Invoice"}]}
            for body in targets
        ]
        self.do("Payment", None, CustomerRef=owner, TotalAmt=amount * 2, Line=lines)

    @rule(which=PICK, amount=MONEY)
    def change_invoice(self, which: int, amount: Decimal) -> None:
        self.do("Invoice", self.pick("Invoice", which)["Id"], Line=[self.line(amount)])

    @rule(which=PICK, operation=st.sampled_from(["void", "delete", "send"]))
    def end_invoice(self, which: int, operation: str) -> None:
        self.do("Invoice", self.pick("Invoice", which)["Id"], operation=operation)

    @rule(which=PICK, operation=st.sampled_from(["void", "delete", "unapply"]))
    def end_payment(self, which: int, operation: str) -> None:
        payment = self.pick("Payment", which)
        if payment:
            self.do("Payment", payment["Id"], operation=operation)

    @rule(which=PICK, amount=MONEY)
    def change_payment(self, which: int, amount: Decimal) -> None:
        payment = self.pick("Payment", which)
        if payment:
            self.do("Payment", payment["Id"], TotalAmt=amount)

    @rule(which=PICK, amount=MONEY)
    def credit(self, which: int, amount: Decimal) -> None:
        invoice = self.pick("Invoice", which)
        memo = self.do("CreditMemo", None, CustomerRef=invoice["CustomerRef"], Line=[self.line(amount)])
        if memo:
            part = min(cents(invoice["Balance"]), amount)
            targets = (("Invoice", invoice["Id"]), ("CreditMemo", memo["Id"]))
            lines = [{"Amount": part, "LinkedTxn": [{"TxnId": i, "TxnType": kind}]} for kind, i in targets]
            self.do("Payment", None, CustomerRef=invoice["CustomerRef"], TotalAmt=0, Line=lines)

    @rule(which=PICK, operation=st.sampled_from(["deactivate", "reactivate"]))
    def hide(self, which: int, operation: str) -> None:
        self.do("Customer", self.pick("Customer", which)["Id"], operation=operation)

    @rule(which=PICK, name=st.sampled_from(["A", "B", "C"]))
    def rename(self, which: int, name: str) -> None:
        self.do("Customer", self.pick("Customer", which)["Id"], DisplayName=name)

    @rule(mode=st.sampled_from(["refuse", "unlink"]))
    def switch(self, mode: str) -> None:
        self.app.switches = {**self.app.switches, "delete_paid_invoice": mode}

    @rule(seconds=st.integers(0, 90))
    def wait(self, seconds: int) -> None:
        self.app.clock.change(advance=seconds)

    @rule()
    def read_changes(self) -> None:
        """Replay change data from the last cursor: the mirror is then equal to the books."""
        now = self.app.clock.now()
        with self.app.store.reading() as tx:
            answer = load(cdc.run(tx, REALM, ",".join(WATCHED), self.since, now))
        for part in answer[0]["QueryResponse"]:
            for entity in set(part) & set(WATCHED):
                for body in part[entity]:
                    if body.get("status") == "Deleted":
                        self.mirror.pop((entity, body["Id"]), None)
                    else:
                        self.mirror[entity, body["Id"]] = body
        self.since = body_time(now)
        for entity in WATCHED:
            stored = {body["Id"]: (body["SyncToken"], body.get("Balance")) for body in self.all(entity)}
            mirrored = {
                identifier: (body["SyncToken"], body.get("Balance"))
                for (kind, identifier), body in self.mirror.items()
                if kind == entity
            }
            assert mirrored == stored

    @invariant()
    def figures_agree(self) -> None:
        invoices = {body["Id"]: body for body in self.all("Invoice")}
        payments = {body["Id"]: body for body in self.all("Payment")}
        applied: dict[str, Decimal] = {}
        links: set[tuple[str, str]] = set()
        for payment in payments.values():
            used = credit = Decimal(0)
            for line in payment["Line"]:
                (link,) = line["LinkedTxn"]
                assert line["Amount"] > 0
                if link["TxnType"] == "Invoice":
                    used += cents(line["Amount"])
                    applied[link["TxnId"]] = applied.get(link["TxnId"], Decimal(0)) + cents(line["Amount"])
                    links.add((link["TxnId"], payment["Id"]))
                else:
                    credit += cents(line["Amount"])
            assert cents(payment["UnappliedAmt"]) == cents(payment["TotalAmt"]) + credit - used >= 0
        for identifier, invoice in invoices.items():
            assert cents(invoice["Balance"]) == cents(invoice["TotalAmt"]) - applied.get(identifier, Decimal(0)) >= 0
            back = {link["TxnId"] for link in invoice["LinkedTxn"] if link["TxnType"] == "Payment"}
            assert back == {payment for target, payment in links if target == identifier}
        memos = self.all("CreditMemo")
        assert all(0 <= body["RemainingCredit"] <= body["TotalAmt"] for body in memos)
        for customer in self.all("Customer"):
            mine = [b for b in invoices.values() if b["CustomerRef"]["value"] == customer["Id"]]
            own = [b for b in (*payments.values(), *memos) if b["CustomerRef"]["value"] == customer["Id"]]
            owed = sum((cents(b["Balance"]) for b in mine), Decimal(0))
            credit = sum((cents(b.get("UnappliedAmt", b.get("RemainingCredit"))) for b in own), Decimal(0))
            assert cents(customer["Balance"]) == owed - credit
            assert all(b["CustomerRef"]["name"] == customer["DisplayName"] for b in mine)

    @invariant()
    def tokens_only_grow(self) -> None:
        for entity in WATCHED:
            for body in self.all(entity):
                token = int(body["SyncToken"])
                assert token >= self.tokens.get((entity, body["Id"]), 0)
                self.tokens[entity, body["Id"]] = token


TestBooks = pytest.mark.slow(Accountant.TestCase)
TestBooks.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), database=None
)
