"""The forecast of deals, and goals."""

import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Team
from core.company import today
from crm.models import Deal, SalesGoal
from crm.services import deals

pytestmark = pytest.mark.django_db
BUDGET = 14


@pytest.fixture
def sold(rep, ops, stages):
    """Deals of two people: open, won, in another currency, late and without a date."""
    day = today().replace(day=15)

    def deal(name, owner, stage="Proposal", amount=1000, currency="USD", close_on=day):
        return deals.create(
            by=owner, name=name, stage=stages[stage], amount=Decimal(amount), currency=currency, close_on=close_on
        )

    deal("A", rep)
    deal("B", ops, "Negotiation", 400)
    deal("C", rep, "Won", 50)
    deal("E", rep, currency="EUR")
    deal("F", ops, close_on=None)
    deal("G", ops, close_on=day - datetime.timedelta(days=90))
    return day


def test_deals_are_summed_by_owner_and_month(signed_in, rep, ops, sold):
    SalesGoal.objects.create(owner=rep, month=sold.replace(day=1), amount=200)

    page = signed_in.get(reverse("crm:forecast"))

    found = page.context["forecast"]
    first = {line.label: line.cells[0][1] for line in found.lines}
    assert (first["Rita Rep"].amount, first["Rita Rep"].weighted, first["Rita Rep"].won) == (1000, 500, 50)
    assert (first["Rita Rep"].percent, first["Oscar Ops"].weighted) == (25, 300)
    assert (found.total.amount, found.total.expected) == (1400, 850)
    assert (found.others["EUR"].amount, found.undated_deals, found.late_deals) == (1000, 1, 1)
    words = page.content.decode()
    assert f"close_on={found.periods[0].days}" in words
    listed = signed_in.get(reverse("crm:deal-list"), {"status": "open", "close_on": found.periods[0].days})
    assert {deal.name for deal in listed.context["list"].rows} == {"A", "B", "E"}
    won = signed_in.get(reverse("crm:deal-list"), {"status": "won", "closed": found.periods[0].days})
    assert [deal.name for deal in won.context["list"].rows] == ["C"]


def test_teams_pipelines_and_quarters(signed_in, rep, ops, sold):
    team = Team.objects.create(name="North")
    team.members.add(rep, ops)

    def amounts(**asked):
        found = signed_in.get(reverse("crm:forecast"), asked).context["forecast"]
        return {line.label: line.total.amount for line in found.lines}

    assert amounts(group="team") == {"North": 1400}
    assert amounts(group="pipeline", by="quarter") == {"Sales": 1400}
    assert amounts(group="x", by="x", pipeline="x", start="x") == {"Oscar Ops": 400, "Rita Rep": 1000}


def test_the_forecast_costs_the_same_for_one_and_for_thirty(signed_in, rep, stages):
    counts = []
    signed_in.get(reverse("crm:forecast"))  # makes what is made once
    for size in (1, 29):
        Deal.objects.bulk_create(
            Deal(name="D", stage=stages["New"], owner=rep, amount=1, close_on=today()) for _n in range(size)
        )
        with CaptureQueriesContext(connection) as captured:
            assert signed_in.get(reverse("crm:forecast")).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert counts[0] <= BUDGET


def test_goals_are_set_and_taken_away(client, admin, rep):
    client.force_login(admin)
    month = today().replace(day=1)
    address, name = reverse("crm:forecast-goals"), f"goal_{rep.pk}_{month:%Y%m}"

    assert client.get(address).status_code == 200
    assert client.post(address, {name: "lots"}).status_code == 422
    client.post(address, {name: "1,500"})
    assert SalesGoal.objects.get().amount == 1500
    client.post(address, {name: ""})
    assert not SalesGoal.objects.exists()
