"""Which invoices of QuickBooks the settings leave out, and why."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.conditions import parse, setting
from core.conditions.words import failing, names_in
from invoices.status import status_of
from invoices.synced import SyncedInvoice
from qbo_connector.mirror.read import Mirrored
from sync.clock import today
from sync.enums import BackFill, Exclusion, Incoming
from sync.mapping.reading import moment
from sync.policies import Policy

OFF = "Invoice sync is off."


@dataclass(frozen=True)
class Left:
    """Why an invoice is left out."""

    exclusion: Exclusion
    sentence: str = ""


def left_out(
    policy: Policy,
    mapped: Sequence[tuple[Mirrored, SyncedInvoice]],
    ids: Mapping[str, int],
    tracked: set[int],
) -> dict[str, Left]:
    """The invoices that stay out, by QuickBooks id. Those that the CRM made or added (``tracked``) never do."""
    passes = _filter_of(policy)
    found = {}
    for mirrored, row in mapped:
        qbo_id = mirrored.row.qbo_id
        if ids.get(qbo_id) in tracked:
            continue
        reason = _reason(policy, mirrored, row, known=qbo_id in ids) or passes(row)
        if reason is not None:
            found[qbo_id] = reason
    return found


def _filter_of(policy: Policy) -> Callable[[SyncedInvoice], Left | None]:
    """The settings' condition, read once for all invoices of a batch."""
    if not policy.settings.filter_in:
        return lambda _row: None
    node = parse(policy.settings.filter_in, "invoice", setting(zone=policy.connection.time_zone))
    names = names_in(node)

    def left(row: SyncedInvoice) -> Left | None:
        failed = failing(node, values_of(policy, row), names)
        return None if failed is None else Left(Exclusion.FILTER, failed.because)

    return left


def _reason(policy: Policy, mirrored: Mirrored, row: SyncedInvoice, *, known: bool) -> Left | None:
    settings = policy.settings
    if not policy.enabled:
        return Left(Exclusion.POLICY, OFF)
    if not policy.brings_in:
        return Left(Exclusion.DIRECTION)
    refused = (Incoming.NOTHING, Incoming.CREATE) if known else (Incoming.NOTHING, Incoming.UPDATE)
    if settings.incoming in refused:
        return Left(Exclusion.POLICY)
    if not known and _is_history(policy, mirrored, row):
        return Left(Exclusion.BACK_FILL)
    return None


def _is_history(policy: Policy, mirrored: Mirrored, row: SyncedInvoice) -> bool:
    settings = policy.settings
    if settings.back_fill == BackFill.SINCE and settings.back_fill_since is not None:
        return row.issued_on < settings.back_fill_since
    if settings.back_fill == BackFill.FROM_NOW and settings.enabled_at is not None:
        made_at: datetime.datetime | None = moment(mirrored.payload, "MetaData", "CreateTime")
        return made_at is not None and made_at < settings.enabled_at
    return False


def values_of(policy: Policy, row: SyncedInvoice) -> dict[str, Any]:
    """An invoice that is not in the CRM yet, as conditions see it."""
    names = ("number", "customer_name", "recipient", "issued_on", "due_on", "terms_name", "message", "private_note")
    values: dict[str, Any] = {name: getattr(row, name) for name in names}
    values |= {name: getattr(row, name) for name in ("currency", "total", "balance", "subtotal", "tax_total", "voided")}
    values["connection"] = policy.connection.pk
    values["status"] = str(
        status_of(
            total=row.total,
            balance=row.balance,
            due_on=row.due_on,
            emailed=row.emailed,
            voided=row.voided,
            today=today(policy.connection),
        )
    )
    values["lines"] = [
        {"item_name": line.item_name, "description": line.description, "quantity": line.quantity, "amount": line.amount}
        for line in row.lines
    ]
    return values
