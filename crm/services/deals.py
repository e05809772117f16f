"""Writing deals."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from core.events import emit
from core.models import Origin
from crm.enums import DealStatus
from crm.models import Contact, Deal, DealBilling, DealContact, Stage, StageChange
from crm.services import changes, pipelines, records

FIELDS = ("name", "amount", "currency", "close_on", "company", "description", "owner", "properties")


@transaction.atomic
def create(
    *,
    by: Any,
    stage: Stage | None = None,
    contacts: Sequence[Contact] = (),
    origin: Origin | None = None,
    **values: Any,
) -> Deal:
    """A new deal in ``stage`` (else the first one of the first pipeline); the first contact is the primary one."""
    entered = stage or pipelines.first_stage()
    given = records.checked(values, FIELDS)
    closed_at = timezone.now() if entered.status != DealStatus.OPEN else None
    given.update(stage=entered, status=entered.status, closed_at=closed_at)
    deal = records.create(Deal, given, by=by, origin=origin, about=lambda deal: [*related(deal), *contacts])
    DealContact.objects.bulk_create(
        DealContact(deal=deal, contact=contact, primary=position == 0)
        for position, contact in enumerate(dict.fromkeys(contacts))
    )
    StageChange.objects.create(deal=deal, stage=entered, by=by)
    return deal


def update(deal: Deal, *, by: Any, origin: Origin | None = None, **values: Any) -> Deal:
    """Change the given columns only; the stage has ``move_to_stage``. Raises records.Archived."""
    return records.update(deal, records.checked(values, FIELDS), by=by, origin=origin, about=related)


def archive(deal: Deal, *, by: Any) -> Deal:
    """Take the deal out of lists and boards; its invoices stay."""
    return records.archive(deal, by=by, about=related)


def restore(deal: Deal, *, by: Any) -> Deal:
    """Bring an archived deal back."""
    return records.restore(deal, by=by, about=related)


@transaction.atomic
def move_to_stage(deal: Deal, stage: Stage, *, by: Any, origin: Origin | None = None) -> Deal:
    """Put the deal into ``stage``, which opens or closes it. Nothing when it is there. Raises records.Archived."""
    fresh = records.locked(deal)
    if fresh.stage_id == stage.pk:
        return fresh
    was, before = fresh.stage, fresh.status
    now = timezone.now()
    closed_at = None if stage.status == DealStatus.OPEN else fresh.closed_at if stage.status == before else now
    Deal.objects.filter(pk=deal.pk).update(stage=stage, status=stage.status, closed_at=closed_at, updated_at=now)
    StageChange.objects.create(deal=fresh, stage=stage, by=by, entered_at=now)
    fresh.refresh_from_db()
    about = [*related(fresh), *fresh.contacts.all()]
    moved = {"title": fresh.name, "from": was.name, "to": stage.name, "from_id": was.pk, "to_id": stage.pk}
    emit("deal.stage_changed", fresh, by=by, origin=origin, about=about, **moved)
    if stage.status != before:
        amount = None if fresh.amount is None else str(fresh.amount)
        name = {DealStatus.WON: "deal.won", DealStatus.LOST: "deal.lost"}.get(DealStatus(stage.status), "deal.reopened")
        emit(name, fresh, by=by, origin=origin, about=about, title=fresh.name, amount=amount, currency=fresh.currency)
    return fresh


def related(deal: Deal) -> Iterable[models.Model]:
    """What a deal's events are also about: its company."""
    return [deal.company] if deal.company else []


@dataclass(frozen=True)
class DealBillingValues:
    """What a deal has been invoiced; the columns of ``DealBilling``."""

    deal_id: int
    invoice_amount_billed: Decimal | None = None
    invoice_recipient: str = ""
    invoice_number: str = ""
    invoice_status: str = ""
    invoice_due_on: datetime.date | None = None
    currency: str = ""
    billed: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)
    outstanding: Decimal = Decimal(0)
    overdue: Decimal = Decimal(0)
    next_due_on: datetime.date | None = None
    invoices: int = 0


def set_billing(rows: Iterable[DealBillingValues]) -> list[int]:
    """Write the billing of any number of deals in one statement; returns the ids of those that it changed.

    Deals that are gone are left out; a deal given twice gets the values that came last. Emits nothing: who
    computed the values knows what happened.
    """
    by_deal = {row.deal_id: row for row in rows}
    if not by_deal:
        return []
    # In the order of the ids, so that two writers of the same deals wait instead of deadlocking.
    ordered = [by_deal[deal_id] for deal_id in sorted(by_deal)]
    names = [column.name for column in fields(DealBillingValues)]
    values = [name for name in names if name != "deal_id"]
    with connection.cursor() as cursor:
        cursor.execute(_merge_billing(names, values), [[getattr(row, name) for row in ordered] for name in names])
        return sorted(deal_id for (deal_id,) in cursor.fetchall())


def _merge_billing(names: Sequence[str], values: Sequence[str]) -> str:
    kinds = ["bigint", *(changes.column(DealBilling, name).db_type(connection) for name in values)]
    arrays = ", ".join(f"%s::{kind}[]" for kind in kinds)
    columns = ", ".join(names)
    return (
        f"INSERT INTO crm_dealbilling AS t ({columns}, updated_at) "  # noqa: S608 -- names of ours
        f"SELECT {', '.join(f'v.{name}' for name in names)}, now() FROM unnest({arrays}) AS v({columns}) "
        "JOIN crm_deal AS d ON d.id = v.deal_id "
        "ON CONFLICT (deal_id) DO UPDATE SET "
        f"{', '.join(f'{name} = excluded.{name}' for name in values)}, updated_at = excluded.updated_at "
        f"WHERE ({', '.join(f't.{name}' for name in values)}) "
        f"IS DISTINCT FROM ({', '.join(f'excluded.{name}' for name in values)}) RETURNING t.deal_id"
    )
