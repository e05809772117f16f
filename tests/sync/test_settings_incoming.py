"""Each choice of the settings about what comes from QuickBooks, in force."""

import datetime
from typing import Any

import pytest
from django.utils import timezone

from core.models import Event
from crm.models import Company, Contact, Product
from crm.services import companies, contacts, products
from qbo_connector.mirror import read
from sync.enums import (
    BackFill,
    Direction,
    Exclusion,
    Incoming,
    Matching,
    Outcome,
    RecordType,
    Removal,
    Winner,
    WithoutEmail,
)
from sync.models import Link, MatchSuggestion, ObjectSettings
from sync.publish import records
from tests.books import Books, names
from tests.makers import user


@pytest.mark.parametrize(
    ("incoming", "created", "updated"),
    [
        (Incoming.CREATE_AND_UPDATE, True, True),
        (Incoming.CREATE, True, False),
        (Incoming.UPDATE, False, True),
        (Incoming.NOTHING, False, False),
    ],
)
def test_created_or_updated_in_quickbooks(books: Books, incoming: Incoming, created: bool, updated: bool) -> None:
    known = books.customer("Old Gardens", "old@example.com")
    books.sync()
    books.settings(incoming=incoming)
    books.customer("New Gardens", "new@example.com")
    books.act("Customer", known, PrimaryPhone={"FreeFormNumber": "555"})

    books.sync()

    assert names()["companies"] == (["New Gardens", "Old Gardens"] if created else ["Old Gardens"])
    assert Company.objects.get(name="Old Gardens").phone == ("555" if updated else "")
    link = books.link(qbo_id=known)
    assert (link.outcome, link.exclusion) == (("in_sync", "") if updated else ("excluded", "policy"))
    if not updated:
        assert link.reason == "It was changed in QuickBooks; the settings don't update records."
        books.settings(incoming=Incoming.CREATE_AND_UPDATE)
        books.act("Customer", known, Notes="look again")
        books.sync()
        assert Company.objects.get(name="Old Gardens").phone == "555"


@pytest.mark.parametrize("incoming", [Incoming.CREATE, Incoming.NOTHING])
def test_what_quickbooks_fills_in_when_we_create_is_nobodys_change(books: Books, incoming: Incoming) -> None:
    books.make("Vendor", DisplayName="Ours")
    books.settings(incoming=incoming)
    books.sync()
    # The name is taken, so that QuickBooks has another one.
    mine = companies.create(by=user("Admin"), name="Ours", email="ours@example.com")
    records.publish_records(RecordType.COMPANY, [mine.pk])
    books.settle()
    books.sync()

    link = books.link(object_id=mine.pk)
    assert (link.outcome, link.exclusion, link.reason) == (Outcome.IN_SYNC, "", "")
    mine.refresh_from_db()
    assert mine.name == "Ours"
    books.act("Customer", link.qbo_id, PrimaryEmailAddr={"Address": "new@example.com"})
    books.sync()
    link.refresh_from_db()
    assert (link.outcome, link.exclusion) == (Outcome.EXCLUDED, Exclusion.POLICY)


@pytest.mark.parametrize(
    ("direction", "arrives"), [(Direction.BOTH, True), (Direction.IN, True), (Direction.OUT, False)]
)
def test_direction(books: Books, direction: Direction, arrives: bool) -> None:
    books.settings(direction=direction)
    mine = companies.create(by=user("Admin"), name="Ours", email="ours@example.com", phone="1")
    theirs = books.customer("Theirs", "theirs@example.com")
    shared = books.customer("Ours in the books", "OURS@example.com", PrimaryPhone={"FreeFormNumber": "2"})

    books.sync()

    assert Company.objects.filter(name="Theirs").exists() == arrives
    assert Link.objects.filter(entity="Customer", qbo_id=theirs).exists() == arrives
    mine.refresh_from_db()
    assert books.link(qbo_id=shared).object_id == mine.pk  # known to be the same in any case
    assert mine.phone == ("2" if arrives else "1")


