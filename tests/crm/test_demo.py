"""The CRM's part of the demo story."""

import pytest

from crm import demo, demo_story
from crm.models import Company, Contact, Deal, Product, Quote
from crm.services import companies

pytestmark = pytest.mark.django_db


def test_the_story_is_built_once(rep, ops):
    existing = companies.create(by=rep, name="COOL CARS")

    first = demo.build_demo(by=rep, owners=[rep, ops])
    counts = [model.objects.count() for model in (Company, Contact, Deal, Product, Quote)]
    again = demo.build_demo(by=rep, owners=[rep, ops])

    assert [model.objects.count() for model in (Company, Contact, Deal, Product, Quote)] == counts
    assert {key: deal.pk for key, deal in first.items()} == {key: deal.pk for key, deal in again.items()}
    assert first["ready"].company == existing
    assert {deal.stage.name for deal in first.values()} == {
        "New", "Qualified", "Proposal", "Negotiation", "Won", "Lost",
    }  # fmt: skip
    assert {deal.owner for deal in first.values()} == {rep, ops}


def test_one_deal_is_ready_to_be_invoiced(rep):
    deal = demo.build_demo(by=rep)["ready"]

    assert deal.status == "open"
    assert deal.deal_contacts.get(primary=True).contact.email
    assert [line.product.name for line in deal.lines.all()] == ["Design", "Hours", "Rock Fountain"]
    assert deal.amount == sum(line.quantity * line.unit_price for line in deal.lines.all())


def test_invoiced_deals_are_in_the_story():
    assert set(demo_story.INVOICED) <= {sale.key for sale in demo_story.SALES}
