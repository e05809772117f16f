"""Changing settings: refused in sentences, in force at once, told; switched off, deleted, upgraded and back."""

import datetime
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from core.models import Event
from crm.models import Company, Product
from crm.services import companies
from qbo_connector.models import ApiUsage, MirrorObject, Operation
from sync.enums import (
    BackFill,
    CustomerIs,
    Direction,
    Generation,
    Incoming,
    Matching,
    Outcome,
    Removal,
    SyncObject,
    Winner,
    WithoutEmail,
)
from sync.models import ConnectionSettings, FieldMapping, Link, MatchSuggestion, ObjectSettings
from sync.publish import records
from sync.reconcile import run
from sync.services import again, generations, objects
from sync.services import settings as settings_service
from sync.services.generations import Simple
from sync.services.settings import BadSettings
from tests.books import Books, names
from tests.makers import user
from tests.unkept import unkept


@pytest.fixture
def by() -> User:
    return user("Admin", "admin@example.com")


def carried_out(books: Books) -> None:
    """What the workers do after a change of settings; without a read."""
    before = sum(ApiUsage.objects.values_list("reads", flat=True))
    again.carry_out(list(Event.objects.filter(name="sync.look_again").values_list("pk", flat=True)))
    with unkept():
        Event.objects.filter(name="sync.look_again").delete()
    while not run.reconcile(books.connection):
        pass
    assert sum(ApiUsage.objects.values_list("reads", flat=True)) == before


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"direction": "sideways"}, "direction", "“sideways” can't be chosen here."),
        ({"matching": Matching.FIELDS}, "matching_fields", "Choose at least one field to match by."),
        (
            {"matching": Matching.FIELDS, "matching_fields": ["billing_address"]},
            "matching_fields",
            "“billing_address” is no text that records can be matched by.",
        ),
        ({"back_fill": BackFill.SINCE}, "back_fill_since", "Choose the date from which records take part."),
        (
            {"back_fill": BackFill.SINCE, "back_fill_since": "2999-01-01"},
            "back_fill_since",
            "The date lies in the future: nothing would take part.",
        ),
        ({"filter_in": {"field": "colour", "op": "equals", "value": "1"}}, "filter_in", "colour"),
        ({"filter_out": {"company": {"field": "email", "op": "flies"}}}, "filter_out", "flies"),
        ({"display_name_template": "{planet}"}, "display_name_template", "There is no “{planet}”."),
        ({"display_name_suffix": "{name}"}, "display_name_suffix", "A suffix can only hold {number}"),
    ],
)
def test_what_can_not_be_is_refused_in_a_sentence(
    books: Books, by: User, values: dict[str, Any], field: str, sentence: str
) -> None:
    before = ObjectSettings.objects.filter(sync_object="contact").values().get()

    with pytest.raises(BadSettings) as refused:
        settings_service.change(books.connection, SyncObject.CONTACT, values, by=by)

    assert sentence in refused.value.problems[field]
    assert ObjectSettings.objects.filter(sync_object="contact").values().get() == before
    assert not Event.objects.filter(name="sync.settings_changed").exists()


@pytest.mark.parametrize("field", list(settings_service.CHOICES))
def test_every_choice_can_be_set_and_is_told(books: Books, by: User, field: str) -> None:
    more = {"matching_fields": ["email"], "back_fill_since": "2020-01-01"}
    for choice in settings_service.CHOICES[field]:
        settings_service.change(books.connection, SyncObject.CONTACT, {field: choice, **more}, by=by)
        assert getattr(ObjectSettings.objects.get(sync_object="contact"), field) == choice
    told = Event.objects.filter(name="sync.settings_changed", actor=by)
    assert [e.data["changes"][field] for e in told.order_by("pk") if field in e.data["changes"]]


def test_a_change_takes_effect_on_what_is_there_without_a_read(books: Books, by: User) -> None:
    books.customer("Silent", "")
    books.sync()
    assert not Company.objects.exists()

    changed = settings_service.change(
        books.connection, SyncObject.CONTACT, {"without_email": WithoutEmail.INCLUDED}, by=by
    )
    carried_out(books)

    assert changed == {"without_email": ("excluded", "included")}
    assert names()["companies"] == ["Silent"]
    assert not settings_service.change(
        books.connection, SyncObject.CONTACT, {"without_email": WithoutEmail.INCLUDED}, by=by
    )


