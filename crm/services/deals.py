"""Writing deals."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from core.access import needs
from core.events import emit
from core.models import Origin
from crm import amounts
from crm.enums import DealStatus
from crm.models import Contact, Deal, DealBilling, DealContact, Stage, StageChange
from crm.services import changes, pipelines, records, stage_requirements
from crm.services.stage_requirements import StageNeeds

FIELDS = (
    "name",
    "amount",
    "currency",
    "close_on",
    "company",
    "description",
    "owner",
    "properties",
    "amount_follows_lines",
)
REASON_COLUMNS = {DealStatus.WON: "won_reason", DealStatus.LOST: "lost_reason"}
LONGEST_REASON = 200


class MovedMeanwhile(Exception):
    """Somebody else moved the deal first; ``deal`` is how it is now, ``change`` how it came there."""

    def __init__(self, deal: Deal, change: StageChange | None) -> None:
        super().__init__(deal.pk)
        self.deal, self.change = deal, change


@needs("crm.edit")
@transaction.atomic
def create(
    *,
    by: Any,
    stage: Stage | None = None,
    contacts: Sequence[Contact] = (),
    reason: str = "",
    note: str = "",
    origin: Origin | None = None,
    **values: Any,
) -> Deal:
    """A new deal in ``stage`` (else the first one of the first pipeline); the first contact is the primary one.

    ``reason`` and ``note`` say why, where it is won or lost already. Raises StageNeeds for what the stage asks for.
    """
    entered = stage or pipelines.first_stage()
    given = records.checked(values, FIELDS)
    closed = entered.status != DealStatus.OPEN
    reason, note = (reason.strip()[:LONGEST_REASON], note.strip()) if closed else ("", "")
    given.update(stage=entered, status=entered.status, closed_at=timezone.now() if closed else None)
    given |= reasons(entered, reason) | {"close_note": note}
    deal = records.create(Deal, given, by=by, origin=origin, about=lambda deal: [*related(deal), *contacts])
    DealContact.objects.bulk_create(
        DealContact(deal=deal, contact=contact, primary=position == 0)
        for position, contact in enumerate(dict.fromkeys(contacts))
    )
    StageChange.objects.create(
        deal=deal, stage=entered, name=entered.name, by=by, entered_at=deal.stage_entered_at, reason=reason, note=note
    )
    lacking = [*stage_requirements.missing(deal, entered), *stage_requirements.lacks_reason(entered, reason)]
    if lacking:
        raise StageNeeds(deal, entered, lacking)
    if closed:
        _tell_status(deal, by=by, origin=origin, about=[*related(deal), *contacts], reason=reason, note=note)
    return deal


@needs("crm.edit")
def update(deal: Deal, *, by: Any, origin: Origin | None = None, **values: Any) -> Deal:
    """Change the given columns only; the stage has ``move_to_stage``. Raises records.Archived.

    With ``amount_follows_lines`` the amount becomes the sum of the line items; another amount ends that.
    """
    given = with_amount(deal, records.checked(values, FIELDS))
    return records.update(deal, given, by=by, origin=origin, about=related)


def with_amount(deal: Deal, given: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that change together with ``given`` ones: the amount and whether it follows the line items."""
    found = dict(given)
    if not found.keys() & {"amount", "amount_follows_lines"}:
        return found
    lines = list(deal.lines.all())
    if found.get("amount_follows_lines") and lines:
        found["amount"] = amounts.total(lines, found.get("currency") or deal.currency)
    elif "amount" in found and found["amount"] != deal.amount and deal.amount_follows_lines and lines:
        found.setdefault("amount_follows_lines", False)
    return found


@needs("crm.archive")
def archive(deal: Deal, *, by: Any) -> Deal:
    """Take the deal out of lists and boards; its invoices stay."""
    return records.archive(deal, by=by, about=related)


@needs("crm.archive")
def restore(deal: Deal, *, by: Any) -> Deal:
    """Bring an archived deal back."""
    return records.restore(deal, by=by, about=related)


@needs("crm.edit")
@transaction.atomic
def move_to_stage(
    deal: Deal,
    stage: Stage,
    *,
    by: Any,
    origin: Origin | None = None,
    reason: str = "",
    note: str = "",
    seen: int | None = None,
    strict: bool = True,
) -> Deal:
    """Put the deal into ``stage``, which opens or closes it. Nothing when it is there.

    ``reason`` and ``note`` say why it was won or lost. ``seen`` is the stage in which the mover saw it. What the stage
    asks for counts only if ``strict``: not for callers that have checked it, or undo something. Raises
    records.Archived, MovedMeanwhile where the deal is in another stage than ``seen``, and StageNeeds for what it lacks.
    """
    fresh = records.locked(deal)
    if fresh.stage_id == stage.pk:
        return fresh
    if seen is not None and fresh.stage_id != seen:
        raise MovedMeanwhile(fresh, last_change(fresh))
    reason, note = said(fresh, stage, reason, note)
    lacking = [*stage_requirements.missing(fresh, stage), *stage_requirements.lacks_reason(stage, reason)]
    if strict and lacking:
        raise StageNeeds(fresh, stage, lacking)
    now = timezone.now()
    closed_at = closing_moment(fresh, stage, now)
    return _enter(fresh, stage, now=now, closed_at=closed_at, reason=reason, note=note, by=by, origin=origin)


