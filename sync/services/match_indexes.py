"""Indexes for the fields of the CRM that records are matched by, so that finding them never reads whole tables.

Some belong to the tables: e-mail, SKU, names of companies and products. The others are built when something is matched
by them, and dropped when nothing is any more.
"""

import re

from django.db import connection as database
from django.db.models import Index, Q

from core.properties import PREFIX
from sync import matching
from sync.enums import RecordType, SyncObject
from sync.models import ObjectSettings
from sync.policies import record_types
from sync.records import CRM_MODELS

Wanted = tuple[RecordType, str]
# What the tables have an index for anyway.
STANDING: frozenset[Wanted] = frozenset(
    {
        (RecordType.COMPANY, "email"),
        (RecordType.COMPANY, matching.NAME),
        (RecordType.CONTACT, "email"),
        (RecordType.PRODUCT, "sku"),
        (RecordType.PRODUCT, matching.NAME),
    }
)
_PREFIX = "matching_by_"


def keep_indexes() -> list[str]:
    """Build the indexes that are wanted and drop those that are not; returns the names of both. Can be run twice.

    Outside of a transaction: both happen concurrently, so that nobody waits. Nothing while another worker does it.
    """
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended('match indexes', 0))")
        if not cursor.fetchone()[0]:
            return []
    try:
        return _keep_indexes()
    finally:
        _execute("SELECT pg_advisory_unlock(hashtextextended('match indexes', 0))")


def _keep_indexes() -> list[str]:
    fields = wanted()
    done = []
    for name, valid in _present().items():
        # A build that was killed leaves an invalid index.
        if name not in fields or not valid:
            _execute(f"DROP INDEX CONCURRENTLY IF EXISTS {database.ops.quote_name(name)}")
            done.append(name)
    present = _present()
    for name, (record_type, field) in fields.items():
        expression = matching.expression_of(record_type, field)
        if name in present or expression is None:
            continue
        index = Index(expression, name=name, condition=Q(archived_at=None))
        with database.schema_editor(atomic=False) as editor:
            editor.execute(index.create_sql(CRM_MODELS[record_type], editor, concurrently=True), params=None)
        done.append(name)
    return done


def wanted() -> dict[str, Wanted]:
    """What is matched by in some company and has no index of its own, by the name of its index."""
    found: dict[str, Wanted] = {}
    for settings in ObjectSettings.objects.filter(enabled=True).exclude(sync_object=SyncObject.INVOICE):
        for record_type in record_types(SyncObject(settings.sync_object)):
            fields = matching.fields_for(settings, record_type)
            if matching.suggests(settings):
                fields.append(matching.NAME)
            for field in fields:
                if (record_type, field) not in STANDING:
                    found[_named(record_type, field)] = (record_type, field)
    return found


def _named(record_type: RecordType, field: str) -> str:
    """Such as ``matching_by_contact_phone`` or ``matching_by_company_property_12``."""
    return f"{_PREFIX}{record_type}_{re.sub(r'[^a-z0-9]+', '_', field.replace(PREFIX, 'property_').lower())}"[:60]


def _present() -> dict[str, bool]:
    """The indexes of this kind that are there, and whether each is valid."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
            "WHERE starts_with(c.relname, %s) AND c.relnamespace = current_schema()::regnamespace",
            [_PREFIX],
        )
        return dict(cursor.fetchall())


def _execute(sql: str) -> None:
    with database.cursor() as cursor:
        cursor.execute(sql)
