"""Files of invoices and of the drafts that become invoices."""

from core import registry
from invoices import queries
from invoices.ports import accounting

DRAFT = "invoicedraft"


def register() -> None:
    """Let files be put on invoices and on drafts."""
    registry.add_file_host(
        "invoice",
        registry.FileHost(
            queries.visible_to,
            "invoices.create",
            "invoices:invoice-detail",
            sees="invoices.view",
            accounting=True,
            standing=lambda file_ids: accounting().file_marks(file_ids),
        ),
    )
    registry.add_file_host(DRAFT, registry.FileHost(queries.drafts_visible_to, "invoices.create", accounting=True))
