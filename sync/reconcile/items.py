"""Items -> products."""

from typing import Any

from crm.models import Product
from crm.services import from_sync
from crm.services.from_sync import SyncedRow
from qbo_connector.mirror.read import Mirrored
from qbo_connector.models import Operation
from qbo_connector.outbox.plan import OPEN
from sync import matching
from sync.mapping.item import from_item
from sync.mapping.reading import BadPayload
from sync.reconcile.batch import (
    Batch,
    changed_in_quickbooks,
    links_by_id,
    mark_broken,
    new_link,
    save_links,
    snapshot_of,
)


def apply(batch: Batch) -> None:
    """Create and update products for a batch of items, matched by link, then SKU, then name, and link them."""
    mark_broken(batch.connection, "Item", [found.row.qbo_id for found in batch.rows if found.row.deleted])
    if not batch.enabled:
        return
    links = links_by_id(batch.connection, "Item", "product", [found.row.qbo_id for found in batch.rows])
    items = [(f, v) for f, v in _readable(batch) if f.row.qbo_id in links or v["active"]]
    free = [values for found, values in items if found.row.qbo_id not in links]
    products = Product.objects.all()
    by_sku = matching.unlinked_by(batch.connection, products, "product", "sku", [v["sku"] for v in free])
    by_name = matching.unlinked_by(batch.connection, products, "product", "name", [v["name"] for v in free])
    rows, ways, taken = [], [], set()
    for found, values in items:
        link = links.get(found.row.qbo_id)
        match, way = None, "created"
        for candidates, column in ((by_sku, "sku"), (by_name, "name")):
            candidate = candidates.get(values[column].upper()) if values[column] else None
            if match is None and candidate is not None and candidate not in taken:
                match, way = candidate, column
        if link is not None:
            rows.append(SyncedRow(link.object_id, changed_in_quickbooks(values, link.snapshot)))
            way = link.matched_by
        elif match is not None:
            taken.add(match)
            rows.append(SyncedRow(match, {name: v for name, v in values.items() if v not in ("", None)}))
        else:
            rows.append(SyncedRow(None, values))
        ways.append(way)
    results = from_sync.upsert_products(rows, quiet=batch.quiet)
    written = []
    for (found, values), way, result in zip(items, ways, results, strict=True):
        if result.problem:
            batch.park(found, result.problem)
            continue
        known = links.get(found.row.qbo_id)
        if known is not None and known.object_id != result.id:
            known.delete()
        snapshot = snapshot_of(values)
        written.append(new_link(batch.connection, found, "product", result.id, snapshot=snapshot, matched_by=way))
    save_links(written)


def _readable(batch: Batch) -> list[tuple[Mirrored, dict[str, Any]]]:
    operations = Operation.objects.filter(connection=batch.connection, entity="Item", state__in=OPEN)
    under_way = set(operations.values_list("intent__Name", flat=True))
    readable = []
    for found in batch.rows:
        if found.row.deleted:
            continue
        if found.row.name in under_way:
            batch.later.append(found.row.pk)
            continue
        try:
            values = from_item(found.payload, currency=batch.connection.home_currency)
        except BadPayload as error:
            batch.park(found, str(error))
            continue
        if values is not None:
            readable.append((found, values))
    return readable
