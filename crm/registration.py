"""What the CRM adds to pages of others: menu, object types, sentences, search, cards."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import access, archive_notes, registry
from core.audit.words import add_nouns
from core.registry import MenuEntry, ObjectType, RecordCard
from core.services.mails import attachment_makers, withdrawals
from crm import activity_search, belongings, price_sentences, properties, search, sentences, tables
from crm.kinds import KINDS
from crm.models import Activity, Merge, Task
from crm.queries import activities, archive, deals, merges, tasks
from crm.services import mentions, outreach

# Kind, its place in the menu, the letter behind ``g``, and the menu's icon.
MENU = (
    ("deal", 10, "d", "layout-kanban"),
    ("contact", 20, "c", "address-book"),
    ("company", 30, "o", "building"),
    ("product", 50, "p", "package"),
    ("quote", 60, "q", "file-text"),
)


def register() -> None:
    """Fill the registries of core."""
    add_nouns(
        pipeline=gettext_lazy("Pipeline"), quotesettings=gettext_lazy("Quote settings"),
        associationlabel=gettext_lazy("Label of associations"), hubspotimport=gettext_lazy("Import from HubSpot"),
    )  # fmt: skip
    access.sights.update({Task: tasks.visible_to, Activity: activities.visible_to, Merge: merges.visible_to})
    for name, order, letter, icon in MENU:
        kind = KINDS[name]
        registry.menu.append(MenuEntry(kind.plural, kind.list_url, icon, order=order, shortcut=letter))
        registry.add_object_type(ObjectType(name, kind.label, kind.plural, kind.detail_url, kind.icon))
    archive_notes.notes.append(archive.open_things)
    registry.settings_menu.append(
        MenuEntry(
            _lazy("Archive"),
            "crm:archive-index",
            "archive",
            order=51,
            permission="crm.archive",
            group=_lazy("Workspace"),
            text=_lazy("Records that left the lists: bring them back, or delete them for good."),
        )
    )
    registry.settings_menu.append(
        MenuEntry(
            _lazy("Duplicates"),
            "crm:duplicates",
            "git-merge",
            order=50,
            permission="crm.merge",
            group=_lazy("Workspace"),
            text=_lazy("Records that are likely the same, and undoing merges."),
        )
    )
    registry.settings_menu.append(
        MenuEntry(
            _lazy("Quotes"),
            "crm:quote-settings",
            "file-text",
            order=40,
            permission="crm.configure",
            group=_lazy("Workspace"),
            text=_lazy("How quotes are numbered, how long they are valid, and which need approval."),
        )
    )
    belongings.register()
    registry.brand_samples.append(registry.BrandSample(_lazy("Sample quote"), "crm:quote-sample", "file-text"))
    registry.currency_effects.append(currency_effects)
    registry.settings_menu.append(
        MenuEntry(
            _lazy("Pipelines"),
            "crm:pipeline-list",
            "columns",
            order=35,
            permission="crm.manage_pipelines",
            group=_lazy("Workspace"),
            text=_lazy("The stages that deals go through, what those ask for, and why deals end."),
        )
    )
    registry.settings_menu.append(
        MenuEntry(
            _lazy("Association labels"),
            "crm:association-labels",
            "link",
            order=42,
            permission="crm.configure",
            group=_lazy("Workspace"),
            text=_lazy("What two records are to one another, such as who decides or who reports to whom."),
        )
    )
    attachment_makers["stored_file"] = outreach.stored_file
    withdrawals[mentions.KEY] = mentions.withdrawn
    registry.add_event_kinds(*sentences.KINDS, *price_sentences.KINDS)
    registry.settings_menu.append(
        MenuEntry(
            _lazy("Imports"),
            "imports:list",
            "upload",
            order=45,
            permission="crm.import",
            group=_lazy("Workspace"),
            text=_lazy("Records from CSV and Excel files."),
        )
    )
    properties.register()
    tables.register()
    for name, *_placing in MENU:
        kind = KINDS[name]
        registry.add_file_host(name, registry.FileHost(kind.visible_to, "crm.edit", kind.detail_url))
    registry.menu.append(MenuEntry(_lazy("Tasks"), "crm:task-list", "checkbox", order=15, shortcut="t"))
    registry.menu.append(MenuEntry(_lazy("Activities"), "crm:activity-list", "message", order=17, shortcut="a"))
    registry.home_cards += [
        registry.HomeCard("tasks", _lazy("My tasks"), "crm:task-home", order=10),
        registry.HomeCard("deals", _lazy("My deals that need something"), "crm:deal-home", order=15),
        registry.HomeCard("mentions", _lazy("Where you were mentioned"), "crm:mention-home", order=45),
    ]
    told = ["deal.created", "deal.stage_changed", "deal.won", "deal.lost", "deal.reopened", "quote.published"]
    told += ["quote.viewed", "quote.accepted", "quote.declined", "contact.created", "company.created", "task.done"]
    registry.notable_events.update(dict.fromkeys(told, ""))
    registry.record_cards += [
        RecordCard(name, "tasks", _lazy("Tasks"), f"crm:{name}-tasks-card", order=15) for name, *_placing in MENU
    ]
    search.register()
    activity_search.register()
    registry.record_cards += [
        RecordCard("product", "prices", _lazy("Price book"), "crm:product-prices-card", order=10),
        RecordCard("product", "sold", _lazy("In deals"), "crm:product-sold-card", order=12),
        RecordCard("deal", "contacts", _lazy("Contacts"), "crm:deal-contacts-card", order=10),
        RecordCard("deal", "stages", _lazy("Stage history"), "crm:deal-stages-card", order=60),
        RecordCard("deal", "quotes", _lazy("Quotes"), "crm:deal-quotes-card", order=40),
        RecordCard("contact", "companies", _lazy("Companies"), "crm:contact-companies-card", order=5),
        *(
            RecordCard(name, "associations", _lazy("Associations"), f"crm:{name}-associations-card", order=60)
            for name, *_placing in MENU
        ),
        RecordCard("company", "contacts", _lazy("Contacts"), "crm:company-contacts-card", order=10),
        RecordCard("company", "quotes", _lazy("Quotes"), "crm:company-quotes-card", order=40),
        RecordCard("contact", "quotes", _lazy("Quotes"), "crm:contact-quotes-card", order=40),
        RecordCard("company", "deals", _lazy("Deals"), "crm:company-deals-card", order=20),
        RecordCard("contact", "deals", _lazy("Deals"), "crm:contact-deals-card", order=20),
    ]


def _lazy(text: str) -> Any:
    """A text that is translated when it is printed."""
    return gettext_lazy(text)


def currency_effects(present: str) -> list[str]:
    """What stays as it is when the company's currency changes."""
    told = deals.open_by_currency()
    if not told:
        return []
    words = ", ".join(f"{count} {currency}" for currency, count in told)
    return [_("Open deals by currency: %s. They stay in it.") % words]
