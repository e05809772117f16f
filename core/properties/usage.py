"""How much custom properties are used: for the settings page, before a deletion, and for what has to be unique."""

from django.db import OperationalError, connection, transaction

from core.models.properties import PropertyDefinition
from core.properties.objects import objects

COUNT_LIMIT_MS = 2000
BIG_TABLE = 100_000


def hold(name: str) -> None:
    """Let nobody else into what ``name`` stands for until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def records_with(row: PropertyDefinition) -> int:
    """How many records have a value of this property, archived ones too."""
    return objects[row.object_type].model._default_manager.filter(properties__has_key=str(row.pk)).count()


def records_with_choice(row: PropertyDefinition, choice_id: int) -> int:
    """How many records have this choice."""
    found = objects[row.object_type].model._default_manager.filter(
        properties__contains={str(row.pk): holding(row, choice_id)}
    )
    return found.count()


def holding(row: PropertyDefinition, choice_id: int) -> object:
    """What a record's value contains when it has this choice."""
    return [str(choice_id)] if row.kind == "multi_choice" else str(choice_id)


def shared_values(row: PropertyDefinition) -> int:
    """How many values several records have."""
    table = connection.ops.quote_name(objects[row.object_type].model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE properties ->> %s IS NOT NULL "  # noqa: S608 -- our table
            "GROUP BY properties -> %s HAVING count(*) > 1) AS shared",
            [str(row.pk), str(row.pk)],
        )
        return int(cursor.fetchone()[0])


def counts(object_type: str) -> dict[str, int] | None:
    """How many records have a value, by slot, in one statement; None when that takes longer than a page may wait."""
    table = connection.ops.quote_name(objects[object_type].model._meta.db_table)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(COUNT_LIMIT_MS)])
            cursor.execute(
                f"SELECT slot, count(*) FROM {table}, jsonb_object_keys(properties) AS slot "  # noqa: S608 -- our table
                "WHERE jsonb_typeof(properties) = 'object' GROUP BY slot"
            )
            return {slot: int(count) for slot, count in cursor.fetchall()}
    except OperationalError:
        return None


def is_big(object_type: str) -> bool:
    """Whether the table is so big that only indexed properties sort and filter by range; by the planner's estimate."""
    table = objects[object_type].model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = to_regclass(%s)", [f'"{table}"'])
        found = cursor.fetchone()
    return bool(found and found[0] > BIG_TABLE)
