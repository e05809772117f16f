"""Which QuickBooks company is proposed for an invoice, and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.access import needs
from core.events import emit
from crm.models import Deal, Pipeline
from invoices.models import PipelineCompany
from invoices.ports import Account, accounting


@dataclass(frozen=True)
class Proposal:
    """A company with the reason why it is proposed; empty where there is no choice."""

    account: Account
    reason: str = ""


def proposed(usable: Sequence[Account], *, deal: Deal | None, currency: str) -> Proposal | None:
    """The company of the deal's pipeline, else one that keeps its books in ``currency``, else the first.

    Of several with the same currency it is the one whose customer the deal's contact or company surely is.
    """
    if len(usable) < 2:
        return Proposal(usable[0]) if usable else None
    if deal is not None:
        row = PipelineCompany.objects.filter(pipeline__stages=deal.stage_id).select_related("pipeline").first()
        by_pipeline = next((each for each in usable if row and each.connection_id == row.connection_id), None)
        if row is not None and by_pipeline is not None:
            return Proposal(by_pipeline, _("Usual company of the pipeline %s") % row.pipeline)
    by_currency = [each for each in usable if each.currency == currency]
    if deal is not None and len(by_currency) > 1:
        known = next((each for each in by_currency if _has_customer(each, deal)), None)
        if known is not None:
            return Proposal(known, _("Has this deal’s customer already"))
    if by_currency:
        return Proposal(by_currency[0], _("Keeps its books in %s, as the deal") % currency)
    return Proposal(usable[0])


def _has_customer(account: Account, deal: Deal) -> bool:
    matches = accounting().customer_matches(account.connection_id, deal_id=deal.pk)
    return any(match.certain for match in matches)


def chosen() -> dict[int, int]:
    """The usual company of each pipeline that has one, as ids."""
    return dict(PipelineCompany.objects.values_list("pipeline_id", "connection_id"))


@needs("sync.configure")
@transaction.atomic
def choose(companies: Mapping[int, int | None], *, known: Iterable[int], by: Any = None) -> None:
    """Set the usual company of pipelines; None for none. Ids that are not ``known`` companies are left out."""
    allowed = set(known)
    rows = PipelineCompany.objects.select_related("connection").in_bulk(field_name="pipeline_id")
    for pipeline in Pipeline.objects.filter(pk__in=companies).order_by("pk"):
        connection_id = companies[pipeline.pk]
        held = rows.get(pipeline.pk)
        if (held.connection_id if held else None) == (connection_id if connection_id in allowed else None):
            continue
        if connection_id in allowed:
            made, _new = PipelineCompany.objects.update_or_create(
                pipeline=pipeline, defaults={"connection_id": connection_id}
            )
            after = str(made.connection)
        else:
            PipelineCompany.objects.filter(pipeline=pipeline).delete()
            after = ""
        changes = {"usual_company": [str(held.connection) if held else "", after]}
        emit("pipeline.company_changed", pipeline, by=by, title=pipeline.name, changes=changes)