def said(deal: Deal, stage: Stage, reason: str, note: str) -> tuple[str, str]:
    """Why ``deal`` will be in ``stage``: what is given, else what was said of one that stays won or lost."""
    stays = stage.status == deal.status != DealStatus.OPEN
    reason = reason.strip()[:LONGEST_REASON] or (deal.lost_reason or deal.won_reason if stays else "")
    return reason, note.strip() or (deal.close_note if stays else "")


def closing_moment(deal: Deal, stage: Stage, now: datetime.datetime) -> datetime.datetime | None:
    """When ``deal`` was won or lost, once it is in ``stage``; None for an open stage."""
    if stage.status == DealStatus.OPEN:
        return None
    return deal.closed_at if stage.status == deal.status else now


@needs("crm.edit")
@transaction.atomic
def undo_move(deal: Deal, change_id: int, *, by: Any) -> Deal:
    """Take a move back: the deal is as before, and its history keeps both ways. What stages ask for does not count.

    Raises records.Archived, and MovedMeanwhile unless ``change_id`` is its last move.
    """
    fresh = records.locked(deal)
    last, *before = fresh.stage_changes.order_by("-entered_at", "-pk")[:2]
    if last.pk != change_id or not before or before[0].stage is None:
        raise MovedMeanwhile(fresh, last)
    stage = before[0].stage
    closed_at = None if stage.status == DealStatus.OPEN else before[0].entered_at
    return _enter(
        fresh, stage, now=timezone.now(), closed_at=closed_at, reason=before[0].reason, note=before[0].note, by=by,
        origin=None,
    )  # fmt: skip


def last_change(deal: Deal) -> StageChange | None:
    """How the deal came into its stage."""
    return deal.stage_changes.select_related("by").order_by("-entered_at", "-pk").first()


def _enter(
    fresh: Deal, stage: Stage, *, now: Any, closed_at: Any, reason: str, note: str, by: Any, origin: Origin | None
) -> Deal:
    was, before = fresh.stage, fresh.status
    closed = stage.status != DealStatus.OPEN
    Deal.objects.filter(pk=fresh.pk).update(
        stage=stage, status=stage.status, closed_at=closed_at, stage_entered_at=now, updated_at=now,
        **reasons(stage, reason), close_note=note if closed else "",
    )  # fmt: skip
    why = {"reason": reason, "note": note} if closed else {"reason": "", "note": ""}
    StageChange.objects.create(deal=fresh, stage=stage, name=stage.name, by=by, entered_at=now, **why)
    fresh.refresh_from_db()
    about = [*related(fresh), *fresh.contacts.all()]
    moved = {"title": fresh.name, "from": was.name, "to": stage.name, "from_id": was.pk, "to_id": stage.pk}
    emit("deal.stage_changed", fresh, by=by, origin=origin, about=about, **moved)
    if stage.status != before:
        _tell_status(fresh, by=by, origin=origin, about=about, **why)
    return fresh


def reasons(stage: Stage, reason: str) -> dict[str, str]:
    """The columns of the reasons of a deal in ``stage``: only that of how it ended holds one."""
    return {column: reason if stage.status == status else "" for status, column in REASON_COLUMNS.items()}


def _tell_status(
    deal: Deal, *, by: Any, origin: Origin | None, about: Iterable[models.Model], reason: str, note: str
) -> None:
    """That the deal is won, lost or open again, and why."""
    name, data = told_of_status(deal, reason=reason, note=note)
    emit(name, deal, by=by, origin=origin, about=about, **data)


def told_of_status(deal: Deal, *, reason: str, note: str) -> tuple[str, dict[str, Any]]:
    """The event of a deal that is won, lost or open again, and what it tells."""
    name = {DealStatus.WON: "deal.won", DealStatus.LOST: "deal.lost"}.get(DealStatus(deal.status), "deal.reopened")
    amount = None if deal.amount is None else str(deal.amount)
    why = {key: text for key, text in (("reason", reason), ("note", note)) if text}
    return name, {"title": deal.name, "amount": amount, "currency": deal.currency, **why}


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
