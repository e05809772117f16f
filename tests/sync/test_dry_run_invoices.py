"""A dry run of invoices and payments tells both ways what would happen, field by field, and does nothing."""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from invoices.models import Invoice, Payment
from invoices.services import edit, endings, payments
from invoices.services.payments import Received
from qbo_connector.models import ApiUsage, Connection
from sync.dry_run import CRM, QUICKBOOKS, Change, Report, dry_run
from sync.enums import Outcome, SyncObject, Winner
from sync.models import Link, ObjectSettings
from sync.services.connections import add_default_mappings
from tests import makers
from tests.quickbooks import QuickBooks, enable, read_company, sync_company

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


def told(report: Report) -> dict[tuple[str, str, str], list[Change]]:
    found: dict[tuple[str, str, str], list[Change]] = {}
    for change in report.changes:
        found.setdefault((change.side, change.kind, change.record_type), []).append(change)
    return found


def fields(change: Change) -> dict[str, tuple[Any, Any]]:
    return {each.field: (each.before, each.after) for each in change.fields}


def look(company: Connection) -> dict[tuple[str, str, str], list[Change]]:
    calls = ApiUsage.objects.count()
    before = list(Invoice.objects.order_by("pk").values_list("pk", "total", "message", "updated_at"))
    found = told(dry_run(company, SyncObject.INVOICE))
    assert list(Invoice.objects.order_by("pk").values_list("pk", "total", "message", "updated_at")) == before
    assert ApiUsage.objects.count() == calls
    return found


def change_there(quickbooks: QuickBooks, company: Connection, qbo_id: str = "130", **values: Any) -> None:
    quickbooks.call("POST", f"objects/{company.realm_id}/Invoice/{qbo_id}", {"operation": "update", "fields": values})


def test_an_edit_made_here_goes_out_and_what_changed_there_comes_in(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice = Invoice.objects.get(external_id="130")
    first, *others = [edited(line) for line in invoice.lines.filter(kind="item")]
    edit.edit_invoice(invoice, by=rep, message="Thank you", lines=[replace_price(first, "99.5"), *others])
    change_there(quickbooks, company, PrivateNote="Called on Monday")
    read_company(company)

    found = look(company)

    (incoming,) = found.pop((CRM, "update", "invoice"))
    assert fields(incoming) == {"private_note": (None, "Called on Monday")}
    (outgoing,) = found.pop((QUICKBOOKS, "update", "invoice"))
    sent = fields(outgoing)
    assert sent["message"][1] == "Thank you"
    before, after = (value.splitlines() for value in sent["lines"])
    assert "at 99.5 =" in after[0]
    assert before[1:] == after[1:]
    assert outgoing.record_id == invoice.pk
    assert not found


def edited(line: Any) -> edit.EditedLine:
    names = ("item_external_id", "item_name", "description", "quantity", "unit_price", "service_on", "amount")
    values = {name: getattr(line, name) for name in names}
    return edit.EditedLine(pk=line.pk, tax_code_external_id=line.tax_code_external_id, **values)


def replace_price(line: edit.EditedLine, price: str) -> edit.EditedLine:
    return edit.EditedLine(**{**vars(line), "unit_price": Decimal(price), "quantity": Decimal(2)})


def test_what_both_changed_and_nobody_decided_is_a_conflict(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    ObjectSettings.objects.filter(connection=company, sync_object="invoice").update(winner=Winner.ASK)
    edit.edit_invoice(Invoice.objects.get(external_id="130"), by=rep, message="Ours")
    change_there(quickbooks, company, CustomerMemo={"value": "Theirs"})
    read_company(company)

    found = look(company)

    (clash,) = found.pop((CRM, "conflict", "invoice"))
    assert fields(clash) == {"message": ("Ours", "Theirs")}
    assert not found


def test_new_invoices_endings_and_payments_on_their_way(company: Connection, rep: User) -> None:
    customer = Invoice.objects.filter(connection=company, balance__gt=100, applications=None).order_by("pk")[0]
    new = Invoice.objects.create(
        connection=company,
        origin="crm",
        status="waiting",
        customer_external_id=customer.customer_external_id,
        customer_name=customer.customer_name,
        currency="USD",
        issued_on=timezone.localdate(),
        total=Decimal("12.50"),
    )
    new.lines.create(position=1, kind="item", item_name="Fountain", quantity=1, unit_price="12.5", amount="12.5")
    endings.void(Invoice.objects.get(external_id="130"), by=makers.user("Ops", "ops@example.com"))
    payments.record(
        Received(Decimal(40), timezone.localdate(), [(customer, Decimal(40))]),
        by=makers.user("Ops", "ops@example.com"),
        request_id=new.request_id,
    )

    found = look(company)

    (invoice,) = found.pop((QUICKBOOKS, "create", "invoice"))
    assert fields(invoice)["total"] == (None, "12.5")
    assert fields(invoice)["lines"] == (None, "1 × Fountain at 12.5 = 12.5")
    assert [change.qbo_id for change in found.pop((QUICKBOOKS, "void", "invoice"))] == ["130"]
    (payment,) = found.pop((QUICKBOOKS, "create", "payment"))
    assert fields(payment)["amount"] == (None, "40")
    assert not found
    # What QuickBooks refused is not sent again by itself, and the dry run says why.
    Link.objects.create(
        connection=company,
        entity="Invoice",
        object_type="invoice",
        object_id=new.pk,
        outcome=Outcome.FAILING,
        reason="The period is closed.",
    )
    (refused,) = look(company)[QUICKBOOKS, "stay_out", "invoice"]
    assert refused.reason == "The period is closed."


def test_payments_of_quickbooks_come_in(company: Connection) -> None:
    one = Payment.objects.filter(connection=company, removed_at=None, amount__gt=1).order_by("pk")[0]
    Payment.objects.filter(pk=one.pk).update(reference="old", remote_updated_at=None)
    gone = Payment.objects.filter(connection=company, amount__gt=1).exclude(pk=one.pk).order_by("pk")[0]
    gone.delete()

    found = look(company)

    (changed,) = found.pop((CRM, "update", "payment"))
    assert list(fields(changed)) == ["reference"]
    (created,) = found.pop((CRM, "create", "payment"))
    assert fields(created)["amount"][0] is None
    assert not found
