"""What core itself adds to the registries: custom properties, as fields of conditions and in the settings."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from core import registry
from core.conditions.registry import field_providers
from core.models import Event
from core.properties.conditions import fields_provider
from core.views.properties import PERMISSION

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


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
    registry.add_event_kinds(
        registry.EventKind("file.added", "file", "file-text", _of_file(_("added the file %s"))),
        registry.EventKind("file.removed", "file", "trash", _of_file(_("removed the file %s"))),
    )


def _of_file(act: "StrOrPromise") -> Callable[[Event], str]:
    def sentence(event: Event) -> str:
        words = str(act) % event.data.get("name", "")
        return words if event.actor_id else f"{event.get_origin_display()} {words}".strip()

    return sentence
