"""The three objects of a company's sync settings: what each does, whether it is on, and what it brought."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from invoices.models import Payment
from qbo_connector.models import Connection, MirrorObject
from sync.enums import Direction, SyncObject
from sync.models import Link, ObjectSettings


@dataclass(frozen=True)
class Description:
    """What a page says about an object besides its figures."""

    remote: str | Promise
    icon: str
    sentence: str | Promise


DESCRIPTIONS = {
    SyncObject.CONTACT: Description(
        gettext_lazy("Customers"),
        "address-book",
        gettext_lazy(
            "QuickBooks' customers become companies and contacts, matched by link and e-mail address; a shared name is "
            "suggested as a match."
        ),
    ),
    SyncObject.PRODUCT: Description(
        gettext_lazy("Products and services"),
        "package",
        gettext_lazy(
            "QuickBooks' products and services become products, matched by link and SKU; a shared name is suggested as "
            "a match."
        ),
    ),
    SyncObject.INVOICE: Description(
        gettext_lazy("Invoices"),
        "file-invoice",
        gettext_lazy(
            "All invoices and payments of QuickBooks are shown here, with status and balance. Invoices made in the CRM "
            "go to QuickBooks and are kept up to date in any case, also while this is off."
        ),
    ),
}


@dataclass(frozen=True)
class ObjectLine:
    """One object of a company, ready to print."""

    name: str
    label: str
    description: Description
    enabled: bool
    configured: bool
    direction: str
    enabled_at: datetime.datetime | None
    mirrored: str
    linked: str
    applied_at: datetime.datetime | None


def lines(connection: Connection, *, simple: bool = False) -> list[ObjectLine]:
    """The objects in order, with their figures, in four queries; a ``simple`` set-up only brings in."""
    settings = {row.sync_object: row for row in ObjectSettings.objects.filter(connection=connection)}
    mirrored: Mapping[str, int] = dict(
        MirrorObject.objects.filter(
            connection=connection, deleted=False, entity__in=["Customer", "Item", "Invoice", "Payment"]
        )
        .values_list("entity")
        .annotate(count=Count("id"))
        .order_by()
    )
    linked: dict[str, Any] = {
        row["object_type"]: row
        for row in Link.objects.filter(connection=connection)
        .exclude(qbo_id="")
        .values("object_type")
        .annotate(count=Count("id"), applied_at=Max("synced_at"))
        .order_by()
    }
    payments = Payment.objects.filter(connection=connection, removed_at=None).count()
    counts = {kind: row["count"] for kind, row in linked.items()} | {"payment": payments}
    return [
        _line(sync_object, settings.get(sync_object), mirrored, counts, linked, simple=simple)
        for sync_object in SyncObject
    ]


_RECORDS: dict[str, Sequence[str]] = {
    SyncObject.CONTACT: ("company", "contact"),
    SyncObject.PRODUCT: ("product",),
    SyncObject.INVOICE: ("invoice", "payment"),
}


def _line(
    sync_object: SyncObject,
    settings: ObjectSettings | None,
    mirrored: Mapping[str, int],
    counts: Mapping[str, int],
    linked: Mapping[str, Mapping[str, Any]],
    *,
    simple: bool,
) -> ObjectLine:
    kinds = _RECORDS[sync_object]
    moments = [row["applied_at"] for kind, row in linked.items() if kind in kinds]
    return ObjectLine(
        name=str(sync_object),
        label=str(sync_object.label),
        description=DESCRIPTIONS[sync_object],
        enabled=bool(settings and settings.enabled),
        configured=bool(settings and settings.configured_at),
        direction=str(Direction.IN if simple else settings.direction if settings else Direction.BOTH),
        enabled_at=settings.enabled_at if settings else None,
        mirrored=_mirrored(sync_object, mirrored),
        linked=_linked(sync_object, counts),
        applied_at=max((moment for moment in moments if moment is not None), default=None),
    )


def _mirrored(sync_object: SyncObject, counts: Mapping[str, int]) -> str:
    if sync_object == SyncObject.CONTACT:
        return _customers(counts.get("Customer", 0))
    if sync_object == SyncObject.PRODUCT:
        return _products(counts.get("Item", 0))
    return _and(_invoices(counts.get("Invoice", 0)), _payments(counts.get("Payment", 0)))


def _linked(sync_object: SyncObject, counts: Mapping[str, int]) -> str:
    if sync_object == SyncObject.CONTACT:
        return _and(_companies(counts.get("company", 0)), _contacts(counts.get("contact", 0)))
    if sync_object == SyncObject.PRODUCT:
        return _products(counts.get("product", 0))
    return _and(_invoices(counts.get("invoice", 0)), _payments(counts.get("payment", 0)))


def _and(first: str, second: str) -> str:
    return _("%(first)s and %(second)s") % {"first": first, "second": second}


def _customers(n: int) -> str:
    return ngettext("%s customer", "%s customers", n) % f"{n:,}"


def _companies(n: int) -> str:
    return ngettext("%s company", "%s companies", n) % f"{n:,}"


def _contacts(n: int) -> str:
    return ngettext("%s contact", "%s contacts", n) % f"{n:,}"


def _products(n: int) -> str:
    return ngettext("%s product", "%s products", n) % f"{n:,}"


def _invoices(n: int) -> str:
    return ngettext("%s invoice", "%s invoices", n) % f"{n:,}"


def _payments(n: int) -> str:
    return ngettext("%s payment", "%s payments", n) % f"{n:,}"
