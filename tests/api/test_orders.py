"""Each order that a list offers is read from an index: with many records none is sorted."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.catalogue import OPERATIONS

SETTINGS = ("seqscan", "bitmapscan", "sort", "incremental_sort")
# What there are few of.
SMALL = {"reports"}


def orders():
    for operation in OPERATIONS:
        needed = any(param.required for param in operation.params)
        if operation.method == "GET" and "{" not in operation.path and not needed and operation.path not in SMALL:
            sort = next((param for param in operation.params if param.name == "sort"), None)
            yield from ((operation.path, each) for each in (sort.schema["enum"] if sort else ()))


@pytest.mark.django_db
def test_lists_are_read_in_the_order_of_an_index(program):
    assert ("invoices", "updated_at") in list(orders())
    sorted_ones = []
    for path, sort in orders():
        with CaptureQueriesContext(connection) as queries:
            assert program.get(f"{path}?sort={sort}").status_code == 200
        [statement] = [query["sql"] for query in queries if "LIMIT 51" in query["sql"]]
        with connection.cursor() as cursor:
            cursor.execute("; ".join(f"SET LOCAL enable_{name} = off" for name in SETTINGS))
            cursor.execute(f"EXPLAIN {statement}")
            if any("Sort" in line for (line,) in cursor.fetchall()):
                sorted_ones.append((path, sort))
            cursor.execute("; ".join(f"SET LOCAL enable_{name} = on" for name in SETTINGS))

    assert not sorted_ones
