"""The embedded servers: real starts, stops, kills and repairs."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import redis

from crm_sync.launch import leftovers, privileges, servers
from crm_sync.launch.postgresql import PostgreSQL
from crm_sync.launch.refusals import CannotStart
from crm_sync.launch.servers import Server
from crm_sync.launch.valkey import Valkey


def execute(server: PostgreSQL, sql: str) -> list[tuple[Any, ...]]:
    session = psycopg2.connect(server.url)
    try:
        with session, session.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []
    finally:
        session.close()


def client(server: Valkey) -> redis.Redis:
    return redis.Redis.from_url(server.url, decode_responses=True)


@pytest.fixture
def forgotten() -> Iterator[list[Server]]:
    """Servers that a test leaves running on purpose are ended after it, whatever happens."""
    left: list[Server] = []
    yield left
    for server in left:
        server.stop()


def test_rows_survive_a_restart_and_nothing_of_a_stopped_server_stays(tmp_path):
    server = PostgreSQL(tmp_path / "postgres")
    with server:
        execute(server, "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('Ünïcode')")
        pid = server.process.pid
    assert leftovers.command_line(pid) == ""
    assert not server.socket_folder.exists()

    with PostgreSQL(tmp_path / "postgres") as again:
        assert execute(again, "SELECT upper(word) FROM kept") == [("ÜNÏCODE",)]


def test_postgres_listens_on_no_port_and_is_durable(own_postgres):
    shown = {
        name: execute(own_postgres, f"SHOW {name}")[0][0]
        for name in ("listen_addresses", "fsync", "synchronous_commit", "max_connections", "server_encoding")
    }
    assert shown == {
        "listen_addresses": "",
        "fsync": "on",
        "synchronous_commit": "on",
        "max_connections": "100",
        "server_encoding": "UTF8",
    }


def test_committed_rows_survive_a_kill_and_the_stale_lock_is_repaired(tmp_path):
    server = PostgreSQL(tmp_path / "postgres")
    server.start()
    execute(server, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)")
    server.kill()
    assert (server.data / "postmaster.pid").exists()

    with PostgreSQL(tmp_path / "postgres") as again:
        assert execute(again, "SELECT n FROM kept") == [(1,)]


def test_a_pid_file_whose_number_belongs_to_another_program_is_no_obstacle(tmp_path):
    server = PostgreSQL(tmp_path / "postgres")
    server.start()
    server.kill()
    pid_file = server.data / "postmaster.pid"
    pid_file.write_text("\n".join([str(os.getpid()), *pid_file.read_text().splitlines()[1:]]))

    with PostgreSQL(tmp_path / "postgres") as again:
        assert again.running


@pytest.mark.parametrize("server_class", [PostgreSQL, Valkey])
def test_a_server_that_still_runs_on_the_data_is_ended_first(tmp_path, server_class, forgotten):
    leftover = server_class(tmp_path / "server")
    leftover.start()
    forgotten.append(leftover)

    with server_class(tmp_path / "server") as again:
        assert again.running
        assert leftover.process.wait(5) is not None


def test_an_interrupted_initdb_is_done_again(tmp_path):
    unfinished = tmp_path / "postgres" / "data.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18")

    with PostgreSQL(tmp_path / "postgres") as server:
        assert execute(server, "SELECT current_database()") == [("crm",)]
    assert not unfinished.exists()


def test_data_of_another_major_version_are_left_alone_with_a_sentence(tmp_path):
    server = PostgreSQL(tmp_path / "postgres")
    server.data.mkdir(parents=True)
    (server.data / "PG_VERSION").write_text("14\n")

    with pytest.raises(CannotStart, match=r"written by PostgreSQL 14, and this is PostgreSQL \d+.*make demo-reset"):
        server.start()

    assert [path.name for path in server.data.iterdir()] == ["PG_VERSION"]
    assert not server.running


def test_a_full_disk_is_a_sentence_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(servers.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**12, 10**12, 200 * 2**20))

    with pytest.raises(CannotStart, match="has 200 MB free and needs to have 300 MB"):
        PostgreSQL(tmp_path / "postgres").start()

    assert list((tmp_path / "postgres").iterdir()) == []


def test_a_server_that_ends_at_once_shows_the_end_of_its_log(tmp_path):
    with PostgreSQL(tmp_path / "postgres") as server:
        pass
    with (server.data / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")

    with pytest.raises(CannotStart, match=r"PostgreSQL did not start.*(?s:.*)no_such_setting"):
        server.start()

    assert not server.socket_folder.exists()


def test_keys_survive_a_restart_and_a_kill(tmp_path):
    with Valkey(tmp_path / "valkey") as server:
        client(server).set("first", "1")
    with Valkey(tmp_path / "valkey") as server:
        assert client(server).get("first") == "1"
        client(server).set("second", "2")
        client(server).config_set("appendfsync", "always")
        client(server).set("third", "3")
        server.kill()

    with Valkey(tmp_path / "valkey") as server:
        assert client(server).mget("first", "second", "third") == ["1", "2", "3"]
        assert client(server).config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_an_unreadable_append_only_file_is_put_aside(tmp_path):
    with Valkey(tmp_path / "valkey") as server:
        client(server).set("key", "1")
    for file in (server.data / "appendonlydir").iterdir():
        file.write_bytes(b"garbage")

    with Valkey(tmp_path / "valkey") as again:
        assert client(again).get("key") is None
    assert (server.data / "appendonlydir.unreadable-1").is_dir()


def test_a_long_project_path_still_gets_a_short_socket(tmp_path):
    folder = tmp_path / ("long" * 20) / ("path" * 20)

    with Valkey(folder) as server:
        assert len(os.fsencode(server.socket)) <= servers.LONGEST_SOCKET_PATH
        assert server.socket.is_socket()


def test_a_socket_folder_of_somebody_else_is_refused(tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = tmp_path / "sockets"
    link.symlink_to(elsewhere)

    with pytest.raises(CannotStart, match="belongs to somebody else"):
        Valkey(tmp_path / "valkey", socket_folder=link).start()


def test_postgres_accepts_whoever_starts_it_and_keeps_the_files_with_the_owner(tmp_path):
    """As root it runs in a user namespace, as anybody else just so."""
    with PostgreSQL(tmp_path / "postgres") as server:
        status = Path(f"/proc/{server.process.pid}/status").read_text()
        assert f"Uid:\t{os.getuid()}\t" in status
        assert server.data.stat().st_uid == os.getuid()
    if os.geteuid() == 0:
        assert privileges.unprivileged_mode() in ("namespace", "nobody")


def test_root_without_namespaces_uses_another_user_or_says_what_to_do(monkeypatch, request):
    """The programs may lie where that user cannot read; then a sentence names the ways out."""
    if os.geteuid() != 0:
        assert privileges.unprivileged_mode() != "nobody"
        return
    monkeypatch.setattr(privileges, "unprivileged_mode", lambda: "nobody")
    folder = Path("/tmp") / f"crm-sync-nobody-{os.getpid()}"
    folder.mkdir(mode=0o755)
    request.addfinalizer(lambda: shutil.rmtree(folder))
    server = PostgreSQL(folder / "postgres")
    readable = all(parent.stat().st_mode & 0o001 for parent in server.programs.parents)
    if not readable:
        with pytest.raises(CannotStart, match="ordinary user"):
            server.start()
        return

    with server:
        assert f"Uid:\t{privileges.NOBODY}\t" in Path(f"/proc/{server.process.pid}/status").read_text()
        assert execute(server, "SELECT 1") == [(1,)]
    assert server.data.stat().st_uid == privileges.NOBODY


def test_a_pid_file_of_another_program_is_removed_and_the_program_left_alone(tmp_path):
    pid_file = tmp_path / "web.pid"
    pid_file.write_text(str(os.getpid()))

    assert leftovers.stop_leftover(pid_file, "no such program", signal.SIGTERM) is False
    assert not pid_file.exists()
