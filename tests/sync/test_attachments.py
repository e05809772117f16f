"""Files of invoices reach QuickBooks once, go out with the e-mail where that was chosen, and leave it again."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core.models import Event, Sharing, StoredFile
from core.services import files
from invoices.models import Invoice
from invoices.ports import accounting
from qbo_connector.models import Connection, Operation
from sync import settle, tasks
from sync.models import Link
from sync.publish import attachments
from sync.services import settings as settings_service
from sync.services.connections import add_default_mappings
from tests.quickbooks import QuickBooks, drain_until_settled, enable, sync_company

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def invoice(us_company: Connection) -> Invoice:
    enable(us_company)
    add_default_mappings(us_company.pk)
    sync_company(us_company)
    return Invoice.objects.filter(connection=us_company).order_by("pk")[0]


def add(invoice: Invoice, name: str = "plan.pdf", sharing: str = Sharing.EMAIL) -> StoredFile:
    upload = SimpleUploadedFile(name, b"%PDF-1.7\n" + name.encode())
    return files.add_file("invoice", invoice.pk, upload, by=None, sharing=sharing)


def there(quickbooks: QuickBooks, invoice: Invoice) -> list[dict[str, Any]]:
    return quickbooks.objects(invoice.connection.realm_id, "Attachable")


def test_a_file_is_attached_once_and_goes_with_the_email(quickbooks: QuickBooks, invoice: Invoice) -> None:
    file = add(invoice)
    add(invoice, "inside.pdf", Sharing.HERE)
    events = list(Event.objects.filter(name="file.added").values_list("pk", flat=True))
    tasks.publish_files(events)
    assert accounting().file_marks([file.pk]) == {file.pk: ("info", "On its way to QuickBooks")}

    tasks.publish_files(events)
    drain_until_settled(invoice.connection)
    tasks.sweep()
    drain_until_settled(invoice.connection)

    (stored,) = there(quickbooks, invoice)
    assert (stored["FileName"], stored["Size"]) == ("plan.pdf", file.size)
    assert stored["AttachableRef"][0] == {
        "EntityRef": {"type": "Invoice", "value": invoice.external_id},
        "IncludeOnSend": True,
    }
    assert accounting().file_marks([file.pk]) == {file.pk: ("success", "In QuickBooks")}
    assert not attachments.unplanned()


def test_an_answer_that_is_lost_leaves_one_attachment(quickbooks: QuickBooks, invoice: Invoice) -> None:
    quickbooks.fault(method="POST", path="upload", times=1, when="after", action="drop")
    add(invoice)

    for _turn in range(3):
        for pk in attachments.unplanned():
            attachments.publish(pk)
        Operation.objects.update(due_at="2020-01-01T00:00Z")
        drain_until_settled(invoice.connection)

    assert len(there(quickbooks, invoice)) == 1
    assert Operation.objects.get(entity="Attachable").state == "done"


def test_a_refusal_is_told_on_the_file_and_on_the_invoice(quickbooks: QuickBooks, invoice: Invoice) -> None:
    file = add(invoice)
    quickbooks.fault(method="POST", path="upload", times=1, when="before", action="fault", code="6000")

    attachments.publish(file.pk)
    drain_until_settled(invoice.connection)

    tone, words = accounting().file_marks([file.pk])[file.pk]
    assert tone == "danger"
    assert words.startswith("Not in QuickBooks: ")
    assert Event.objects.filter(name="invoice.file_refused", object_id=invoice.pk).count() == 1


def test_a_file_removed_here_leaves_quickbooks(quickbooks: QuickBooks, invoice: Invoice) -> None:
    file, never = add(invoice), add(invoice, "never.pdf")
    attachments.publish(file.pk)
    drain_until_settled(invoice.connection)
    attachments.publish(never.pk)

    files.remove_file(file, by=None)
    files.remove_file(never, by=None)
    tasks.withdraw_files(list(Event.objects.filter(name="file.removed").values_list("pk", flat=True)))
    drain_until_settled(invoice.connection)

    assert there(quickbooks, invoice) == []
    assert not Link.objects.filter(entity="Attachable").exists()
    assert not Operation.objects.filter(state="planned").exists()


def test_a_file_removed_in_read_only_mode_leaves_quickbooks_when_that_ends(
    quickbooks: QuickBooks, invoice: Invoice
) -> None:
    file = add(invoice)
    attachments.publish(file.pk)
    drain_until_settled(invoice.connection)
    settings_service.set_read_only(invoice.connection, on=True, by=None)

    files.remove_file(file, by=None)
    tasks.withdraw_files(list(Event.objects.filter(name="file.removed").values_list("pk", flat=True)))
    drain_until_settled(invoice.connection)
    assert len(there(quickbooks, invoice)) == 1

    settings_service.set_read_only(invoice.connection, on=False, by=None)
    drain_until_settled(invoice.connection)
    assert there(quickbooks, invoice) == []


def test_the_files_of_a_new_invoice_wait_for_its_id(quickbooks: QuickBooks, invoice: Invoice) -> None:
    external_id, invoice.external_id = invoice.external_id, ""
    Invoice.objects.filter(pk=invoice.pk).update(external_id="")
    file = add(invoice)
    assert attachments.publish(file.pk) is None
    Invoice.objects.filter(pk=invoice.pk).update(external_id=external_id)

    assert attachments.unplanned() == [file.pk]
    attachments.publish_of_invoice(invoice.pk)
    drain_until_settled(invoice.connection)
    settle.settle_all([])

    assert len(there(quickbooks, invoice)) == 1
