"""Pipelines, their stages, and what those ask for."""

from decimal import Decimal

import pytest
from django.urls import reverse

from core.models import Event
from crm.enums import DealStatus
from crm.models import Deal, Pipeline, Stage
from crm.services import deal_lines, deals, pipelines, stage_requirements
from crm.services.lines import LineValues
from crm.services.stage_requirements import StageNeeds

pytestmark = pytest.mark.django_db


def names(pipeline):
    """The names of its stages in order."""
    return [stage.name for stage in pipeline.stages.all()]


def test_stages_are_added_ordered_and_deleted(admin, rep, pipeline, stages, deal):
    demo = pipelines.add_stage(pipeline, by=admin, name="Demo", status="open", probability=60)
    assert names(pipeline) == ["New", "Qualified", "Proposal", "Negotiation", "Demo", "Won", "Lost"]
    pipelines.order_stages(pipeline, [stages["New"].pk, demo.pk], by=admin)
    assert names(pipeline)[:3] == ["New", "Demo", "Qualified"]

    with pytest.raises(pipelines.Refused):
        pipelines.delete_stage(stages["New"], by=admin)
    assert pipelines.delete_stage(stages["New"], into=demo, by=admin) == 1

    moved = Deal.objects.get(pk=deal.pk)
    assert (moved.stage, [change.name for change in moved.stage_changes.order_by("pk")]) == (demo, ["New", "Demo"])
    assert Event.objects.filter(name="deal.stage_changed", object_id=deal.pk).count() == 1


@pytest.mark.parametrize("name", ["Won", "Lost"])
def test_a_pipeline_keeps_a_stage_of_each_status(admin, pipeline, stages, name):
    with pytest.raises(pipelines.Refused):
        pipelines.delete_stage(stages[name], into=stages["New"], by=admin)
    with pytest.raises(pipelines.Refused):
        pipelines.update_stage(stages[name], by=admin, status="open")
    assert Stage.objects.get(pk=stages[name].pk).status == stages[name].status


def test_a_stage_with_deals_keeps_its_status(admin, deal, stages):
    with pytest.raises(pipelines.Refused):
        pipelines.update_stage(stages["New"], by=admin, status="lost")


def test_a_pipeline_is_deleted_when_its_deals_have_a_place(admin, deal, pipeline):
    with pytest.raises(pipelines.Refused):
        pipelines.delete(pipeline, by=admin)
    other = pipelines.create(name="Renewals", by=admin)
    with pytest.raises(pipelines.Refused):
        pipelines.delete(pipeline, by=admin)
    won = other.stages.get(status="won")

    assert pipelines.delete(pipeline, into=won, by=admin) == 1

    moved = Deal.objects.get(pk=deal.pk)
    assert (moved.stage, moved.status, moved.closed_at is not None) == (won, "won", True)
    assert list(Pipeline.objects.all()) == [other]


def test_reasons_are_offered_in_order_and_deals_keep_their_words(admin, rep, deal, pipeline, stages):
    pipelines.set_reasons(pipeline, DealStatus.LOST, ["Price", " Timing ", "", "Price"], by=admin)
    deals.move_to_stage(deal, stages["Lost"], by=rep, reason="Timing")

    kept = pipelines.set_reasons(pipeline, DealStatus.LOST, ["Other", "Price"], by=admin)

    assert [reason.name for reason in kept] == ["Other", "Price"]
    assert Deal.objects.get(pk=deal.pk).lost_reason == "Timing"


def test_a_stage_names_everything_that_a_deal_lacks(admin, rep, deal, stages):
    every = [each.name for each in stage_requirements.offered()]
    stage = pipelines.update_stage(stages["Proposal"], by=admin, required=every)

    with pytest.raises(StageNeeds) as needs:
        deals.move_to_stage(deal, stage, by=rep)

    assert [each.name for each in needs.value.missing] == ["amount", "close_on", "description", "lines"]
    assert str(needs.value) == "“Proposal” needs: Amount, Close date, Description and Line items."
    with pytest.raises(StageNeeds):
        deals.create(by=rep, name="New one", stage=stage)
    assert not Deal.objects.filter(name="New one").exists()


def test_an_amount_that_is_typed_no_longer_follows_the_lines(rep, deal):
    deal_lines.set_lines(deal, [LineValues("Design", Decimal(2), Decimal(75))], by=rep)
    deal = deals.update(Deal.objects.get(pk=deal.pk), by=rep, amount=Decimal(200))
    deal = deal_lines.set_lines(deal, [LineValues("Design", Decimal(3), Decimal(75))], by=rep)
    assert (deal.amount, deal.amount_follows_lines) == (Decimal(200), False)

    deal = deals.update(deal, by=rep, amount_follows_lines=True)
    assert deal.amount == Decimal(225)


def test_pipelines_are_set_up_on_their_pages(client, admin, pipeline, stages, deal):
    client.force_login(admin)
    page = reverse("crm:pipeline-edit", args=[pipeline.pk])

    assert client.get(reverse("crm:pipeline-list")).status_code == 200
    assert client.get(page).status_code == 200
    client.post(page, {"name": "Garden sales", "lost_reasons": "Price\nTiming", "lost_reason_required": "on"})
    pipeline.refresh_from_db()
    assert (pipeline.name, pipeline.lost_reason_required, pipeline.reasons.count()) == ("Garden sales", True, 2)

    stage = {"name": "Offer", "status": "open", "probability": "70", "required": ["amount"], "rotting_days": "14"}
    client.post(reverse("crm:stage-edit", args=[stages["Proposal"].pk]), stage)
    client.post(reverse("crm:stage-order", args=[pipeline.pk]), {"move": stages["Proposal"].pk, "by": "up"})
    assert names(pipeline)[:3] == ["New", "Offer", "Qualified"]
    assert Stage.objects.get(pk=stages["Proposal"].pk).required == ["amount"]
    client.post(reverse("crm:stage-create", args=[pipeline.pk]), {**stage, "name": "Trial"})
    assert "Trial" in names(pipeline)

    gone = reverse("crm:stage-delete", args=[stages["New"].pk])
    assert client.post(gone, {"confirm": "Old", "into": stages["Qualified"].pk}).status_code == 422
    assert client.post(gone, {"confirm": "New", "into": stages["Qualified"].pk}).status_code == 302
    assert Deal.objects.get(pk=deal.pk).stage == stages["Qualified"]

    client.post(reverse("crm:pipeline-create"), {"name": "Renewals"})
    other = Pipeline.objects.get(name="Renewals")
    client.post(reverse("crm:pipeline-order"), {"id": [other.pk, pipeline.pk]})
    assert list(Pipeline.objects.all()) == [other, pipeline]
    assert client.post(reverse("crm:pipeline-delete", args=[other.pk]), {"confirm": "Renewals"}).status_code == 302
