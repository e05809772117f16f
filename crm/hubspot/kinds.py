"""What a file of an import holds, in words and on pages: records with their own pages, and what belongs to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.hubspot.invoice_sheet import InvoiceSheet
from crm.hubspot.line_sheet import LineSheet
from crm.hubspot.quote_sheet import QuoteSheet
from crm.hubspot.sheets import Sheet

SHEETS: Mapping[str, type[Sheet]] = {"quote": QuoteSheet, "line_item": LineSheet, "invoice": InvoiceSheet}


@dataclass(frozen=True)
class FileKind:
    """The words for what has no pages of its own among the records."""

    name: str
    plural: Any
    icon: str
    detail_url: str = ""


PARTS = {
    "line_item": FileKind("line_item", _("Line items"), "list"),
    "invoice": FileKind("invoice", _("Invoices"), "file-invoice"),
}  # fmt: skip
