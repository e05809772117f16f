"""The demo's story: told once, complete, and left alone the second time."""

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Role, User
from accounts.permissions import DEFAULT_ROLES
from crm.models import Company, Deal, DealBilling
from crm_sync.launch import demo
from invoices.models import Invoice
from invoices.ports import accounting
from invoices.services import drafts
from qbo_connector.models import Connection, ParkedRecord
from tests.checker import assert_at_rest


@pytest.fixture
def roles(transactional_db):
    """The default roles; a database emptied by another test has lost them."""
    for name, permissions in DEFAULT_ROLES.items():
        Role.objects.get_or_create(name=name, defaults={"permissions": permissions})


def test_the_story_is_told_once(quickbooks, roles, settings):
    settings.DEMO = True
    call_command("seed_demo", verbosity=0)

    connection = Connection.objects.get()
    assert User.objects.count() == len(demo.LOGINS)
    assert Deal.objects.count() > 20
    assert {"waiting", "sent", "partial", "paid", "overdue"} <= set(Invoice.objects.values_list("status", flat=True))
    assert DealBilling.objects.exclude(invoice_number="").count() >= 10
    assert Company.objects.filter(name="Cool Cars").count() == 1
    assert not ParkedRecord.objects.exists()
    assert_at_rest(quickbooks, connection)
    before = (Deal.objects.count(), Invoice.objects.count(), Company.objects.count())

    call_command("seed_demo", verbosity=0)

    assert (Deal.objects.count(), Invoice.objects.count(), Company.objects.count()) == before


def test_one_deal_is_ready_to_be_invoiced(quickbooks, roles, settings):
    settings.DEMO = True
    call_command("seed_demo", verbosity=0)
    rep = User.objects.get(email="rep@demo.example")
    deal = Deal.objects.get(name="Garden redesign for Cool Cars")

    draft = drafts.start(deal, from_lines=True, by=rep)

    assert draft.data["customer"]["name"] == "Cool Cars"
    assert all(line["item"]["mode"] == "existing" for line in draft.data["lines"])
    assert list(accounting().check_draft(draft.data["connection_id"], draft.data)) == []


def test_a_database_of_others_is_left_alone(quickbooks, roles, settings):
    settings.DEMO = True
    User.objects.create_user("somebody@example.com", "a long enough password", name="Somebody")

    with pytest.raises(CommandError, match="did not make"):
        call_command("seed_demo", verbosity=0)

    assert User.objects.count() == 1
    assert not Connection.objects.exists()
