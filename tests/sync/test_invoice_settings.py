"""Each setting of invoice sync, each of its choices, over the simulator."""

import datetime
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from crm.models import Deal
from invoices.models import Invoice
from invoices.services import edit, moves
from qbo_connector.mirror import read
from qbo_connector.models import Connection
from sync.enums import BackFill, Direction, Exclusion, Incoming, Outcome, Removal
from sync.models import ConnectionSettings, Link, ObjectSettings
from sync.publish import invoice_changes
from sync.services.connections import add_default_mappings
from tests import makers
from tests.quickbooks import QuickBooks, enable, sync_company

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rep(db: None) -> User:
    return makers.user("Admin")


@pytest.fixture
def company(us_company: Connection) -> Connection:
    enable(us_company)
    add_default_mappings(us_company.pk)
    return us_company


def setting(company: Connection, **values: Any) -> None:
    ObjectSettings.objects.filter(connection=company, sync_object="invoice").update(**values)


def here(company: Connection) -> set[str]:
    return set(Invoice.objects.filter(connection=company).values_list("external_id", flat=True))


def there(quickbooks: QuickBooks, company: Connection) -> dict[str, Any]:
    return {row["Id"]: row for row in quickbooks.objects(company.realm_id, "Invoice")}


def create_there(quickbooks: QuickBooks, company: Connection, **fields: Any) -> str:
    line = {"Amount": 10, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}
    body = {"CustomerRef": {"value": "1"}, "Line": [line], **fields}
    answer = quickbooks.call("POST", f"objects/{company.realm_id}/Invoice", body)
    return str(answer.get("Invoice", answer)["Id"])


def act(quickbooks: QuickBooks, company: Connection, qbo_id: str, operation: str, **more: Any) -> None:
    quickbooks.call("POST", f"objects/{company.realm_id}/Invoice/{qbo_id}", {"operation": operation, **more})


@pytest.mark.parametrize(
    ("incoming", "created", "updated"),
    [
        (Incoming.CREATE_AND_UPDATE, True, True),
        (Incoming.CREATE, True, False),
        (Incoming.UPDATE, False, True),
        (Incoming.NOTHING, False, False),
    ],
)
def test_created_or_updated_in_quickbooks(
    quickbooks: QuickBooks, company: Connection, incoming: Incoming, *, created: bool, updated: bool
) -> None:
    sync_company(company)
    setting(company, incoming=incoming)
    new = create_there(quickbooks, company)
    act(quickbooks, company, "130", "update", fields={"CustomerMemo": {"value": "Changed"}})

    sync_company(company)

    assert (new in here(company)) == created
    known = Invoice.objects.get(connection=company, external_id="130")
    assert (known.message == "Changed") == updated
    link = Link.objects.get(object_type="invoice", object_id=known.pk)
    assert (link.outcome, link.exclusion) == (
        (Outcome.IN_SYNC, "") if updated else (Outcome.EXCLUDED, Exclusion.POLICY)
    )


