"""Accounts' entry in the app registry, and its pages under settings."""

from typing import Any

from django.apps import AppConfig
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from core import registry


class AccountsConfig(AppConfig):
    """Users, roles, permissions."""

    name = "accounts"

    def ready(self) -> None:
        """Add the pages of this app to the settings menu."""
        manage: dict[str, Any] = {"permission": "accounts.manage", "group": _("Workspace")}
        registry.settings_menu += [
            registry.MenuEntry(
                _("Profile"), "accounts:profile", "user-circle", order=10, group=_("You"),
                text=_("Your name, time zone, notation, theme and password."),
            ),
            registry.MenuEntry(
                _("Sign-in and security"), "mfa_index", "shield-lock", order=11, group=_("You"),
                text=_("Two-factor sign-in, recovery codes, and where you are signed in."),
            ),
            registry.MenuEntry(
                _("Users"), "accounts:user-list", "user", order=30, text=_("Who can sign in, and with which role."),
                **manage,
            ),
            registry.MenuEntry(
                _("Roles"), "accounts:role-list", "shield", order=31,
                text=_("What people may see and do, and who needs two-factor sign-in."), **manage,
            ),
            registry.MenuEntry(
                _("Teams"), "accounts:team-list", "users", order=32,
                text=_("Who works together: for “my team” in lists and shared views."), **manage,
            ),
        ]  # fmt: skip
        registry.home_cards.append(
            registry.HomeCard("people", _("People"), "accounts:people-home", order=90, permission="accounts.manage")
        )
        add_nouns: Any = import_string("core.audit.words.add_nouns")
        add_nouns(user=_("Person"), role=_("Role"), team=_("Team"), invitation=_("Invitation"))
        import_string("accounts.access.register")()
        import_string("accounts.teams.register")()
        import_string("accounts.handing_over.register")()
        import_string("accounts.audit.listen")()
        import_string("accounts.sessions.listen")()
        import_string("accounts.resets.register")()
        import_string("accounts.invitations.register")()
