"""What the launcher finds out and sets before it starts anything."""

import base64
import os
import socket
import stat

import pytest

from crm_sync.launch import demo
from crm_sync.launch.environment import chosen_port, kept_secrets, product_environment
from crm_sync.launch.leftovers import take_lock
from crm_sync.launch.processes import Restarts, TooManyRestarts
from crm_sync.launch.refusals import CannotStart


def test_a_taken_port_is_named_with_the_command_for_another_one(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))

        with pytest.raises(CannotStart, match=rf"Port {port} is taken.*`PORT=\d+ make demo`"):
            chosen_port("PORT", 8000, command="make demo")


@pytest.mark.parametrize("text", ["http", "0", "70000", "-1"])
def test_a_port_that_is_none_is_refused(monkeypatch, text):
    monkeypatch.setenv("PORT", text)

    with pytest.raises(CannotStart, match="has to be a port number"):
        chosen_port("PORT", 8000, command="make demo")


def test_secrets_are_made_once_and_only_the_owner_reads_them(tmp_path):
    first = kept_secrets(tmp_path / "demo" / "secrets.env")

    assert kept_secrets(tmp_path / "demo" / "secrets.env") == first
    assert stat.S_IMODE((tmp_path / "demo" / "secrets.env").stat().st_mode) == 0o600
    assert len(first["SECRET_KEY"]) >= 50
    name, _, key = first["ENCRYPTION_KEYS"].partition(":")
    assert (name, len(base64.b64decode(key))) == ("local", 32)


def test_own_secrets_win_and_empty_ones_of_a_copied_example_do_not(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "")
    monkeypatch.setenv("ENCRYPTION_KEYS", "own:key")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    env = product_environment(tmp_path, port=8010, addresses={"DATABASE_URL": "postgres://chosen"})

    assert env["SECRET_KEY"] == kept_secrets(tmp_path / "secrets.env")["SECRET_KEY"]
    assert env["ENCRYPTION_KEYS"] == "own:key"
    assert env["DATABASE_URL"] == "postgres://chosen"
    assert env["PORT"] == "8010"
    assert "PYTHONDONTWRITEBYTECODE" not in env


def test_the_demo_never_talks_to_intuit():
    env = demo.environment(8101)

    assert env["QBO_ENVIRONMENT"] == "simulator"
    assert env["QBO_SIMULATOR_URL"] == "http://127.0.0.1:8101"
    assert {"QBO_API_URL", "QBO_DISCOVERY_URL", "QBO_INVOICE_PAGE"} <= set(demo.FOREIGN)


def test_the_lock_names_its_holder_and_falls_with_it(tmp_path):
    sentence = rf"The demo already runs from this folder \(process {os.getpid()}\)"
    with take_lock(tmp_path / "lock", "The demo"), pytest.raises(CannotStart, match=sentence):
        take_lock(tmp_path / "lock", "The demo")
    with take_lock(tmp_path / "lock", "The demo"):
        assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_a_process_that_ends_again_and_again_is_given_up():
    restarts = Restarts()
    for _ in range(Restarts.LIMIT):
        restarts.note("web")
    restarts.note("worker")

    with pytest.raises(TooManyRestarts):
        restarts.note("web")
