"""Send what is due of one company: what people wait for first and singly, the rest in batches where that pays."""

from collections.abc import Callable, Sequence

from qbo_connector.models import Operation
from qbo_connector.outbox import batch
from qbo_connector.outbox.lease import lease_operations
from qbo_connector.outbox.send import send

Unit = Callable[[], None]
URGENT_AT_ONCE = 10
# Four batches: at QuickBooks' pace some seconds, well within a lease.
BULK_AT_ONCE = 4 * batch.LARGEST


def lease_units(connection_id: int, *, urgent: bool = False) -> list[Unit]:
    """Lease what is due and divide it into pieces of work that don't depend on each other; ``urgent``: only such."""
    leased = lease_operations(connection_id, limit=URGENT_AT_ONCE, urgent=True)
    if not leased and not urgent:
        leased = lease_operations(connection_id, limit=BULK_AT_ONCE)
    return units_of(leased)


def units_of(leased: Sequence[Operation]) -> list[Unit]:
    """Leased operations as pieces of work: batches that are sent again, new batches, single ones."""
    begun: dict[int, list[Operation]] = {}
    joining, single = [], []
    for operation in leased:
        if operation.batch_id is not None:
            begun.setdefault(operation.batch_id, []).append(operation)
        elif batch.can_join(operation):
            joining.append(operation)
        else:
            single.append(operation)
    units = [_repeat(operations) for operations in begun.values()]
    for together in _batches(joining):
        if len(together) >= batch.SMALLEST:
            units.append(_new(together))
        else:
            single += together
    return units + [_one(operation) for operation in single]


def _batches(operations: Sequence[Operation]) -> list[list[Operation]]:
    """Groups of at most thirty; two operations on one object never share a group, the later one waits for its turn."""
    groups: list[list[Operation]] = []
    targets: list[set[tuple[str, str]]] = []
    for operation in operations:
        wanted = batch.target(operation)
        for group, taken in zip(groups, targets, strict=True):
            if len(group) < batch.LARGEST and wanted not in taken:
                group.append(operation)
                taken.add(wanted)
                break
        else:
            groups.append([operation])
            targets.append({wanted})
    return groups


def _repeat(operations: Sequence[Operation]) -> Unit:
    return lambda: batch.send_again(operations)


def _new(operations: Sequence[Operation]) -> Unit:
    return lambda: batch.send_new(operations)


def _one(operation: Operation) -> Unit:
    return lambda: send(operation)


def drain(connection_id: int) -> int:
    """Send everything that is due now, one piece after the other; returns how many pieces there were."""
    done = 0
    while units := lease_units(connection_id):
        for unit in units:
            unit()
        done += len(units)
    return done
