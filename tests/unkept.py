"""Touching events in a test, which the product can't."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def unkept() -> Iterator[None]:
    """Inside, no trigger is asked: events can be changed and deleted as a test needs it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")
