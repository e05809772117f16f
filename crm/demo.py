"""Build the CRM's part of the demo story through the services, as a person would have."""

import datetime
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from core.access import decided
from core.audit.door import Door, opened
from core.company import profile
from core.models import Event
from crm import demo_story
from crm.demo_story import Person, Sale
from crm.enums import DealStatus
from crm.models import Activity, ActivityLink, Company, Contact, Deal, Pipeline, Product, Quote, Stage, StageChange
from crm.queries import companies as company_queries
from crm.services import companies, contacts, deal_lines, deals, pipelines, products, quotes, timeline
from crm.services.lines import LineValues

STEPS = ("New", "Qualified", "Proposal", "Negotiation")


@decided()
@transaction.atomic
def build_demo(*, by: Any, owners: Sequence[Any] = ()) -> dict[str, Deal]:
    """Pipeline, products, companies, contacts, deals and quotes of the demo story; what is there already stays.

    Records are found by name, so it can run before or after the first load from QuickBooks, and again at any time.
    ``owners`` share the deals (``by`` owns them all when empty). Returns the deals by their keys in the story:
    ``ready`` is the one to invoice, ``demo_story.INVOICED`` names the invoices of others.
    """
    before = _last_event()
    pipeline = pipelines.ensure_default()
    _set_up(pipeline, by=by)
    stages = {stage.name: stage for stage in pipeline.stages.all()}
    stock = {name: _product(name, by=by) for name in demo_story.PRODUCTS}
    people = {key: _contact(person, by=by) for key, person in demo_story.PEOPLE.items()}
    _move_stock_back(before)
    sellers = list(owners) or [by]
    return {
        sale.key: _deal(sale, people[sale.person], stages, stock, by=sellers[number % len(sellers)])
        for number, sale in enumerate(demo_story.SALES)
    }


def _set_up(pipeline: Pipeline, *, by: Any) -> None:
    """Reasons for losing, and after how many days deals are marked; nothing where somebody has set them up."""
    if pipeline.reasons.exists():
        return
    pipelines.set_reasons(pipeline, DealStatus.LOST, demo_story.LOST_REASONS, by=by)
    for stage in pipeline.stages.filter(name__in=demo_story.ROTTING_DAYS, rotting_days=None):
        pipelines.update_stage(stage, by=by, rotting_days=demo_story.ROTTING_DAYS[stage.name])


def _product(name: str, *, by: Any) -> Product:
    found = Product.objects.filter(name__iexact=name, archived_at=None).order_by("pk").first()
    price, description = demo_story.PRODUCTS[name]
    return found or products.create(
        by=by, name=name, unit_price=price, description=description, currency=profile().currency
    )


def _company(name: str, person: Person, *, by: Any) -> Company:
    found = company_queries.named(by, name).order_by("pk").first()
    return found or companies.create(by=by, name=name, email=person.email, phone=person.phone)


def _contact(person: Person, *, by: Any) -> Contact:
    company = _company(person.company, person, by=by) if person.company else None
    same = Contact.objects.filter(
        first_name__iexact=person.first_name, last_name__iexact=person.last_name, archived_at=None
    )
    found = same.order_by("pk").first()
    if found is None:
        return contacts.create(
            by=by,
            first_name=person.first_name,
            last_name=person.last_name,
            email=person.email,
            phone=person.phone,
            job_title=person.job_title,
            company=company,
        )
    missing: dict[str, Any] = {
        "email": found.email or person.email,
        "phone": found.phone or person.phone,
        "job_title": found.job_title or person.job_title,
        "company": found.company or company,
    }
    return contacts.update(found, by=by, **missing)


def _deal(sale: Sale, contact: Contact, stages: dict[str, Stage], stock: dict[str, Product], *, by: Any) -> Deal:
    found = Deal.objects.filter(name=sale.name).order_by("pk").first()
    if found is not None:
        return found
    before = _last_event()
    deal = deals.create(
        by=by,
        stage=stages["New"],
        contacts=[contact],
        name=sale.name,
        company=contact.company,
        currency=profile().currency,
        amount=Decimal(sale.amount) if sale.amount else None,
        close_on=timezone.localdate() + datetime.timedelta(days=sale.closes_in),
    )
    if sale.lines:
        deal = deal_lines.set_lines(deal, [_line(stock, text) for text in sale.lines.split(", ")], by=by)
    for name in STEPS[1 : STEPS.index(sale.stage) + 1 if sale.stage in STEPS else None]:
        deal = deals.move_to_stage(deal, stages[name], by=by)
    if sale.quote:
        quote = quotes.create_from_deal(deal, by=by)
        if sale.quote == "published":
            quotes.publish(quote, by=by)
    if sale.stage not in STEPS:
        reason = demo_story.LOST_REASONS[0] if sale.stage == "Lost" else ""
        deal = deals.move_to_stage(deal, stages[sale.stage], by=by, reason=reason)
    if sale.note:
        timeline.add_note(deal, sale.note, by=by)
    _move_back(deal, before, sale.age)
    deal.refresh_from_db()
    return deal


def _line(stock: dict[str, Product], text: str) -> LineValues:
    quantity, _space, name = text.partition(" ")
    product = stock[name]
    price = product.unit_price or demo_story.PRODUCTS[name][0]
    return LineValues(name, Decimal(quantity), price, description=product.description, product_id=product.pk)


def _last_event() -> int:
    return Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def _move_stock_back(before: int) -> None:
    """Let the records made since event ``before`` be older than the first deal."""
    begun = timezone.now() - datetime.timedelta(days=demo_story.SALES[0].age + 1)
    events = Event.objects.filter(pk__gt=before)
    for model in (Company, Contact, Product):
        made = events.filter(name=f"{model._meta.model_name}.created").values("object_id")
        model._default_manager.filter(pk__in=made).update(created_at=begun, updated_at=begun)
    with opened(Door.DATING):
        events.update(occurred_at=begun)


def _date_stages(deal: Deal, events: list[Event]) -> None:
    """Let the deal enter its stages when its events say so."""
    entered = [event.occurred_at for event in events if event.name in ("deal.created", "deal.stage_changed")]
    changes = list(StageChange.objects.filter(deal=deal).order_by("pk"))
    for change, at in zip(changes, entered, strict=True):
        change.entered_at = at
    StageChange.objects.bulk_update(changes, ["entered_at"])
    Deal.objects.filter(pk=deal.pk).update(stage_entered_at=entered[-1])


def _move_back(deal: Deal, before: int, days: int) -> None:
    """Let the deal's story begin ``days`` ago: its events an hour apart, its dates with them."""
    begun = timezone.now() - datetime.timedelta(days=days)
    events = list(Event.objects.filter(pk__gt=before).order_by("pk"))
    for number, event in enumerate(events):
        event.occurred_at = begun + datetime.timedelta(hours=number)
    with opened(Door.DATING):
        Event.objects.bulk_update(events, ["occurred_at"])
    _date_stages(deal, events)
    back = timezone.now() - begun
    ended = events[-1].occurred_at if events else begun
    closed_at = ended if deal.closed_at else None
    Deal.objects.filter(pk=deal.pk).update(created_at=begun, updated_at=ended, closed_at=closed_at)
    notes = ActivityLink.objects.filter(object_type="deal", object_id=deal.pk).values("activity")
    Activity.objects.filter(pk__in=notes).update(occurred_at=ended)
    ActivityLink.objects.filter(activity__in=notes).update(occurred_at=ended)
    Quote.objects.filter(deal=deal).update(created_at=begun, updated_at=ended, published_at=F("published_at") - back)
