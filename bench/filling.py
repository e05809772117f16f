"""Generated records in bulk: one statement for each table, whatever the number."""

from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.db.models import NOT_PROVIDED, Model


def insert(model: type[Model], count: int, columns: Mapping[str, str]) -> None:
    """``count`` rows of a model. ``columns`` holds SQL over ``n``; others that need a value get their default."""
    given: dict[str, str] = dict(columns)
    values: list[Any] = []
    for field in model._meta.concrete_fields:
        if field.primary_key or field.generated or field.column in given or field.null:
            continue
        assert field.column is not None
        default = field.get_default() if field.default is not NOT_PROVIDED else ""
        given[field.column] = "%s"
        values.append(field.get_db_prep_save(default, connection))
    # Constants come last, so the parameters are in order.
    names = ", ".join(f'"{name}"' for name in given)
    chosen = ", ".join(sql.replace("%", "%%") if sql != "%s" else sql for sql in given.values())
    statement = (
        f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {chosen}'  # noqa: S608 -- all of it is from this folder
        f" FROM generate_series(1, {count}) AS n"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def settle() -> None:
    """Tell the planner what is there now, as the server does by itself after a while."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def pick(words: str, seed: str) -> str:
    """SQL: one of ``words``, the first ones more often; the same for the same ``seed``."""
    listed = words.split()
    array = ", ".join(f"'{word}'" for word in listed)
    return f"(ARRAY[{array}])[1 + floor({len(listed)} * power((hashint8({seed}) & 65535) / 65536.0, 2))::int]"
