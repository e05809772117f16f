"""Switch an object's sync on and off, and delete it."""

from collections.abc import Sequence
from typing import Any

from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from core.access import needs
from core.events import emit
from qbo_connector.models import Connection
from sync.enums import RecordType, SyncObject
from sync.models import Link, MatchSuggestion, ObjectSettings
from sync.policies import record_types
from sync.queries import enabled_objects
from sync.services import again
from sync.services.connections import add_default_mappings

# Settings that a person makes; deleting the sync brings their defaults back.
_OWN = (
    "direction", "incoming", "removal", "winner", "matching", "matching_fields", "filter_in", "filter_out",
    "without_email", "customer_is", "display_name_template", "display_name_suffix", "income_account", "back_fill",
    "back_fill_since",
)  # fmt: skip


@needs("sync.configure")
def turn_on(connection: Connection, sync_object: SyncObject, *, by: Any) -> None:
    """Switch on with the settings as they are; a worker applies what is mirrored, without asking QuickBooks."""
    switch(connection, sync_object, on=True, by=by)


@needs("sync.configure")
def turn_off(connection: Connection, sync_object: SyncObject, *, by: Any) -> None:
    """Switch off: records, links, settings and mappings stay, nothing flows until it is switched on again."""
    switch(connection, sync_object, on=False, by=by)


@needs("sync.configure")
@transaction.atomic
def switch(connection: Connection, sync_object: SyncObject, *, on: bool, by: Any) -> None:
    """Switch one object's sync on or off; nothing where it is so already."""
    settings, _created = ObjectSettings.objects.select_for_update().get_or_create(
        connection=connection, sync_object=sync_object
    )
    if settings.enabled == on:
        return
    now = timezone.now()
    settings.enabled = on
    settings.enabled_at = now if on else settings.enabled_at
    settings.configured_at = settings.configured_at or now
    settings.save(update_fields=["enabled", "enabled_at", "configured_at"])
    emit("sync.switched_on" if on else "sync.switched_off", connection, by=by, object=str(sync_object))
    if on:
        # A company that has just been connected may not have been prepared yet.
        add_default_mappings(connection.pk)
        # What was applied before may refer to what comes now: an invoice to its contact, a line to its product.
        again.request(connection, sorted(enabled_objects(connection.pk), key=list(SyncObject).index), by=by)


@needs("sync.configure")
@transaction.atomic
def delete_sync(connection: Connection, sync_object: SyncObject, *, keep_links: bool, by: Any) -> int:
    """Switch off and forget the settings; the records stay. Returns how many links were removed.

    Without their links, records are matched anew when the object is set up again. Mappings stay: they are the
    company's.
    """
    settings, _created = ObjectSettings.objects.select_for_update().get_or_create(
        connection=connection, sync_object=sync_object
    )
    fresh = ObjectSettings()
    for name in _OWN:
        setattr(settings, name, getattr(fresh, name))
    settings.enabled, settings.enabled_at, settings.configured_at = False, None, None
    settings.asked_again_at = None
    settings.save()
    kinds = [str(kind) for kind in record_types(sync_object)]
    removed = 0
    if not keep_links:
        links = Link.objects.filter(connection=connection, object_type__in=kinds)
        removed = links.exclude(qbo_id="").count()
        _remove_links(connection, kinds)
        MatchSuggestion.objects.filter(connection=connection, object_type__in=kinds).delete()
    emit("sync.deleted", connection, by=by, object=str(sync_object), links=removed)
    return removed


def _remove_links(connection: Connection, kinds: Sequence[str]) -> None:
    """Delete the links of some kinds of records with their conflicts, in two statements however many they are.

    An invoice that QuickBooks does not have yet goes on all the same, and its link says how it stands.
    """
    gone = "connection_id = %s AND object_type = ANY(%s) AND NOT (object_type = %s AND qbo_id = '')"
    given: list[Any] = [connection.pk, list(kinds), str(RecordType.INVOICE)]
    with database.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM sync_conflict WHERE link_id IN (SELECT id FROM sync_link WHERE {gone})",  # noqa: S608 -- ours
            given,
        )
        cursor.execute(f"DELETE FROM sync_link WHERE {gone}", given)  # noqa: S608 -- ours
