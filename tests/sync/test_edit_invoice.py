"""Invoices that QuickBooks has, changed in the CRM: merged with what QuickBooks has meanwhile, and sent once."""

import datetime
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from core.services import properties as property_services
from invoices.editing import EditedLine
from invoices.enums import SyncState
from invoices.models import Invoice, InvoiceEdit, InvoiceLine
from invoices.services import edit, endings
from invoices.services.properties import change_invoice
from qbo_connector.mirror import read
from qbo_connector.models import Connection, Operation
from qbo_connector.outbox.drain import drain
from sync import marks
from sync.enums import Outcome, Winner
from sync.models import Conflict, FieldMapping, Link, ObjectSettings
from sync.publish import invoice_changes, invoice_conflicts
from sync.reconcile import run
from sync.services.connections import add_default_mappings
from tests import makers
from tests.quickbooks import QuickBooks, drain_until_settled, enable, read_company, sync_company

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rep(db: None) -> User:
    return makers.user("Admin")


@pytest.fixture
def company(us_company: Connection) -> Connection:
    enable(us_company)
    add_default_mappings(us_company.pk)
    sync_company(us_company)
    return us_company


def invoice_of(company: Connection, qbo_id: str = "130") -> Invoice:
    return Invoice.objects.get(connection=company, external_id=qbo_id)


def edited(line: InvoiceLine, **changes: Any) -> EditedLine:
    names = ("item_external_id", "item_name", "description", "quantity", "unit_price", "service_on")
    values = {name: getattr(line, name) for name in names} | {"tax_code_external_id": line.tax_code_external_id}
    return EditedLine(**({"pk": line.pk, "amount": line.amount} | values | changes))


def carry_over(company: Connection) -> None:
    for pk in invoice_changes.unplanned_changes():
        invoice_changes.plan_wish(pk)
    drain_until_settled(company)


def remote(quickbooks: QuickBooks, company: Connection, qbo_id: str = "130") -> Any:
    return next(row for row in quickbooks.objects(company.realm_id, "Invoice") if row["Id"] == qbo_id)


def item_lines(payload: Any) -> list[Any]:
    return [line for line in payload["Line"] if line["DetailType"] == "SalesItemLineDetail"]


def change_there(quickbooks: QuickBooks, company: Connection, qbo_id: str = "130", **fields: Any) -> None:
    quickbooks.call("POST", f"objects/{company.realm_id}/Invoice/{qbo_id}", {"operation": "update", "fields": fields})