def test_an_invoice_that_a_person_added_follows_quickbooks_whatever_the_settings_say(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    sync_company(company)
    invoice = Invoice.objects.get(connection=company, external_id="130")
    moves.link_to_deal(invoice, makers.new_deal(rep), by=rep)
    setting(company, enabled=False, incoming=Incoming.NOTHING, direction=Direction.OUT)
    act(quickbooks, company, "130", "update", fields={"CustomerMemo": {"value": "Changed"}})

    sync_company(company)

    invoice.refresh_from_db()
    assert invoice.message == "Changed"


@pytest.mark.parametrize(
    ("direction", "comes", "goes"),
    [(Direction.BOTH, True, True), (Direction.IN, True, False), (Direction.OUT, False, True)],
)
def test_direction(
    quickbooks: QuickBooks, company: Connection, rep: User, direction: Direction, *, comes: bool, goes: bool
) -> None:
    sync_company(company)
    setting(company, direction=direction)
    new = create_there(quickbooks, company)
    sync_company(company)

    assert (new in here(company)) == comes
    invoice = Invoice.objects.get(connection=company, external_id="130")
    if goes:
        edit.edit_invoice(invoice, by=rep, message="Ours")
        assert invoice_changes.plan_change(invoice.pk) is not None
    else:
        with pytest.raises(edit.NotEditable, match="QuickBooks to the CRM only"):
            edit.edit_invoice(invoice, by=rep, message="Ours")
        invoice.refresh_from_db()
        assert invoice.message != "Ours"


@pytest.mark.parametrize("enabled", [False, True])
def test_off_and_on(quickbooks: QuickBooks, company: Connection, enabled: bool) -> None:
    setting(company, enabled=enabled)

    sync_company(company)

    assert here(company) == (set(there(quickbooks, company)) if enabled else set())


@pytest.mark.parametrize("operation", ["delete", "void"])
@pytest.mark.parametrize("removal", Removal)
def test_deleted_or_voided_in_quickbooks(
    quickbooks: QuickBooks, company: Connection, rep: User, removal: Removal, operation: str
) -> None:
    sync_company(company)
    setting(company, removal=removal)
    qbo_id = create_there(quickbooks, company)
    sync_company(company)
    invoice = Invoice.objects.get(connection=company, external_id=qbo_id)
    deal = makers.new_deal(rep)
    moves.link_to_deal(invoice, deal, by=rep)
    assert Deal.objects.get(pk=deal.pk).billing.billed == 10
    act(quickbooks, company, qbo_id, operation)

    sync_company(company)
    sync_company(company)

    assert Deal.objects.get(pk=deal.pk).billing.billed == 0
    link = Link.objects.filter(object_type="invoice", object_id=invoice.pk).first()
    if removal == Removal.DELETE:
        assert not Invoice.objects.filter(pk=invoice.pk).exists()
        assert link is None
        return
    invoice.refresh_from_db()
    assert link is not None
    assert (invoice.removed_at is not None) == (operation == "delete")
    assert invoice.voided == (operation == "void")
    assert (invoice.archived_at is not None) == (removal == Removal.ARCHIVE)
    assert (link.exclusion == Exclusion.UNLINKED) == (removal == Removal.UNLINK)
    if operation == "void":
        act(quickbooks, company, qbo_id, "update", fields={"CustomerMemo": {"value": "Later"}})
        sync_company(company)
        invoice.refresh_from_db()
        assert (invoice.message == "Later") == (removal != Removal.UNLINK)


@pytest.mark.parametrize("back_fill", BackFill)
def test_back_fill(quickbooks: QuickBooks, company: Connection, back_fill: BackFill) -> None:
    dates = sorted(row["TxnDate"] for row in there(quickbooks, company).values())
    since = datetime.date.fromisoformat(dates[len(dates) // 2])
    setting(company, back_fill=back_fill, back_fill_since=since, enabled_at=timezone.now())

    sync_company(company)

    wanted = {
        BackFill.EVERYTHING: set(there(quickbooks, company)),
        BackFill.SINCE: {k for k, row in there(quickbooks, company).items() if row["TxnDate"] >= since.isoformat()},
        BackFill.FROM_NOW: set(),
    }[back_fill]
    assert here(company) == wanted
    setting(company, enabled_at=timezone.now() - datetime.timedelta(seconds=2))
    new = create_there(quickbooks, company)
    sync_company(company)
    assert new in here(company)


def test_a_filter_leaves_out_and_says_which_condition_did(quickbooks: QuickBooks, company: Connection) -> None:
    setting(company, filter_in={"field": "total", "op": "range", "value": ["100", None]})

    sync_company(company)

    assert here(company) == {k for k, row in there(quickbooks, company).items() if row["TotalAmt"] >= 100}
    setting(company, filter_in={"field": "total", "op": "range", "value": ["1000000", None]})
    read.mark_unread(company, ["Invoice"])
    sync_company(company)
    links = Link.objects.filter(connection=company, object_type="invoice")
    assert {(link.outcome, link.exclusion) for link in links} == {(Outcome.EXCLUDED, Exclusion.FILTER)}
    assert all("1,000,000" in link.reason for link in links), links[0].reason
    setting(company, filter_in={})
    read.mark_unread(company, ["Invoice"])
    sync_company(company)
    assert here(company) == set(there(quickbooks, company))
    assert set(links.values_list("outcome", flat=True)) == {Outcome.IN_SYNC}


def test_read_only_keeps_a_change_back_and_says_so(quickbooks: QuickBooks, company: Connection, rep: User) -> None:
    sync_company(company)
    ConnectionSettings.objects.create(connection=company, read_only=True)
    invoice = Invoice.objects.get(connection=company, external_id="130")

    edit.edit_invoice(invoice, by=rep, message="Ours")
    assert invoice_changes.plan_change(invoice.pk) is None

    link = Link.objects.get(object_type="invoice", object_id=invoice.pk)
    assert link.outcome == Outcome.PENDING
    assert "Read-only" in link.reason
    ConnectionSettings.objects.update(read_only=False)
    assert invoice_changes.plan_change(invoice.pk) is not None
