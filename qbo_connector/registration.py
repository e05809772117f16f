"""What the connector adds to pages of others: settings menu, sentences, banner, checks."""

from django.core import checks
from django.utils.translation import gettext_lazy as _

from core import registry
from core.audit.words import add_nouns
from core.metrics import collecting
from qbo_connector import banners, figures, sentences
from qbo_connector.checks import production_is_complete, times_fit


def register() -> None:
    """Fill the registries of core, and Django's of checks."""
    add_nouns(connection=_("QuickBooks company"))
    registry.settings_menu.append(
        registry.MenuEntry(
            _("Connected apps"),
            "qbo_connector:app-list",
            "plug-connected",
            order=50,
            permission="qbo_connector.connect",
            group=_("QuickBooks"),
            text=_("Connect QuickBooks companies, and what is kept in step with them."),
        )
    )
    registry.add_event_kinds(*sentences.KINDS)
    registry.banners.append(banners.banners)
    collecting.sources["companies"] = figures.families
    checks.register(production_is_complete, checks.Tags.security, deploy=True)
    checks.register(times_fit)
