"""Who a deal is made with: its contacts, replaced as a whole, the primary one first."""

from typing import Any

from accounts.access import require
from api.described import Answer, Call, Operation
from api.problems import Mistake, conflict, pointer, unfit, unfit_at
from api.resources.records import EDITS, RECORDS, held
from api.schemas import ID, array, record
from api.scopes import CRM_WRITE
from crm.kinds import CONTACT, DEAL
from crm.services import deal_contacts

MOST = 100


def replace(call: Call) -> Answer:
    """Let a deal have these contacts and no others."""
    require(call.user, EDITS)
    deal, wanted = held(call, DEAL), list(call.body["contacts"])
    if deal.archived_at is not None:
        raise conflict("The record is archived. Restore it to change it.", "archived")
    visible = CONTACT.visible_to(call.user)
    there = visible.filter(pk__in=deal.deal_contacts.values("contact_id")).in_bulk()
    # One that is archived may stay, and is not put on.
    known: dict[int, Any] = {**visible.filter(archived_at=None).in_bulk(wanted), **there}
    if wrong := [place for place, pk in enumerate(wanted) if pk not in known]:
        raise unfit(*(Mistake("There is no such contact.", pointer("contacts", place)) for place in wrong))
    primary = call.body.get("primary", wanted[0] if wanted else None)
    if primary is not None and primary not in wanted:
        raise unfit_at("/primary", "It is none of the contacts.")
    for pk in wanted:
        if pk not in there:
            deal_contacts.add(deal, known[pk], by=call.user)
    for pk, contact in there.items():
        if pk not in wanted:
            deal_contacts.remove(deal, contact, by=call.user)
    if primary is not None:
        deal_contacts.make_primary(deal, known[primary], by=call.user)
    return RECORDS["deal"].answer(call, DEAL.visible_to(call.user).get(pk=deal.pk))


def operations() -> list[Operation]:
    """Replacing the contacts of a deal."""
    deal = RECORDS["deal"]
    body = record(
        {
            "contacts": array(ID, maxItems=MOST, uniqueItems=True),
            "primary": {**ID, "description": "The first of them, unless it is given."},
        },
        "contacts",
    )
    return [
        Operation("PUT", "deals/{id}/contacts", "replace-deal-contacts", str(DEAL.plural),
                  "Replace the contacts of a deal", CRM_WRITE, replace, {200: deal.shown}, deal.view.params, body,
                  versioned=True, shows_version=True),
    ]  # fmt: skip
