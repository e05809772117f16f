"""Items -> products."""

from qbo_connector.mirror.read import Mirrored
from sync.enums import RecordType
from sync.mapping.reading import Payload, flag
from sync.mapping.values import sold
from sync.policies import Policy
from sync.reconcile.batch import Batch, readable
from sync.reconcile.carry_out import carry_out
from sync.reconcile.decide import Candidate, candidate, decide
from sync.reconcile.removed import remove


def apply(batch: Batch) -> None:
    """Create, update and link products for a batch of items, as the settings say."""
    remove(batch, [RecordType.PRODUCT])
    if not batch.enabled:
        return
    items = readable(batch, state_of, name="Name")
    products = product_candidates(batch.policy, items)
    decide(batch.policy, RecordType.PRODUCT, products, lock=True)
    carry_out(batch, batch.policy, RecordType.PRODUCT, products)


def state_of(payload: Payload) -> tuple[bool, bool]:
    """Whether an item can be sold, and whether it is active. Raises BadPayload."""
    return sold(payload), flag(payload, "Active", default=True)


def product_candidates(policy: Policy, items: list[tuple[Mirrored, tuple[bool, bool]]]) -> list[Candidate]:
    """The items that can be sold; their prices are in the company's home currency."""
    extra = {"currency": policy.connection.home_currency}
    return [
        candidate(policy, RecordType.PRODUCT, found, extra=extra, active=active)
        for found, (is_sold, active) in items
        if is_sold
    ]
