"""Two generations of set-up: simple (one-way toggles with two dropdowns each) and full; and the way between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.access import needs
from core.events import emit
from core.plain import plain
from qbo_connector.models import Connection
from sync.dry_run import Report, dry_run
from sync.enums import (
    BackFill,
    Direction,
    Generation,
    Incoming,
    Matching,
    Removal,
    SyncObject,
    Winner,
    WithoutEmail,
)
from sync.models import ConnectionSettings, ObjectSettings
from sync.services import again, objects
from sync.services.settings import EDITABLE, draft

_KEPT = (*EDITABLE, "enabled")


class NothingToUndo(Exception):
    """The company was not upgraded, or its upgrade was undone."""


@dataclass(frozen=True)
class Simple:
    """One tab of the simple set-up: the toggle and its two dropdowns; by default what is new or changes from now."""

    enabled: bool = True
    incoming: Incoming = Incoming.CREATE_AND_UPDATE
    removal: Removal = Removal.NOTHING
    back_fill: BackFill = BackFill.FROM_NOW


@needs("sync.configure")
@transaction.atomic
def set_up_simple(connection: Connection, tabs: Mapping[SyncObject, Simple], *, by: Any) -> None:
    """Set a company up as simple: QuickBooks to CRM, QuickBooks wins, customers without e-mail included.

    An object without a tab is off. Links and mappings stay as they are.
    """
    of_company, _new = ConnectionSettings.objects.select_for_update().get_or_create(connection=connection)
    of_company.generation = Generation.SIMPLE
    of_company.save(update_fields=["generation"])
    for sync_object in SyncObject:
        tab = tabs.get(sync_object, Simple(enabled=False))
        values: dict[str, Any] = {
            "direction": Direction.IN,
            "winner": Winner.QUICKBOOKS,
            "matching": Matching.DEFAULT,
            "without_email": WithoutEmail.INCLUDED,
            "filter_in": {},
            "filter_out": {},
            "incoming": tab.incoming,
            "removal": tab.removal,
            "back_fill": tab.back_fill,
        }
        _save(draft(connection, sync_object, values), list(values))
        objects.switch(connection, sync_object, on=tab.enabled, by=by)
    emit("sync.set_up_simple", connection, by=by, objects=[str(each) for each, tab in tabs.items() if tab.enabled])
    again.request(connection, list(SyncObject), by=by)


def preview_upgrade(
    connection: Connection,
    sync_object: SyncObject,
    values: Mapping[str, Any] | None = None,
    *,
    limit: int = 200,
) -> Report:
    """What the full sync would do to one object, both ways unless ``values`` say otherwise. Writes nothing."""
    wanted = {"direction": Direction.BOTH, **(values or {})}
    settings = draft(connection, sync_object, wanted, generation=Generation.FULL)
    return dry_run(connection, sync_object, settings=settings, generation=Generation.FULL, limit=limit)


@needs("sync.configure")
@transaction.atomic
def upgrade(connection: Connection, settings: Mapping[SyncObject, Mapping[str, Any]] | None = None, *, by: Any) -> None:
    """From simple to full: links and mappings stay; both ways for what is on, unless ``settings`` say otherwise.

    How it was before is kept, to go back to. Does nothing for a company that is full. Raises BadSettings.
    """
    of_company, _new = ConnectionSettings.objects.select_for_update().get_or_create(connection=connection)
    if of_company.generation == Generation.FULL:
        return
    rows = ObjectSettings.objects.select_for_update().filter(connection=connection)
    before = {row.sync_object: {name: plain(getattr(row, name)) for name in _KEPT} for row in rows}
    of_company.generation = Generation.FULL
    of_company.before_upgrade = {"objects": before, "at": timezone.now().isoformat()}
    of_company.save(update_fields=["generation", "before_upgrade"])
    for row in rows:
        sync_object = SyncObject(row.sync_object)
        wanted = (settings or {}).get(sync_object, {"direction": Direction.BOTH} if row.enabled else {})
        _save(draft(connection, sync_object, wanted), list(wanted))
    emit("sync.upgraded", connection, by=by)
    again.request(connection, list(SyncObject), by=by)


@needs("sync.configure")
@transaction.atomic
def undo_upgrade(connection: Connection, *, by: Any) -> None:
    """Back to the simple set-up as it was. Links, mappings and what was synced meanwhile stay. Raises NothingToUndo."""
    of_company = ConnectionSettings.objects.select_for_update().filter(connection=connection).first()
    if of_company is None or of_company.before_upgrade is None or of_company.generation == Generation.SIMPLE:
        raise NothingToUndo(connection.pk)
    before = of_company.before_upgrade["objects"]
    of_company.generation, of_company.before_upgrade = Generation.SIMPLE, None
    of_company.save(update_fields=["generation", "before_upgrade"])
    for name, values in before.items():
        own = {key: value for key, value in values.items() if key in EDITABLE}
        _save(draft(connection, SyncObject(name), own), list(own))
        objects.switch(connection, SyncObject(name), on=bool(values["enabled"]), by=by)
    emit("sync.upgrade_undone", connection, by=by)
    again.request(connection, list(SyncObject), by=by)


def _save(found: ObjectSettings, fields: list[str]) -> None:
    if found._state.adding:
        found.save()
    elif fields:
        found.save(update_fields=fields)