@pytest.mark.parametrize(
    ("removal", "archived", "exists", "outcome"),
    [
        (Removal.NOTHING, False, True, ("in_sync", "")),
        (Removal.ARCHIVE, True, True, ("in_sync", "")),
        (Removal.UNLINK, False, True, ("excluded", "unlinked")),
        (Removal.DELETE, None, False, None),
    ],
)
def test_made_inactive_in_quickbooks(
    books: Books, removal: Removal, archived: bool | None, exists: bool, outcome: tuple[str, str] | None
) -> None:
    books.settings(removal=removal)
    customer = books.customer()
    books.sync()
    books.act("Customer", customer, operation="deactivate")

    books.sync()

    company = Company.objects.filter(name="Bright Gardens").first()
    assert (company is not None) == exists
    assert not Company.objects.filter(name__contains="(deleted)").exists()
    link = Link.objects.filter(object_type="company").first()
    if outcome is None or company is None:
        assert link is None
        assert Event.objects.filter(name="company.deleted").count() == 1
        return
    assert link is not None
    assert (link.outcome, link.exclusion) == outcome
    assert (company.archived_at is not None) == archived

    books.act("Customer", customer, operation="reactivate")
    books.sync()

    company.refresh_from_db()
    assert company.archived_at is None
    assert Company.objects.count() == 1


def test_who_restored_an_archived_record_is_not_overruled(books: Books) -> None:
    books.settings(removal=Removal.ARCHIVE)
    customer = books.customer()
    books.sync()
    books.act("Customer", customer, operation="deactivate")
    books.sync()
    company = Company.objects.get()
    companies.restore(company, by=user("Admin"))

    read.mark_unread(books.connection, ["Customer"])
    books.sync()

    company.refresh_from_db()
    assert company.archived_at is None


@pytest.mark.parametrize(
    ("removal", "outcome"),
    [
        (Removal.NOTHING, ("broken", "")),
        (Removal.ARCHIVE, ("excluded", "policy")),
        (Removal.UNLINK, ("excluded", "unlinked")),
        (Removal.DELETE, None),
    ],
)
def test_merged_away_where_the_winner_has_its_own_record(
    books: Books, removal: Removal, outcome: tuple[str, str] | None
) -> None:
    books.settings(removal=removal)
    loser, winner = books.customer("Loser", "loser@example.com"), books.customer("Winner", "winner@example.com")
    books.sync()
    books.act("Customer", loser, operation="merge", into=winner)

    books.sync()

    link = Link.objects.filter(object_type="company", qbo_id=loser).first()
    assert (None if link is None else (link.outcome, link.exclusion)) == outcome
    assert Company.objects.filter(name="Loser").exists() == (removal != Removal.DELETE)
    assert Company.objects.get(name="Winner").archived_at is None


@pytest.mark.parametrize(
    ("winner", "phone", "sent"),
    [
        (Winner.QUICKBOOKS, "books", False),
        (Winner.CRM, "crm", True),
        (Winner.NEWEST, "books", False),
        (Winner.ASK, "crm", False),
    ],
)
def test_both_sides_changed_one_field(books: Books, winner: Winner, phone: str, sent: bool) -> None:
    customer = books.customer(PrimaryPhone={"FreeFormNumber": "before"})
    books.sync()
    books.settings(winner=winner)
    company = Company.objects.get()
    companies.update(company, by=user("Admin"), phone="crm", website="https://bright.example")
    books.quickbooks.call("POST", "clock", {"advance": 60})
    books.act("Customer", customer, PrimaryPhone={"FreeFormNumber": "books"}, Notes="other field")

    books.sync()

    company.refresh_from_db()
    assert (company.phone, company.website) == (phone, "https://bright.example")
    assert (books.link().outcome == Outcome.CONFLICT) == (winner == Winner.ASK)


@pytest.mark.parametrize(
    ("matching", "chosen", "linked", "suggested"),
    [
        (Matching.DEFAULT, [], True, False),
        (Matching.FIELDS, ["phone"], False, False),
        (Matching.FIELDS, ["website", "email"], True, False),
        (Matching.FIELDS, ["name"], False, True),
        (Matching.NONE, [], False, False),
    ],
)
def test_matching(books: Books, matching: Matching, chosen: list[str], linked: bool, suggested: bool) -> None:
    books.settings(matching=matching, matching_fields=chosen)
    mine = companies.create(by=user("Admin"), name="Bright Gardens", email="Hello@Bright.example")
    customer = books.customer()

    books.sync()

    assert Link.objects.filter(qbo_id=customer, object_id=mine.pk).exists() == linked
    assert MatchSuggestion.objects.filter(qbo_id=customer, object_id=mine.pk).exists() == suggested
    assert Company.objects.count() == (1 if linked or suggested else 2)


