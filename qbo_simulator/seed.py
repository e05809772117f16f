"""The companies that exist at the first start, with dates moved so that the sample looks recent."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from qbo_simulator import amounts
from qbo_simulator.clock import zone_of
from qbo_simulator.entities.catalogue import ENTITIES, NUMBERED_TOGETHER, entity_named
from qbo_simulator.shelf import Shelf
from qbo_simulator.store import Transaction

FOLDER = Path(__file__).parent / "companies"


@dataclass(frozen=True)
class Sample:
    """A company that can be picked by name."""

    key: str
    realm: str
    #: How many days ago its newest invoice was written: some are overdue and some are not.
    age: int
    #: The folder with its data, where it is another company's.
    folder: str = ""
    #: What its preferences have instead, by group.
    preferences: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Its name, where the folder has another one.
    name: str = ""
    #: The books are closed up to so many days before the newest invoice.
    closed_days: int | None = None


SAMPLES = {
    sample.key: sample
    for sample in (
        Sample("us", "9130350000000001", 3),
        Sample("uk", "9130350000000002", 12),
        Sample("ca", "9130350000000003", 27),
        Sample("au", "9130350000000004", 20),
        Sample(
            "us-ast",
            "9130350000000005",
            3,
            folder="us",
            preferences={"TaxPrefs": {"PartnerTaxEnabled": True, "UsingSalesTax": True}},
            name="Sandbox Company_US_AST",
        ),
        Sample(
            "us-numbers",
            "9130350000000006",
            3,
            folder="us",
            preferences={"SalesFormsPrefs": {"CustomTxnNumbers": True}},
            name="Sandbox Company_US_Numbers",
        ),
        Sample("us-closed", "9130350000000007", 3, folder="us", name="Sandbox Company_US_Closed", closed_days=30),
    )
}
#: What a first start makes when nobody picks.
USUAL = ("us", "uk", "ca")
_FIRST_NEW_REALM = 9130350000000100
_ONCE = ("Preferences", "CompanyInfo")
#: Without these a company can't work, so a company without sample data has them too.
_SETUP = (
    *_ONCE,
    "Account",
    "Term",
    "PaymentMethod",
    "TaxAgency",
    "TaxCode",
    "TaxRate",
    "CompanyCurrency",
    "CustomerType",
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")


def read_sample(key: str) -> dict[str, list[dict[str, Any]]]:
    """Return a sample company's objects by entity. Raises KeyError for an unknown one."""
    sample = SAMPLES[key]
    folder = FOLDER / (sample.folder or key)
    objects = {path.stem: amounts.load(path.read_bytes()) for path in sorted(folder.glob("*.json"))}
    if sample.name:
        objects["CompanyInfo"][0] |= {"CompanyName": sample.name, "LegalName": sample.name}
    _prefer(objects, sample.preferences)
    if sample.closed_days is not None:
        newest = max(date.fromisoformat(body["TxnDate"]) for body in objects["Invoice"])
        closing = (newest - timedelta(days=sample.closed_days)).isoformat()
        _prefer(objects, {"AccountingInfoPrefs": {"BookCloseDate": closing}})
    return objects


def _prefer(objects: dict[str, list[dict[str, Any]]], preferences: dict[str, dict[str, Any]]) -> None:
    """Set preferences, group by group."""
    for group, values in preferences.items():
        objects["Preferences"][0][group] = {**objects["Preferences"][0].get(group, {}), **values}


def shift(
    objects: dict[str, list[dict[str, Any]]], now: datetime, zone: tzinfo, *, age: int
) -> dict[str, list[dict[str, Any]]]:
    """Return the objects with every date moved by the same number of days, and no time after yesterday."""
    written = [body["MetaData"]["CreateTime"] for body in objects.get("Invoice", ())]
    newest = max((datetime.fromisoformat(text) for text in written), default=None)
    if newest is None:
        return objects
    days = timedelta(days=((now - timedelta(days=age)).astimezone(zone).date() - newest.astimezone(zone).date()).days)
    latest = (now - timedelta(days=1)).astimezone(zone)

    def move(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: move(item) for name, item in value.items()}
        if isinstance(value, list):
            return [move(item) for item in value]
        if isinstance(value, str) and _DAY.fullmatch(value):
            return (date.fromisoformat(value) + days).isoformat()
        if isinstance(value, str) and _TIME.fullmatch(value):
            local = datetime.fromisoformat(value).astimezone(zone).replace(tzinfo=None) + days
            return min(local.replace(tzinfo=zone), latest).replace(microsecond=0).isoformat()
        return value

    moved = move(objects)
    return moved if isinstance(moved, dict) else objects


