"""What the sync brings: rows, lines, associations, deal figures and events, in a constant number of statements."""

import dataclasses
import datetime
from decimal import Decimal

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from core.inserting import MANY
from core.models import Event, EventLink, Origin
from crm.models import Contact, Deal, DealBilling, Stage
from invoices.enums import InvoiceOrigin, InvoiceStatus
from invoices.models import Invoice, InvoiceLine, Payment, PaymentApplication
from invoices.services.from_sync import apply_invoices, apply_payments, mark_removed
from invoices.synced import SyncedApplication, SyncedInvoice, SyncedInvoiceLine, SyncedPayment
from tests.invoices.fakes import TODAY

T1 = datetime.datetime(2026, 11, 20, 9, 0, tzinfo=datetime.UTC)
T2 = T1 + datetime.timedelta(hours=1)


def synced(external_id: str = "130", **fields) -> SyncedInvoice:
    values = {
        "currency": "USD",
        "issued_on": TODAY,
        "total": Decimal("362.07"),
        "balance": Decimal("362.07"),
        "number": "1037",
        "customer_external_id": "24",
        "customer_name": "Sonnenschein Family Store",
        "recipient": "family@example.com",
        "due_on": TODAY + datetime.timedelta(days=30),
        "subtotal": Decimal("335.25"),
        "tax_total": Decimal("26.82"),
        "remote_updated_at": T1,
        "lines": (
            SyncedInvoiceLine(
                "1",
                item_external_id="5",
                item_name="Rock Fountain",
                quantity=Decimal(1),
                unit_price=Decimal(275),
                amount=Decimal(275),
            ),
            SyncedInvoiceLine(
                "2",
                item_external_id="11",
                item_name="Pump",
                quantity=Decimal(4),
                unit_price=Decimal("15.0625"),
                amount=Decimal("60.25"),
            ),
        ),
    }
    return SyncedInvoice(external_id, **(values | fields))


def changed(row, **fields):
    return dataclasses.replace(row, remote_updated_at=T2, **fields)


def events(kind: str = "invoice") -> list[str]:
    return list(Event.objects.filter(object_type=kind).order_by("pk").values_list("name", flat=True))


def shown_on(event: Event) -> set[tuple[str, int]]:
    return set(EventLink.objects.filter(event=event).values_list("object_type", "object_id"))


def test_an_invoice_from_quickbooks_is_stored_with_its_lines_and_told(connection, contact, company):
    row = synced(contact_ids=(contact.pk,), company_ids=(company.pk,))

    result = apply_invoices(connection.pk, [row], today=TODAY, quiet=False)

    invoice = Invoice.objects.get(pk=result.ids["130"])
    assert (invoice.origin, invoice.number, invoice.status) == (InvoiceOrigin.QUICKBOOKS, "1037", InvoiceStatus.WAITING)
    assert (invoice.total, invoice.tax_total, invoice.tracked) == (Decimal("362.07"), Decimal("26.82"), False)
    assert [(line.position, line.item_name, line.unit_price) for line in invoice.lines.all()] == [
        (0, "Rock Fountain", Decimal(275)),
        (1, "Pump", Decimal("15.0625")),
    ]
    assert (result.created, result.changed) == ({"130"}, set())
    event = Event.objects.get()
    assert (event.name, event.origin) == ("invoice.created_in_quickbooks", Origin.SYNC)
    assert shown_on(event) == {("invoice", invoice.pk), ("contact", contact.pk), ("company", company.pk)}


def test_the_same_again_writes_nothing_and_tells_nothing(connection):
    rows = [synced(), synced("131", number="1038", exchange_rate=Decimal("1.23456789012345"))]
    apply_invoices(connection.pk, rows, today=TODAY, quiet=False)
    before = list(Invoice.objects.order_by("pk").values())
    told = Event.objects.count()

    with CaptureQueriesContext(
        database,
    ) as queries:
        result = apply_invoices(connection.pk, rows, today=TODAY, quiet=False)

    assert (result.created, result.changed) == (set(), set())
    assert list(Invoice.objects.order_by("pk").values()) == before
    assert Event.objects.count() == told
    assert not [q["sql"] for q in queries if q["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")]


def test_nothing_is_told_in_quiet_mode(connection, deal):
    apply_invoices(connection.pk, [synced(deal_id=deal.pk, balance=Decimal(0))], today=TODAY, quiet=True)

    assert not Event.objects.exists()
    assert DealBilling.objects.get(deal=deal).paid == Decimal("362.07")


