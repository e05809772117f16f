"""Many deals at once by the rules of single ones: what stages ask for, contacts, moves, and an event for each of it.

A constant number of statements for any number of deals. What is given is cleaned already.
"""

import datetime
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Prefetch, prefetch_related_objects
from django.utils import timezone

from core.access import needs
from core.events import Draft, emit_many
from core.models import Origin
from core.properties import PREFIX
from core.properties.objects import stored
from crm.enums import DealStatus
from crm.models import Contact, Deal, DealContact, Stage, StageChange
from crm.services import bulk, changes, deals, pipelines, stage_requirements
from crm.services.stage_requirements import StageNeeds

MOVED = ("stage_id", "status", "stage_entered_at", "closed_at", "won_reason", "lost_reason", "close_note")


@dataclass
class Wish:
    """What one deal shall be, and what became of that.

    ``deal`` is locked and not archived, None makes one. ``values`` are columns by their attributes, ``properties`` all
    custom values. Without ``contacts`` they stay; else these and no others, the first one as primary. Without ``stage``
    a deal stays where it is, and a new one starts in the first one.
    """

    deal: Deal | None
    values: dict[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] | None = None
    contacts: Sequence[Contact] | None = None
    stage: Stage | None = None
    reason: str = ""
    note: str = ""
    refused: StageNeeds | None = None
    outcome: str = ""  # created, changed or unchanged


@dataclass
class _People:
    """The contacts of a deal: how they change."""

    added: Sequence[Contact] = ()
    removed: Sequence[DealContact] = ()
    primary: int | None = None
    before: int | None = None


def ready(rows: Iterable[Deal]) -> None:
    """Read what the rules ask of deals, for all of them together."""
    links = DealContact.objects.select_related("contact").order_by("-primary", "pk")
    prefetch_related_objects(
        list(rows), "company", "stage__pipeline", "lines", Prefetch("deal_contacts", queryset=links)
    )


@needs("crm.edit")
@transaction.atomic
def save(wishes: Sequence[Wish], *, by: Any, seen: Container[int]) -> None:
    """Make and change deals; a wish that its stage refuses is told in it, writes nothing and stops no other.

    The deals went through ``ready``. Contacts that are not among the ``seen`` ids are not taken off.
    """
    now, start = timezone.now(), None
    for wish in wishes:
        if wish.deal is None and wish.stage is None:
            wish.stage = start = start or pipelines.first_stage()
        _judge(wish)
    taken = [wish for wish in wishes if wish.refused is None]
    new = [wish for wish in taken if wish.deal is None]
    there = [wish for wish in taken if wish.deal is not None]
    _create(new, by, now)
    changed = _change(there, by, now)
    changed |= _arrange(there, seen, by)
    changed |= _move(there, by, now)
    for wish in there:
        wish.outcome = "changed" if id(wish) in changed else "unchanged"


def _judge(wish: Wish) -> None:
    """Note what the stage asks for and the deal will not have."""
    stage = wish.stage
    if stage is None or (wish.deal is not None and wish.deal.stage_id == stage.pk):
        wish.stage = None
        return
    if wish.deal is not None:
        wish.reason, wish.note = deals.said(wish.deal, stage, wish.reason, wish.note)
    else:
        wish.reason, wish.note = wish.reason.strip()[: deals.LONGEST_REASON], wish.note.strip()
    lacking = [
        *stage_requirements.lacking(stage, lambda name: _will_have(wish, name)),
        *stage_requirements.lacks_reason(stage, wish.reason),
    ]
    if lacking:
        wish.refused = StageNeeds(wish.deal or Deal(), stage, lacking)
    if stage.status == DealStatus.OPEN:
        wish.reason = wish.note = ""


