"""What views of a company's sync settings share: who may, which company and object, what stands over the page."""

from typing import Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from accounts.access import require
from qbo_connector import queries as connector
from qbo_connector.models import Connection
from sync.enums import Direction, Generation, SyncObject
from sync.models import ConnectionSettings, ObjectSettings
from sync.services import settings as settings_service

PERMISSION = "sync.configure"
PAGE = "sync:connection-settings"


def company_of(request: HttpRequest, pk: int) -> Connection:
    """The company, for who may configure the sync."""
    require(request.user, PERMISSION)
    return get_object_or_404(connector.visible_to(request.user), pk=pk)


def object_of(name: str) -> SyncObject:
    """The object that an address names."""
    if name not in SyncObject:
        raise Http404
    return SyncObject(name)


def rules_of(connection: Connection) -> ConnectionSettings:
    """What holds for the whole company; defaults where nothing is stored."""
    found = ConnectionSettings.objects.filter(connection=connection).first()
    return found or ConnectionSettings(connection=connection)


def is_simple(rules: ConnectionSettings) -> bool:
    """Whether the company is set up as simple."""
    return rules.generation == Generation.SIMPLE


def frame(connection: Connection, *, rules: ConnectionSettings | None = None, here: str = "") -> dict[str, Any]:
    """What every page of a company shows: its name, its marks, its tabs and whether it is read-only."""
    rules = rules or rules_of(connection)
    return {"connection": connection, "rules": rules, "simple": is_simple(rules), "here": here}


def settings_after_upgrade(connection: Connection, sync_object: SyncObject) -> ObjectSettings:
    """What an object's settings are going to be when the company is upgraded: both ways."""
    wanted = {"direction": Direction.BOTH}
    return settings_service.draft(connection, sync_object, wanted, generation=Generation.FULL)
