"""Moving a deal together with what the new stage asks for."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from core.access import needs
from crm.models import Contact, Deal, Stage
from crm.services import deal_contacts, deals


@needs("crm.edit")
@transaction.atomic
def move(
    deal: Deal,
    stage: Stage,
    *,
    by: Any,
    values: Mapping[str, Any] | None = None,
    contacts: Sequence[Contact] = (),
    reason: str = "",
    note: str = "",
    seen: int | None = None,
) -> Deal:
    """Write ``values`` and put ``contacts`` on the deal, then move it; all of it or nothing.

    Raises what ``deals.move_to_stage`` and ``deals.update`` raise.
    """
    if values:
        deal = deals.update(deal, by=by, **values)
    for contact in contacts:
        deal_contacts.add(deal, contact, by=by)
    return deals.move_to_stage(deal, stage, by=by, reason=reason, note=note, seen=seen)
