"""Companies of any size: rows straight into the store, with the same figures as if they had been entered."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

from qbo_simulator import amounts, clock
from qbo_simulator.company import Company, load_company
from qbo_simulator.entities.catalogue import ENTITIES
from qbo_simulator.entities.payments import explain_line
from qbo_simulator.seed import set_sequences
from qbo_simulator.shelf import Shelf
from qbo_simulator.store import Transaction

if TYPE_CHECKING:
    from qbo_simulator.application import Application

Body = dict[str, Any]
_CHUNK = 2000


def _words(text: str) -> list[str]:
    return text.split()


_FIRST = _words("Ada Ben Cleo Dara Emil Fay Gus Hana Ivo Jana Kai Lena Milo Nora Otto Pia Quin Rosa Sam Tara")
_LAST = _words("Abbot Baker Cole Dunn Ellis Frost Grant Hayes Irwin Jones Keller Lowe Moss Nolan Owens Price")
_TRADES = _words("Gardens Interiors Bakery Logistics Studios Supplies Consulting Foods Motors Fitness")
_GOODS = _words("Design Hosting Support Training Audit Repair License Delivery Cleaning Planning")


def fill(
    app: Application,
    realm: str,
    *,
    customers: int = 0,
    items: int = 0,
    invoices: int = 0,
    payments: int = 0,
    seed: int = 1,
    days: int = 700,
    lines: int = 2,
) -> dict[str, int]:
    """Add that many objects to a company and return the counts. Raises KeyError for an unknown company."""
    with app.store.writing() as tx:
        company = load_company(tx, realm)
        if company is None:
            raise KeyError(realm)
        maker = _Maker(tx, company, random.Random(seed), app.clock.now(), days)  # noqa: S311 (sample data)
        return maker.run(customers, items, invoices, payments, lines)


class _Maker:
    """One run; customers and items that exist are used where none are to be made."""

    def __init__(self, tx: Transaction, company: Company, chance: random.Random, now: datetime, days: int) -> None:
        self.tx = tx
        self.company = company
        self.chance = chance
        self.now = now
        self.days = days
        self.shelf = Shelf(tx, company.realm)
        #: What is open of each customer's invoices, all that was sold and all that was paid: in hundredths.
        self.balances: dict[str, int] = {}
        self.sold = self.paid = 0
        self.receivable = self._account("$.AccountType", "Accounts Receivable")
        self.undeposited = self._account("$.AccountSubType", "UndepositedFunds")

    def run(self, customers: int, items: int, invoices: int, payments: int, lines: int) -> dict[str, int]:
        """Make everything."""
        made_customers = [self._customer(index) for index in range(customers)]
        goods = [self._item(index) for index in range(items)]
        self.shelf.put_all(ENTITIES["item"], goods)
        goods = goods or [item for item in self.shelf.find("Item", "active = 1") if self._sells(item)]
        buyers = made_customers or [body for body in self.shelf.find("Customer", "active = 1") if self._buys(body)]
        if invoices and not (goods and buyers):
            raise ValueError("invoices need customers and items")
        self._documents(buyers, goods, invoices, payments, lines)
        self.shelf.put_all(ENTITIES["customer"], made_customers)
        for identifier, moved in self.balances.items():
            self._owe(identifier, amounts.decimal_of(moved) / 100)
        self._book(self.receivable, amounts.decimal_of(self.sold - self.paid) / 100)
        self._book(self.undeposited, amounts.decimal_of(self.paid) / 100)
        set_sequences(self.tx, self.company.realm)
        return {"customers": customers, "items": items, "invoices": invoices, "payments": min(payments, invoices)}

    def _sells(self, item: Body) -> bool:
        # Stock would have to move with what is sold.
        return bool(item.get("IncomeAccountRef")) and item.get("Type") in ("Service", "NonInventory")

    def _buys(self, customer: Body) -> bool:
        return (customer.get("CurrencyRef") or {}).get("value") in (None, self.company.home_currency)

    def _account(self, path: str, value: str) -> str | None:
        found = self.shelf.find("Account", "active = 1 AND json_extract(body, ?) = ?", (path, value), limit=1)
        return found[0]["Id"] if found else None

    def _owe(self, identifier: str, moved: Decimal) -> None:
        """Raise what a customer owes, with what its parents are told of it."""
        fields, reference = ("Balance", "BalanceWithJobs"), {"value": identifier}
        while reference.get("value"):
            body = self.shelf.get("Customer", reference["value"])
            if body is None:
                return
            for field in fields:
                body[field] = amounts.cents(body.get(field)) + moved
            self.shelf.put(ENTITIES["customer"], body)
            fields, reference = ("BalanceWithJobs",), body.get("ParentRef") or {}

    def _book(self, account: str | None, moved: Decimal) -> None:
        """Raise an account's balance, with what its parents are told of it."""
        fields: tuple[str, ...] = ("CurrentBalance", "CurrentBalanceWithSubAccounts")
        body = self.shelf.get("Account", account)
        while body is not None and moved:
            for field in fields:
                body[field] = amounts.cents(body.get(field)) + moved
            self.shelf.put(ENTITIES["account"], body)
            fields = ("CurrentBalanceWithSubAccounts",)
            body = self.shelf.get("Account", (body.get("ParentRef") or {}).get("value"))

    def _documents(self, buyers: list[Body], goods: list[Body], invoices: int, payments: int, lines: int) -> None:
        last = self._last("txn")
        number = max(1000, self._last("number"))
        made = (
            (self._invoice(last + 1 + i, number + 1 + i, buyers, goods, lines), last + 1 + i) for i in range(invoices)
        )
        next_payment, left = last + invoices, payments
        while chunk := list(islice(made, _CHUNK)):
            paid: list[Body] = []
            for body, _ in chunk:
                if left > 0:
                    left -= 1
                    next_payment += 1
                    paid.append(self._payment(next_payment, body))
            self.shelf.put_all(ENTITIES["invoice"], (body for body, _ in chunk))
            self.shelf.put_all(ENTITIES["payment"], paid)
            for body, _ in chunk:
                buyer = body["CustomerRef"]["value"]
                self.balances[buyer] = self.balances.get(buyer, 0) + round(body["Balance"] * 100)
                self.sold += round(body["TotalAmt"] * 100)
            self.paid += sum(round(body["TotalAmt"] * 100) for body in paid)

    def _last(self, kind: str) -> int:
        row = self.tx.one("SELECT last FROM sequences WHERE realm = ? AND kind = ?", (self.company.realm, kind))
        return int(row[0]) if row else 0

    def _identity(self, identifier: int, moment: datetime) -> Body:
        stamp = clock.stamp(moment, self.company.zone)
        return {
            "domain": "QBO",
            "sparse": False,
            "Id": str(identifier),
            "SyncToken": "0",
            "MetaData": {"CreateTime": stamp, "LastUpdatedTime": stamp},
        }

    def _moment(self) -> datetime:
        return self.now - timedelta(seconds=self.chance.randrange(60, self.days * 86400))

    def _customer(self, index: int) -> Body:
        identifier = self.tx.next_number(self.company.realm, "name")
        given, family = self.chance.choice(_FIRST), self.chance.choice(_LAST)
        name = f"{family} {self.chance.choice(_TRADES)} {identifier}"
        return {
            "Taxable": self.company.in_us and index % 2 == 0,
            "BillAddr": {
                "Id": str(self.tx.next_number(self.company.realm, "address")),
                "Line1": f"{index + 1} Sample Street",
                "City": "Springfield",
                "PostalCode": f"{10000 + index % 90000}",
            },
            "Job": False,
            "BillWithParent": False,
            "Balance": 0,
            "BalanceWithJobs": 0,
            "CurrencyRef": self.company.currency(),
            "PreferredDeliveryMethod": "Print",
            "IsProject": False,
            **self._identity(identifier, self._moment()),
            "GivenName": given,
            "FamilyName": family,
            "FullyQualifiedName": name,
            "CompanyName": name,
            "DisplayName": name,
            "PrintOnCheckName": name,
            "Active": True,
            "PrimaryPhone": {"FreeFormNumber": f"(555) 010-{index % 10000:04d}"},
            "PrimaryEmailAddr": {"Address": f"{given}.{family}.{identifier}@example.com".lower()},
        }

    def _item(self, index: int) -> Body:
        identifier = self.tx.next_number(self.company.realm, "item")
        accounts = self.shelf.find("Account", "json_extract(body, '$.AccountType') = 'Income'", limit=1)
        income = {"value": accounts[0]["Id"], "name": accounts[0]["FullyQualifiedName"]}
        name = f"{self.chance.choice(_GOODS)} {identifier}"
        return {
            "Name": name,
            "Sku": f"SKU-{identifier}",
            "Description": f"{name}, made up",
            "Active": True,
            "FullyQualifiedName": name,
            "Taxable": False,
            "UnitPrice": self.chance.randrange(500, 50000) / 100,
            "Type": "Service",
            "IncomeAccountRef": income,
            "PurchaseCost": 0,
            "TrackQtyOnHand": False,
            **self._identity(identifier, self._moment()),
        }

    def _lines(self, goods: list[Body], count: int) -> Iterator[Body]:
        code = "NON" if self.company.in_us else self._untaxed()
        for number in range(1, count + 1):
            item = self.chance.choice(goods)
            price = round(float(item.get("UnitPrice") or 0) * 100) or 10000
            quantity = self.chance.randrange(1, 10)
            yield {
                "Id": str(number),
                "LineNum": number,
                "Description": item.get("Description") or item["Name"],
                "Amount": price * quantity / 100,
                "DetailType": "SalesItemLineDetail",
                "SalesItemLineDetail": {
                    "ItemRef": {"value": item["Id"], "name": item["FullyQualifiedName"]},
                    "UnitPrice": price / 100,
                    "Qty": quantity,
                    "ItemAccountRef": item.get("IncomeAccountRef"),
                    "TaxCodeRef": {"value": code},
                },
                "CustomExtensions": [],
            }

    def _untaxed(self) -> str:
        for code in self.shelf.find("TaxCode", "active = 1"):
            if code.get("Taxable") is False:
                return str(code["Id"])
        raise ValueError("the company has no tax code without tax")

    def _invoice(self, identifier: int, number: int, buyers: list[Body], goods: list[Body], lines: int) -> Body:
        buyer = self.chance.choice(buyers)
        moment = self._moment()
        day: date = moment.astimezone(self.company.zone).date()
        written = list(self._lines(goods, self.chance.randrange(1, lines + 1)))
        total = round(sum(round(line["Amount"] * 100) for line in written)) / 100
        written.append({"Amount": total, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}})
        body = {
            "AllowIPNPayment": False,
            "AllowOnlinePayment": False,
            "AllowOnlineCreditCardPayment": False,
            "AllowOnlineACHPayment": False,
            **self._identity(identifier, moment),
            "CustomField": [],
            "DocNumber": str(number),
            "TxnDate": day.isoformat(),
            "CurrencyRef": buyer["CurrencyRef"],
            "LinkedTxn": [],
            "Line": written,
            "TxnTaxDetail": {"TotalTax": 0},
            "CustomerRef": {"value": buyer["Id"], "name": buyer["DisplayName"]},
            "BillAddr": buyer.get("BillAddr", {}),
            "FreeFormAddress": True,
            "SalesTermRef": {"value": "3", "name": "Net 30"},
            "DueDate": (day + timedelta(days=30)).isoformat(),
            "TotalAmt": total,
            "PrintStatus": "NeedToPrint",
            "EmailStatus": "NotSet",
            "Balance": total,
        }
        if not self.company.in_us:
            body["GlobalTaxCalculation"] = "TaxExcluded"
        if self.company.multicurrency:
            body |= {"ExchangeRate": 1, "HomeTotalAmt": total, "HomeBalance": total}
        return body

    def _payment(self, identifier: int, invoice: Body) -> Body:
        """Return a payment of all or half of an invoice, and mark the invoice as paid so far."""
        total = round(invoice["TotalAmt"] * 100)
        part = total if self.chance.random() < 0.8 else total // 2
        created = datetime.fromisoformat(invoice["MetaData"]["CreateTime"])
        moment = min(created + timedelta(days=self.chance.randrange(1, 45)), self.now)
        identity = self._identity(identifier, moment)
        invoice["Balance"] = (total - part) / 100
        if "HomeBalance" in invoice:
            invoice["HomeBalance"] = invoice["Balance"]
        invoice["LinkedTxn"] = [{"TxnId": str(identifier), "TxnType": "Payment"}]
        invoice["SyncToken"] = "1"
        invoice["MetaData"]["LastUpdatedTime"] = identity["MetaData"]["LastUpdatedTime"]
        line = {"Amount": part / 100, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
        explain_line(line, invoice)
        return {
            "CustomerRef": invoice["CustomerRef"],
            "DepositToAccountRef": {"value": self.undeposited},
            "TotalAmt": part / 100,
            "UnappliedAmt": 0,
            "ProcessPayment": False,
            **identity,
            "TxnDate": moment.astimezone(self.company.zone).date().isoformat(),
            "CurrencyRef": invoice["CurrencyRef"],
            "Line": [line],
        }