def _will_have(wish: Wish, name: str) -> bool:
    deal = wish.deal
    if name == "contacts":
        return bool(wish.contacts if wish.contacts is not None else deal and deal.deal_contacts.all())
    if name == "lines":
        return deal is not None and bool(deal.lines.all())
    if name.startswith(PREFIX):
        held = wish.properties if wish.properties is not None else stored(deal) if deal is not None else {}
        return held.get(name.removeprefix(PREFIX)) not in (None, "", [], False)
    column = f"{name}_id" if name in ("owner", "company") else name
    return wish.values.get(column, getattr(deal, column, None)) not in (None, "")


def _create(wishes: Sequence[Wish], by: Any, now: datetime.datetime) -> None:
    people: dict[int, Sequence[Contact]] = {}
    for wish in wishes:
        stage = wish.stage
        assert stage is not None, "a new deal has one"
        usual = {} if "owner_id" in wish.values or by is None else {"owner_id": by.pk}
        closed = stage.status != DealStatus.OPEN
        wish.deal = Deal(
            **usual, **wish.values, properties=wish.properties or {}, created_at=now, updated_at=now, stage=stage,
            stage_entered_at=now, status=stage.status, closed_at=now if closed else None, close_note=wish.note,
            **deals.reasons(stage, wish.reason),
        )  # fmt: skip
        people[id(wish.deal)] = list(dict.fromkeys(wish.contacts or ()))
        wish.outcome = "created"
    made = [wish.deal for wish in wishes if wish.deal is not None]

    def about(deal: Deal) -> Sequence[tuple[str, int]]:
        return _about(deal, people[id(deal)])

    bulk.create_many(made, by=by, origin=Origin.PERSON, about=about)
    DealContact.objects.bulk_create(
        DealContact(deal=deal, contact=contact, primary=place == 0)
        for deal in made
        for place, contact in enumerate(people[id(deal)])
    )
    _note_moves(wishes, by, now)
    told = []
    for wish, deal in zip(wishes, made, strict=True):
        if deal.status != DealStatus.OPEN:
            name, data = deals.told_of_status(deal, reason=wish.reason, note=wish.note)
            told.append(Draft(name, "deal", deal.pk, about(deal), data))
    _tell(told, by)


def _change(wishes: Sequence[Wish], by: Any, now: datetime.datetime) -> set[int]:
    """Write columns and custom values; which wishes changed anything."""
    found = []
    for wish in wishes:
        assert wish.deal is not None, "these are there"
        values = deals.with_amount(wish.deal, wish.values)
        if wish.properties is not None:
            values["properties"] = wish.properties
        found.append((wish, changes.differing(wish.deal, values)))
    pairs = [(wish.deal, differing) for wish, differing in found if wish.deal is not None]
    bulk.update_many(pairs, by=by, origin=Origin.PERSON, now=now, about=_about)
    return {id(wish) for wish, differing in found if differing}


def _arrange(wishes: Sequence[Wish], seen: Container[int], by: Any) -> set[int]:
    """Let deals have their contacts; which wishes changed anything."""
    plans = []
    for wish in wishes:
        if wish.deal is None or wish.contacts is None:
            continue
        plan = _plan(wish.deal, wish.contacts, seen)
        if plan.added or plan.removed or plan.primary != plan.before:
            plans.append((wish, wish.deal, plan))
    if not plans:
        return set()
    moved = [deal.pk for _wish, deal, plan in plans if plan.primary != plan.before]
    DealContact.objects.filter(pk__in=[link.pk for _wish, _deal, plan in plans for link in plan.removed]).delete()
    # Before another one is it: there is one at most.
    DealContact.objects.filter(deal__in=moved, primary=True).update(primary=False)
    promoted = [
        link.pk
        for _wish, deal, plan in plans
        if plan.primary != plan.before
        for link in deal.deal_contacts.all()
        if link.contact_id == plan.primary
    ]
    DealContact.objects.filter(pk__in=promoted).update(primary=True)
    DealContact.objects.bulk_create(
        DealContact(deal=deal, contact=contact, primary=contact.pk == plan.primary != plan.before)
        for _wish, deal, plan in plans
        for contact in plan.added
    )
    _tell([draft for _wish, deal, plan in plans for draft in _told_of_people(deal, plan)], by)
    return {id(wish) for wish, _deal, _plan in plans}


