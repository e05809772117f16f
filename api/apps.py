"""The API's entry in the app registry, and its pages under settings."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from core import registry


class ApiConfig(AppConfig):
    """Everything that other programs may do, over the services that the pages call."""

    name = "api"

    def ready(self) -> None:
        """Add the pages of keys to the settings."""
        registry.settings_menu += [
            registry.MenuEntry(
                _("API keys"), "api:key-list", "key", order=15, group=_("You"),
                text=_("Let other programs work in your name, with as much of it as you choose."),
            ),
            registry.MenuEntry(
                _("Keys of everybody"), "api:key-overview", "key", order=35, permission="accounts.manage",
                group=_("Workspace"), text=_("Which programs work in whose name, since when, and when they last did."),
            ),
            registry.MenuEntry(
                _("Webhooks"), "api:webhook-list", "send", order=36, permission="core.configure",
                group=_("Workspace"), text=_("Addresses of other programs that are told when something happens here."),
            ),
        ]  # fmt: skip
