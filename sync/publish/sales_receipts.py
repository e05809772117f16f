"""What a new sales receipt is in QuickBooks, after the customer and items that it needs."""

from typing import Any, cast

from invoices.models import CreditDocument, Invoice, InvoiceLine
from qbo_connector.models import Operation
from sync.mapping.credit import to_sales_receipt
from sync.publish.parties import customer_for, item_for, reference


def payload_of(document: CreditDocument, *, number: str, attempt: int) -> tuple[dict[str, Any], Operation | None]:
    """The payload, and the last creation that it waits for. What is created on the way stands in it as placeholders."""
    connection = document.connection
    needed: list[Operation] = []
    customer: Any = document.customer_external_id
    # It has what these ask of an invoice: company, deal, new customer, currency and request id.
    as_invoice = cast(Invoice, document)
    if document.new_customer and not customer:
        customer = reference(customer_for(as_invoice, attempt=attempt), needed)
    items: list[Any] = []
    for line in document.lines:
        item: Any = line.get("item") or ""
        if line.get("new_item") and not item:
            wanted = InvoiceLine(new_item=line["new_item"], product_id=line.get("product"))
            item = reference(item_for(connection, as_invoice, wanted, attempt=attempt), needed)
        items.append(item)
    payload = to_sales_receipt(
        document,
        customer=customer,
        items=items,
        in_us=connection.in_us,
        multicurrency=connection.multicurrency,
        number=number,
    )
    return payload, max(needed, key=lambda operation: operation.pk, default=None)