def test_a_wider_back_fill_shows_its_progress(books: Books, by: User) -> None:
    books.settings(back_fill=BackFill.FROM_NOW, enabled_at=timezone.now() + datetime.timedelta(hours=1))
    for number in range(3):
        books.customer(f"Old {number}", f"old{number}@example.com")
    books.sync()
    assert not Company.objects.exists()

    settings_service.change(books.connection, SyncObject.CONTACT, {"back_fill": BackFill.EVERYTHING}, by=by)
    again.carry_out(list(Event.objects.filter(name="sync.look_again").values_list("pk", flat=True)))

    assert again.progress(books.connection, SyncObject.CONTACT) == again.Progress(3, 3)
    assert again.progress(books.connection, SyncObject.CONTACT).percent == 0
    run.reconcile(books.connection)
    assert again.progress(books.connection, SyncObject.CONTACT).percent == 100
    assert Company.objects.count() == 3


@pytest.mark.parametrize("how", ["off and on", "delete and keep links", "delete with links"])
def test_off_and_on_again(books: Books, by: User, how: str) -> None:
    customer = books.customer()
    books.settings(removal=Removal.ARCHIVE)
    books.sync()
    company = Company.objects.get()

    if how == "off and on":
        objects.turn_off(books.connection, SyncObject.CONTACT, by=by)
    else:
        removed = objects.delete_sync(
            books.connection, SyncObject.CONTACT, keep_links=how == "delete and keep links", by=by
        )
        assert removed == (0 if how == "delete and keep links" else 1)
    books.act("Customer", customer, PrimaryPhone={"FreeFormNumber": "9"})
    books.sync()

    company.refresh_from_db()
    assert company.phone == ""
    settings = ObjectSettings.objects.get(sync_object="contact")
    assert not settings.enabled
    assert settings.removal == (Removal.ARCHIVE if how == "off and on" else Removal.NOTHING)
    assert Link.objects.filter(object_type="company").exists() == (how != "delete with links")
    assert Link.objects.filter(object_type="product").exists()

    objects.turn_on(books.connection, SyncObject.CONTACT, by=by)
    assert not MirrorObject.objects.filter(unread=True).exists(), "a worker marks them, not the click"
    carried_out(books)
    while not run.reconcile(books.connection):
        pass
    company.refresh_from_db()
    assert company.phone == "9"
    assert Company.objects.count() == 1


def test_read_only_writes_nothing_and_says_so(books: Books, by: User) -> None:
    books.customer()
    books.sync()
    settings_service.set_read_only(books.connection, on=True, by=by)
    company = Company.objects.get()
    companies.update(company, by=by, phone="77")
    books.act("Customer", books.link().qbo_id, Notes="moved")

    books.sync()
    books.settle()

    assert not Operation.objects.exists()
    link = books.link()
    assert (link.outcome, link.reason) == (Outcome.PENDING, "Read-only mode: nothing is written to QuickBooks.")

    settings_service.set_read_only(books.connection, on=False, by=by)
    carried_out(books)
    books.settle()
    customer = books.read("Customer", link.qbo_id)
    assert customer["PrimaryPhone"]["FreeFormNumber"] == "77"
    assert books.link().outcome == Outcome.IN_SYNC
    assert set(Event.objects.filter(actor=by, name__startswith="sync.read").values_list("name", flat=True)) == {
        "sync.read_only_on",
        "sync.read_only_off",
    }


@pytest.mark.parametrize("email", ["ours@example.com", "other@example.com"], ids=["the same e-mail", "only the name"])
def test_what_waits_in_read_only_mode_is_recognised_in_quickbooks(books: Books, by: User, email: str) -> None:
    settings_service.set_read_only(books.connection, on=True, by=by)
    company = companies.create(by=by, name="Zeta", email="ours@example.com")
    records.publish_records("company", [company.pk])
    theirs = books.customer("Zeta", email)

    books.sync()

    assert list(Company.objects.values_list("pk", flat=True)) == [company.pk]
    link = books.link(object_id=company.pk)
    if email == company.email:
        assert link.qbo_id == theirs
    else:
        assert (link.qbo_id, link.exclusion) == ("", "suggested")
        assert MatchSuggestion.objects.get().qbo_id == theirs
    settings_service.set_read_only(books.connection, on=False, by=by)
    carried_out(books)
    books.settle()
    found = [each for each in books.quickbooks.objects(books.connection.realm_id, "Customer") if "Zeta" in str(each)]
    assert [each["Id"] for each in found] == [theirs]


