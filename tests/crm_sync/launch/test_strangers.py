"""The demo and databases that are not its own."""

import psycopg2
import pytest

from crm_sync.launch.refusals import CannotStart
from crm_sync.launch.strangers import refuse_strangers


def prepare(url: str, sql: str) -> None:
    session = psycopg2.connect(url)
    with session, session.cursor() as cursor:
        cursor.execute(sql)
    session.close()


USERS = "CREATE TABLE accounts_user (email text); "


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("SELECT 1", id="empty"),
        pytest.param(USERS, id="migrated, nobody in it"),
        pytest.param(USERS + "INSERT INTO accounts_user VALUES ('rep@demo.example'), ('new@b.example')", id="own"),
    ],
)
def test_the_demo_uses_an_empty_database_or_its_own(own_postgres, sql):
    prepare(own_postgres.url, sql)

    refuse_strangers(own_postgres.url)


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("CREATE TABLE wages (n int)", id="another application"),
        pytest.param(USERS + "INSERT INTO accounts_user VALUES ('boss@company.example')", id="a real installation"),
    ],
)
def test_the_demo_refuses_a_database_with_rows_that_it_did_not_seed(own_postgres, sql):
    prepare(own_postgres.url, sql)

    with pytest.raises(CannotStart, match="holds data that the demo did not make"):
        refuse_strangers(own_postgres.url)


def test_a_database_that_does_not_answer_is_a_sentence(tmp_path):
    with pytest.raises(CannotStart, match="The database of DATABASE_URL does not answer"):
        refuse_strangers(f"postgres://crm@/crm?host={tmp_path}")
