"""Rows inserted by COPY: they read back as those that Django inserts, whatever they hold."""

import datetime
from decimal import Decimal

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.forms.models import model_to_dict

from core.inserting import MANY, insert_many
from core.models import Event
from core.models.mails import OutgoingMail
from crm.models import Company, Product
from tests import makers

pytestmark = pytest.mark.django_db

ODD = [
    *("", " ", "NULL", "\\N", "\\.", "a\n\\.\nb", 'He said "no"', "'", ",", ";", "\t", "\r\n", "\\", "\\x41", "{1,2}"),
    *("\u2028", "\ufeff", "Zoë 東京 🧾", "%s", "$1", "--", "/*", "\x7f", "\x1f", "null"),
]


def companies_named(names: list[str]) -> list[Company]:
    address = {"line1": "1 High St", "note": '"\\N\n'}
    filling = [Company(name=f"Filler {n}", billing_address=address) for n in range(MANY)]
    return [*(Company(name=name, notes=name, billing_address={"line1": name}) for name in names), *filling]


def test_texts_and_data_come_back_as_they_were():
    rows = companies_named(ODD)

    insert_many(rows)

    for row, text in zip(rows, ODD, strict=False):
        stored = Company.objects.get(pk=row.pk)
        assert (stored.name, stored.notes, stored.billing_address) == (text, text, {"line1": text})
        assert (stored.archived_at, stored.owner_id) == (None, None)


def test_numbers_times_and_flags_are_those_that_django_stores():
    rep = makers.user()
    values = [
        {"unit_price": Decimal("12.50"), "unit_cost": None, "active": True},
        {"unit_price": Decimal("-0.00001"), "unit_cost": Decimal("99999999.99"), "active": False, "owner": rep},
        {"unit_price": Decimal("1E+3"), "archived_at": datetime.datetime(2026, 3, 29, 1, 30, tzinfo=datetime.UTC)},
    ]
    theirs = [Product(name=f"P{n}", **each) for n, each in enumerate(values)]
    ours = [Product(name=f"P{n}", **each) for n, each in enumerate(values * MANY)]
    Product.objects.bulk_create(theirs)
    insert_many(ours)

    for theirs_row, ours_row in zip(theirs, ours, strict=False):
        stored, copied = (Product.objects.get(pk=row.pk) for row in (theirs_row, ours_row))
        left_out = ["id", "name", "created_at", "updated_at"]
        assert model_to_dict(stored, exclude=left_out) == model_to_dict(copied, exclude=left_out)
        assert abs(stored.created_at - copied.created_at) < datetime.timedelta(minutes=1)


def test_ids_are_set_and_saving_again_updates():
    rows = companies_named([])

    insert_many(rows)

    assert len({row.pk for row in rows}) == MANY
    rows[0].name = "Changed"
    rows[0].save()
    assert Company.objects.filter(pk=rows[0].pk, name="Changed").count() == 1
    assert Company.objects.count() == MANY
    assert Company.objects.create(name="Next").pk not in {row.pk for row in rows}


def test_a_row_that_does_not_fit_leaves_nothing():
    for bad, refusal in ((Company(name="n" * 1000), DataError), (Company(name=None), IntegrityError)):
        with pytest.raises(refusal), transaction.atomic():
            insert_many([*companies_named([]), bad])
    assert not Company.objects.exists()


def test_few_rows_and_none_are_inserted_too(django_assert_num_queries):
    few = [Company(name="One"), Company(name="Two")]
    insert_many(few)
    with django_assert_num_queries(0):
        insert_many([])
    assert [row.pk for row in few] == list(Company.objects.order_by("pk").values_list("pk", flat=True))


def test_columns_that_are_worked_out_are_so_here_too():
    theirs = Company.objects.create(name="Acme Ltd", domain="acme.example", phone="555-1234")
    rows = [Company(name="Acme Ltd", domain="acme.example", phone="555-1234") for _n in range(MANY)]

    insert_many(rows)

    with connection.cursor() as cursor:
        cursor.execute("SELECT search FROM crm_company WHERE id IN (%s, %s)", [theirs.pk, rows[0].pk])
        texts = [text for (text,) in cursor.fetchall()]
    assert len(texts) == 2
    assert len(set(texts)) == 1
    assert "acme" in texts[0]


def test_defaults_of_columns_are_taken():
    mails = [OutgoingMail(key=f"k{n}", to=["a@example.com"], subject="Hello") for n in range(MANY)]

    insert_many(mails)

    assert set(OutgoingMail.objects.values_list("message_id", flat=True)) == {mail.message_id for mail in mails}


def test_a_journal_that_takes_only_new_rows_takes_these():
    insert_many([Event(name="company.created", object_type="company", object_id=n) for n in range(MANY)])
    assert Event.objects.count() == MANY
