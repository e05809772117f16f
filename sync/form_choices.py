"""What a company's sales forms may hold, and what may be chosen there: from the connection and the mirror."""

import datetime
from collections.abc import Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from invoices.models import InvoicingSettings
from invoices.ports import AccountingUnavailable, FormOptions, ItemChoice, NamedChoice
from qbo_connector import errors, ondemand
from qbo_connector.mirror import read
from qbo_connector.models import Connection
from sync import choices
from sync.mapping.reading import BadPayload, text


def options(connection: Connection) -> FormOptions:
    """The company's preferences; before they were read, what most companies have."""
    known = connection.preferences

    def on(name: str, *, default: bool) -> bool:
        return bool(known.get(name, default))

    return FormOptions(
        discount=on("discount", default=True),
        shipping=on("shipping", default=True),
        deposit=on("deposit", default=True),
        service_dates=on("service_dates", default=True),
        class_per_line=on("class_per_line", default=False),
        class_per_transaction=on("class_per_transaction", default=False),
        locations=on("locations", default=False),
        location_word=str(known.get("location_word") or ""),
        custom_numbers=connection.custom_numbers,
        sales_tax=connection.sales_tax,
        automated_tax=connection.automated_tax,
        tax_after_discount=connection.in_us and connection.sales_tax,
        multicurrency=connection.multicurrency,
        message=str(known.get("message") or ""),
        reasons=_reasons(connection),
        books_closed_on=_day(known.get("books_closed_on")),
    )


def _day(told: object) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(str(told or ""))
    except ValueError:
        return None


def _reasons(connection: Connection) -> Mapping[str, str]:
    """Why something may not be on a form, by its name in ``FormOptions``."""
    known, name = connection.preferences, str(connection)
    words = {
        "discount": _("Discounts are switched off in “%s” (QuickBooks: Account and settings, Sales)."),
        "shipping": _("Shipping is switched off in “%s” (QuickBooks: Account and settings, Sales)."),
        "deposit": _("Deposits are switched off in “%s” (QuickBooks: Account and settings, Sales)."),
        "service_dates": _("Service dates are switched off in “%s” (QuickBooks: Account and settings, Sales)."),
    }
    found = {key: text % name for key, text in words.items() if known.get(key) is False}
    if not known.get("locations"):
        found["locations"] = _("“%s” does not track locations.") % name
    if not known.get("class_per_line") and not known.get("class_per_transaction"):
        found["class_per_line"] = found["class_per_transaction"] = _("“%s” does not track classes.") % name
    if not connection.custom_numbers:
        found["custom_numbers"] = _("QuickBooks numbers the invoices of “%s” itself.") % name
    if not connection.multicurrency:
        found["multicurrency"] = _("“%s” uses one currency only.") % name
    return found


def classes(connection: Connection) -> list[NamedChoice]:
    """Active classes by name; none where the company does not track them."""
    used = connection.preferences.get("class_per_line") or connection.preferences.get("class_per_transaction")
    return _named(connection, "Class") if used else []


def locations(connection: Connection) -> list[NamedChoice]:
    """Active locations by name; none where the company does not track them."""
    return _named(connection, "Department") if connection.preferences.get("locations") else []


def _named(connection: Connection, entity: str) -> list[NamedChoice]:
    found = []
    for each in read.with_payloads(read.objects(connection.pk, entity).filter(active=True)):
        try:
            name = text(each.payload, "FullyQualifiedName") or each.row.name
        except BadPayload:
            name = each.row.name
        found.append(NamedChoice(each.row.qbo_id, name))
    return sorted(found, key=lambda choice: choice.name.casefold())


def default_item(connection_id: int) -> ItemChoice | None:
    """The item that the settings name, as long as it can be sold."""
    rows = InvoicingSettings.objects.filter(connection_id=connection_id).exclude(default_item_external_id="")
    chosen = rows.values_list("default_item_external_id", flat=True).first()
    return choices.item(connection_id, chosen, reason=_("The default item of the settings")) if chosen else None


def exchange_rate(connection: Connection, currency: str, on: datetime.date) -> tuple[Decimal, datetime.date] | None:
    """QuickBooks' rate on a day and the day it is of. Raises AccountingUnavailable with the reason."""
    try:
        return ondemand.dated_rate(connection, currency, on)
    except errors.QboError as error:
        raise AccountingUnavailable(error.plain or _("QuickBooks could not be asked for the exchange rate.")) from error
