"""Matching by fields that an admin chose works from both sides: the objects are looked for as the records are."""

from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from core.services import properties as property_services
from crm.models import Company
from crm.services import companies
from qbo_connector.models import Operation
from sync import matching
from sync.dry_run import QUICKBOOKS, dry_run
from sync.enums import Direction, Matching, RecordType, SyncObject
from sync.models import Link, MatchKey
from sync.publish.records import publish_records
from sync.reconcile import run
from sync.services import again, mappings
from sync.services import settings as settings_service
from tests.books import Books
from tests.makers import user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def out(books: Books) -> Books:
    """The CRM's records go to QuickBooks, its customers are not brought in; the phone number tells who is who."""
    books.settings(direction=Direction.OUT, matching=Matching.FIELDS, matching_fields=["phone"])
    return books


def publish(*made: Company) -> None:
    publish_records(RecordType.COMPANY, [company.pk for company in made])


def made(name: str, **values: Any) -> Company:
    return companies.create(by=user("Admin"), name=name, **{"email": f"{name.lower()}@example.com", **values})


def phoned(books: Books, name: str, phone: str) -> str:
    return books.customer(name, f"{name.lower()}@books.example", PrimaryPhone={"FreeFormNumber": phone})


def test_a_new_record_finds_its_object_by_the_chosen_field(out: Books) -> None:
    customer = phoned(out, "Theirs", "0 30-Ab")
    out.sync()

    mine = made("Ours", phone="0  30-aB")
    publish(mine)

    link = Link.objects.get(object_type="company", object_id=mine.pk)
    assert (link.qbo_id, link.matched_by) == (customer, "phone")
    assert not Operation.objects.filter(verb="create").exists()


def test_a_value_that_several_records_share_is_no_match(out: Books) -> None:
    phoned(out, "Theirs", "030")
    out.sync()

    publish(made("First", phone="030"), made("Second", phone="030"))

    assert Operation.objects.filter(verb="create").count() == 2


def test_what_changes_in_quickbooks_is_found_by_its_new_value(out: Books) -> None:
    customer = phoned(out, "Theirs", "1")
    out.sync()
    out.act("Customer", customer, PrimaryPhone={"FreeFormNumber": "2"})
    out.sync()
    old, new = made("Old", phone="1"), made("New", phone="2")

    publish(old, new)

    links = dict(Link.objects.filter(object_type="company").values_list("object_id", "qbo_id"))
    assert links == {new.pk: customer, old.pk: ""}


def test_a_custom_property_that_is_mapped_matches_too_once_it_is_chosen(out: Books) -> None:
    prop = property_services.create("company", label="Number", kind="text", by=user("Admin"))
    mappings.add(
        out.connection, RecordType.COMPANY, by=user("Admin"), crm_field=f"property:{prop.pk}", qbo_field="Notes"
    )
    customer = out.customer("Theirs", "theirs@books.example", Notes="K-7")
    out.sync()
    assert MatchKey.objects.count() == 0

    settings_service.change(
        out.connection, SyncObject.CONTACT, {"matching_fields": [f"property:{prop.pk}"]}, by=user("Admin")
    )
    again.look_again(out.connection, [SyncObject.CONTACT])
    assert run.reconcile(out.connection)

    assert [(row.qbo_id, row.key) for row in MatchKey.objects.filter(record_type="company")] == [(customer, "K-7")]
    settings_service.change(out.connection, SyncObject.CONTACT, {"matching": Matching.DEFAULT}, by=user("Admin"))
    assert not MatchKey.objects.exists()


def test_a_dry_run_tells_the_match_before_the_field_is_chosen(books: Books) -> None:
    books.settings(direction=Direction.OUT, enabled=False)
    customer = phoned(books, "Theirs", "030")
    books.sync()
    made("Ours", phone="030")
    wanted = {"matching": Matching.FIELDS, "matching_fields": ["phone"]}

    before = dry_run(books.connection, SyncObject.CONTACT)
    report = settings_service.preview(books.connection, SyncObject.CONTACT, wanted)

    assert before.count(QUICKBOOKS, "create") == 1
    assert report.count(QUICKBOOKS, "create") == 0
    assert [change.qbo_id for change in report.changes if change.kind == "link"] == [customer]


def test_names_with_an_eszett_are_found(books: Books) -> None:
    books.settings(direction=Direction.OUT)
    phoned(books, "Groß & Söhne", "1")
    books.sync()
    settings = books.settings(direction=Direction.OUT)

    certain, likely = matching.objects_for(settings, RecordType.COMPANY, {7: {"name": "GROSS & söhne"}})

    assert (certain, list(likely)) == ({}, [7])


def test_a_field_that_is_not_mapped_can_not_be_chosen(books: Books) -> None:
    with pytest.raises(settings_service.BadSettings, match="mapped to no field of QuickBooks"):
        settings_service.draft(
            books.connection, SyncObject.CONTACT, {"matching": Matching.FIELDS, "matching_fields": ["domain"]}
        )


def test_statements_do_not_grow_with_the_records(out: Books) -> None:
    for number in range(12):
        phoned(out, f"Theirs{number}", str(number))
    out.sync()
    settings = out.settings(direction=Direction.OUT, matching=Matching.FIELDS, matching_fields=["phone"])
    counts = []
    for size in (1, 1, 12):
        asked = {number + 1: {"phone": str(number)} for number in range(size)}
        with CaptureQueriesContext(database) as captured:
            certain, _likely = matching.objects_for(settings, RecordType.COMPANY, asked)
        counts.append(len(captured))
        assert len(certain) == size
    assert counts[1] == counts[2] <= 3
