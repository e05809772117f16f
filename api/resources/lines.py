"""The line items of deals and quotes, read and replaced as a whole; and what becomes of quotes."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from accounts.access import require
from api.described import Answer, Call, Operation
from api.printing import plain
from api.problems import Mistake, Problem, conflict, pointer, unfit, unfit_at
from api.resources.records import EDITS, RECORDS, found, held, version_of
from api.schemas import AMOUNT, ID, array, named, nullable, record, text
from api.scopes import CRM_READ, CRM_WRITE
from crm.enums import BillingPeriod, QuoteStatus
from crm.kinds import DEAL, QUOTE, Kind
from crm.queries import products
from crm.services import deal_lines, lines, quote_life, quotes, records
from crm.services.lines import MOST_LINES, MOST_PERIODS, LineValues

POSITIVE = {"type": "string", "pattern": r"^[0-9]{1,9}(\.[0-9]{1,10})?$"}
PRICE = {"type": "string", "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,10})?$"}
LINE = named(
    "LineItem",
    record(
        {
            "product": nullable(ID),
            "name": {"type": "string"},
            "description": {"type": "string"},
            "quantity": AMOUNT,
            "unit_price": AMOUNT,
            "discount_percent": AMOUNT,
            "discount_amount": AMOUNT,
            "tax_code": {"type": "string"},
            "tax_rate": nullable(AMOUNT),
            "billing_period": {"type": "string", "enum": list(BillingPeriod.values)},
            "billing_count": {"type": ["integer", "null"]},
        },
        "name",
        "quantity",
        "unit_price",
    ),
)
NEW_LINE = named(
    "NewLineItem",
    record(
        {
            "product": nullable({**ID, "description": "Gives name and description, where they are not given."}),
            "name": text(200),
            "description": text(4000),
            "quantity": POSITIVE,
            "unit_price": PRICE,
            "discount_percent": {"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,4})?$"},
            "discount_amount": {"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,10})?$"},
            "tax_code": text(120),
            "tax_rate": nullable({"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,4})?$"}),
            "billing_period": {"type": "string", "enum": list(BillingPeriod.values)},
            "billing_count": nullable({"type": "integer", "minimum": 1, "maximum": MOST_PERIODS}),
        }
    ),
)
DECIMALS = ("quantity", "unit_price", "discount_percent", "discount_amount", "tax_rate")
PLAIN = ("name", "description", "tax_code", "billing_period", "billing_count")


def _printed(row: Any) -> Answer:
    rows = [
        {"product": line.product_id, **{name: plain(getattr(line, name)) for name in (*PLAIN, *DECIMALS)}}
        for line in row.lines.all()
    ]
    return Answer({"data": rows}, etag=version_of(row))


def _reader(kind: Kind) -> Callable[[Call], Answer]:
    return lambda call: _printed(found(call, kind))


def _values(call: Call) -> list[LineValues]:
    given = call.body["lines"]
    known = products.visible_to(call.user).in_bulk([each["product"] for each in given if each.get("product")])
    wrong = [
        Mistake("There is no such product.", pointer("lines", place, "product"))
        for place, each in enumerate(given)
        if each.get("product") and each["product"] not in known
    ]
    if wrong:
        raise unfit(*wrong)
    return [_value(each, known.get(each.get("product") or 0)) for each in given]


def _value(given: Mapping[str, Any], product: Any) -> LineValues:
    values: dict[str, Any] = {name: given[name] for name in PLAIN if given.get(name) is not None}
    values |= {name: Decimal(given[name]) for name in DECIMALS if given.get(name) is not None}
    if product is not None:
        usual = {"name": product.name, "description": product.description, "billing_period": product.billing_period,
                 "billing_count": product.billing_count}  # fmt: skip
        if product.unit_price is not None:
            usual["unit_price"] = product.unit_price
        values = {**usual, **values, "product_id": product.pk}
    return LineValues(**{"name": "", **values})


def _refused(error: lines.BadLine) -> Problem:
    return unfit_at(pointer("lines", error.position, error.field), error)


def write_deal(call: Call) -> Answer:
    """Replace the line items of a deal; its amount follows them, unless it is typed."""
    require(call.user, EDITS)
    try:
        return _printed(deal_lines.set_lines(held(call, DEAL), _values(call), by=call.user))
    except lines.BadLine as error:
        raise _refused(error) from error
    except lines.TooMuch as error:
        raise unfit_at("/lines", str(error) or "They come to more than a deal can hold.") from error
    except records.Archived as error:
        raise conflict("The record is archived. Restore it to change it.", "archived") from error


def write_quote(call: Call) -> Answer:
    """Replace the line items of a draft, and the discount on the whole where one is given."""
    require(call.user, EDITS)
    row = held(call, QUOTE)
    discount = None
    if "discount_percent" in call.body or "discount_amount" in call.body:
        discount = quotes.Discount(
            Decimal(call.body.get("discount_percent", "0")), Decimal(call.body.get("discount_amount", "0"))
        )
    try:
        return _printed(quotes.set_lines(row, _values(call), by=call.user, discount=discount))
    except lines.BadLine as error:
        raise _refused(error) from error
    except lines.TooMuch as error:
        raise unfit_at("/lines", str(error) or "They come to more than a quote can hold.") from error
    except quotes.BadDiscount as error:
        raise unfit_at("/discount_amount" if "discount_amount" in call.body else "/discount_percent", error) from error
    except quotes.NotADraft as error:
        raise conflict("A published quote does not change any more.", "not-a-draft") from error
    except records.Archived as error:
        raise conflict("The record is archived. Restore it to change it.", "archived") from error


REFUSALS: dict[type[Exception], str] = {
    quotes.NotADraft: "This quote was published already.",
    quotes.NoLines: "Add a line item before you publish the quote.",
    quotes.Expired: "The expiry date has passed. Choose a later one first.",
    quotes.NeedsApproval: "The discount passes the limit. Somebody has to approve it first.",
    quote_life.NotOpen: "This quote can't be answered any more.",
    quote_life.NotRevisable: "There is a newer version already, or nothing published to revise.",
    records.Archived: "The record is archived. Restore it to change it.",
}


def _acting(act: Callable[[Any, Call], Any], status: int = 200) -> Callable[[Call], Answer]:
    """An operation that does something with a quote."""

    def run(call: Call) -> Answer:
        require(call.user, EDITS)
        try:
            row = act(held(call, QUOTE), call)
        except tuple(REFUSALS) as refusal:
            raise conflict(REFUSALS[type(refusal)], "not-possible") from refusal
        return RECORDS["quote"].answer(call, row, status)

    return run


publish = _acting(lambda row, call: quotes.publish(row, by=call.user))
revise = _acting(lambda row, call: quote_life.revise(row, by=call.user), 201)
answer = _acting(
    lambda row, call: quote_life.answer_for(
        row, QuoteStatus(call.body["answer"]), by=call.user, reason=call.body.get("reason", "")
    )
)


def operations() -> list[Operation]:
    """What can be done with line items and quotes."""
    page = record({"data": array(LINE)}, "data")
    some = {"lines": array(NEW_LINE, maxItems=MOST_LINES)}
    whole = {"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,10})?$"}
    quote_lines = record({**some, "discount_percent": whole, "discount_amount": whole}, "lines")
    found_: list[Operation] = []
    bodies: Sequence[tuple[str, Kind, Any, Any]] = (
        ("deal", DEAL, record(some, "lines"), write_deal), ("quote", QUOTE, quote_lines, write_quote),
    )  # fmt: skip
    for word, kind, body, write in bodies:
        tag, path = str(kind.plural), f"{word}s/{{id}}/lines"
        found_ += [
            Operation("GET", path, f"read-{word}-lines", tag, f"The line items of a {word}", CRM_READ, _reader(kind),
                      {200: page}, shows_version=True),
            Operation("PUT", path, f"replace-{word}-lines", tag, f"Replace the line items of a {word}", CRM_WRITE,
                      write, {200: page}, body=body, versioned=True, shows_version=True),
        ]  # fmt: skip
    quote = RECORDS["quote"]
    own: dict[str, Any] = {"tag": str(QUOTE.plural), "scope": CRM_WRITE, "params": quote.view.params,
                           "versioned": True, "shows_version": True}  # fmt: skip
    answered = record(
        {"answer": {"type": "string", "enum": ["accepted", "declined"]}, "reason": text(1000)}, "answer"
    )  # fmt: skip
    return [
        *found_,
        Operation("POST", "quotes/{id}/publish", "publish-quote", summary="Publish a quote", run=publish,
                  answers={200: quote.shown}, **own),
        Operation("POST", "quotes/{id}/revise", "revise-quote", summary="Begin the next version of a quote", run=revise,
                  answers={201: quote.shown}, **own),
        Operation("POST", "quotes/{id}/answer", "answer-quote", summary="Note what the customer answered", run=answer,
                  answers={200: quote.shown}, body=answered, **own),
    ]  # fmt: skip
