"""Tell the demo's story once, through the product's own services; telling it again changes nothing."""

from typing import Any

from django.utils import timezone

from accounts.models import Role, User
from crm.demo import build_demo
from crm.demo_story import INVOICED
from crm.models import Deal
from crm_sync.demo import simulator
from crm_sync.launch import demo
from invoices.models import Invoice
from invoices.services import moves
from qbo_connector.mirror import pull, schedule
from qbo_connector.models import Connection, PullSchedule
from qbo_connector.services import consent
from sync.enums import SyncObject, WithoutEmail
from sync.reconcile import run
from sync.services import connections, objects, settings

NAMES = {"Sales rep": "Sam Seller", "Admin": "Ada Admin", "Operations": "Olive Ops"}
ROLES = {"Operations": "Ops"}
# What the accountant does before the visitor comes: number of the invoice -> act, so that every status is there.
ACTS: dict[str, dict[str, Any]] = {
    "1033": {"operation": "send", "address": "Geeta@Kalapatapu.com"},
    "1037": {"operation": "send", "address": "Familiystore@intuit.com"},
    "1032": {"operation": "pay", "amount": 150},
    "1007": {"operation": "pay", "amount": 200},
}


class NotOurs(Exception):
    """The database holds users that the demo did not make."""


def tell() -> list[str]:
    """Make what is missing of the story; returns what was done, in sentences."""
    done: list[str] = []
    people = _people(done)
    admin, rep = people["Admin"], people["Sales rep"]
    connection = Connection.objects.filter(country="US").first() or _connect(admin, done)
    if not Deal.objects.exists():
        deals = build_demo(by=rep, owners=[rep, rep, people["Operations"]])
        _invoices(connection, deals, rep)
        done.append(f"{len(deals)} deals, with invoices of the sample company on them")
    return done


def _people(done: list[str]) -> dict[str, User]:
    emails = [login.email for login in demo.LOGINS]
    if User.objects.exists() and not User.objects.filter(email__in=emails).exists():
        raise NotOurs("This database holds users that the demo did not make, so it is left alone.")
    people = {}
    for login in demo.LOGINS:
        user = User.objects.filter(email=login.email).first()
        if user is None:
            role = Role.objects.get(name=ROLES.get(login.role, login.role))
            user = User.objects.create_user(login.email, demo.PASSWORD, name=NAMES[login.role], role=role)
            done.append(f"login {login.email}")
        people[login.role] = user
    return people


def _connect(admin: User, done: list[str]) -> Connection:
    """Connect the US sample company as an admin does: consent page, first load, everything switched on."""
    url = consent.begin(by=admin, session_key="demo")
    answer = simulator.consent(url, simulator.realm_of("US"))
    connection = consent.finish(by=admin, session_key="demo", answer=answer)
    connections.prepare(connection.pk)
    # The accountant knows a customer without an e-mail address, whom the story shows as well.
    settings.change(connection, SyncObject.CONTACT, {"without_email": WithoutEmail.INCLUDED}, by=admin)
    for sync_object in SyncObject:
        objects.turn_on(connection, sync_object, by=admin)
    _read(connection)
    done.append(f"“{connection}” connected and loaded")
    return connection


def _read(connection: Connection) -> None:
    """Read and apply what is there now; the workers that do this later are not running yet."""
    while True:
        PullSchedule.objects.filter(connection=connection).update(due_at=timezone.now())
        for lease in schedule.lease_due(only=[connection.pk]):
            pull.pull(lease)
        plan = PullSchedule.objects.get(connection=connection)
        if plan.last_problem:
            raise simulator.StoryBroken(f"The sample company could not be read: {plan.last_problem}")
        if plan.finished_at is not None:
            break
    while not run.reconcile(connection):
        pass


def _invoices(connection: Connection, deals: dict[str, Deal], rep: User) -> None:
    """Put the sample company's invoices on the deals that they bill, and let some be sent and paid."""
    by_number = {invoice.number: invoice for invoice in Invoice.objects.filter(connection=connection)}
    for key, number in INVOICED.items():
        if key in deals and number in by_number:
            moves.link_to_deal(by_number[number], deals[key], by=rep)
    for number, what in ACTS.items():
        if number in by_number:
            simulator.act(connection.realm_id, by_number[number].external_id, **what)
    PullSchedule.objects.filter(connection=connection).update(finished_at=None)
    _read(connection)