def test_a_changed_message_and_price_reach_quickbooks_and_nothing_else_changes(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice, before = invoice_of(company), remote(quickbooks, company)
    first, *others = invoice.lines.filter(kind="item")

    edit.edit_invoice(
        invoice,
        by=rep,
        message="Thank you",
        lines=[edited(first, unit_price=Decimal("99.5"), quantity=Decimal(2)), *map(edited, others)],
    )
    carry_over(company)

    after = remote(quickbooks, company)
    assert after["CustomerMemo"]["value"] == "Thank you"
    assert item_lines(after)[0]["Amount"] == 199
    assert item_lines(after)[1:] == item_lines(before)[1:]
    assert {k: after.get(k) for k in ("DocNumber", "CustomerRef", "BillAddr", "DueDate")} == {
        k: before.get(k) for k in ("DocNumber", "CustomerRef", "BillAddr", "DueDate")
    }
    invoice.refresh_from_db()
    assert invoice.total == Decimal(str(after["TotalAmt"]))
    assert invoice.balance == Decimal(str(after["Balance"]))
    assert not InvoiceEdit.objects.exists()
    assert Link.objects.get(object_type="invoice", object_id=invoice.pk).outcome == Outcome.IN_SYNC
    assert Operation.objects.filter(subject=f"invoice:{invoice.pk}").count() == 1


def test_a_line_added_and_one_removed(quickbooks: QuickBooks, company: Connection, rep: User) -> None:
    invoice = invoice_of(company)
    first, *_others = invoice.lines.filter(kind="item")
    added = EditedLine(None, first.item_external_id, quantity=Decimal(3), unit_price=Decimal("1.1"), description="More")

    edit.edit_invoice(invoice, by=rep, lines=[edited(first), added])
    carry_over(company)

    lines = item_lines(remote(quickbooks, company))
    assert [line.get("Description") for line in lines] == [first.description or None, "More"]
    assert lines[1]["Amount"] == 3.3
    assert [line.external_id for line in invoice.lines.filter(kind="item")] == [line["Id"] for line in lines]


def test_both_sides_change_different_fields_and_both_changes_stay(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice = invoice_of(company)
    edit.edit_invoice(invoice, by=rep, message="From the CRM")
    change_there(quickbooks, company, BillEmail={"Address": "books@example.com"})

    carry_over(company)

    after = remote(quickbooks, company)
    assert (after["CustomerMemo"]["value"], after["BillEmail"]["Address"]) == ("From the CRM", "books@example.com")
    sync_company(company)
    invoice.refresh_from_db()
    assert (invoice.message, invoice.recipient) == ("From the CRM", "books@example.com")
    assert not InvoiceEdit.objects.exists()


def test_a_change_read_before_ours_is_sent_is_kept(quickbooks: QuickBooks, company: Connection, rep: User) -> None:
    invoice = invoice_of(company)
    edit.edit_invoice(invoice, by=rep, message="From the CRM")
    invoice_changes.plan_change(invoice.pk)
    change_there(quickbooks, company, PrivateNote="From the books")
    sync_company(company)

    invoice.refresh_from_db()
    assert (invoice.message, invoice.private_note) == ("From the CRM", "From the books")
    carry_over(company)

    after = remote(quickbooks, company)
    assert after["CustomerMemo"]["value"] == "From the CRM"
    assert after["PrivateNote"].startswith("From the books")
    # The plan was folded into the newer state: no stale write, no second try.
    assert Operation.objects.filter(subject=f"invoice:{invoice.pk}").count() == 1


@pytest.mark.parametrize(
    ("winner", "kept"),
    [
        (Winner.QUICKBOOKS, "From the books"),
        (Winner.CRM, "From the CRM"),
        (Winner.NEWEST, "From the books"),
    ],
)
def test_the_winner_decides_one_field(
    quickbooks: QuickBooks, company: Connection, rep: User, winner: Winner, kept: str
) -> None:
    ObjectSettings.objects.filter(connection=company).update(winner=winner)
    invoice = invoice_of(company)
    edit.edit_invoice(invoice, by=rep, message="From the CRM")
    quickbooks.call("POST", "clock", {"advance": 60})
    change_there(quickbooks, company, CustomerMemo={"value": "From the books"})

    carry_over(company)
    sync_company(company)

    invoice.refresh_from_db()
    assert invoice.message == remote(quickbooks, company)["CustomerMemo"]["value"] == kept
    assert not InvoiceEdit.objects.exists()


def test_a_conflict_waits_for_a_person_and_the_rest_goes_on(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    ObjectSettings.objects.filter(connection=company).update(winner=Winner.ASK)
    invoice = invoice_of(company)
    due = datetime.date(2027, 3, 1)
    edit.edit_invoice(invoice, by=rep, message="From the CRM", due_on=due)
    change_there(quickbooks, company, CustomerMemo={"value": "From the books"})
    read_company(company)
    run.reconcile(company)

    carry_over(company)

    after = remote(quickbooks, company)
    assert (after["CustomerMemo"]["value"], after["DueDate"]) == ("From the books", "2027-03-01")
    invoice.refresh_from_db()
    assert (invoice.message, invoice.due_on) == ("From the CRM", due)
    conflict = Conflict.objects.get(resolved_at=None)
    assert (conflict.crm_field, conflict.crm, conflict.quickbooks) == ("message", "From the CRM", "From the books")
    assert conflict.crm_changed_by == rep
    assert Link.objects.get(object_type="invoice", object_id=invoice.pk).outcome == Outcome.CONFLICT
    sync_company(company)
    carry_over(company)
    invoice.refresh_from_db()
    assert invoice.message == "From the CRM"
    assert remote(quickbooks, company)["CustomerMemo"]["value"] == "From the books"


def test_an_edit_while_one_is_on_its_way_becomes_the_next(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice = invoice_of(company)
    first, *_others = invoice.lines.filter(kind="item")
    added = EditedLine(None, first.item_external_id, quantity=Decimal(1), unit_price=Decimal(7), description="New")
    edit.edit_invoice(invoice, by=rep, lines=[edited(first), added])
    invoice_changes.plan_change(invoice.pk)
    quickbooks.fault(method="POST", path="/invoice", when="after", action="drop", times=1)
    drain(company.pk)
    edit.edit_invoice(invoice, by=rep, message="Second")

    Operation.objects.update(due_at=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
    carry_over(company)

    after = remote(quickbooks, company)
    assert after["CustomerMemo"]["value"] == "Second"
    assert [line.get("Description") for line in item_lines(after)] == [first.description or None, "New"]
    assert InvoiceLine.objects.filter(invoice=invoice, description="New").count() == 1
    assert not InvoiceEdit.objects.exists()


def test_void_and_delete_reach_quickbooks(quickbooks: QuickBooks, company: Connection, rep: User) -> None:
    voided, deleted = (
        invoice_of(company),
        Invoice.objects.filter(connection=company, status="overdue")
        .exclude(external_id="130")
        .exclude(applications__isnull=False)[0],
    )
    endings.void(voided, by=rep)
    endings.delete(deleted, by=rep)

    carry_over(company)
    sync_company(company)

    assert remote(quickbooks, company)["TotalAmt"] == 0
    assert deleted.external_id not in {row["Id"] for row in quickbooks.objects(company.realm_id, "Invoice")}
    voided.refresh_from_db()
    deleted.refresh_from_db()
    assert (voided.status, voided.ending) == ("voided", "")
    assert deleted.removed_at is not None
    assert deleted.ending == ""
    assert marks.invoice_marks([deleted.pk])[deleted.pk].state != SyncState.FAILED
    assert not Link.objects.filter(outcome=Outcome.BROKEN).exists()


def test_a_refused_change_waits_with_its_reason_until_it_is_sent_again(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice = invoice_of(company)
    quickbooks.fault(
        method="POST", path="/invoice", action="fault", code="6000", message="A business validation error",
        detail="Business Validation Error: no.", status=400, times=1,
    )  # fmt: skip
    edit.edit_invoice(invoice, by=rep, message="New")
    carry_over(company)

    link = Link.objects.get(object_type="invoice", object_id=invoice.pk)
    assert link.outcome == Outcome.FAILING
    assert "no." in link.detail
    for _round in range(2):
        carry_over(company)
        sync_company(company)
    assert Operation.objects.filter(subject=f"invoice:{invoice.pk}").count() == 1

    invoice_changes.plan_change(invoice.pk, again=True)
    carry_over(company)
    assert remote(quickbooks, company)["CustomerMemo"]["value"] == "New"
    link.refresh_from_db()
    assert link.outcome == Outcome.IN_SYNC


@pytest.mark.parametrize(("side", "kept"), [(Winner.QUICKBOOKS, "From the books"), (Winner.CRM, "From the CRM")])
def test_a_decision_about_a_conflict_is_carried_out_on_both_sides(
    quickbooks: QuickBooks, company: Connection, rep: User, side: Winner, kept: str
) -> None:
    ObjectSettings.objects.filter(connection=company).update(winner=Winner.ASK)
    invoice = invoice_of(company)
    line = invoice.lines.filter(kind="item")[0]
    edit.edit_invoice(invoice, by=rep, message="From the CRM", lines=[edited(line, description="From the CRM")])
    there = remote(quickbooks, company)
    there["Line"][0]["Description"] = "From the books"
    change_there(quickbooks, company, CustomerMemo={"value": "From the books"}, Line=there["Line"])
    sync_company(company)
    assert {row.crm_field for row in Conflict.objects.all()} == {"message", f"line:{line.external_id}:description"}

    wanted = invoice_conflicts.decide(Conflict.objects.filter(resolved_at=None).select_related("link"), side)
    read.mark_unread(company, ["Invoice"])
    assert wanted == {invoice.pk}
    drain_until_settled(company)
    carry_over(company)
    sync_company(company)

    after = remote(quickbooks, company)
    invoice.refresh_from_db()
    assert invoice.message == after["CustomerMemo"]["value"] == kept
    assert invoice.lines.get(external_id=line.external_id).description == item_lines(after)[0]["Description"] == kept
    assert not InvoiceEdit.objects.exists()
    assert not Conflict.objects.filter(resolved_at=None).exists()
    assert Link.objects.get(object_type="invoice", object_id=invoice.pk).outcome == Outcome.IN_SYNC


def test_a_mapped_custom_property_flows_both_ways(quickbooks: QuickBooks, company: Connection, rep: User) -> None:
    definition = property_services.create("invoice", by=rep, label="Cost centre", kind="text")
    name = f"property:{definition.pk}"
    FieldMapping.objects.create(
        connection=company, record_type="invoice", crm_field=name, qbo_field="CustomField.1", direction="both"
    )
    field = {"DefinitionId": "1", "Name": "Crew #", "Type": "StringType"}
    change_there(quickbooks, company, CustomField=[{**field, "StringValue": "North"}])
    sync_company(company)
    invoice = invoice_of(company)
    assert invoice.properties == {str(definition.pk): "North"}
    assert not InvoiceEdit.objects.exists()

    change_invoice(invoice, {name: "South"}, by=rep)
    carry_over(company)
    sync_company(company)

    (there,) = [row for row in remote(quickbooks, company)["CustomField"] if row["DefinitionId"] == "1"]
    assert there["StringValue"] == "South"
    invoice.refresh_from_db()
    assert invoice.properties == {str(definition.pk): "South"}
    assert not InvoiceEdit.objects.exists()
    assert Operation.objects.count() == 1


def test_a_property_that_is_not_mapped_writes_nothing(company: Connection, rep: User) -> None:
    definition = property_services.create("invoice", by=rep, label="Cost centre", kind="text")

    change_invoice(invoice_of(company), {f"property:{definition.pk}": "South"}, by=rep)
    carry_over(company)

    assert not Operation.objects.exists()
    assert not InvoiceEdit.objects.exists()


def test_new_lines_that_quickbooks_merged_are_neither_sent_again_nor_lost(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice = invoice_of(company)
    kept = list(invoice.lines.filter(kind="item"))
    item = kept[0].item_external_id
    added = [EditedLine(None, item, quantity=Decimal(1), unit_price=Decimal(7), description=text) for text in "AB"]
    edit.edit_invoice(invoice, by=rep, lines=[*map(edited, kept), *added])
    operation = invoice_changes.plan_change(invoice.pk)
    assert operation is not None
    # What QuickBooks makes of the two is one line.
    intent = operation.intent
    lines = [row for row in intent["Line"] if row.get("Description") not in ("A", "B")]
    both = next(row for row in intent["Line"] if row.get("Description") == "A")
    detail = both["SalesItemLineDetail"] | {"Qty": 2}
    intent["Line"] = [*lines, both | {"Amount": 14, "Description": "A and B", "SalesItemLineDetail": detail}]
    Operation.objects.filter(pk=operation.pk).update(intent=intent)
    drain(company.pk)
    edit.edit_invoice(invoice, by=rep, message="Second")

    carry_over(company)
    sync_company(company)

    there = item_lines(remote(quickbooks, company))
    assert [line.get("Description") for line in there][len(kept) :] == ["A and B"]
    assert [line.external_id for line in invoice.lines.filter(kind="item")] == [line["Id"] for line in there]
    assert remote(quickbooks, company)["CustomerMemo"]["value"] == "Second"


def test_a_void_that_is_done_but_not_noted_is_not_planned_again(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice = invoice_of(company)
    endings.void(invoice, by=rep)
    invoice_changes.plan_wish(invoice.pk)
    drain(company.pk)

    # The sweep comes before the answer is brought to the invoice.
    assert invoice_changes.plan_wish(invoice.pk) is None
    carry_over(company)

    assert Operation.objects.filter(verb="void").count() == 1
    invoice.refresh_from_db()
    assert (invoice.status, invoice.ending) == ("voided", "")
