"""What the sync adds to pages of others: settings menu, object type, sentences."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core import import_notes, properties, registry
from core.metrics import collecting
from qbo_connector import queries as connector
from sync import figures, list_marks, sentences
from sync import import_notes as own_notes
from sync.services import mappings


def register() -> None:
    """Fill the registries of core."""
    collecting.sources["records"] = figures.families
    registry.settings_menu.append(
        registry.MenuEntry(
            _("Sync health"),
            "sync:health",
            "activity",
            order=60,
            permission="sync.view_health",
            group=_("QuickBooks"),
            text=_("What is in step, what failed and why, and how many reads it took."),
        )
    )
    registry.home_cards += [
        registry.HomeCard(
            "sync-health",
            _("Sync health"),
            "sync:health-home",
            order=80,
            permission="sync.view_health",
            leads_with="sync.configure",
        ),
        registry.HomeCard(
            "sync-failures",
            _("Failing records"),
            "sync:failures-home",
            order=84,
            permission="sync.view_health",
            leads_with="sync.run",
        ),
    ]
    registry.actions.append(_actions)
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
    import_notes.notes.append(own_notes.note)
    properties.property_uses.append(mappings.uses_of_properties)
    for kind in sentences.KINDS:
        # The app that owns the record may know better words for it.
        registry.event_kinds.setdefault(kind.name, kind)


def _actions(user: Any) -> list[registry.Action]:
    """What the palette offers to do: read a company of QuickBooks now."""
    if not user.has_perm("sync.run"):
        return []
    companies = [
        company for company in connector.visible_to(user).order_by("company_name", "pk")[:20] if company.active
    ]
    return [
        registry.Action(
            _("Sync now: %s") % company if len(companies) > 1 else _("Sync now"),
            reverse("sync:sync-now", args=[company.pk]),
            "refresh",
            50,
            post=True,
        )
        for company in companies
    ]
