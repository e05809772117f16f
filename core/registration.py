"""What core itself adds to the registries: custom properties, as fields of conditions and in the settings."""

from django.utils.translation import gettext_lazy as _

from core import registry
from core.conditions.registry import field_providers
from core.properties.conditions import fields_provider
from core.views.properties import PERMISSION


def register() -> None:
    """Fill the registries."""
    field_providers.append(fields_provider)
    registry.settings_menu.append(
        registry.MenuEntry(
            _("Properties"),
            "core:property-index",
            "list-details",
            order=40,
            permission=PERMISSION,
            group=_("Workspace"),
        )
    )
