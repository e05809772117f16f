"""The tax codes of a company with the rates that they consist of, from the mirror, for reckoning totals."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from invoices.tax import RateBase, TaxCodeRates, TaxRatePart
from invoices.totals import NOT_TAXABLE, TAXABLE
from qbo_connector.mirror import read
from qbo_connector.models import Connection
from sync.mapping.reading import BadPayload, Payload, amount, flag, part, parts, text

_BASES = {base.value: base for base in RateBase}


def codes(connection: Connection, customer_id: str = "") -> Mapping[str, TaxCodeRates] | None:
    """All tax codes by id; in US companies TAX and NON as they stand for ``customer_id``.

    None where QuickBooks finds the rate itself (automated sales tax), or where it is not known which one counts.
    """
    if not connection.in_us:
        return codes_of(_payloads(connection, "TaxCode"), _payloads(connection, "TaxRate"))
    if not connection.sales_tax:
        return {TAXABLE: TaxCodeRates(), NOT_TAXABLE: TaxCodeRates()}
    if connection.automated_tax:
        return None
    customer: Payload = next(iter(_payloads(connection, "Customer", customer_id)), {}) if customer_id else {}
    if customer and not flag(customer, "Taxable", default=True):
        return {TAXABLE: TaxCodeRates(), NOT_TAXABLE: TaxCodeRates()}
    wanted = text(customer, "DefaultTaxCodeRef", "value") or str(connection.preferences.get("tax_code") or "")
    known = codes_of(_payloads(connection, "TaxCode"), _payloads(connection, "TaxRate"))
    return us_codes(known.get(wanted)) if wanted in known else None


def us_codes(code: TaxCodeRates | None) -> dict[str, TaxCodeRates]:
    """The two marks of lines in US companies, where ``code`` counts for the whole document."""
    return {TAXABLE: code or TaxCodeRates(), NOT_TAXABLE: TaxCodeRates()}


def codes_of(tax_codes: Sequence[Payload], tax_rates: Sequence[Payload]) -> dict[str, TaxCodeRates]:
    """TaxCode and TaxRate payloads as tax codes by id; one that can't be read is left out. Pure."""
    percents: dict[str, Decimal | None] = {}
    for rate in tax_rates:
        try:
            percents[text(rate, "Id")] = amount(rate, "RateValue")
        except BadPayload:
            continue
    found = {}
    for code in tax_codes:
        try:
            found[text(code, "Id")] = TaxCodeRates(text(code, "Name"), _rates(code, percents))
        except BadPayload:
            continue
    return found


def _rates(code: Payload, percents: Mapping[str, Decimal | None]) -> tuple[TaxRatePart, ...]:
    rates = []
    for detail in parts(part(code, "SalesTaxRateList"), "TaxRateDetail"):
        rate_id = text(detail, "TaxRateRef", "value")
        rates.append(
            TaxRatePart(
                name=text(detail, "TaxRateRef", "name"),
                percent=percents.get(rate_id),
                external_id=rate_id,
                order=int(amount(detail, "TaxOrder") or 0),
                base=_BASES.get(text(detail, "TaxTypeApplicable"), RateBase.AMOUNT),
            )
        )
    return tuple(rates)


def taxable_items(connection_id: int, qbo_ids: Sequence[str]) -> frozenset[str]:
    """Those of the items on which US sales tax is due."""
    found = read.with_payloads(read.objects(connection_id, "Item").filter(qbo_id__in=set(qbo_ids)))
    return frozenset(each.row.qbo_id for each in found if each.payload.get("Taxable") is True)


def _payloads(connection: Connection, entity: str, qbo_id: str = "") -> list[Payload]:
    rows = read.objects(connection.pk, entity)
    if qbo_id:
        rows = rows.filter(qbo_id=qbo_id)
    return [found.payload for found in read.with_payloads(rows)]
