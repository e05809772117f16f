"""What the sync adds to pages of others: settings menu, object type, sentences."""

from django.utils.translation import gettext_lazy as _

from core import registry
from sync import sentences


def register() -> None:
    """Fill the registries of core."""
    registry.settings_menu.append(
        registry.MenuEntry(
            _("Sync health"), "sync:health", "activity", order=60, permission="sync.view_health", group=_("QuickBooks")
        )
    )
    registry.add_object_type(
        registry.ObjectType(
            "connection",
            _("QuickBooks company"),
            _("QuickBooks companies"),
            "sync:connection-settings",
            "plug-connected",
        )
    )
    for kind in sentences.KINDS:
        # The app that owns the record may know better words for it.
        registry.event_kinds.setdefault(kind.name, kind)
