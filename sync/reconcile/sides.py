"""The records that mirrored objects stand for, by kind, for those who only want to know what would follow."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from qbo_connector.mirror.read import Mirrored
from sync.enums import RecordType, SyncObject
from sync.mapping.reading import BadPayload
from sync.mapping.values import shape_of
from sync.policies import Policy
from sync.reconcile.customers import company_candidates, contact_candidates
from sync.reconcile.decide import Candidate
from sync.reconcile.items import product_candidates, state_of

Found = TypeVar("Found")


def candidates_of(
    policy: Policy, sync_object: SyncObject, rows: Sequence[Mirrored]
) -> Iterator[tuple[RecordType, list[Candidate]]]:
    """Candidates of customers or items; each kind is made only when the one before has been decided."""
    if sync_object == SyncObject.PRODUCT:
        yield RecordType.PRODUCT, product_candidates(policy, readable(rows, state_of))
        return
    customers = readable(rows, shape_of)
    yield RecordType.COMPANY, company_candidates(policy, customers)
    yield RecordType.CONTACT, contact_candidates(policy, customers)


def readable(rows: Sequence[Mirrored], reader: Callable[[Any], Found]) -> list[tuple[Mirrored, Found]]:
    """Rows that can be read; the others are parked when they are really applied."""
    found = []
    for each in rows:
        try:
            found.append((each, reader(each.payload)))
        except BadPayload:
            continue
    return found
