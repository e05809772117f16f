"""The board of deals."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.models import Deal
from crm.queries import board
from crm.services import deals

pytestmark = pytest.mark.django_db
BUDGET = 8


def columns(response):
    """The board as {stage: ([deals], number, sums)}."""
    return {
        column.stage.name: ([deal.name for deal in column.deals], column.count, column.sums)
        for column in response.context["columns"]
    }


def test_deals_stand_in_their_columns_with_sums(signed_in, rep, stages):
    deals.create(by=rep, name="A", amount=Decimal(100), currency="USD")
    deals.create(by=rep, name="B", amount=Decimal("50.5"), currency="USD")
    deals.create(by=rep, name="C", amount=Decimal(7), currency="EUR")
    deals.create(by=rep, name="D", stage=stages["Won"])
    deals.archive(deals.create(by=rep, name="E"), by=rep)

    response = signed_in.get(reverse("crm:deal-board"))

    shown = columns(response)
    assert shown["New"] == (["C", "B", "A"], 3, {"USD": Decimal("150.5"), "EUR": Decimal(7)})
    assert shown["Won"] == (["D"], 1, {})
    assert list(shown) == ["New", "Qualified", "Proposal", "Negotiation", "Won", "Lost"]
    assert "$150.50" in response.content.decode()


def test_a_long_column_shows_its_latest_and_where_the_others_are(signed_in, rep, stages, monkeypatch):
    Deal.objects.bulk_create(Deal(name=f"D{n}", stage=stages["New"], amount=1) for n in range(board.CARDS + 5))

    response = signed_in.get(reverse("crm:deal-board"))

    new = response.context["columns"][0]
    assert (len(new.deals), new.count, new.hidden) == (board.CARDS, board.CARDS + 5, 5)
    assert "5 more in the table" in response.content.decode()


def test_the_board_costs_the_same_for_one_and_for_many_deals(signed_in, rep, company, stages):
    counts = []
    for size in (1, 29):
        for stage in stages.values():
            Deal.objects.bulk_create(Deal(name="D", stage=stage, company=company, owner=rep) for _n in range(size))
        with CaptureQueriesContext(connection) as captured:
            assert signed_in.get(reverse("crm:deal-board")).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert counts[0] <= BUDGET


def test_the_board_is_searched_and_filtered(signed_in, rep, ops):
    deals.create(by=rep, name="Roof garden")
    deals.create(by=ops, name="Roof tiles")

    assert columns(signed_in.get(reverse("crm:deal-board"), {"q": "gard"}))["New"][0] == ["Roof garden"]
    assert columns(signed_in.get(reverse("crm:deal-board"), {"owner": ops.pk}))["New"][0] == ["Roof tiles"]
    assert signed_in.get(reverse("crm:deal-board"), {"pipeline": "x", "amount": "..lots"}).status_code == 200


def test_a_card_moves_and_the_board_comes_back_as_it_was_filtered(signed_in, deal, stages):
    deals.create(by=deal.owner, name="Other")
    answer = signed_in.post(
        reverse("crm:deal-move", args=[deal.pk]),
        {"stage": stages["Won"].pk},
        headers={
            "HX-Request": "true",
            "HX-Target": "board",
            "HX-Current-URL": f"http://testserver{reverse('crm:deal-board')}?q=garden",
        },
    )

    deal.refresh_from_db()
    assert (answer.status_code, deal.status) == (200, "won")
    assert (columns(answer)["Won"][0], columns(answer)["New"][0]) == (["Garden redesign"], [])


def test_moving_from_the_record_shows_the_record_anew(signed_in, deal, stages):
    address = reverse("crm:deal-move", args=[deal.pk])

    answer = signed_in.post(address, {"stage": stages["Proposal"].pk}, headers={"HX-Request": "true"})
    assert answer["HX-Refresh"] == "true"
    plain = signed_in.post(address, {"stage": stages["Lost"].pk})
    assert plain["Location"] == reverse("crm:deal-detail", args=[deal.pk])


@pytest.mark.parametrize("stage", ["", "x", "999999"])
def test_a_stage_that_is_not_there_changes_nothing(signed_in, deal, stage):
    assert signed_in.post(reverse("crm:deal-move", args=[deal.pk]), {"stage": stage}).status_code == 404
    assert Deal.objects.get(pk=deal.pk).stage == deal.stage


def test_an_archived_deal_stays_where_it_is(signed_in, rep, deal, stages):
    deals.archive(deal, by=rep)

    page = signed_in.post(reverse("crm:deal-move", args=[deal.pk]), {"stage": stages["Won"].pk}, follow=True)

    assert "is archived. Restore it to move it." in page.content.decode()
    assert Deal.objects.get(pk=deal.pk).status == "open"


def test_who_may_not_edit_sees_a_board_without_handles(client, looker, deal):
    client.force_login(looker)

    page = client.get(reverse("crm:deal-board")).content.decode()

    assert "Garden redesign" in page
    assert "data-board" not in page
    assert reverse("crm:deal-move", args=[deal.pk]) not in page
