"""Keeps the demo out of a database that is not its own."""

import psycopg2

from crm_sync.launch import demo
from crm_sync.launch.refusals import CannotStart


def refuse_strangers(url: str) -> None:
    """Raise CannotStart when the database at ``url`` holds tables or users that the demo did not make.

    Asked before anything is migrated: a refusal leaves the database as it was.
    """
    try:
        session = psycopg2.connect(url, connect_timeout=10)
    except psycopg2.Error as error:
        raise CannotStart(f"The database of DATABASE_URL does not answer: {str(error).strip()}") from error
    try:
        with session.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
            tables = {name for (name,) in cursor.fetchall()}
            if "accounts_user" in tables:
                emails = [login.email for login in demo.LOGINS]
                cursor.execute("SELECT count(*), count(*) FILTER (WHERE email = ANY(%s)) FROM accounts_user", [emails])
                users, of_the_demo = cursor.fetchone() or (0, 0)
                strange = users > 0 and of_the_demo == 0
            else:
                strange = bool(tables)
    finally:
        session.close()
    if strange:
        raise CannotStart(
            "The database of DATABASE_URL holds data that the demo did not make, and it will not add its own to them. "
            "Name an empty database, or unset DATABASE_URL and the demo brings one."
        )
