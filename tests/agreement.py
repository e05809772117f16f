"""Both sides compared: what is linked says the same here and there, to the cent, or a person is asked about it."""

import json
from collections import Counter
from decimal import Decimal
from typing import Any

from invoices.models import Invoice, InvoiceEdit, Payment
from qbo_connector.models import Connection, Operation
from sync import records
from sync.enums import Direction, Outcome, RecordType
from sync.mapping.fields import ENTITY_OF
from sync.mapping.values import from_quickbooks, in_crm
from sync.merge import plain
from sync.models import Conflict, Link
from sync.policies import OBJECT_OF, policy_of
from sync.publish.texts import storable
from tests.checker import assert_at_rest
from tests.quickbooks import QuickBooks


def assert_agreement(quickbooks: QuickBooks, connection: Connection) -> None:
    """At rest, and both sides say the same of everything that is linked, or a person is asked about it."""
    assert_at_rest(quickbooks, connection)
    open_ones = Operation.objects.filter(connection=connection, settled_at=None)
    assert not open_ones.exists(), list(open_ones)
    waiting = Link.objects.filter(connection=connection, outcome=Outcome.PENDING)
    said = [(str(link), link.snapshot) for link in waiting if not link.reason]
    assert not said, (said, [(str(row), row.intent, row.problem) for row in Operation.objects.all()])
    for record_type in (RecordType.COMPANY, RecordType.CONTACT, RecordType.PRODUCT):
        _assert_fields(quickbooks, connection, record_type)
    _assert_invoices(quickbooks, connection)
    _assert_payments(quickbooks, connection)


def _there(quickbooks: QuickBooks, connection: Connection, entity: str) -> dict[str, dict[str, Any]]:
    """What QuickBooks has of an entity, inactive ones too, with exact numbers."""
    rows = quickbooks.call("GET", f"objects/{connection.realm_id}/{entity}?active=all")
    return {row["Id"]: row for row in json.loads(json.dumps(rows), parse_float=Decimal)}


def _assert_fields(quickbooks: QuickBooks, connection: Connection, record_type: RecordType) -> None:
    policy = policy_of(connection, OBJECT_OF[record_type])
    mappings = policy.mappings[record_type]
    there = _there(quickbooks, connection, ENTITY_OF[record_type])
    links = Link.objects.filter(connection=connection, object_type=record_type).exclude(qbo_id="")
    ours = records.values_of(
        record_type, [link.object_id for link in links], [m.rule.crm_field for m in mappings] + ["email"]
    )
    asked = set(Conflict.objects.filter(resolved_at=None).values_list("link_id", "crm_field"))
    for link in links:
        row = there.get(link.qbo_id)
        if link.outcome == Outcome.IN_SYNC:
            assert row is not None, f"{link} is in sync with what is gone"
            assert link.object_id in ours, f"{link} is in sync with nothing"
        if link.outcome not in (Outcome.IN_SYNC, Outcome.CONFLICT) or row is None or row.get("Active") is False:
            assert link.outcome == Outcome.IN_SYNC or link.reason, f"{link} is {link.outcome} and nobody is told why"
            continue
        if ours[link.object_id].get("archived_at") is not None:
            continue
        theirs, _problems = from_quickbooks(record_type, row, mappings)
        mine = in_crm(ours[link.object_id], mappings)
        for mapping in mappings:
            name = mapping.rule.crm_field
            if mapping.rule.direction == Direction.BOTH and (link.pk, name) not in asked:
                held = _as_held(mine[name], mapping.qbo.name, in_us=connection.in_us)
                assert plain(theirs[name]) in (plain(mine[name]), held), (str(link), name, mine[name], theirs[name])


def _as_held(value: Any, field: str, *, in_us: bool) -> Any:
    """A value of ours as QuickBooks can hold it: no price is 0, and a US company knows ISO-8859-1 only."""
    if field in ("UnitPrice", "PurchaseCost"):
        return plain(value or Decimal(0))
    return plain(storable({field: value}, in_us=in_us)[0][field])


def _assert_invoices(quickbooks: QuickBooks, connection: Connection) -> None:
    asked = set(
        Conflict.objects.filter(resolved_at=None, link__object_type="invoice").values_list("link__object_id", flat=True)
    )
    failing = set(
        Link.objects.filter(object_type="invoice", outcome=Outcome.FAILING).values_list("object_id", flat=True)
    )
    left = InvoiceEdit.objects.exclude(invoice__in=asked | failing)
    assert not left.exists(), [edit.invoice_id for edit in left]
    there = _there(quickbooks, connection, "Invoice")
    here = Invoice.objects.filter(connection=connection, removed_at=None).exclude(external_id="")
    assert {invoice.external_id for invoice in here} == there.keys()
    for invoice in here:
        row = there[invoice.external_id]
        assert Decimal(str(row["TotalAmt"])) == invoice.total, invoice.pk
        paid = sum((a.amount for a in invoice.applications.filter(payment__removed_at=None).exclude(
            payment__external_id="")), Decimal(0))  # fmt: skip
        assert paid + invoice.balance == invoice.total, (invoice.pk, paid, invoice.balance, invoice.total)
        if invoice.pk in asked | failing:
            continue
        assert invoice.ending == "", invoice.pk
        assert (invoice.number, str(invoice.due_on)) == (row["DocNumber"], row["DueDate"])
        assert invoice.message == row.get("CustomerMemo", {}).get("value", "")
        assert invoice.recipient == row.get("BillEmail", {}).get("Address", "")
        lines = [line for line in row["Line"] if line["DetailType"] == "SalesItemLineDetail"]
        mine = [(line.external_id, line.description, line.amount) for line in invoice.lines.filter(kind="item")]
        assert mine == [(line["Id"], line.get("Description", ""), _as_read(line)) for line in lines]


def _as_read(line: dict[str, Any]) -> Decimal:
    """A line's amount as people read it: with tax where prices include it."""
    return Decimal(str(line["SalesItemLineDetail"].get("TaxInclusiveAmt", line["Amount"])))


def _assert_payments(quickbooks: QuickBooks, connection: Connection) -> None:
    there = _there(quickbooks, connection, "Payment")
    here = Payment.objects.filter(connection=connection, removed_at=None).exclude(external_id="")
    assert {payment.external_id for payment in here} == there.keys()
    for payment in here:
        row = there[payment.external_id]
        assert payment.amount == Decimal(str(row["TotalAmt"])), payment.pk
        assert payment.unapplied == Decimal(str(row.get("UnappliedAmt", 0))), payment.pk
        theirs: Counter[str] = Counter()
        for line in row["Line"]:
            for linked in line.get("LinkedTxn", []):
                theirs[linked["TxnId"]] += Decimal(str(line["Amount"]))
        mine = {part.invoice_external_id: part.amount for part in payment.applications.all()}
        assert mine == theirs, payment.pk
    waiting = Payment.objects.filter(connection=connection, external_id="", removed_at=None)
    refused = Link.objects.filter(object_type="payment", outcome=Outcome.FAILING).values_list("object_id", flat=True)
    assert set(waiting.values_list("pk", flat=True)) <= set(refused)
