"""What the CRM adds to pages of others: menu, object types, sentences, search, cards."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import registry
from core.money import formatted
from core.registry import MenuEntry, ObjectType, RecordCard, SearchSource
from crm import properties, sentences, tables
from crm.kinds import KINDS, Kind
from crm.queries import companies, contacts, deals, products, quotes

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
    for name, order, letter, icon in MENU:
        kind = KINDS[name]
        registry.menu.append(MenuEntry(kind.plural, kind.list_url, icon, order=order, shortcut=letter))
        registry.add_object_type(ObjectType(name, kind.label, kind.plural, kind.detail_url, kind.icon))
    registry.settings_menu.append(
        MenuEntry(
            _lazy("Quotes"),
            "crm:quote-settings",
            "file-text",
            order=40,
            permission="crm.configure",
            group=_lazy("Workspace"),
        )
    )
    registry.add_event_kinds(*sentences.KINDS)
    properties.register()
    tables.register()
    for name, *_placing in MENU:
        kind = KINDS[name]
        registry.add_file_host(name, registry.FileHost(kind.visible_to, "crm.edit", kind.detail_url))
    registry.menu.append(MenuEntry(_lazy("Tasks"), "crm:task-list", "checkbox", order=15, shortcut="t"))
    registry.home_cards.append(registry.HomeCard("tasks", _lazy("My tasks"), "crm:task-home", order=10))
    registry.record_cards += [
        RecordCard(name, "tasks", _lazy("Tasks"), f"crm:{name}-tasks-card", order=15) for name, *_placing in MENU
    ]
    registry.search_sources += [
        SearchSource("deal", KINDS["deal"].plural, find_deals, order=10),
        SearchSource("contact", KINDS["contact"].plural, find_contacts, order=20),
        SearchSource("company", KINDS["company"].plural, find_companies, order=30),
        SearchSource("product", KINDS["product"].plural, find_products, order=50),
        SearchSource("quote", KINDS["quote"].plural, find_quotes, order=60),
    ]
    registry.record_cards += [
        RecordCard("deal", "contacts", _lazy("Contacts"), "crm:deal-contacts-card", order=10),
        RecordCard("deal", "quotes", _lazy("Quotes"), "crm:deal-quotes-card", order=40),
        RecordCard("company", "contacts", _lazy("Contacts"), "crm:company-contacts-card", order=10),
        RecordCard("company", "quotes", _lazy("Quotes"), "crm:company-quotes-card", order=40),
        RecordCard("contact", "quotes", _lazy("Quotes"), "crm:contact-quotes-card", order=40),
        RecordCard("company", "deals", _lazy("Deals"), "crm:company-deals-card", order=20),
        RecordCard("contact", "deals", _lazy("Deals"), "crm:contact-deals-card", order=20),
    ]


def _lazy(text: str) -> Any:
    """A text that is translated when it is printed."""
    return gettext_lazy(text)


def find_deals(user: Any, text: str, limit: int) -> list[dict[str, str]]:
    """Deals for the search of the whole site."""
    found = deals.choices(user, text, limit)
    return [
        _hit(KINDS["deal"], deal, deal.stage.name, str(deal.company or ""), formatted(deal.amount, deal.currency))
        for deal in found
    ]


def find_contacts(user: Any, text: str, limit: int) -> list[dict[str, str]]:
    """Contacts for the search of the whole site."""
    found = contacts.choices(user, text, limit)
    return [_hit(KINDS["contact"], contact, contact.email, str(contact.company or "")) for contact in found]


def find_companies(user: Any, text: str, limit: int) -> list[dict[str, str]]:
    """Companies for the search of the whole site."""
    found = companies.choices(user, text, limit)
    return [_hit(KINDS["company"], company, company.domain or company.email) for company in found]


def find_products(user: Any, text: str, limit: int) -> list[dict[str, str]]:
    """Products for the search of the whole site."""
    found = products.choices(user, text, limit)
    return [_hit(KINDS["product"], p, p.sku, formatted(p.unit_price, p.currency)) for p in found]


def find_quotes(user: Any, text: str, limit: int) -> list[dict[str, str]]:
    """Quotes for the search of the whole site."""
    found = quotes.choices(user, text, limit)
    return [
        _hit(KINDS["quote"], q, q.number, _("for %s") % q.deal if q.deal else "", formatted(q.amount, q.currency))
        for q in found
    ]


def _hit(kind: Kind, record: Any, *details: str) -> dict[str, str]:
    return {
        "title": str(record),
        "detail": " · ".join(filter(None, details)),
        "url": reverse(kind.detail_url, args=[record.pk]),
    }
