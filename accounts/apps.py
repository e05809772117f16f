"""Accounts' entry in the app registry, and its pages under settings."""

from django.apps import AppConfig
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from core import registry


class AccountsConfig(AppConfig):
    """Users, roles, permissions."""

    name = "accounts"

    def ready(self) -> None:
        """Add the pages of this app to the settings menu."""
        registry.settings_menu += [
            registry.MenuEntry(_("Profile"), "accounts:profile", "user-circle", order=10, group=_("You")),
            registry.MenuEntry(
                _("Users"), "accounts:user-list", "user", order=30, permission="accounts.manage", group=_("Workspace")
            ),
            registry.MenuEntry(
                _("Teams"), "accounts:team-list", "users", order=31, permission="accounts.manage",
                group=_("Workspace"),
            ),
        ]  # fmt: skip
        import_string("accounts.teams.register")()
