"""Credit memo, refund receipt and sales receipt -> the CRM's words; new credit memos and sales receipts. Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from invoices.enums import CreditKind, LineKind
from invoices.models import CreditDocument
from invoices.synced import SyncedCredit
from invoices.tax import TaxCodeRates, cents, net_of
from sync.mapping.invoice import Names, is_voided, note_without_marker
from sync.mapping.reading import BadPayload, Payload, amount, date, moment, named, part, parts, text
from sync.mapping.sales_lines import SHIPPING, plain_number, price_for

ZERO = Decimal(0)
ENTITIES = {
    "CreditMemo": CreditKind.CREDIT_MEMO,
    "RefundReceipt": CreditKind.REFUND,
    "SalesReceipt": CreditKind.SALES_RECEIPT,
}
ENTITY_OF = {kind: entity for entity, kind in ENTITIES.items()}


def from_credit(
    payload: Payload, names: Names, *, kind: CreditKind, methods: Mapping[str, str], accounts: Mapping[str, str]
) -> SyncedCredit:
    """A document's payload in the CRM's words. Raises BadPayload naming the field."""
    total = amount(payload, "TotalAmt")
    if total is None:
        raise BadPayload("TotalAmt is missing.")
    lines = [line for raw in parts(payload, "Line") for line in lines_of(raw, names)]
    customer = text(payload, "CustomerRef", "value")
    account = text(payload, "DepositToAccountRef", "value")
    method = text(payload, "PaymentMethodRef", "value")
    remaining = amount(payload, "RemainingCredit")
    if remaining is None:
        remaining = amount(payload, "Balance") or ZERO
    return SyncedCredit(
        kind=kind,
        external_id=text(payload, "Id"),
        number=text(payload, "DocNumber")[:60],
        customer_external_id=customer,
        customer_name=named(payload, "CustomerRef")[:500],
        recipient=text(payload, "BillEmail", "Address")[:500],
        issued_on=date(payload, "TxnDate"),
        currency=(text(payload, "CurrencyRef", "value") or names.home_currency)[:3],
        exchange_rate=amount(payload, "ExchangeRate") or Decimal(1),
        subtotal=_sum(lines, discounts=False),
        discount_total=_sum(lines, discounts=True),
        tax_total=amount(payload, "TxnTaxDetail", "TotalTax") or ZERO,
        total=total,
        remaining=remaining if kind == CreditKind.CREDIT_MEMO else ZERO,
        method_name=(methods.get(method) or named(payload, "PaymentMethodRef"))[:120],
        reference=text(payload, "PaymentRefNum")[:60],
        account_external_id=account,
        account_name=(accounts.get(account) or named(payload, "DepositToAccountRef"))[:500],
        message=text(payload, "CustomerMemo", "value"),
        note=note_without_marker(text(payload, "PrivateNote")),
        lines=tuple(lines),
        deposited=is_deposited(payload),
        voided=is_voided(payload),
        remote_updated_at=moment(payload, "MetaData", "LastUpdatedTime"),
        contact_ids=names.contacts.get(customer, ()),
        company_ids=names.companies.get(customer, ()),
    )


def lines_of(raw: Payload, names: Names, *, member: bool = False) -> list[dict[str, str]]:
    """A payload line as ``CreditDocument.lines`` keeps it: a bundle has its members, a subtotal is none."""
    kind = text(raw, "DetailType")
    if kind == "SubTotalLineDetail":
        return []
    line = dict.fromkeys(("name", "item", "quantity", "unit_price", "tax_code", "tax_name"), "")
    line |= {"description": text(raw, "Description"), "amount": _digits(amount(raw, "Amount") or ZERO)}
    if kind == "DiscountLineDetail":
        percent = amount(raw, "DiscountLineDetail", "DiscountPercent")
        return [line | {"kind": str(LineKind.DISCOUNT), "percent": _digits(percent)}]
    if kind == "GroupLineDetail":
        detail = part(raw, "GroupLineDetail")
        line |= {"kind": str(LineKind.BUNDLE), "item": text(detail, "GroupItemRef", "value"), "amount": "0"}
        line |= {"name": named(detail, "GroupItemRef")[:500], "quantity": _digits(amount(detail, "Quantity"))}
        return [line, *(each for one in parts(detail, "Line") for each in lines_of(one, names, member=True))]
    if kind != "SalesItemLineDetail":
        return [line | {"kind": str(LineKind.TEXT)}]
    code = text(raw, "SalesItemLineDetail", "TaxCodeRef", "value")
    line |= {
        "kind": str(LineKind.MEMBER if member else LineKind.ITEM),
        "name": named(part(raw, "SalesItemLineDetail"), "ItemRef")[:500],
        "item": text(part(raw, "SalesItemLineDetail"), "ItemRef", "value"),
        "quantity": _digits(amount(raw, "SalesItemLineDetail", "Qty")),
        "unit_price": _digits(amount(raw, "SalesItemLineDetail", "UnitPrice")),
        "tax_code": code,
        "tax_name": names.tax_codes.get(code, "")[:120],
    }
    return [line]


def _sum(lines: list[dict[str, str]], *, discounts: bool) -> Decimal:
    wanted = (line for line in lines if (line["kind"] == LineKind.DISCOUNT) == discounts)
    return sum((Decimal(line["amount"] or 0) for line in wanted), ZERO)


def is_deposited(payload: Payload) -> bool:
    """Whether a payment or receipt is part of a bank deposit."""
    return any(text(linked, "TxnType") == "Deposit" for linked in parts(payload, "LinkedTxn"))


def _digits(value: Decimal | None) -> str:
    return "" if value is None else format(plain_number(value), "f")


def marker(document: CreditDocument) -> str:
    """The last line of PrivateNote of every document of these that we create: by it the document is found again."""
    return f"CRM {document.request_id}"


def to_credit_memo(
    document: CreditDocument,
    *,
    multicurrency: bool,
    tax: Mapping[str, Any],
    number: str = "",
    codes: Mapping[str, TaxCodeRates] | None = None,
) -> dict[str, Any]:
    """A new CreditMemo. ``tax`` are the members of the credited invoice that say how it was taxed.

    US companies with automated tax need nothing of it; others get the same code and calculation as the invoice, so
    that the same tax is given back. ``codes`` are needed where prices include tax.
    """
    lines = [_line(line) for line in document.lines]
    if tax.get("GlobalTaxCalculation") == "TaxInclusive":
        _without_tax(lines, codes or {})
    payload: dict[str, Any] = {
        **tax,
        "CustomerRef": {"value": document.customer_external_id},
        "TxnDate": document.issued_on.isoformat() if document.issued_on else None,
        "Line": lines,
        "PrivateNote": "\n".join(part for part in (document.note.strip()[:3900], marker(document)) if part),
    }
    if document.message:
        payload["CustomerMemo"] = {"value": document.message}
    if document.recipient:
        payload["BillEmail"] = {"Address": document.recipient}
    if number:
        payload["DocNumber"] = number
    if multicurrency:
        payload["CurrencyRef"] = {"value": document.currency}
        payload["ExchangeRate"] = plain_number(document.exchange_rate)
    return {name: value for name, value in payload.items() if value is not None}


def to_sales_receipt(
    document: CreditDocument,
    *,
    customer: Any,
    items: Sequence[Any],
    in_us: bool,
    multicurrency: bool,
    number: str = "",
) -> dict[str, Any]:
    """A new SalesReceipt. ``customer`` and ``items`` (one for each line) are QuickBooks ids or placeholders for them.

    US companies get no tax code: QuickBooks adds the tax. Nor is a rate sent: QuickBooks takes that of the day.
    """
    tax = {} if in_us else {"GlobalTaxCalculation": "TaxExcluded"}
    payload = to_credit_memo(document, multicurrency=multicurrency, tax=tax, number=number)
    payload.pop("ExchangeRate", None)
    payload["CustomerRef"] = {"value": customer}
    for line, item in zip(payload["Line"], items, strict=True):
        detail = line.get("SalesItemLineDetail")
        if detail is not None:
            detail["ItemRef"] = {"value": item}
            if in_us:
                detail.pop("TaxCodeRef", None)
    return payload


def _without_tax(lines: Sequence[dict[str, Any]], codes: Mapping[str, TaxCodeRates]) -> None:
    """Prices with tax as QuickBooks wants them: before tax, and what they are with it beside."""
    before = ZERO
    for line in lines:
        if text(line, "DetailType") != "SalesItemLineDetail":
            continue
        detail = line["SalesItemLineDetail"]
        code, amount_here = codes.get(text(detail, "TaxCodeRef", "value")), Decimal(line["Amount"])
        known = code is not None and code.known
        if text(detail, "ItemRef", "value") == SHIPPING:
            # Shipping is kept before tax.
            net, with_tax = amount_here, cents(amount_here * (1 + code.factor())) if known and code else amount_here
        else:
            net, with_tax = net_of(amount_here, code) if known and code else amount_here, amount_here
            before += net
        detail["TaxInclusiveAmt"], line["Amount"] = plain_number(with_tax), plain_number(net)
        if "Qty" in detail and "UnitPrice" in detail:
            detail["UnitPrice"] = plain_number(price_for(Decimal(detail["Qty"]), Decimal(detail["UnitPrice"]), net))
    for line in lines:
        percent = amount(line, "DiscountLineDetail", "DiscountPercent")
        if percent:
            line["Amount"] = plain_number(cents(before * percent / 100))


def _line(line: Mapping[str, str]) -> dict[str, Any]:
    money = plain_number(Decimal(line["amount"] or "0"))
    if line["kind"] == LineKind.DISCOUNT:
        detail: dict[str, Any] = {"PercentBased": bool(line.get("percent"))}
        if line.get("percent"):
            detail["DiscountPercent"] = plain_number(Decimal(line["percent"]))
        return {"Amount": money, "DetailType": "DiscountLineDetail", "DiscountLineDetail": detail}
    if line["kind"] == LineKind.TEXT:
        return {"Description": line["description"], "DetailType": "DescriptionOnly", "DescriptionLineDetail": {}}
    detail = {"ItemRef": {"value": line["item"]}} if line["item"] else {}
    if line["quantity"]:
        detail["Qty"] = plain_number(Decimal(line["quantity"]))
    if line["unit_price"]:
        detail["UnitPrice"] = plain_number(Decimal(line["unit_price"]))
    if line.get("tax_code"):
        detail["TaxCodeRef"] = {"value": line["tax_code"]}
    if line.get("class"):
        detail["ClassRef"] = {"value": line["class"]}
    payload: dict[str, Any] = {"Amount": money, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    if line["description"]:
        payload["Description"] = line["description"]
    return payload
