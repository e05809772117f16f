"""Random work in the books: whatever is done, the figures agree and the changes tell the whole story.

A minute of it runs with the other tests. ``STATE_MACHINE_EXAMPLES=500 STATE_MACHINE_STEPS=80`` looks longer.
"""

import os
import shutil
import tempfile
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from qbo_simulator import faults, objects
from qbo_simulator.amounts import cents, dump, load
from qbo_simulator.api import cdc
from qbo_simulator.api.operations import Intent, perform, work_for
from qbo_simulator.application import Application
from qbo_simulator.clock import body_time
from qbo_simulator.entities.catalogue import ENTITIES

REALM = "9130350000000001"
WATCHED = (
    *("Customer", "Item", "Invoice", "Payment", "CreditMemo", "Estimate", "SalesReceipt", "RefundReceipt", "Vendor"),
    *("Bill", "BillPayment", "VendorCredit", "Deposit", "JournalEntry", "Account"),
)
PICK = st.integers(0, 10**6)
MONEY = st.decimals("0.01", "500", places=2)
NOTHING = Decimal(0)
Body = dict[str, Any]
Key = tuple[str, str]
#: What an object tells about others is brought up to date without being a change of its own.
TOLD = ("name", "LineEx")


def plain(value: Any) -> Any:
    """An object without what it tells about others."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items() if name not in TOLD}
    return [plain(item) for item in value] if isinstance(value, list) else value


# Most objects are the same from one step to the next; nobody changes what these return.
parsed = lru_cache(maxsize=20000)(load)


@lru_cache(maxsize=20000)
def parsed_plain(text: str) -> Any:
    return plain(parsed(text))


def total(values: Any) -> Decimal:
    return sum((cents(value) for value in values), NOTHING)


class Accountant(RuleBasedStateMachine):
    """Somebody who works in one company and makes mistakes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="simulator-"))
        self.app = Application(self.folder, companies=["us"])
        self.tokens: dict[Key, int] = {}
        self.buried: set[Key] = set()
        #: Complete listings of some moments, each with the time from which its changes are asked for.
        self.listings: list[tuple[str, dict[Key, Any]]] = []

    def teardown(self) -> None:
        self.app.close()
        shutil.rmtree(self.folder)

    # -- what the rules use -----------------------------------------------------------------------------------

    def rows(self, where: str, *parameters: str) -> list[tuple[str, str, str]]:
        with self.app.store.reading() as tx:
            return tx.execute(
                f"SELECT entity, id, body FROM objects WHERE realm = ? AND deleted = 0 AND {where} ORDER BY number",
                (REALM, *parameters),
            ).fetchall()

    def all(self, entity: str) -> list[Body]:
        return [parsed(text) for _, _, text in self.rows("entity = ?", entity)]

    def listing(self) -> dict[Key, Any]:
        return {(entity, key): parsed_plain(text) for entity, key, text in self.rows("1") if entity in WATCHED}

    def do(self, entity: str, identifier: str | None, **body: Any) -> Body | None:
        """Do something as the accountant; a refusal changes nothing."""
        before = self.rows("1")
        try:
            return objects.act(self.app, REALM, ENTITIES[entity.lower()], identifier, body)
        except (faults.Refused, ValueError):
            assert self.rows("1") == before
            return None

    def pick(self, entity: str, number: int, wanted: Callable[[Body], bool] = lambda _: True) -> Body | None:
        found = [body for body in self.all(entity) if wanted(body)]
        return found[number % len(found)] if found else None

    def line(self, amount: Decimal, tax: str = "NON", item: str = "1", **detail: Any) -> Body:
        inner = {"ItemRef": {"value": item}, "TaxCodeRef": {"value": tax}, **detail}
        return {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": inner}

    def buyer(self, number: int) -> Body:
        """One of a few customers, so that things meet."""
        active = [body for body in self.all("Customer") if body.get("Active")]
        return {"value": active[number % min(5, len(active))]["Id"]}

    @initialize()
    def begin(self) -> None:
        self.apart = self.accounts()
        self.take_listing()

    # -- customers --------------------------------------------------------------------------------------------

    @rule(which=PICK, name=st.sampled_from(["A", "B", "C"]), nested=st.booleans())
    def add_customer(self, which: int, name: str, nested: bool) -> None:
        above = {"ParentRef": self.buyer(which), "Job": True} if nested else {}
        self.do("Customer", None, DisplayName=name, **above)

    @rule(which=PICK, amount=MONEY)
    def add_customer_who_owes(self, which: int, amount: Decimal) -> None:
        self.do("Customer", None, DisplayName=f"Owes {which % 7}", Balance=amount)

    @rule(which=PICK, name=st.sampled_from(["A", "B", "C"]))
    def rename(self, which: int, name: str) -> None:
        self.do("Customer", self.pick("Customer", which)["Id"], DisplayName=name)

    @rule(which=PICK, below=PICK)
    def move_customer(self, which: int, below: int) -> None:
        body = self.pick("Customer", which)
        if body.get("ParentRef"):
            self.do("Customer", body["Id"], ParentRef=None, Job=False)
        else:
            self.do("Customer", body["Id"], ParentRef=self.buyer(below), Job=True)

    @rule(
        entity=st.sampled_from(["Customer", "Item"]),
        which=PICK,
        operation=st.sampled_from(["deactivate", "reactivate"]),
    )
    def hide(self, entity: str, which: int, operation: str) -> None:
        self.do(entity, self.pick(entity, which)["Id"], operation=operation)

    @rule(entity=st.sampled_from(["Customer", "Vendor", "Item"]), loser=PICK, winner=PICK)
    def merge(self, entity: str, loser: int, winner: int) -> None:
        gone, kept = self.pick(entity, loser), self.pick(entity, winner)
        if self.do(entity, gone["Id"], operation="merge", into=kept["Id"]):
            self.buried.add((entity, gone["Id"]))

    # -- sales ------------------------------------------------------------------------------------------------

    @rule(who=PICK, amount=MONEY, tax=st.sampled_from(["TAX", "NON"]), item=st.sampled_from(["1", "5", "11"]))
    def sell(self, who: int, amount: Decimal, tax: str, item: str) -> None:
        line = self.line(amount, tax, item, Qty=1, UnitPrice=amount)
        self.do("Invoice", None, CustomerRef=self.buyer(who), Line=[line], PrivateNote="kept")

    @rule(entity=st.sampled_from(["Estimate", "SalesReceipt", "RefundReceipt"]), who=PICK, amount=MONEY)
    def write_another_form(self, entity: str, who: int, amount: Decimal) -> None:
        account = {"DepositToAccountRef": {"value": "35"}} if entity == "RefundReceipt" else {}
        self.do(entity, None, CustomerRef=self.buyer(who), Line=[self.line(amount, "TAX")], **account)

    @rule(which=PICK, amount=MONEY, sparse=st.booleans())
    def change_invoice(self, which: int, amount: Decimal, sparse: bool) -> None:
        body = self.pick("Invoice", which)
        fields = {"CustomerRef": body["CustomerRef"], "Line": [self.line(amount)]}
        made = self.do("Invoice", body["Id"], operation="update" if sparse else "replace", fields=fields)
        if made:
            # A sparse update leaves what it does not name; a full one empties it. Lines are replaced by both.
            assert made.get("PrivateNote") == (body.get("PrivateNote") if sparse else None)
            assert total(line["Amount"] for line in made["Line"] if line.get("Id")) == amount

    @rule(which=PICK, who=PICK)
    def give_invoice_to_another(self, which: int, who: int) -> None:
        self.do("Invoice", self.pick("Invoice", which)["Id"], CustomerRef=self.buyer(who))

    @rule(
        entity=st.sampled_from(["Invoice", "SalesReceipt"]), which=PICK, operation=st.sampled_from(["void", "delete"])
    )
    def end_form(self, entity: str, which: int, operation: str) -> None:
        self.end(entity, which, operation)

    @rule(entity=st.sampled_from(["Estimate", "CreditMemo", "RefundReceipt"]), which=PICK)
    def delete_form(self, entity: str, which: int) -> None:
        self.end(entity, which, "delete")

    @rule(which=PICK)
    def send(self, which: int) -> None:
        self.do("Invoice", self.pick("Invoice", which)["Id"], operation="send", address="a@example.com")

    def end(self, entity: str, which: int, operation: str) -> None:
        body = self.pick(entity, which)
        if body and self.do(entity, body["Id"], operation=operation) and operation == "delete":
            self.buried.add((entity, body["Id"]))

    # -- payments ---------------------------------------------------------------------------------------------

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
    def change_payment(self, which: int, amount: Decimal) -> None:
        payment = self.pick("Payment", which)
        if payment:
            self.do("Payment", payment["Id"], TotalAmt=amount)

    @rule(which=PICK, operation=st.sampled_from(["void", "delete", "unapply"]))
    def end_payment(self, which: int, operation: str) -> None:
        self.end("Payment", which, operation)

    @rule(which=PICK)
    def deposit(self, which: int) -> None:
        payment = self.pick("Payment", which)
        if payment:
            line = {"Amount": payment["TotalAmt"], "LinkedTxn": [{"TxnId": payment["Id"], "TxnType": "Payment"}]}
            line["LinkedTxn"][0]["TxnLineId"] = "0"
            self.do("Deposit", None, DepositToAccountRef={"value": "35"}, Line=[line])

    @rule(which=PICK)
    def undo_deposit(self, which: int) -> None:
        self.end("Deposit", which, "delete")

    @rule(which=PICK, amount=MONEY)
    def credit(self, which: int, amount: Decimal) -> None:
        invoice = self.pick("Invoice", which)
        memo = self.do("CreditMemo", None, CustomerRef=invoice["CustomerRef"], Line=[self.line(amount)])
        if memo:
            part = min(cents(invoice["Balance"]), amount)
            targets = (("Invoice", invoice["Id"]), ("CreditMemo", memo["Id"]))
            lines = [{"Amount": part, "LinkedTxn": [{"TxnId": i, "TxnType": kind}]} for kind, i in targets]
            self.do("Payment", None, CustomerRef=invoice["CustomerRef"], TotalAmt=0, Line=lines)

    # -- purchases and the rest -------------------------------------------------------------------------------

    @rule(who=PICK, amount=MONEY, entity=st.sampled_from(["Bill", "VendorCredit"]))
    def buy(self, who: int, amount: Decimal, entity: str) -> None:
        detail = {"AccountRef": {"value": "7"}}
        line = {
            "Amount": amount,
            "DetailType": "AccountBasedExpenseLineDetail",
            "AccountBasedExpenseLineDetail": detail,
        }
        vendors = [body for body in self.all("Vendor") if body.get("Active")]
        self.do(entity, None, VendorRef={"value": vendors[who % 3]["Id"]}, Line=[line])

    @rule(which=PICK, amount=MONEY)
    def pay_bill(self, which: int, amount: Decimal) -> None:
        bill = self.pick("Bill", which, lambda body: body["Balance"] > 0)
        if bill:
            part = min(amount, cents(bill["Balance"]))
            line = {"Amount": part, "LinkedTxn": [{"TxnId": bill["Id"], "TxnType": "Bill"}]}
            check = {"BankAccountRef": {"value": "35"}}
            fields = {"VendorRef": bill["VendorRef"], "TotalAmt": part, "PayType": "Check", "CheckPayment": check}
            self.do("BillPayment", None, **fields, Line=[line])

    @rule(entity=st.sampled_from(["Bill", "BillPayment", "VendorCredit", "JournalEntry"]), which=PICK)
    def delete_purchase(self, entity: str, which: int) -> None:
        self.end(entity, which, "delete")

    @rule(amount=MONEY)
    def book(self, amount: Decimal) -> None:
        lines = [
            {
                "Amount": amount,
                "DetailType": "JournalEntryLineDetail",
                "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": account}},
            }
            for side, account in (("Debit", "7"), ("Credit", "35"))
        ]
        self.do("JournalEntry", None, Line=lines)

    # -- the world around -------------------------------------------------------------------------------------

    @rule(mode=st.sampled_from(["refuse", "unlink"]), moves=st.booleans(), applies=st.booleans())
    def switch(self, mode: str, moves: bool, applies: bool) -> None:
        wanted = {"delete_paid_invoice": mode, "payment_moves_invoice_token": moves, "auto_apply_payments": applies}
        self.app.switches = {**self.app.switches, **wanted}

    @rule(seconds=st.integers(0, 90))
    def wait(self, seconds: int) -> None:
        self.app.clock.change(advance=seconds)

    @rule(entity=st.sampled_from(["Customer", "Invoice", "Payment", "Item"]), which=PICK)
    def come_too_late(self, entity: str, which: int) -> None:
        """A write with an old SyncToken is refused and changes nothing."""
        body = self.pick(entity, which, lambda body: int(body["SyncToken"]) > 0)
        if body:
            late = {"Id": body["Id"], "SyncToken": str(int(body["SyncToken"]) - 1), "sparse": True}
            before = self.listing()
            work = work_for(ENTITIES[entity.lower()], "", late)
            outcome = perform(self.app, Intent(REALM, entity, work, payload=dump(late).encode()))
            assert outcome.fault == "5010"
            assert self.listing() == before

    @rule(which=PICK, amount=MONEY)
    def ask_twice(self, which: int, amount: Decimal) -> None:
        """The same requestid makes one payment."""
        body = {"CustomerRef": self.buyer(which), "TotalAmt": amount}
        intent = Intent(
            REALM, "Payment", work_for(ENTITIES["payment"], "", body), f"once-{which}-{amount}", payload=b"x"
        )
        first = perform(self.app, intent)
        count = len(self.all("Payment"))
        assert perform(self.app, intent).text == first.text
        assert len(self.all("Payment")) == count

    # -- what always holds ------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.listings) < 4)
    @rule()
    def take_listing(self) -> None:
        """Remember everything as it is now; its changes are replayed from here later."""
        self.listings.append((body_time(self.app.clock.now()), self.listing()))

    @rule(which=PICK)
    def replay_changes(self, which: int) -> None:
        """Change data from any remembered moment on turns its listing into the one of now."""
        since, listing = self.listings[which % len(self.listings)]
        mirror = dict(listing)
        with self.app.store.reading() as tx:
            answer = load(cdc.run(tx, REALM, ",".join(WATCHED), since, self.app.clock.now()))
        for part in answer[0]["QueryResponse"]:
            for entity in set(part) & set(WATCHED):
                for body in part[entity]:
                    if body.get("status") == "Deleted":
                        mirror.pop((entity, body["Id"]), None)
                    else:
                        mirror[entity, body["Id"]] = plain(body)
        now = self.listing()
        assert mirror.keys() == now.keys()
        for key, body in now.items():
            assert mirror[key] == body

    @invariant()
    def sales_agree(self) -> None:
        invoices = {body["Id"]: body for body in self.all("Invoice")}
        payments = {body["Id"]: body for body in self.all("Payment")}
        applied: dict[str, Decimal] = {}
        links: set[tuple[str, str]] = set()
        for payment in payments.values():
            used = credit = NOTHING
            for line in payment["Line"]:
                (link,) = line["LinkedTxn"]
                assert line["Amount"] > 0
                if link["TxnType"] == "Invoice":
                    used += cents(line["Amount"])
                    applied[link["TxnId"]] = applied.get(link["TxnId"], NOTHING) + cents(line["Amount"])
                    links.add((link["TxnId"], payment["Id"]))
                else:
                    credit += cents(line["Amount"])
            assert cents(payment["UnappliedAmt"]) == cents(payment["TotalAmt"]) + credit - used >= 0
        for identifier, invoice in invoices.items():
            assert cents(invoice["Balance"]) == cents(invoice["TotalAmt"]) - applied.get(identifier, NOTHING) >= 0
            back = {link["TxnId"] for link in invoice["LinkedTxn"] if link["TxnType"] == "Payment"}
            assert back == {payment for target, payment in links if target == identifier}
        memos = self.all("CreditMemo")
        assert all(0 <= body["RemainingCredit"] <= body["TotalAmt"] for body in memos)
        self.customers_agree(list(invoices.values()), [*payments.values(), *memos])

    def customers_agree(self, invoices: list[Body], credits: list[Body]) -> None:
        customers = {body["Id"]: body for body in self.all("Customer")}
        for identifier, customer in customers.items():
            mine = [body for body in invoices if body["CustomerRef"]["value"] == identifier]
            own = [body for body in credits if body["CustomerRef"]["value"] == identifier]
            owed = total(body["Balance"] for body in mine)
            credit = total(body.get("UnappliedAmt", body.get("RemainingCredit")) for body in own)
            assert cents(customer["Balance"]) == owed - credit
            below = [b for b in customers.values() if (b.get("ParentRef") or {}).get("value") == identifier]
            together = cents(customer["Balance"]) + total(body["BalanceWithJobs"] for body in below)
            assert cents(customer["BalanceWithJobs"]) == together
            above = customers.get((customer.get("ParentRef") or {}).get("value"))
            full = f"{above['FullyQualifiedName']}:{customer['DisplayName']}" if above else customer["DisplayName"]
            assert customer["FullyQualifiedName"] == full
            assert all(body["CustomerRef"]["name"] == customer["DisplayName"] for body in mine)
        names = [
            body["DisplayName"].casefold() for kind in ("Customer", "Vendor", "Employee") for body in self.all(kind)
        ]
        assert len(names) == len(set(names))

    def accounts(self) -> dict[str, Decimal]:
        """How far the control accounts are from what customers and vendors owe and are owed."""
        found = {body.get("AccountType"): cents(body.get("CurrentBalance")) for body in self.all("Account")}
        receivable = found["Accounts Receivable"] - total(body["Balance"] for body in self.all("Customer"))
        payable = found["Accounts Payable"] + total(body.get("Balance") for body in self.all("Vendor"))
        return {"receivable": receivable, "payable": payable}

    @invariant()
    def accounts_agree(self) -> None:
        assert self.accounts() == self.apart

    @invariant()
    def tokens_only_grow_and_the_dead_stay_dead(self) -> None:
        for entity in WATCHED:
            for body in self.all(entity):
                token = int(body["SyncToken"])
                assert token >= self.tokens.get((entity, body["Id"]), 0)
                self.tokens[entity, body["Id"]] = token
                assert (entity, body["Id"]) not in self.buried


TestBooks = pytest.mark.slow(Accountant.TestCase)
TestBooks.settings = settings(
    max_examples=int(os.environ.get("STATE_MACHINE_EXAMPLES", "40")),
    stateful_step_count=int(os.environ.get("STATE_MACHINE_STEPS", "40")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    print_blob=False,
    # Explaining a failure traces every line, which takes minutes here.
    phases=[Phase.generate, Phase.shrink],
)
