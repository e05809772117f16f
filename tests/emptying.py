"""How the database is emptied after a test that commits: only the tables that hold rows, which are few.

Django truncates every table with all its indexes and makes content types and permissions anew: half a second for
each test. As that does, this waits for whoever still writes, so nothing of one test gets into the next.
"""

from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import TransactionTestCase

# Made from the models when the database was migrated; nothing in a test changes them.
KEPT = {"django_content_type", "auth_permission"}
# Deleted rows stay in the files until PostgreSQL tidies up; now and then Django's way makes the files new.
DJANGOS_WAY_EACH = 50


class Emptying:
    """The emptying of one test process, which counts."""

    def __init__(self, djangos_way: Any) -> None:
        self.djangos_way, self.times = djangos_way, 0

    def __call__(self, case: TransactionTestCase) -> None:
        """Empty the database. Django's way as well where the user may not switch foreign keys off."""
        self.times += 1
        if self.times % DJANGOS_WAY_EACH == 0 or not _may_switch_keys_off():
            with connection.cursor() as cursor:  # events are not emptied otherwise
                cursor.execute("SET core.audit_door = 'emptying'")
                self.djangos_way(case)
                cursor.execute("RESET core.audit_door")
        else:
            delete_all_rows()


def _may_switch_keys_off() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT usesuper FROM pg_user WHERE usename = current_user")
        return bool(cursor.fetchone()[0])


def delete_all_rows() -> None:
    """Delete what tests wrote, with no foreign key looked at."""
    models = apps.get_models(include_auto_created=True)
    tables = sorted({each._meta.db_table for each in models if each._meta.managed and not each._meta.proxy} - KEPT)
    quoted = [connection.ops.quote_name(name) for name in tables]
    filled = " UNION ALL ".join(f"SELECT {place} WHERE EXISTS (SELECT 1 FROM {q})" for place, q in enumerate(quoted))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {', '.join(quoted)} IN ACCESS EXCLUSIVE MODE")
        cursor.execute(filled)
        found = [quoted[place] for (place,) in cursor.fetchall()]
        if found:
            cursor.execute(
                "SET LOCAL session_replication_role = replica; " + "; ".join(f"DELETE FROM {q}" for q in found)
            )


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """Once for each test process."""
    emptying = Emptying(TransactionTestCase._fixture_teardown)

    def emptied(case: TransactionTestCase) -> None:
        emptying(case)

    TransactionTestCase._fixture_teardown = emptied
