"""What of the lines of an invoice is told as changed."""

from decimal import Decimal

from invoices.models import InvoiceLine
from invoices.services.line_changes import line_changes


def line(**fields):
    return InvoiceLine(external_id="1", item_name="Sod", quantity=2, unit_price=Decimal(5), amount=10, **fields)


def test_a_tax_code_that_is_only_called_otherwise_is_no_change():
    ours = line(tax_code_external_id="NON", tax_code_name="Not taxed")
    theirs = line(tax_code_external_id="NON", tax_code_name="NON")
    assert line_changes([ours], [theirs]) == []

    taxed = line(tax_code_external_id="TAX", tax_code_name="Taxable")
    (told,) = line_changes([ours], [taxed])
    assert told["changes"] == {"tax_code_name": ["Not taxed", "Taxable"]}
