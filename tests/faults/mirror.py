"""What the families about reading share: an accountant with dice, one read at a time, and the mirror compared."""

import random

from django.utils import timezone

from qbo_connector.mirror import load, pull, schedule
from qbo_connector.models import Connection, MirrorObject, PullSchedule
from tests.quickbooks import QuickBooks

CHEAP = ("Customer", "Term", "PaymentMethod")


def read_once(connection: Connection) -> None:
    """One read as a worker does it, whether it is due or not."""
    PullSchedule.objects.filter(connection=connection).update(due_at=timezone.now(), leased_until=None)
    for lease in schedule.lease_due(only=[connection.pk]):
        pull.pull(lease)


def read_until_quiet(connection: Connection, most: int = 60) -> int:
    """Read until nothing is left to be listed or counted; returns after how many reads."""
    for number in range(1, most + 1):
        read_once(connection)
        plan = PullSchedule.objects.get(connection=connection)
        if plan.finished_at and not plan.failures and not plan.to_count and not load.unfinished(connection):
            return number
    raise AssertionError(f"not quiet after {most} reads: {plan.last_problem or plan.to_count}")


def theirs(quickbooks: QuickBooks, connection: Connection, entity: str) -> dict[str, str]:
    """SyncToken by Id of everything QuickBooks has of an entity, inactive ones too."""
    rows = quickbooks.call("GET", f"objects/{connection.realm_id}/{entity}?active=all")
    return {row["Id"]: str(row["SyncToken"]) for row in rows}


def ours(connection: Connection, entity: str) -> dict[str, str]:
    """The same of the mirror."""
    rows = MirrorObject.objects.filter(connection=connection, entity=entity, deleted=False)
    return {qbo_id: str(token) for qbo_id, token in rows.values_list("qbo_id", "sync_token")}


def assert_mirrored(quickbooks: QuickBooks, connection: Connection, *entities: str) -> None:
    """The mirror holds exactly what QuickBooks does."""
    for entity in entities or load.offered(connection):
        expected, found = theirs(quickbooks, connection, entity), ours(connection, entity)
        assert found == expected, (
            entity,
            {"missing": expected.keys() - found.keys(), "phantom": found.keys() - expected.keys()},
            {key: (found[key], expected[key]) for key in found.keys() & expected.keys() if found[key] != expected[key]},
        )


class Accountant:
    """Random edits in QuickBooks, reproducible by seed."""

    def __init__(self, quickbooks: QuickBooks, connection: Connection, seed: int) -> None:
        self.quickbooks, self.realm, self.dice = quickbooks, connection.realm_id, random.Random(seed)
        self.made = 0

    def _pick(self, entity: str, found: list[dict[str, str]]) -> dict[str, str] | None:
        return self.dice.choice(found) if found else None

    def add(self, entity: str = "Customer") -> str:
        """A new object; its Id."""
        self.made += 1
        name = {"Customer": "DisplayName"}.get(entity, "Name")
        more = {"DueDays": 7} if entity == "Term" else {}
        body = {name: f"Made {self.made} {self.dice.randrange(10**9)}", **more}
        answer = self.quickbooks.call("POST", f"objects/{self.realm}/{entity}", body)
        return str(answer["Id"])

    def edit_customer(self) -> None:
        """A change of some customer."""
        if (row := self._pick("Customer", self.quickbooks.objects(self.realm, "Customer"))) is not None:
            self.quickbooks.call(
                "POST", f"objects/{self.realm}/Customer/{row['Id']}", {"Notes": f"note {self.dice.randrange(10**9)}"}
            )

    def edit_invoice(self) -> None:
        """A change of some invoice."""
        if (row := self._pick("Invoice", self.quickbooks.objects(self.realm, "Invoice"))) is not None:
            note = f"note {self.dice.randrange(10**9)}"
            self.quickbooks.call("POST", f"objects/{self.realm}/Invoice/{row['Id']}", {"PrivateNote": note})

    def delete_invoice(self) -> None:
        """An unpaid invoice is gone."""
        rows = [row for row in self.quickbooks.objects(self.realm, "Invoice") if not row["LinkedTxn"]]
        if (row := self._pick("Invoice", rows)) is not None:
            self.quickbooks.call("POST", f"objects/{self.realm}/Invoice/{row['Id']}", {"operation": "delete"})

    def something(self) -> None:
        """Any of these."""
        self.dice.choice([self.add, self.edit_customer, self.edit_invoice, self.edit_invoice, self.delete_invoice])()
