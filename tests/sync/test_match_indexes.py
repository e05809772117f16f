"""What records are matched by has an index: the standard fields always, chosen ones as long as they are chosen."""

from collections.abc import Iterator

import pytest
from django.db import connection as database

from core.services import properties as property_services
from sync import matching
from sync.enums import Matching, RecordType
from sync.services import match_indexes
from tests.books import Books
from tests.makers import user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def none_left(transactional_db: None) -> Iterator[None]:
    # Also those that workers of other tests left.
    _drop_all()
    yield
    _drop_all()


def _drop_all() -> None:
    with database.cursor() as cursor:
        for name in match_indexes._present():
            cursor.execute(f'DROP INDEX "{name}"')


def plan_of(record_type: RecordType, name: str) -> str:
    """How PostgreSQL would look for records by a field, if reading the whole table were out of the question."""
    model = matching.MODELS[record_type]
    rows = model._default_manager.filter(archived_at=None).annotate(key=matching.expression_of(record_type, name))
    with database.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        try:
            return str(rows.filter(key__in={"ONE", "TWO"}).values("pk").explain())
        finally:
            cursor.execute("SET enable_seqscan = on")


def test_standard_matching_finds_everything_by_an_index(books: Books) -> None:
    assert match_indexes.keep_indexes() == ["matching_by_contact_name"]
    for record_type, name in {*match_indexes.STANDING, (RecordType.CONTACT, matching.NAME)}:
        assert "Index Scan" in plan_of(record_type, name), (record_type, name)


def test_a_chosen_field_is_indexed_while_it_is_chosen(books: Books) -> None:
    tax_id = property_services.create("contact", by=user("Admin"), label="Tax id", kind="text")
    settings = books.settings(matching=Matching.FIELDS, matching_fields=["phone", f"property:{tax_id.pk}"])

    built = match_indexes.keep_indexes()

    assert sorted(built) == [
        "matching_by_company_phone",
        "matching_by_contact_phone",
        f"matching_by_contact_property_{tax_id.pk}",
    ]
    assert "matching_by_contact_phone" in plan_of(RecordType.CONTACT, "phone")
    assert f"property_{tax_id.pk}" in plan_of(RecordType.CONTACT, f"property:{tax_id.pk}")
    assert match_indexes.keep_indexes() == []

    settings.matching_fields = ["phone"]
    settings.save()
    assert match_indexes.keep_indexes() == [f"matching_by_contact_property_{tax_id.pk}"]
    books.settings(matching=Matching.DEFAULT, matching_fields=[])
    assert len(match_indexes.keep_indexes()) == 3
    assert match_indexes._present() == {"matching_by_contact_name": True}


def test_an_index_that_a_killed_worker_left_half_built_is_built_anew(books: Books) -> None:
    books.settings(matching=Matching.FIELDS, matching_fields=["website"])
    match_indexes.keep_indexes()
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'matching_by_company_website'::regclass"
        )

    assert match_indexes.keep_indexes() == ["matching_by_company_website", "matching_by_company_website"]
    assert match_indexes._present()["matching_by_company_website"]
