"""Reports read from a real standby of the tests' PostgreSQL, and from the primary where it is not to be had."""

import json
import os
import re
import subprocess
import sys
from typing import Any

import psycopg2
import pytest
from django.db import connection
from django.urls import reverse

from crm.models import Company
from crm_sync.launch import privileges
from crm_sync.launch.postgresql import PostgreSQL
from crm_sync.launch.servers import environment, hand_over
from reports.services import reports
from tests import workers
from tests.makers import user
from tests.operations.processes import running
from tests.workers import wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("TEST_DATABASE_URL" in os.environ, reason="It may let nobody copy it."),
]


class Standby(PostgreSQL):
    """A copy of the tests' server that follows it."""

    def _make_cluster(self) -> None:
        self.data.mkdir(mode=0o700, exist_ok=True)
        if self._runs_as_nobody():
            hand_over(self.data)
        with connection.cursor() as cursor:
            here = cursor.connection.info
        copy = [str(self.programs / "pg_basebackup"), "-D", str(self.data), "-R", "-X", "stream", "-c", "fast"]
        subprocess.run(
            [*copy, "-h", here.host, "-U", here.user],
            check=True,
            env=environment(),
            cwd=self.data,
            **privileges.spawn_options(death_signal=9, unprivileged=True),
        )


def told(server: Standby, sql: str) -> Any:
    """What the standby answers."""
    session = psycopg2.connect(host=str(server.socket_folder), user="crm", dbname=connection.settings_dict["NAME"])
    try:
        with session.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0]
    finally:
        session.close()


def examined(env: dict[str, str]) -> list[dict[str, str]]:
    """What the doctor says of it."""
    command = [sys.executable, "manage.py", "doctor", "--no-network", "--json"]
    done = subprocess.run(command, cwd=workers.ROOT, env=env, capture_output=True, text=True, check=False)
    return [one for one in json.loads(done.stdout)["findings"] if one["part"] == "Standby"]


def test_reports_are_read_from_the_standby_while_it_follows(tmp_path, client):
    admin = user("Admin", "admin@example.com")
    client.force_login(admin)
    cookie = f"sessionid={client.cookies['sessionid'].value}"
    counts = {"object": "company", "measures": [{"kind": "count"}]}
    page = f"/reports/{reports.create(by=admin, name='Companies', definition=counts).pk}/"
    Company.objects.create(name="Seen by both")

    with Standby(tmp_path / "standby", durable=False) as follower:
        here = f"postgres://crm@/{connection.settings_dict['NAME']}?host={follower.socket_folder}"
        with running("web", tmp_path, STANDBY_DATABASE_URL=here) as web:

            def counted() -> str:
                status, _headers, body = web.ask(page, Cookie=cookie)
                assert status == 200
                return re.findall(r"<td[^>]*>\s*([0-9]+)\s*</td>", body)[0]

            assert counted() == "1"
            told(follower, "SELECT pg_wal_replay_pause()::text")
            Company.objects.create(name="Not there yet")
            assert counted() == "1"
            assert web.ask(reverse("reports:ready", args=["receivables-aging"]), Cookie=cookie)[0] == 200
            # A page that is no report shows what was just made, and can be written to.
            assert "Not there yet" in web.ask("/companies/?view=all", Cookie=cookie)[2]
            told(follower, "SELECT pg_wal_replay_resume()::text")
            wait_until(lambda: counted() == "2", what="it follows")
            assert [one["level"] for one in examined(workers.environment(STANDBY_DATABASE_URL=here))] == ["ok"]

            follower.stop()
            Company.objects.create(name="Alone")
            assert counted() == "3"
            assert web.said("standby.unreachable")
            [said] = examined(workers.environment(STANDBY_DATABASE_URL=here))
            assert (said["level"], "does not answer" in said["text"]) == ("warning", True)
