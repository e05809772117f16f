"""The invariants of the sync at rest: what was asked for, what is shown and what QuickBooks holds are the same."""

from collections import Counter
from decimal import Decimal

from invoices.models import Invoice
from qbo_connector.enums import OperationState
from qbo_connector.mirror import read
from qbo_connector.models import Connection, MirrorObject, Operation
from tests.quickbooks import QuickBooks

_TERMINAL = (OperationState.REFUSED, OperationState.HELD)


def marked(quickbooks: QuickBooks, connection: Connection) -> dict[str, list[str]]:
    """Ids of the invoices in QuickBooks by the intent in their marker, for those that we made."""
    found: dict[str, list[str]] = {}
    for document in quickbooks.objects(connection.realm_id, "Invoice"):
        last = document.get("PrivateNote", "").splitlines()[-1:]
        if last and last[0].startswith("CRM "):
            found.setdefault(last[0].removeprefix("CRM "), []).append(document["Id"])
    return found


def assert_never_doubled(quickbooks: QuickBooks, connection: Connection) -> None:
    """True at every moment: at most one document for each intent."""
    doubled = {intent: ids for intent, ids in marked(quickbooks, connection).items() if len(ids) > 1}
    assert not doubled, doubled


def assert_at_rest(quickbooks: QuickBooks, connection: Connection) -> None:
    """True when nothing is under way any more."""
    documents = marked(quickbooks, connection)
    operations = Operation.objects.filter(connection=connection, entity="Invoice")
    assert not operations.filter(state__in=["planned", "leased", "unknown"]).exists(), list(operations)
    for invoice in Invoice.objects.filter(connection=connection, origin="crm"):
        ids = documents.pop(str(invoice.request_id), [])
        last = operations.filter(subject=f"invoice:{invoice.pk}", verb="create").order_by("-pk").first()
        refused = last is not None and last.state in _TERMINAL
        # QuickBooks writes "Voided" over the marker in the note.
        gone = refused or invoice.removed_at is not None or (invoice.voided and not ids)
        assert ids == ([] if gone else [invoice.external_id]), (invoice.pk, ids, invoice.external_id)
    assert not documents, f"documents without an intent: {documents}"
    _assert_money(quickbooks, connection)
    _assert_mirror(quickbooks, connection)


def _assert_money(quickbooks: QuickBooks, connection: Connection) -> None:
    ours: Counter[str] = Counter()
    theirs: Counter[str] = Counter()
    for document in quickbooks.objects(connection.realm_id, "Invoice"):
        currency = document["CurrencyRef"]["value"]
        theirs[f"total {currency}"] += Decimal(str(document["TotalAmt"]))
        theirs[f"balance {currency}"] += Decimal(str(document["Balance"]))
    for invoice in Invoice.objects.filter(connection=connection, removed_at=None).exclude(external_id=""):
        ours[f"total {invoice.currency}"] += invoice.total
        ours[f"balance {invoice.currency}"] += invoice.balance
    assert ours == theirs, (ours, theirs)


def _assert_mirror(quickbooks: QuickBooks, connection: Connection) -> None:
    for entity in ("Customer", "Item", "Invoice", "Payment"):
        theirs = {
            row["Id"]: row["SyncToken"]
            for row in quickbooks.call("GET", f"objects/{connection.realm_id}/{entity}?active=all")
        }
        rows = read.objects(connection.pk, entity)
        assert {row.qbo_id: str(row.sync_token) for row in rows} == theirs, entity
    assert not MirrorObject.objects.filter(connection=connection, unread=True).exists()
