"""Ready workflows about deals: invoicing what was won, moving what was paid."""

from typing import Any

from crm.enums import DealStatus
from crm.models import Stage
from workflows.ready.parts import definition, event, step


def invoice_when_won() -> Any:
    """An invoice in QuickBooks, from the deal's lines, as soon as a deal is won."""
    # Said as well, so that nothing else is invoiced where records that fit already are enrolled.
    won = {"field": "status", "op": "in", "value": [DealStatus.WON.value]}
    with_lines = {"version": 1, "all": [won, {"some": "lines"}]}
    make = step("create_invoice", customer="create", items="create")
    return definition("deal", event("deal.won"), with_lines, make)


def move_when_paid() -> Any:
    """The deal goes to the won stage of the first pipeline when its first invoice is paid."""
    stage = (
        Stage.objects.filter(status=DealStatus.WON).order_by("pipeline__position", "pipeline_id", "position").first()
    )
    move = step("move_stage", path="", stage=stage.pk if stage is not None else None)
    paid = {"version": 1, "all": [{"field": "paid", "op": ">", "value": "0"}]}
    return definition("deal", event("invoice.paid"), paid, move)