def _plan(deal: Deal, wanted: Sequence[Contact], seen: Container[int]) -> _People:
    links = list(deal.deal_contacts.all())
    had, chosen = {link.contact_id for link in links}, {contact.pk for contact in wanted}
    before = next((link.contact_id for link in links if link.primary), None)
    removed = [link for link in links if link.contact_id in seen and link.contact_id not in chosen]
    gone = {link.contact_id for link in removed}
    left = [link.contact_id for link in links if link.contact_id not in gone]
    primary = wanted[0].pk if wanted else before if before in left else next(iter(left), None)
    added = [contact for contact in dict.fromkeys(wanted) if contact.pk not in had]
    return _People(added, removed, primary, before)


def _told_of_people(deal: Deal, plan: _People) -> Iterable[Draft]:
    for contact in plan.added:
        yield Draft("deal.contact_added", "deal", deal.pk, _about(deal, [contact]), {"contact": str(contact)})
    for link in plan.removed:
        words = {"contact": str(link.contact)}
        yield Draft("deal.contact_removed", "deal", deal.pk, _about(deal, [link.contact]), words)
    known = {contact.pk: contact for contact in (*plan.added, *(link.contact for link in deal.deal_contacts.all()))}
    if plan.before is not None and plan.primary not in (None, plan.before):
        chosen = known[plan.primary]
        words = {"contact": str(chosen)}
        yield Draft("deal.primary_contact_changed", "deal", deal.pk, [("contact", chosen.pk)], words)


def _move(wishes: Sequence[Wish], by: Any, now: datetime.datetime) -> set[int]:
    """Put deals into their stages; which wishes changed anything."""
    moving = [wish for wish in wishes if wish.stage is not None]
    told = []
    for wish in moving:
        deal, stage = wish.deal, wish.stage
        assert deal is not None, "these are there"
        assert stage is not None, "chosen above"
        was, before = deal.stage, deal.status
        values = {
            "closed_at": deals.closing_moment(deal, stage, now),
            "stage": stage,
            "status": stage.status,
            "stage_entered_at": now,
            "updated_at": now,
            "close_note": wish.note,
            **deals.reasons(stage, wish.reason),
        }
        for name, value in values.items():
            setattr(deal, name, value)
        people = wish.contacts if wish.contacts is not None else [link.contact for link in deal.deal_contacts.all()]
        about = _about(deal, people)
        moved = {"title": deal.name, "from": was.name, "to": stage.name, "from_id": was.pk, "to_id": stage.pk}
        told.append(Draft("deal.stage_changed", "deal", deal.pk, about, moved))
        if stage.status != before:
            name, data = deals.told_of_status(deal, reason=wish.reason, note=wish.note)
            told.append(Draft(name, "deal", deal.pk, about, data))
    bulk.write_columns(Deal, [wish.deal for wish in moving if wish.deal is not None], [*MOVED, "updated_at"])
    _note_moves(moving, by, now)
    _tell(told, by)
    return {id(wish) for wish in moving}


def _note_moves(wishes: Sequence[Wish], by: Any, now: datetime.datetime) -> None:
    StageChange.objects.bulk_create(
        StageChange(
            deal=wish.deal, stage=wish.stage, name=wish.stage.name, by=by, entered_at=now, reason=wish.reason,
            note=wish.note,
        )
        for wish in wishes
        if wish.deal is not None and wish.stage is not None
    )  # fmt: skip


def _tell(drafts: Sequence[Draft], by: Any) -> None:
    if drafts:
        emit_many(drafts, by=by, origin=Origin.PERSON)


def _about(deal: Deal, contacts: Iterable[Contact] = ()) -> list[tuple[str, int]]:
    company = [("company", deal.company_id)] if deal.company_id else []
    return [*company, *(("contact", contact.pk) for contact in contacts)]