def add_company(
    tx: Transaction,
    key: str,
    *,
    now: datetime,
    keep_dates: bool = False,
    realm: str | None = None,
    name: str | None = None,
    empty: bool = False,
    preferences: dict[str, Any] | None = None,
) -> str:
    """Write a sample company into the store and return its realm id. Raises KeyError for an unknown sample."""
    objects = read_sample(key)
    info = objects["CompanyInfo"][0]
    zone = zone_of(info.get("DefaultTimeZone"))
    if not keep_dates:
        objects = shift(objects, now, zone, age=SAMPLES[key].age)
        info = objects["CompanyInfo"][0]
    if name:
        info |= {"CompanyName": name, "LegalName": name}
    _prefer(objects, preferences or {})
    if empty:
        objects = {entity: bodies for entity, bodies in objects.items() if entity in _SETUP}
        objects["Item"] = _usual_items(objects["Account"])
    if realm is None:
        highest = tx.one("SELECT max(CAST(realm AS INTEGER)) FROM companies")[0] or 0
        realm = str(max(int(highest), _FIRST_NEW_REALM) + 1)
    position = tx.one("SELECT coalesce(max(position), 0) + 1 FROM companies")[0]
    tx.execute(
        "INSERT INTO companies VALUES (?, ?, ?, ?, ?)",
        (realm, info["CompanyName"], info["Country"], str(info.get("DefaultTimeZone") or ""), position),
    )
    shelf = Shelf(tx, realm)
    for entity_name, bodies in objects.items():
        entity = entity_named(entity_name)
        if entity is None:
            raise KeyError(entity_name)
        shelf.put_all(entity, bodies)
    set_sequences(tx, realm)
    return realm


def _usual_items(accounts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    income = next(account for account in accounts if account["AccountType"] == "Income")
    reference = {"value": income["Id"], "name": income["FullyQualifiedName"]}
    return [
        {
            "Name": name,
            "Active": True,
            "FullyQualifiedName": name,
            "Taxable": False,
            "UnitPrice": 0,
            "Type": "Service",
            "IncomeAccountRef": reference,
            "PurchaseCost": 0,
            "TrackQtyOnHand": False,
            "domain": "QBO",
            "sparse": False,
            "Id": identifier,
            "SyncToken": "0",
            "MetaData": dict(income["MetaData"]),
        }
        for identifier, name in (("1", "Services"), ("2", "Hours"))
    ]


def set_sequences(tx: Transaction, realm: str) -> None:
    """Let every sequence of a company go on after the highest number in use."""
    for entity in ENTITIES.values():
        highest = tx.one("SELECT max(number) FROM objects WHERE realm = ? AND entity = ?", (realm, entity.name))[0]
        tx.raise_number(realm, entity.sequence, int(highest or 0))
    rows = tx.execute(
        "SELECT entity, max(CAST(doc_number AS INTEGER)) FROM objects WHERE realm = ? AND doc_number IS NOT NULL "
        "AND length(doc_number) < 10 GROUP BY entity",
        (realm,),
    ).fetchall()
    for name, highest in rows:
        kind = "number" if name in NUMBERED_TOGETHER else f"number of {name}"
        tx.raise_number(realm, kind, int(highest or 0))
    tx.raise_number(realm, "number", 1000)
    tx.raise_number(realm, "number of Estimate", 1000)
    addresses = tx.execute(
        "SELECT max(CAST(json_extract(body, '$.BillAddr.Id') AS INTEGER)), "
        "max(CAST(json_extract(body, '$.ShipAddr.Id') AS INTEGER)) FROM objects WHERE realm = ?",
        (realm,),
    ).fetchone()
    tx.raise_number(realm, "address", max([int(number) for number in addresses if number] or [0]))