def test_products_match_by_sku_without_case_and_suggest_by_name(books: Books) -> None:
    by = user("Admin")
    sku = products.create(by=by, name="Named otherwise", sku="ab-1")
    name = products.create(by=by, name="rock fountain")
    first, second = books.item("Pump", Sku="AB-1"), books.item("Rock Fountain")

    books.sync()

    assert books.link("product", qbo_id=first).object_id == sku.pk
    assert MatchSuggestion.objects.get().object_id == name.pk
    assert not Link.objects.filter(entity="Item", qbo_id=second).exists()
    assert books.link("product", object_id=name.pk).exclusion == Exclusion.SUGGESTED
    assert Product.objects.filter(name__in=["Pump", "Rock Fountain"]).get() == sku


@pytest.mark.parametrize(("without", "arrives"), [(WithoutEmail.EXCLUDED, False), (WithoutEmail.INCLUDED, True)])
def test_records_without_an_email_address(books: Books, without: WithoutEmail, arrives: bool) -> None:
    books.settings(without_email=without)
    known = books.customer("Known", "known@example.com")
    books.customer("Silent", "")
    books.sync()
    assert Company.objects.filter(name="Silent").exists() == arrives
    books.act("Customer", known, PrimaryEmailAddr={"Address": ""}, Notes="moved")

    books.sync()

    company = Company.objects.get(name="Known")
    link = books.link(qbo_id=known)
    assert (company.notes == "", company.email) == (True, "" if arrives else "known@example.com")
    assert link.exclusion == ("" if arrives else Exclusion.NO_EMAIL)
    if not arrives:
        assert link.reason == "It has no e-mail address."


@pytest.mark.parametrize("shape", ["plain", "by kind"])
def test_filter_on_what_comes_in(books: Books, shape: str) -> None:
    condition = {"field": "phone", "op": "starts_with", "value": "+44"}
    books.settings(filter_in=condition if shape == "plain" else {"company": condition})
    inside = books.customer("Inside", "in@example.com", PrimaryPhone={"FreeFormNumber": "+44 1"})
    books.customer("Outside", "out@example.com", PrimaryPhone={"FreeFormNumber": "+1 2"})
    books.sync()
    assert names()["companies"] == ["Inside"]
    books.act("Customer", inside, PrimaryPhone={"FreeFormNumber": "+1 3"})

    books.sync()

    link = books.link(qbo_id=inside)
    assert (link.outcome, link.exclusion) == (Outcome.EXCLUDED, Exclusion.FILTER)
    assert "Phone" in link.reason
    assert Company.objects.get(name="Inside").phone == "+44 1"

    books.act("Customer", inside, PrimaryPhone={"FreeFormNumber": "+44 4"})
    books.sync()
    assert books.link(qbo_id=inside).outcome == Outcome.IN_SYNC
    assert Company.objects.get(name="Inside").phone == "+44 4"


@pytest.mark.parametrize(
    ("values", "arrives"),
    [
        ({"back_fill": BackFill.EVERYTHING}, ["Now", "Old"]),
        ({"back_fill": BackFill.SINCE, "back_fill_since": datetime.date(2999, 1, 1)}, []),
        ({"back_fill": BackFill.SINCE, "back_fill_since": datetime.date(2001, 1, 1)}, ["Now", "Old"]),
        ({"back_fill": BackFill.FROM_NOW}, ["Now"]),
    ],
)
def test_back_fill(books: Books, values: dict[str, Any], arrives: list[str]) -> None:
    books.quickbooks.call("POST", "clock", {"offset": -3600})
    books.customer("Old", "old@example.com")
    books.quickbooks.call("POST", "clock", {"offset": 0})
    books.settings(**values, enabled_at=timezone.now() - datetime.timedelta(minutes=5))
    books.customer("Now", "now@example.com")

    books.sync()

    assert names()["companies"] == arrives


@pytest.mark.parametrize("enabled", [False, True])
def test_sync_off_and_on(books: Books, enabled: bool) -> None:
    ObjectSettings.objects.update(enabled=enabled)
    books.customer(GivenName="Bea", FamilyName="Bright")
    books.item()

    books.sync()

    assert Company.objects.exists() == Contact.objects.exists() == Product.objects.exists() == enabled
    assert Link.objects.exists() == enabled


def test_a_contact_and_its_company_come_from_one_customer(books: Books) -> None:
    contact = contacts.create(by=user("Admin"), first_name="B.", email="hello@bright.example", phone="7")
    books.customer(GivenName="Bea", FamilyName="Bright")

    books.sync()

    contact.refresh_from_db()
    company = Company.objects.get()
    assert (contact.first_name, contact.last_name, contact.phone, contact.company_id) == (
        "Bea",
        "Bright",
        "7",
        company.pk,
    )