def test_an_older_state_never_overwrites_a_newer_one(connection):
    newer = changed(synced(), total=Decimal(400), balance=Decimal(400))
    apply_invoices(connection.pk, [newer], today=TODAY, quiet=False)

    result = apply_invoices(connection.pk, [synced()], today=TODAY, quiet=False)

    assert result.skipped == {"130": "older"}
    assert Invoice.objects.get().total == Decimal(400)


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"emailed": True}, InvoiceStatus.SENT, ["invoice.sent"]),
        ({"balance": Decimal("262.07")}, InvoiceStatus.PARTIAL, ["invoice.partly_paid"]),
        ({"balance": Decimal(0)}, InvoiceStatus.PAID, ["invoice.paid"]),
        ({"emailed": True, "balance": Decimal(0)}, InvoiceStatus.PAID, ["invoice.sent", "invoice.paid"]),
        ({"due_on": TODAY - datetime.timedelta(days=1)}, InvoiceStatus.OVERDUE, ["invoice.edited", "invoice.overdue"]),
        (
            {"total": Decimal(0), "balance": Decimal(0), "voided": True, "lines": ()},
            InvoiceStatus.VOIDED,
            ["invoice.voided"],
        ),
        ({"total": Decimal(400), "balance": Decimal(400)}, InvoiceStatus.WAITING, ["invoice.edited"]),
        ({"lines": ()}, InvoiceStatus.WAITING, ["invoice.edited"]),
        ({"private_note": "seen by the accountant"}, InvoiceStatus.WAITING, []),
    ],
)
def test_what_changed_in_quickbooks_is_told_once(connection, deal, change, status, told):
    row = synced(deal_id=deal.pk)
    apply_invoices(connection.pk, [row], today=TODAY, quiet=True)

    for _again in range(2):
        apply_invoices(connection.pk, [changed(row, **change)], today=TODAY, quiet=False)

    invoice = Invoice.objects.get()
    assert invoice.status == status
    assert events() == told
    assert all(("deal", deal.pk) in shown_on(event) for event in Event.objects.all())
    assert DealBilling.objects.get(deal=deal).invoice_status == status


def test_a_partial_payment_of_an_overdue_invoice_is_told(connection):
    row = synced(due_on=TODAY - datetime.timedelta(days=3))
    apply_invoices(connection.pk, [row], today=TODAY, quiet=True)
    apply_invoices(connection.pk, [changed(row, balance=Decimal(62))], today=TODAY, quiet=False)

    assert Invoice.objects.get().status == InvoiceStatus.OVERDUE
    assert Event.objects.get().data["amount"] == "300.07"
    assert events() == ["invoice.partly_paid"]


def test_a_payment_taken_back_reopens_the_invoice(connection):
    row = synced(balance=Decimal(0))
    apply_invoices(connection.pk, [row], today=TODAY, quiet=True)
    apply_invoices(connection.pk, [changed(row, balance=Decimal("362.07"))], today=TODAY, quiet=False)

    assert events() == ["invoice.reopened"]


def test_our_own_invoice_comes_back_under_its_id(connection, deal, contact, rep):
    made = Invoice.objects.create(
        connection=connection,
        tracked=True,
        status=InvoiceStatus.WAITING,
        deal=deal,
        owner=rep,
        issued_on=TODAY,
        currency="USD",
        total=335,
        balance=335,
    )
    made.contacts.add(contact)
    InvoiceLine.objects.create(invoice=made, item_name="Rock Fountain", item_external_id="5", amount=275)

    result = apply_invoices(connection.pk, [synced(id=made.pk)], today=TODAY, quiet=False)

    made.refresh_from_db()
    assert (made.external_id, made.number, made.origin) == ("130", "1037", InvoiceOrigin.CRM)
    assert (made.deal, made.owner, made.tracked) == (deal, rep, True)
    assert result.ids == {"130": made.pk}
    assert events() == ["invoice.created"]
    assert shown_on(Event.objects.get()) == {("invoice", made.pk), ("deal", deal.pk), ("contact", contact.pk)}
    billing = DealBilling.objects.get(deal=deal)
    assert (billing.invoice_number, billing.invoice_status, billing.outstanding) == ("1037", "waiting", made.total)


def test_a_row_that_the_pull_made_first_becomes_one_with_ours(connection, deal):
    made = Invoice.objects.create(connection=connection, deal=deal, issued_on=TODAY, currency="USD", tracked=True)
    apply_payments(connection.pk, [payment()], quiet=True)
    apply_invoices(connection.pk, [synced()], today=TODAY, quiet=False)

    apply_invoices(connection.pk, [synced(id=made.pk)], today=TODAY, quiet=False)

    assert [invoice.pk for invoice in Invoice.objects.all()] == [made.pk]
    assert PaymentApplication.objects.get().invoice_id == made.pk


def test_a_line_keeps_its_product_when_quickbooks_sends_none(connection, product):
    row = synced()
    apply_invoices(connection.pk, [row], today=TODAY, quiet=True)
    InvoiceLine.objects.filter(item_external_id="5").update(product=product)

    lines = (dataclasses.replace(row.lines[0], amount=Decimal(300)), row.lines[1])
    apply_invoices(connection.pk, [changed(row, lines=lines)], today=TODAY, quiet=True)

    assert [(line.amount, line.product) for line in Invoice.objects.get().lines.all()] == [
        (Decimal(300), product),
        (Decimal("60.25"), None),
    ]


