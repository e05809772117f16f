"""Writing the plans of a slice: companies first, then new records, then what changed; an event for each record."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.access import needs
from core.models import Origin, PropertyDefinition
from core.properties import BadValues, clean_many
from core.services import property_choices
from core.services.properties import PropertyRefused
from crm.enums import DealStatus
from crm.hubspot import noting
from crm.imports.matching import CompanyWanted
from crm.imports.plans import CREATES, FAILS, UPDATES, Plan, Setting
from crm.models import Company, Contact, Deal, DealContact, StageChange
from crm.models.records import Record
from crm.services import bulk, changes, deal_contacts, deals


@dataclass
class Written:
    """What undoing needs: the ids of what was created, and what was changed as {id: {column: [old, new]}}."""

    created: list[int] = field(default_factory=list)
    companies: list[int] = field(default_factory=list)
    before: dict[str, dict[str, list[Any]]] = field(default_factory=dict)


@needs("core.manage_properties")
def add_choices(slots: Sequence[tuple[str, str]], *, by: Any) -> None:
    """Offer choices that a file has and the property not yet."""
    wanted: dict[str, dict[str, str]] = {}
    for slot, label in slots:
        wanted.setdefault(slot, {}).setdefault(label.casefold(), label)
    for slot, labels in wanted.items():
        row = PropertyDefinition.objects.get(pk=int(slot))
        offered = [(choice.pk, choice.label) for choice in row.choices.filter(archived_at=None)]
        there = {label.casefold() for _pk, label in offered}
        new = [(None, label) for folded, label in labels.items() if folded not in there]
        try:
            property_choices.arrange(row, [*offered, *new], by=by)
        except PropertyRefused:
            # Too many of them, or a label that can't be one: the rows that have it are errors then.
            continue


def write(setting: Setting, plans: Sequence[Plan], *, job_id: int, now: datetime.datetime) -> Written:
    """Do what the plans say. Call it in a transaction, with the records of the plans locked."""
    written, data = Written(), {"import": job_id}
    _create_companies(setting, plans, written, data, now)
    new = [plan for plan in plans if plan.act == CREATES]
    _create(setting, new, written, data, now)
    changed = [plan for plan in plans if plan.act == UPDATES]
    for plan in changed:
        # Once more: the company may have been created a moment ago.
        plan.differing = changes.differing(plan.record, plan.values)
        if plan.differing:
            written.before[str(plan.record.pk)] = changes.as_data(plan.differing)
    bulk.update_many(
        [(plan.record, plan.differing) for plan in changed],
        by=setting.user, origin=Origin.IMPORT, now=now, about=_about, data=data,
    )  # fmt: skip
    for plan in changed:
        _move(setting, plan, written)
    noting.note(
        setting.object_type, [(plan.record.pk, plan.hubspot, plan.values) for plan in plans if plan.act != FAILS],
        job_id=job_id,
    )  # fmt: skip
    return written


def _about(record: Any) -> Sequence[tuple[str, int]]:
    company_id = getattr(record, "company_id", None)
    return [("company", company_id)] if company_id else []


def _create_companies(
    setting: Setting, plans: Sequence[Plan], written: Written, data: dict[str, Any], now: datetime.datetime
) -> None:
    wanted: dict[str, CompanyWanted] = {}
    for plan in plans:
        if plan.company is not None and plan.act != FAILS:
            wanted.setdefault(plan.company.key, plan.company)
    if not wanted:
        return
    cleaned = clean_many("company", [(None, {})] * len(wanted), complete=False)
    made = {
        key: Company(
            name=each.name or each.domain, domain=each.domain, owner_id=setting.options.owner, created_at=now,
            updated_at=now, properties={} if isinstance(held, BadValues) else held,
        )
        for (key, each), held in zip(wanted.items(), cleaned, strict=True)
    }  # fmt: skip
    bulk.create_many(list(made.values()), by=setting.user, origin=Origin.IMPORT, data=data)
    written.companies = [company.pk for company in made.values()]
    for plan in plans:
        if plan.company is not None and plan.company.key in made and plan.act != FAILS:
            plan.values["company_id"] = made[plan.company.key].pk


def _create(
    setting: Setting, plans: Sequence[Plan], written: Written, data: dict[str, Any], now: datetime.datetime
) -> None:
    found: list[Record] = []
    for plan in plans:
        plan.record = setting.model(**plan.values, properties=plan.properties, created_at=now, updated_at=now)
        if isinstance(plan.record, Deal) and plan.stage is not None:
            plan.record.stage, plan.record.status = plan.stage, plan.stage.status
            plan.record.stage_entered_at = now
            plan.record.closed_at = now if plan.stage.status != DealStatus.OPEN else None
        found.append(plan.record)
    contacts = {id(plan.record): plan.contact_id for plan in plans if plan.contact_id}

    def about(record: Any) -> Sequence[tuple[str, int]]:
        contact_id = contacts.get(id(record))
        return [*_about(record), *([("contact", contact_id)] if contact_id else [])]

    bulk.create_many(found, by=setting.user, origin=Origin.IMPORT, about=about, data=data)
    written.created = [record.pk for record in found]
    if setting.model is Deal and plans:
        StageChange.objects.bulk_create(
            StageChange(
                deal=plan.record,
                stage=plan.stage,
                name=plan.stage.name if plan.stage else "",
                by=setting.user,
                entered_at=now,
            )
            for plan in plans
        )
        DealContact.objects.bulk_create(
            DealContact(deal=plan.record, contact_id=plan.contact_id, primary=True) for plan in plans if plan.contact_id
        )


def _move(setting: Setting, plan: Plan, written: Written) -> None:
    """The stage and the contact of a deal, one by one: moving has rules and events of its own."""
    if not isinstance(plan.record, Deal):
        return
    if plan.stage is not None and plan.stage.pk != plan.record.stage_id:
        before = written.before.setdefault(str(plan.record.pk), {})
        before["stage_id"] = [plan.record.stage_id, plan.stage.pk]
        deals.move_to_stage(plan.record, plan.stage, by=setting.user, origin=Origin.IMPORT, strict=False)
    if plan.contact_id is not None:
        linked = {link.contact_id for link in plan.record.deal_contacts.all()}
        contact = None if plan.contact_id in linked else Contact.objects.filter(pk=plan.contact_id).first()
        if contact is not None:
            deal_contacts.add(plan.record, contact, by=setting.user)
