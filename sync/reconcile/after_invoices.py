"""What follows when invoices were brought to QuickBooks' state: their deal by rule, and e-mails that came back."""

from collections.abc import Mapping, Sequence
from typing import Any

from invoices.services import association_rules
from invoices.services.association_rules import Reference
from qbo_connector.mirror.read import Mirrored
from qbo_connector.models import Connection
from sync import deliveries
from sync.mapping.invoice import note_without_marker
from sync.mapping.reading import parts, text


def follow(connection: Connection, living: Sequence[Mirrored], ids: Mapping[str, int], *, quiet: bool) -> None:
    """``ids`` holds the CRM's id of each applied invoice by QuickBooks id. A constant number of statements."""
    payloads = {ids[found.row.qbo_id]: found.payload for found in living if found.row.qbo_id in ids}
    if not payloads:
        return
    deliveries.note_bounced(payloads)
    references = {pk: _reference(payload) for pk, payload in payloads.items()}
    association_rules.associate(connection.pk, references, quiet=quiet)


def _reference(payload: Mapping[str, Any]) -> Reference:
    custom = {
        text(field, "Name"): text(field, "StringValue").strip()
        for field in parts(payload, "CustomField")
        if text(field, "StringValue").strip()
    }
    memo = f"{text(payload, 'CustomerMemo', 'value')}\n{note_without_marker(text(payload, 'PrivateNote'))}"
    return Reference(custom, memo.strip())