def payment(external_id: str = "200", amount: str = "100", paid: str = "130", **fields) -> SyncedPayment:
    values = {
        "received_on": TODAY,
        "customer_name": "Sonnenschein Family Store",
        "method_name": "Check",
        "remote_updated_at": T1,
        "applications": (SyncedApplication(paid, Decimal(amount)),),
    }
    return SyncedPayment(external_id, "USD", Decimal(amount), **(values | fields))


def test_a_payment_is_told_on_the_deal_with_amount_and_date(connection, deal, contact):
    apply_invoices(connection.pk, [synced(deal_id=deal.pk, contact_ids=(contact.pk,))], today=TODAY, quiet=True)

    for _again in range(2):
        apply_payments(connection.pk, [payment()], quiet=False)

    event = Event.objects.get()
    invoice = Invoice.objects.get()
    assert event.name == "payment.received"
    assert (event.data["amount"], event.data["received_on"]) == ("100", TODAY.isoformat())
    assert event.data["invoices"] == ["1037"]
    stored = Payment.objects.get()
    assert shown_on(event) == {
        ("payment", stored.pk),
        ("invoice", invoice.pk),
        ("deal", deal.pk),
        ("contact", contact.pk),
    }
    assert PaymentApplication.objects.get().invoice == invoice


def test_a_payment_before_its_invoice_is_joined_when_it_arrives(connection, deal):
    apply_payments(connection.pk, [payment()], quiet=False)
    assert PaymentApplication.objects.get().invoice is None

    apply_invoices(connection.pk, [synced(deal_id=deal.pk)], today=TODAY, quiet=False)

    invoice = Invoice.objects.get()
    assert PaymentApplication.objects.get().invoice == invoice
    assert ("deal", deal.pk) in shown_on(Event.objects.get(name="payment.received"))


def test_changes_of_a_payment(connection):
    apply_invoices(connection.pk, [synced(), synced("131", number="1038")], today=TODAY, quiet=True)
    apply_payments(connection.pk, [payment()], quiet=True)
    both = (SyncedApplication("130", Decimal(60)), SyncedApplication("131", Decimal(40)))

    result = apply_payments(connection.pk, [changed(payment(), applications=both)], quiet=False)
    assert result.changed == {"200"}
    assert sorted(PaymentApplication.objects.values_list("invoice__number", "amount")) == [
        ("1037", Decimal(60)),
        ("1038", Decimal(40)),
    ]
    apply_payments(connection.pk, [changed(payment(), applications=())], quiet=False)
    assert not PaymentApplication.objects.exists()
    apply_payments(connection.pk, [changed(payment(), amount=Decimal(0), applications=(), voided=True)], quiet=False)
    mark_removed(connection.pk, ["200"], "payment")
    mark_removed(connection.pk, ["200"], "payment")

    assert events("payment") == ["payment.changed", "payment.changed", "payment.voided", "payment.removed"]


def test_a_removed_invoice_no_longer_counts_and_an_old_page_does_not_bring_it_back(connection, deal):
    apply_invoices(connection.pk, [synced(deal_id=deal.pk)], today=TODAY, quiet=True)

    assert mark_removed(connection.pk, ["130", "999"], "invoice") == [Invoice.objects.get().pk]
    assert mark_removed(connection.pk, ["130"], "invoice") == []

    assert events() == ["invoice.removed"]
    billing = DealBilling.objects.get(deal=deal)
    assert (billing.billed, billing.invoice_number, billing.invoices) == (0, "", 0)
    apply_invoices(connection.pk, [synced()], today=TODAY, quiet=False)
    assert Invoice.objects.get().removed_at is not None


def _many(count: int, stage: Stage, connection, offset: int) -> list[SyncedInvoice]:
    rows = []
    for number in range(offset, offset + count):
        deal = Deal.objects.create(name=f"Deal {number}", stage=stage)
        contact = Contact.objects.create(first_name=f"C{number}")
        rows.append(synced(f"x{number}", number=str(number), deal_id=deal.pk, contact_ids=(contact.pk,)))
    return rows


def test_statements_do_not_depend_on_the_number_of_rows(connection, stage):
    counts = {}
    for offset, size in ((0, MANY), (1000, 500)):
        rows = _many(size, stage, connection, offset)
        updates = [changed(row, balance=Decimal(10), lines=row.lines[:1]) for row in rows]
        payments = [payment(f"p{row.external_id}", paid=row.external_id) for row in rows]
        steps = {
            "new": lambda rows=rows: apply_invoices(connection.pk, rows, today=TODAY, quiet=False),
            "changed": lambda rows=updates: apply_invoices(connection.pk, rows, today=TODAY, quiet=False),
            "same": lambda rows=updates: apply_invoices(connection.pk, rows, today=TODAY, quiet=False),
            "payments": lambda rows=payments: apply_payments(connection.pk, rows, quiet=False),
            "removed": lambda rows=rows: mark_removed(connection.pk, [r.external_id for r in rows], "invoice"),
        }
        for name, step in steps.items():
            with CaptureQueriesContext(database) as queries:
                step()
            counts.setdefault(name, []).append(len(queries))
    assert all(few == many for few, many in counts.values()), counts
    assert max(many for _few, many in counts.values()) <= 22, counts
