"""The list of deals, which is a board as well."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Case, Count, F, IntegerField, QuerySet, Subquery, Value, When
from django.db.models.functions import Concat
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L  # noqa: N812 -- short, as it stands before every label

from core.conditions import Condition, Field
from core.tables import BuiltIn, Chip, Column, Total, templated
from crm.enums import BillingStatus, DealStatus
from crm.kinds import DEAL
from crm.labels import NEXT_STEP, YES_NO
from crm.models import Pipeline, Stage
from crm.queries import board
from crm.tables.making import table_of
from crm.tables.parts import (
    ARCHIVED_BY,
    ARCHIVED_COLUMN,
    COMPANIES,
    COMPANY_OF,
    COMPANY_PAGE,
    CREATED,
    CREATED_COLUMN,
    OWNER,
    OWNER_COLUMN,
    OWNERS,
    UPDATED,
    UPDATED_COLUMN,
    VIEWS,
    field,
    more,
    named,
)


def stages(_user: Any) -> QuerySet[Any]:
    """The stages in the order of their pipelines, which they name where there are several."""
    several = Pipeline.objects.order_by().values(one=Value(1)).annotate(all=Count("pk")).values("all")
    named = Stage.objects.annotate(pipelines=Subquery(several, output_field=IntegerField()))
    label = Case(When(pipelines__gt=1, then=Concat("pipeline__name", Value(": "), "name")), default="name")
    place = F("pipeline__position") * 1_000_000 + F("pipeline_id") * 1_000 + F("position")
    return named.annotate(label=label, place=place)


def _billed(name: str, label: Any, kind: str = "text", *, path: str = "", default: bool = True, **more: Any) -> Column:
    annotate = {name: F(f"billing__{path or name}"), "invoice_currency": F("billing__currency")}
    return Column(name, label, kind, annotate=annotate, currency="invoice_currency", default=default, **more)


def _nothing_for_zero(value: Any, deal: Any) -> Any:
    money = Column("outstanding", "", "money", currency="invoice_currency")
    return money.cell(value, deal) if value else ""


def _billing_status(value: Any, _deal: Any) -> Any:
    return str(BillingStatus(value).label) if value in BillingStatus.values else None


def _days_in_stage(deal: Any) -> int:
    return board.days_since(deal.stage_entered_at)


def _rotting(deal: Any) -> str:
    return _("Yes") if board.is_rotting(deal, deal.stage) else ""


def _next_steps(deals_shown: Sequence[Any]) -> Mapping[int, str]:
    return {pk: task.title for pk, task in board.next_tasks(deal.pk for deal in deals_shown).items()}


def _next_moments(deals_shown: Sequence[Any]) -> Mapping[int, Any]:
    return {pk: task.due_at for pk, task in board.next_tasks(deal.pk for deal in deals_shown).items()}


ROTTING_NEEDS = ("stage_entered_at", "status", "stage__rotting_days")
STAGE_NEEDS = ("stage__name", "stage__status")
DEAL_COLUMNS = (
    named(L("Deal")),
    Column(
        "stage", L("Stage"), path="stage__name", needs=STAGE_NEEDS, show=templated("crm/_stage_cell.html"), edit="stage"
    ),
    Column("amount", L("Amount"), "money", sort="amount", edit="amount"),
    Column("company", L("Company"), path="company__name", link=COMPANY_PAGE, edit="company"),
    _billed(
        "invoice_status", L("Invoice status"), show=templated("crm/_billing_cell.html"), plain=_billing_status,
    ),
    _billed(
        "invoice_amount", L("Invoice amount billed"), "money", path="invoice_amount_billed",
        sort="invoice_amount",
    ),
    _billed("outstanding", L("Outstanding"), "money", sort="outstanding", show=_nothing_for_zero),
    _billed("invoice_number", L("Invoice number"), sort="invoice_number", look="cell-short"),
    _billed("invoice_due_on", L("Invoice due date"), "date", sort="invoice_due_on"),
    _billed("invoice_recipient", L("Invoice recipient")),
    Column("close_on", L("Close date"), "date", sort="close_on", edit="close_on"),
    OWNER_COLUMN,
    UPDATED_COLUMN,
    more("status", L("Status"), value=lambda deal: str(deal.get_status_display()), needs=("status",)),
    more("pipeline", L("Pipeline"), path="stage__pipeline__name"),
    more("probability", L("Probability (percent)"), "number", path="stage__probability"),
    more("currency", L("Currency")),
    _billed("billed", L("Billed in all"), "money", default=False),
    _billed("paid", L("Paid"), "money", default=False),
    _billed("overdue", L("Overdue amount"), "money", default=False),
    _billed("next_due_on", L("Next due date"), "date", default=False),
    _billed("invoice_count", L("Number of invoices"), "number", path="invoices", default=False),
    more("closed", L("Closed"), "datetime", path="closed_at"),
    more("won_reason", L("Reason for winning")),
    more("lost_reason", L("Reason for losing")),
    more("close_note", L("Why, in words"), "long"),
    more("in_stage_since", L("In its stage since"), "datetime", path="stage_entered_at"),
    more("days_in_stage", L("Days in its stage"), "number", value=_days_in_stage, needs=("stage_entered_at",)),
    more("rotting", L("Too long in its stage"), value=_rotting, needs=ROTTING_NEEDS),
    more("next_step", L("Next step"), load=_next_steps),
    more("next_step_on", L("Next step on"), "datetime", load=_next_moments),
    more("description", L("Description"), "long"),
    CREATED_COLUMN,
    ARCHIVED_COLUMN,
    ARCHIVED_BY,
)  # fmt: skip


def _each_deal_once(rows: QuerySet[Any], query: QueryDict) -> QuerySet[Any]:
    return rows.distinct() if len(query.getlist("contact")) > 1 else rows


THIS_MONTH = {"period": "this_month"}
WON: Condition = {"field": "status", "op": "in", "value": ["won"]}
DEAL_VIEWS = (
    *VIEWS,
    BuiltIn("no-next-step", L("No next step"), "status=open&next_step=no", tab=False),
    BuiltIn(
        "won-this-month",
        L("Won this month"),
        where={"all": [WON, {"field": "closed", "op": "relative", "value": THIS_MONTH}]},
    ),
    BuiltIn(
        "closing-this-month",
        L("Closing this month"),
        where={
            "all": [
                {"field": "status", "op": "in", "value": ["open"]},
                {"field": "close_on", "op": "relative", "value": THIS_MONTH},
            ]
        },
    ),
    BuiltIn(
        "unbilled-won",
        L("Unbilled won"),
        where={
            "all": [
                WON,
                {
                    "any": [
                        {"field": "invoice_count", "op": "empty"},
                        {"field": "invoice_count", "op": "<", "value": "1"},
                    ]
                },
            ]
        },
    ),
)
DEALS = table_of(
    DEAL,
    DEAL_COLUMNS,
    (
        field("status", L("Status"), "choice", "status", DealStatus.choices),
        field("stage", L("Stage"), "record", "stage_id"),
        field("pipeline", L("Pipeline"), "record", "stage__pipeline_id"),
        OWNER,
        COMPANY_OF,
        field("contact", L("Contact"), "record", "deal_contacts__contact_id"),
        field("amount", L("Amount"), "number", "amount"),
        field("close_on", L("Close date"), "date", "close_on"),
        field("invoice_status", L("Invoice status"), "choice", "billing__invoice_status", BillingStatus.choices),
        Field("next_step", L("Next step"), "choice", choices=NEXT_STEP, expression=board.next_step),
        Field("rotting", L("Too long in its stage"), "choice", choices=YES_NO, expression=board.rotting),
        field("closed", L("Closed"), "date", "closed_at__date"),
        field("lost_reason", L("Reason for losing"), "choice", "lost_reason"),
        field("invoice_due_on", L("Invoice due date"), "date", "billing__invoice_due_on"),
        field("outstanding", L("Outstanding"), "number", "billing__outstanding"),
        CREATED,
        UPDATED,
    ),
    "-updated",
    chips=(
        Chip("status", L("Status"), choices=DealStatus.choices, icon="circle-dot"),
        Chip("stage", L("Stage"), options=stages, icon="columns"),
        OWNERS,
        COMPANIES,
        Chip("invoice_status", L("Invoice status"), choices=BillingStatus.choices, icon="file-invoice"),
        Chip("close_on", L("Close date"), "date", icon="calendar"),
        Chip("amount", L("Amount"), "number", icon="currency-dollar"),
        Chip("invoice_due_on", L("Invoice due date"), "date", icon="calendar-due"),
        Chip("next_step", L("Next step"), choices=NEXT_STEP, icon="arrow-right"),
        Chip("rotting", L("Too long in its stage"), choices=YES_NO, icon="clock"),
    ),
    views=DEAL_VIEWS,
    totals=(Total("amount", L("Amount")),),
    template="crm/deal_list.html",
    fitted=_each_deal_once,
)
