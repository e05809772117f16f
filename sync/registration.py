"""What the sync adds to pages of others: settings menu, object type, sentences."""

from django.utils.translation import gettext_lazy as _

from core import properties, registry
from sync import list_marks, sentences
from sync.services import mappings


def register() -> None:
    """Fill the registries of core."""
    registry.settings_menu.append(
        registry.MenuEntry(
            _("Sync health"), "sync:health", "activity", order=60, permission="sync.view_health", group=_("QuickBooks")
        )
    )
    for object_type in ("company", "contact", "product"):
        registry.record_cards.append(
            registry.RecordCard(object_type, "quickbooks", _("QuickBooks"), f"sync:{object_type}-card", order=60)
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
    list_marks.register()
    properties.property_uses.append(mappings.uses_of_properties)
    for kind in sentences.KINDS:
        # The app that owns the record may know better words for it.
        registry.event_kinds.setdefault(kind.name, kind)
