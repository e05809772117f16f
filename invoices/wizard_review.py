"""What the last step says: which records an act in the wizard makes in QuickBooks, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from core.models.files import Sharing
from core.money import formatted
from core.properties import Definition, definitions, display
from core.services.files import files_of
from invoices.drafts import CREATE
from invoices.files import DRAFT
from invoices.wizard import WizardPage


@dataclass(frozen=True)
class Write:
    """One thing that will be written to QuickBooks."""

    icon: str
    words: str
    step: str  # where it can be changed


def writes(page: WizardPage) -> Sequence[Write]:
    """Everything that creating the invoice writes, in the order in which it happens."""
    found = []
    if page.content.customer.mode == CREATE:
        found.append(Write("user-plus", _("Creates the customer “%s”") % page.content.customer.name, "customer"))
    made = dict.fromkeys(view.title for view in page.lines if view.creates)
    found += [Write("package", _("Creates the product “%s”") % name, "products") for name in made]
    words = {
        "amount": formatted(page.totals.total, page.currency),
        "company": page.account.name if page.account else "",
        "number": page.number,
    }
    if page.correcting:
        text = _("Sends the corrected invoice over %(amount)s to “%(company)s” again")
    elif page.options.custom_numbers and page.number:
        text = _("Creates invoice %(number)s over %(amount)s in “%(company)s”")
    else:
        text = _("Creates an invoice over %(amount)s in “%(company)s”; QuickBooks numbers it")
    if page.totals.tax is None:
        text = _("%s, before tax") % text
    found.append(Write("file-invoice", text % words, "products"))
    attached = [each.name for each in files_of(DRAFT, page.draft.pk) if each.sharing != Sharing.HERE]
    found += [Write("file-text", _("Attaches “%s”") % name, "message") for name in attached]
    return found


def properties_of(page: WizardPage) -> Sequence[tuple[str, str]]:
    """Custom properties that were filled, as (name, value)."""
    shown = []
    for definition in definitions("invoice"):
        value = page.content.properties.get(definition.slot)
        if value not in (None, "", [], False):
            shown.append((definition.label, _displayed(definition, value, page.currency)))
    return shown


def _displayed(definition: Definition, value: Any, currency: str) -> str:
    try:
        return display(definition, value, currency=currency)
    except (ValueError, ArithmeticError):
        return str(value)  # typed, but not what the property holds; the summary of problems says so
