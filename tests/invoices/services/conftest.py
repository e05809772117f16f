"""A draft that may be posted, and who may and may not approve it."""

# ruff: noqa: PLC0415 -- pytest loads this file before Django is set up, and models need that

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from invoices.drafts import DraftContent
    from invoices.models import InvoiceDraft


@pytest.fixture
def draft(connection: Any, deal: Any, rep: Any) -> "InvoiceDraft":
    from invoices.drafts import DraftItem
    from invoices.services import drafts
    from tests.invoices.fakes import books

    books.matches[deal.pk] = [
        books.customers[connection.pk][0].__class__("3", "Cool Cars", "cars@x.example", certain=True)
    ]
    started = drafts.start(deal, from_lines=True, by=rep)

    def ready(content: "DraftContent") -> None:
        content.lines[0].item = DraftItem("existing", "4", "Design")
        content.lines[1].item = DraftItem("existing", "5", "Pump")

    drafts.save(started, ready)
    return started


@pytest.fixture
def manager(db: None) -> Any:
    from tests.invoices.conftest import user_of

    return user_of("Sales manager", "manager@example.com")


@pytest.fixture
def may_automate(rep: Any) -> None:
    """The rep may also have invoices made and sent by themselves."""
    rep.role.permissions = [*rep.role.permissions, "invoices.automate"]
    rep.role.save()


@pytest.fixture
def junior(rep: Any) -> Any:
    """A rep who may make drafts, but not post them."""
    rep.role.permissions = [name for name in rep.role.permissions if name != "invoices.post"]
    rep.role.save()
    return type(rep).objects.get(pk=rep.pk)
