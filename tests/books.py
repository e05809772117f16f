"""A small company of one's own in the simulator: what the accountant does there, and what became of it here."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone

from crm.models import Company, Contact, Product
from qbo_connector.models import Connection
from sync.enums import SyncObject
from sync.models import Link, ObjectSettings
from tests.quickbooks import QuickBooks, connect_realm, drain_until_settled, enable, sync_company


@dataclass
class Books:
    """An empty company, connected, with everything switched on."""

    quickbooks: QuickBooks
    connection: Connection

    def make(self, entity: str, **fields: Any) -> str:
        """A new object; its id."""
        made = self.quickbooks.call("POST", f"objects/{self.connection.realm_id}/{entity}", fields)
        return str(made["Id"])

    def customer(self, company: str = "Bright Gardens", email: str = "hello@bright.example", **fields: Any) -> str:
        """A new customer that is a company."""
        values = {"DisplayName": company, "CompanyName": company, **fields}
        if email:
            values["PrimaryEmailAddr"] = {"Address": email}
        return self.make("Customer", **values)

    def item(self, name: str = "Fountain", **fields: Any) -> str:
        """A new service."""
        account = next(
            row["Id"]
            for row in self.quickbooks.objects(self.connection.realm_id, "Account")
            if row["AccountType"] == "Income"
        )
        return self.make("Item", Name=name, Type="Service", IncomeAccountRef={"value": account}, **fields)

    def act(self, entity: str, qbo_id: str, **what: Any) -> Any:
        """What the accountant does with an object."""
        return self.quickbooks.call("POST", f"objects/{self.connection.realm_id}/{entity}/{qbo_id}", what)

    def read(self, entity: str, qbo_id: str) -> dict[str, Any]:
        """An object as QuickBooks has it now."""
        found: dict[str, Any] = self.quickbooks.call("GET", f"objects/{self.connection.realm_id}/{entity}/{qbo_id}")
        return found

    def settings(self, sync_object: str = "contact", **values: Any) -> ObjectSettings:
        """Set what has to hold before anything is read."""
        found, _new = ObjectSettings.objects.update_or_create(
            connection=self.connection,
            sync_object=sync_object,
            defaults={"enabled": True, "enabled_at": timezone.now(), **values},
        )
        return found

    def sync(self) -> None:
        """Read and apply."""
        sync_company(self.connection)

    def settle(self) -> None:
        """Send what is planned, and bring the answers."""
        drain_until_settled(self.connection)

    def link(self, object_type: str = "company", **values: Any) -> Link:
        """The one link of a kind."""
        return Link.objects.get(connection=self.connection, object_type=object_type, **values)


def open_books(quickbooks: QuickBooks) -> Books:
    """A new empty company in its first state."""
    made = quickbooks.call(
        "POST", "companies", {"name": "Small Books", "country": "US", "template": "us", "empty": True}
    )
    connection = connect_realm(quickbooks, made["realmId"])
    enable(connection, *SyncObject.values)
    return Books(quickbooks, connection)


def names() -> dict[str, list[str]]:
    """What the CRM holds."""
    return {
        "companies": sorted(Company.objects.filter(archived_at=None).values_list("name", flat=True)),
        "contacts": sorted(str(contact) for contact in Contact.objects.filter(archived_at=None)),
        "products": sorted(Product.objects.filter(archived_at=None).values_list("name", flat=True)),
    }


@pytest.fixture
def books(quickbooks: QuickBooks, transactional_db: None) -> Books:
    """An empty company of the accountant's, connected, everything switched on."""
    return open_books(quickbooks)
