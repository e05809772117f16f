"""What an imported row says beside the columns of its record: who it is in HubSpot, whom it belongs to, its invoice."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crm.models import HubspotClaim, HubspotLink, HubspotRecord
from crm.models.hubspot import ID_LENGTH

# (from, to) as links are kept; told from the other side they are turned round.
PAIRS = frozenset(
    {
        ("contact", "company"), ("deal", "company"), ("deal", "contact"), ("quote", "deal"), ("quote", "contact"),
        ("quote", "company"),
    }
)  # fmt: skip
_TYPES = {
    "hubspot.company": "company", "hubspot.companies": "company", "hubspot.contacts": "contact",
    "hubspot.deals": "deal",
}  # fmt: skip
_CLAIMS = {
    "hubspot.invoice_number": "number", "hubspot.invoice_amount": "amount", "hubspot.invoice_status": "status",
    "hubspot.invoice_due": "due_on", "hubspot.invoice_recipient": "recipient",
}  # fmt: skip
CLAIM_COLUMNS = (
    "number", "amount", "currency", "status", "due_on", "recipient", "customer", "deal_ids", "company_ids",
    "contact_ids",
)  # fmt: skip
BATCH = 1000


def ids_in(text: Any) -> list[str]:
    """HubSpot's ids in a cell, where several stand behind semicolons or commas."""
    found = re.split(r"[;,\s]+", str(text or ""))
    return list(dict.fromkeys(each[:ID_LENGTH] for each in found if each))


def note(object_type: str, rows: Sequence[tuple[int, Mapping[str, Any], Mapping[str, Any]]], *, job_id: int) -> None:
    """Keep what HubSpot says of written records: (id, what it says by target, columns). Twice is as once."""
    told = [(pk, said, values) for pk, said, values in rows if said.get("hubspot.id")]
    if not told:
        return
    know(object_type, {str(said["hubspot.id"])[:ID_LENGTH]: pk for pk, said, _values in told}, job_id=job_id)
    link(
        (
            (object_type, str(said["hubspot.id"])[:ID_LENGTH], other, each, name == "hubspot.company")
            for _pk, said, _values in told
            for name, other in _TYPES.items()
            for each in ids_in(said.get(name))
        ),
        job_id=job_id,
    )
    if object_type == "deal":
        claim(_claims(told, job_id))


def know(object_type: str, records: Mapping[str, int], *, job_id: int) -> None:
    """Remember which records of ours are which ones of HubSpot's."""
    HubspotRecord.objects.bulk_create(
        [
            HubspotRecord(object_type=object_type, hubspot_id=each, record_id=pk, job_id=job_id)
            for each, pk in records.items()
        ],
        ignore_conflicts=True,
        batch_size=BATCH,
    )


def link(pairs: Iterable[tuple[str, str, str, str, bool]], *, job_id: int) -> None:
    """Remember (type, HubSpot's id, other type, its id, primary) to be associated once both are here."""
    found: dict[tuple[str, str, str, str], bool] = {}
    for kind, pk, other, other_pk, primary in pairs:
        key = (kind, pk, other, other_pk) if (kind, other) in PAIRS else (other, other_pk, kind, pk)
        if key[::2] in PAIRS:
            found[key] = found.get(key, False) or primary
    HubspotLink.objects.bulk_create(
        [
            HubspotLink(from_type=key[0], from_id=key[1], to_type=key[2], to_id=key[3], primary=primary, job_id=job_id)
            for key, primary in found.items()
        ],
        ignore_conflicts=True,
        batch_size=BATCH,
    )


def claim(claims: Sequence[HubspotClaim]) -> None:
    """Keep what HubSpot says of invoices; what is said again counts instead of what was said before."""
    unique = {(each.source, each.hubspot_id): each for each in claims}
    HubspotClaim.objects.bulk_create(
        list(unique.values()),
        update_conflicts=True,
        unique_fields=["source", "hubspot_id"],
        update_fields=[*CLAIM_COLUMNS, "job"],
        batch_size=BATCH,
    )


def _claims(told: Sequence[tuple[int, Mapping[str, Any], Mapping[str, Any]]], job_id: int) -> list[HubspotClaim]:
    found = []
    for _pk, said, values in told:
        columns = {column: said[name] for name, column in _CLAIMS.items() if name in said}
        if not columns:
            continue
        for column, longest in (("number", 60), ("status", 60), ("recipient", 500)):
            columns[column] = str(columns.get(column, ""))[:longest]
        pk = str(said["hubspot.id"])[:ID_LENGTH]
        found.append(
            HubspotClaim(
                source=HubspotClaim.Source.DEAL, hubspot_id=pk, job_id=job_id, deal_ids=[pk],
                company_ids=list(
                    dict.fromkeys([*ids_in(said.get("hubspot.company")), *ids_in(said.get("hubspot.companies"))])
                ),
                contact_ids=ids_in(said.get("hubspot.contacts")), currency=values.get("currency") or "", **columns,
            )
        )  # fmt: skip
    return found
