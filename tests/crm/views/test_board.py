"""The board of deals."""

import datetime
import json
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm.enums import DealStatus
from crm.models import Deal, Task
from crm.queries import board
from crm.services import deals, pipelines

pytestmark = pytest.mark.django_db
BUDGET = 14


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
    page = response.content.decode()
    assert "Show more: 5 others" in page

    address = re.search(r'hx-get="([^"]+board/more/[^"]+)"', page)[1].replace("&amp;", "&")
    more = signed_in.get(address)
    shown = {deal.pk for deal in new.deals} | {card.deal.pk for card in more.context["cards"]}
    assert (len(more.context["cards"]), len(shown), more.context["more"]) == (5, board.CARDS + 5, "")


def test_the_board_costs_the_same_for_one_and_for_many_deals(signed_in, rep, company, stages):
    counts = []
    signed_in.get(reverse("crm:deal-board"))  # makes what is made once
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


HTMX = {"HX-Request": "true", "HX-Target": "board", "HX-Current-URL": "http://testserver/deals/board/"}


def move(client, deal, stage, **more):
    """The answer to a move on the board."""
    data = {"stage": stage.pk, "seen": deal.stage_id, **more}
    return client.post(reverse("crm:deal-move", args=[deal.pk]), data, headers=HTMX)


def toast(answer):
    """What the answer tells in a toast."""
    return json.loads(answer["HX-Trigger"])["toast"]


def test_a_stage_asks_for_what_is_missing_and_for_nothing_else(signed_in, admin, deal, stages):
    pipelines.update_stage(stages["Proposal"], by=admin, required=["amount", "close_on", "company"])

    asked = move(signed_in, deal, stages["Proposal"])
    assert (asked.status_code, asked["HX-Retarget"]) == (200, "#drawer-body")
    assert list(asked.context["form"].fields) == ["amount", "close_on"]
    assert Deal.objects.get(pk=deal.pk).stage == stages["New"]

    wrong = move(signed_in, deal, stages["Proposal"], asked="1", amount="900")
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (422, ["close_on"])
    assert Deal.objects.get(pk=deal.pk).amount is None

    done = move(signed_in, deal, stages["Proposal"], asked="1", amount="900", close_on="2027-01-31")
    moved = Deal.objects.get(pk=deal.pk)
    assert (done["HX-Retarget"], moved.stage, moved.amount) == ("#board", stages["Proposal"], Decimal(900))
    assert moved.close_on == datetime.date(2027, 1, 31)


def test_losing_asks_for_a_reason_and_undo_takes_it_back(signed_in, admin, deal, stages, pipeline):
    pipelines.set_reasons(pipeline, DealStatus.LOST, ["Price", "Timing"], by=admin)
    pipelines.update(pipeline, by=admin, lost_reason_required=True)

    asked = move(signed_in, deal, stages["Lost"])
    assert list(asked.context["form"].fields) == ["reason", "note"]
    assert move(signed_in, deal, stages["Lost"], asked="1", note="?").status_code == 422
    told = toast(move(signed_in, deal, stages["Lost"], asked="1", reason="Price", note="Half of ours"))
    lost = Deal.objects.get(pk=deal.pk)
    assert (lost.status, lost.lost_reason, lost.won_reason, lost.close_note) == ("lost", "Price", "", "Half of ours")
    assert lost.closed_at is not None

    undone = signed_in.post(told["action"]["url"], headers=HTMX)
    back = Deal.objects.get(pk=deal.pk)
    assert (undone.status_code, back.status, back.lost_reason, back.closed_at) == (204, "open", "", None)
    assert back.stage == stages["New"]
    assert "in the meantime" in toast(signed_in.post(told["action"]["url"], headers=HTMX))["text"]
    page = signed_in.get(reverse("crm:deal-stages-card", args=[deal.pk])).content.decode()
    assert "Price: Half of ours" in page


def test_who_moves_second_sees_what_happened(signed_in, ops, deal, stages):
    deals.move_to_stage(deal, stages["Qualified"], by=ops)

    told = toast(move(signed_in, deal, stages["Won"]))

    assert told["text"] == "Oscar Ops moved “Garden redesign” to “Qualified” in the meantime."
    assert Deal.objects.get(pk=deal.pk).stage == stages["Qualified"]


def test_cards_show_the_next_task_and_what_is_late(signed_in, rep, admin, stages):
    pipelines.update_stage(stages["New"], by=admin, rotting_days=3)
    old = timezone.now() - datetime.timedelta(days=9)
    busy = deals.create(by=rep, name="Busy")
    Task.objects.create(title="Call her", about_type="deal", about_id=busy.pk)
    idle = deals.create(by=rep, name="Idle", close_on=datetime.date(2020, 1, 1))
    Deal.objects.filter(pk=idle.pk).update(stage_entered_at=old)

    page = signed_in.get(reverse("crm:deal-board"))

    cards = {card.deal.name: card for card in page.context["columns"][0].cards}
    assert (cards["Busy"].task.title, cards["Busy"].quiet, cards["Busy"].rotting) == ("Call her", False, False)
    assert (cards["Idle"].task, cards["Idle"].quiet, cards["Idle"].rotting, cards["Idle"].late) == (
        None, True, True, True,
    )  # fmt: skip
    quiet = signed_in.get(reverse("crm:deal-board"), {"next_step": "no"})
    assert columns(quiet)["New"][0] == ["Idle"]
    assert columns(signed_in.get(reverse("crm:deal-board"), {"rotting": "yes"}))["New"][0] == ["Idle"]
    assert columns(signed_in.get(reverse("crm:deal-board"), {"rotting": "no"}))["New"][0] == ["Busy"]
