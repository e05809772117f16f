"""Rows on their way into the mirror, one by one or by COPY: what they hold stays what it was."""

import datetime
import hashlib
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.utils import DataError, IntegrityError

from qbo_connector.mirror.merge import COPY_FROM_ROWS, merge_rows
from qbo_connector.mirror.parse import Row
from qbo_connector.models import Connection, MirrorObject

pytestmark = pytest.mark.django_db
NAMES = ["\\N", "\\.", "NULL", "", 'The "Best", Ltd', "two\nlines", "a\\b", "Zoë 東京 🧾"]
NOW = datetime.datetime(2026, 3, 29, 1, 30, tzinfo=datetime.UTC)


@pytest.fixture
def company():
    return Connection.objects.create(environment="simulator", realm_id="1")


def row(number: int, name: str, **values) -> Row:
    body = f"{number}{name}".encode()
    return Row("Customer", str(number), 0, NOW, hashlib.sha256(body).digest(), b"\\N" + body, name=name, **values)


@pytest.mark.parametrize("size", [len(NAMES), COPY_FROM_ROWS])
def test_what_rows_hold_stays_what_it_was(company, size):
    rows = [row(n, name, total=Decimal("-12.50"), txn_on=NOW.date()) for n, name in enumerate(NAMES)]
    rows += [row(n, "filler") for n in range(len(NAMES), size)]

    with transaction.atomic():
        assert merge_rows(company, rows) == size
        assert merge_rows(company, rows) == 0

    stored = {each.qbo_id: each for each in MirrorObject.objects.select_related("payload")}
    assert len(stored) == size
    for given in rows:
        found = stored[given.qbo_id]
        assert (found.name, found.total, found.txn_on, found.due_on) == (given.name, given.total, given.txn_on, None)
        assert (bytes(found.digest), bytes(found.payload.body)) == (given.digest, given.body)


@pytest.mark.parametrize("size", [2, COPY_FROM_ROWS])
def test_what_does_not_fit_is_an_error_of_django(company, size):
    rows = [row(n, "n" * 5000 if n == 0 else "x", total=Decimal("1E+40")) for n in range(size)]
    with pytest.raises(DataError), transaction.atomic():
        merge_rows(company, rows)
    assert not MirrorObject.objects.exists()


@pytest.mark.parametrize("size", [2, COPY_FROM_ROWS])
def test_a_text_that_is_missing_is_refused_and_not_taken_for_an_empty_one(company, size):
    with pytest.raises(IntegrityError), transaction.atomic():
        merge_rows(company, [row(n, "x", email=None if n == 1 else "") for n in range(size)])
    assert not MirrorObject.objects.exists()
