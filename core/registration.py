"""What core itself adds to the registries: custom properties, as fields of conditions and in the settings."""

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core import file_search, registry
from core.conditions.registry import field_providers
from core.event_words import acted, behind_actor
from core.merging import add_pointer
from core.metrics import collecting, waiting
from core.models import Event, OutgoingMail, OutgoingRequest, RequestKind, SegmentMember, StoredFile
from core.properties.conditions import fields_provider
from core.services import smtp
from core.views.company import PERMISSION as CONFIGURES
from core.views.properties import PERMISSION

if TYPE_CHECKING:
    pass


def register() -> None:
    """Fill the registries."""
    field_providers.append(fields_provider)
    file_search.register()
    import_string("core.audit.table.register")()
    collecting.sources["waiting"] = waiting.families
    add_pointer(StoredFile, "object_type", "object_id", _("Files"))
    add_pointer(OutgoingMail, "object_type", "object_id", _("E-mails"))
    add_pointer(SegmentMember, "object_type", "object_id", _("Segments"))
    add_pointer(OutgoingRequest, "object_type", "object_id", _("Requests"))
    registry.settings_menu.append(
        registry.MenuEntry(
            _("Properties"),
            "core:property-index",
            "list-details",
            order=40,
            permission=PERMISSION,
            group=_("Workspace"),
            text=_("Properties of your own for every kind of record."),
        )
    )
    registry.add_event_kinds(
        registry.EventKind("file.added", "file", "file-text", acted(_("added the file %s"), "name")),
        registry.EventKind("file.removed", "file", "trash", acted(_("removed the file %s"), "name")),
        registry.EventKind("segment.joined", "change", "target", _of_segment),
        registry.EventKind("segment.left", "change", "target", _of_segment),
        registry.EventKind("request.sent", "change", "send", _of_request),
        registry.EventKind("request.failed", "change", "alert-triangle", _of_request),
    )
    registry.settings_menu += _settings()
    registry.banners.append(smtp_banner)
    registry.menu.append(registry.MenuEntry(_("Segments"), "segments:list", "target", order=70, shortcut="e"))
    registry.health_cards.append(
        registry.HomeCard("mail", _("E-mail sending"), "core:mail-health", permission=CONFIGURES)
    )
    registry.home_cards += [
        registry.HomeCard("news", _("Since the last working day"), "core:home-news", order=40),
        registry.HomeCard("recent", _("Opened last"), "core:home-recent", order=50),
    ]


def _settings() -> list[registry.MenuEntry]:
    lines = (
        ("core:company", _("Company profile"), "building", 20, CONFIGURES,
         _("Name, address, currency, time zone, fiscal year and working days.")),
        ("core:branding", _("Branding"), "tag", 21, CONFIGURES,
         _("Logo, colour and footer of quotes and e-mails.")),
        ("core:mail-server", _("E-mail sending"), "mail", 22, CONFIGURES,
         _("The mail server, the sender and how many e-mails leave a day.")),
        ("core:outgoing-requests", _("Outgoing requests"), "send", 23, CONFIGURES,
         _("Where workflows may send requests, the secret that signs webhooks, and what failed.")),
    )  # fmt: skip
    return [
        registry.MenuEntry(title, url, icon, order=order, permission=permission, group=_("Workspace"), text=text)
        for url, title, icon, order, permission, text in lines
    ]


def smtp_banner(user: Any) -> list[dict[str, str]]:
    """That e-mails can't leave, for those who can mend it; the cache knows, so that pages need no query."""
    if not user.has_perm(CONFIGURES) or not smtp.is_failing():
        return []
    return [
        {
            "level": "danger",
            "text": gettext("E-mails can’t leave: the mail server refuses them or can’t be reached."),
            "url": reverse("core:mail-server"),
            "action": gettext("Look at it"),
        }
    ]


def _of_segment(event: Event) -> str:
    said = gettext("added it to the segment %s") if event.name == "segment.joined" else gettext("took it out of %s")
    words = said % f"“{event.data.get('name', '')}”"
    return behind_actor(event, words)


def _of_request(event: Event) -> str:
    words = {"what": str(dict(RequestKind.choices).get(event.data.get("kind", ""), gettext("Request")))}
    words |= {"host": event.data.get("host", ""), "reason": event.data.get("reason", "")}
    if event.name == "request.sent":
        return gettext("%(what)s to %(host)s was received") % words
    return gettext("%(what)s to %(host)s failed: %(reason)s") % words