def test_simple_then_full_then_back(books: Books, by: User) -> None:
    customer = books.customer()
    books.sync()
    tabs = {SyncObject.CONTACT: Simple(incoming=Incoming.UPDATE, removal=Removal.ARCHIVE)}
    generations.set_up_simple(books.connection, tabs, by=by)
    carried_out(books)
    simple = ObjectSettings.objects.get(sync_object="contact")
    assert (simple.enabled, simple.direction, simple.incoming, simple.removal) == (True, "in", "update", "archive")
    assert not ObjectSettings.objects.get(sync_object="product").enabled
    company = Company.objects.get()
    companies.update(company, by=by, phone="only here")
    records.publish_records("company", [company.pk])
    assert not Operation.objects.exists()
    with pytest.raises(BadSettings, match="simple sync"):
        settings_service.change(books.connection, SyncObject.CONTACT, {"direction": Direction.BOTH}, by=by)
    links, mappings = set(Link.objects.values_list("pk", "qbo_id")), FieldMapping.objects.count()

    report = generations.preview_upgrade(books.connection, SyncObject.CONTACT)
    assert report.count("quickbooks", "update") == 1
    assert ConnectionSettings.objects.get().generation == Generation.SIMPLE
    generations.upgrade(books.connection, by=by)
    carried_out(books)
    books.settle()

    assert books.read("Customer", customer)["PrimaryPhone"]["FreeFormNumber"] == "only here"
    assert (set(Link.objects.values_list("pk", "qbo_id")), FieldMapping.objects.count()) == (links, mappings)
    assert ObjectSettings.objects.get(sync_object="contact").incoming == Incoming.UPDATE
    settings_service.change(books.connection, SyncObject.CONTACT, {"incoming": Incoming.NOTHING}, by=by)

    generations.undo_upgrade(books.connection, by=by)

    after = ObjectSettings.objects.get(sync_object="contact")
    assert (after.enabled, after.direction, after.incoming) == (True, "in", "update")
    assert ConnectionSettings.objects.get().generation == Generation.SIMPLE
    assert set(Link.objects.values_list("pk", "qbo_id")) == links
    with pytest.raises(generations.NothingToUndo):
        generations.undo_upgrade(books.connection, by=by)


@pytest.mark.parametrize(
    ("values", "sent"),
    [
        ({"direction": Direction.BOTH}, True),
        ({"direction": Direction.OUT}, True),
        ({"direction": Direction.IN}, False),
        ({"filter_out": {"not": {"field": "phone", "op": "empty"}}}, False),
        ({"without_email": WithoutEmail.EXCLUDED}, True),
        ({"customer_is": CustomerIs.PERSON}, False),
    ],
)
def test_what_goes_out(books: Books, by: User, values: dict[str, Any], sent: bool) -> None:
    books.sync()
    settings_service.change(books.connection, SyncObject.CONTACT, values, by=by)
    carried_out(books)
    company = companies.create(by=by, name="Ours", email="ours@example.com")

    records.publish_records("company", [company.pk])
    books.settle()

    remote = [row["DisplayName"] for row in books.quickbooks.objects(books.connection.realm_id, "Customer")]
    assert remote == (["Ours"] if sent else [])


def test_a_linked_record_outside_the_filter_is_not_sent_and_says_why(books: Books, by: User) -> None:
    customer = books.customer()
    books.sync()
    settings_service.change(
        books.connection,
        SyncObject.CONTACT,
        {"filter_out": {"company": {"field": "name", "op": "starts_with", "value": "Z"}}},
        by=by,
    )
    companies.update(Company.objects.get(), by=by, phone="5")

    carried_out(books)
    books.settle()

    assert "PrimaryPhone" not in books.read("Customer", customer)
    link = books.link()
    assert (link.outcome, link.exclusion) == (Outcome.EXCLUDED, "filter")
    assert "Name" in link.reason


def test_other_objects_and_rows_are_left_alone(books: Books, by: User) -> None:
    books.item()
    books.sync()
    settings_service.change(books.connection, SyncObject.CONTACT, {"winner": Winner.CRM}, by=by)
    again.carry_out(list(Event.objects.filter(name="sync.look_again").values_list("pk", flat=True)))

    assert not MirrorObject.objects.filter(entity="Item", unread=True).exists()
    assert Product.objects.filter(name="Fountain").exists()
