"""Items -> products."""

from functools import partial

from crm.models import Product
from crm.services import from_sync
from crm.services.from_sync import SyncedRow
from sync import matching
from sync.mapping.item import from_item
from sync.reconcile.batch import Batch, changed_in_quickbooks, link_written, links_by_id, mark_broken, readable


def apply(batch: Batch) -> None:
    """Create and update products for a batch of items, matched by link, then SKU, then name, and link them."""
    mark_broken(batch.connection, "Item", batch.gone)
    if not batch.enabled:
        return
    links = links_by_id(batch.connection, "Item", "product", [found.row.qbo_id for found in batch.rows])
    read_item = partial(from_item, currency=batch.connection.home_currency)
    sold = [(found, values) for found, values in readable(batch, read_item, name="Name") if values is not None]
    items = [(found, values) for found, values in sold if found.row.qbo_id in links or values["active"]]
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
    written = ((found, values, way, result) for (found, values), way, result in zip(items, ways, results, strict=True))
    link_written(batch, "product", written, links)
