"""What the connected QuickBooks companies have that invoices and payments name: read locally, never asked of them."""

from collections.abc import Callable
from typing import Any

from accounts.access import require
from api.described import Answer, Call, Operation, Param, Schema
from api.printing import plain
from api.problems import missing
from api.resources.invoice_view import SEES
from api.schemas import AMOUNT, ID, array, named, nullable, record
from api.scopes import INVOICES_READ
from invoices.ports import Account, accounting

TAG = "QuickBooks companies"
MOST = 50
WORDS: Schema = {"type": "string"}
COMPANY = named(
    "Connection",
    record(
        {
            "id": ID,
            "name": WORDS,
            "country": WORDS,
            "currency": WORDS,
            "environment": WORDS,
            "usable": {"type": "boolean"},
            "problem": {"type": "string", "description": "Why it can't be used now."},
            "needs_tax_codes": {"type": "boolean", "description": "Every line needs a tax code."},
            "today": {"type": "string", "format": "date", "description": "In the company's time zone."},
        },
        "id",
        "name",
        "usable",
    ),
)
_OWN = {"id": WORDS, "name": WORDS}
_LISTS: dict[str, tuple[str, Schema, Callable[[Any], dict[str, Any]]]] = {
    "customers": (
        "Customer",
        {**_OWN, "email": WORDS, "currency": WORDS},
        lambda each: {"email": each.email, "currency": each.currency},
    ),
    "items": (
        "Item",
        {**_OWN, "sku": WORDS, "unit_price": nullable(AMOUNT), "product": nullable(ID)},
        lambda each: {"sku": each.sku, "unit_price": plain(each.unit_price), "product": each.product_id},
    ),
    "tax-codes": (
        "TaxCode",
        {**_OWN, "percent": nullable(AMOUNT)},
        lambda each: {"percent": plain(each.percent)},
    ),
    "terms": (
        "Terms",
        {**_OWN, "due_days": {"type": ["integer", "null"]}, "default": {"type": "boolean"}},
        lambda each: {"due_days": each.due_days, "default": each.default},
    ),
    "payment-methods": ("PaymentMethod", _OWN, lambda each: {}),
    "deposit-accounts": ("DepositAccount", {**_OWN, "currency": WORDS}, lambda each: {"currency": each.currency}),
    "classes": ("Class", _OWN, lambda each: {}),
    "locations": ("Location", _OWN, lambda each: {}),
}
SEARCHED = ("customers", "items")


def _printed(account: Account) -> dict[str, Any]:
    names = ("name", "country", "currency", "environment", "usable", "needs_tax_codes")
    told = {name: getattr(account, name) for name in names}
    return {"id": account.connection_id, **told, "problem": str(account.problem), "today": plain(account.today)}


def companies(call: Call) -> Answer:
    """The connected companies."""
    require(call.user, SEES)
    return Answer({"data": [_printed(account) for account in accounting().accounts()]})


def _account(call: Call) -> Account:
    require(call.user, SEES)
    wanted = call.at["id"]
    found = next((each for each in accounting().accounts() if each.connection_id == wanted), None)
    if found is None:
        raise missing()
    return found


def _reader(name: str) -> Callable[[Call], Answer]:
    _word, _schema, more = _LISTS[name]

    def read(call: Call) -> Answer:
        """What the company has."""
        account = _account(call)
        ask = getattr(accounting(), name.replace("-", "_"))
        found = {"search": call.query["search"], "limit": MOST} if name in SEARCHED else {}
        rows = ask(account.connection_id, **found)
        if name == "customers":
            ids = [each.external_id for each in rows]
            hidden = accounting().hidden_customers(account.connection_id, ids, call.user)
            rows = [each for each in rows if each.external_id not in hidden]
        return Answer({"data": [{"id": each.external_id, "name": each.name, **more(each)} for each in rows]})

    return read


def operations() -> list[Operation]:
    """Lists of each company."""
    page = record({"data": array(COMPANY)}, "data")
    found = [
        Operation("GET", "connections", "list-connections", TAG, "The connected QuickBooks companies", INVOICES_READ,
                  companies, {200: page}),
    ]  # fmt: skip
    search = Param("search", {"type": "string", "maxLength": 200, "default": ""}, "The beginning of words.")
    for name, (word, schema, _more) in _LISTS.items():
        shown = named(f"QuickBooks{word}", record(schema, *_OWN))
        spoken = name.replace("-", " ")
        found.append(
            Operation("GET", f"connections/{{id}}/{name}", f"list-quickbooks-{name}", TAG,
                      f"The {spoken} of a QuickBooks company", INVOICES_READ, _reader(name),
                      {200: record({"data": array(shown)}, "data")},
                      (search,) if name in SEARCHED else (),
                      text=f"At most {MOST}, found by the beginning of words." if name in SEARCHED else ""),
        )  # fmt: skip
    return found
