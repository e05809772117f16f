"""The whole state saved and brought back: by name, as a download, over a restart."""

import sqlite3

import requests

from qbo_simulator.server import Simulator


def test_a_snapshot_brings_everything_back(us, line):
    us.control("POST", "clock", {"advance": 600})
    us.control("POST", "switches", {"check_amounts": False})
    us.control("POST", "faults", {"path": "/nothing", "status": 500, "times": 3})
    before = us.control("GET", f"objects/{us.realm}/Invoice")
    saved = us.control("POST", "snapshot", {"name": "before"})
    assert saved["name"] == "before"
    us.post("Invoice", {"CustomerRef": {"value": "1"}, "Line": [line(1)]})
    us.control("POST", "companies", {"name": "Gone", "country": "US"})
    us.control("POST", "clock", {"advance": 1200})
    us.control("POST", "switches", {"check_amounts": True})
    us.control("DELETE", "faults")

    answer = us.control("POST", "snapshot", {"restore": "before"})

    assert "Gone" not in [row["name"] for row in answer["companies"]]
    assert us.control("GET", f"objects/{us.realm}/Invoice") == before
    assert us.control("GET", "switches")["check_amounts"] is False
    assert round(us.control("GET", "clock")["offset"] / 60) == 10
    (rule,) = us.control("GET", "faults")
    assert (rule["path"], rule["status"], rule["times"]) == ("/nothing", 500, 3)
    # The tokens of that time work, and numbers are given out anew.
    made = us.post("Customer", {"DisplayName": "After the restore"})
    us.control("POST", "snapshot", {"restore": "before"})
    assert us.post("Customer", {"DisplayName": "Another time"})["Id"] == made["Id"]


def test_what_get_gives_post_takes(us, tmp_path):
    taken = requests.get(f"{us.url}/_simulator/snapshot", timeout=30)
    assert taken.headers["Content-Type"] == "application/vnd.sqlite3"
    us.post("Customer", {"DisplayName": "Later"})

    answer = requests.post(f"{us.url}/_simulator/snapshot", data=taken.content, timeout=30)

    assert answer.status_code == 200, answer.text
    assert us.control("GET", f"objects/{us.realm}/Customer?name=Later") == []
    (tmp_path / "copy").write_bytes(taken.content)
    connection = sqlite3.connect(tmp_path / "copy")
    assert connection.execute("SELECT count(*) FROM companies").fetchone() == (4,)
    connection.close()


def test_a_snapshot_moves_to_another_simulator_and_lasts(us, tmp_path):
    us.post("Customer", {"DisplayName": "Traveller"})
    taken = requests.get(f"{us.url}/_simulator/snapshot", timeout=30).content

    with Simulator(tmp_path / "other", companies=["uk"]) as other:
        assert requests.post(f"{other.url}/_simulator/snapshot", data=taken, timeout=30).status_code == 200
    with Simulator(tmp_path / "other") as other:
        found = requests.get(f"{other.url}/_simulator/objects/{us.realm}/Customer?name=traveller", timeout=5).json()

    assert [body["DisplayName"] for body in found] == ["Traveller"]


def test_snapshots_are_listed_downloaded_replaced_and_removed(us):
    us.control("POST", "snapshot", {"name": "one"})
    us.post("Customer", {"DisplayName": "Second"})
    us.control("POST", "snapshot", {"name": "one"})
    us.control("POST", "snapshot", {})
    assert {row["name"] for row in us.control("GET", "snapshots")} == {"one", "default"}
    content = requests.get(f"{us.url}/_simulator/snapshot?name=one", timeout=30).content
    assert content.startswith(b"SQLite format 3\x00")
    us.control("POST", "snapshot", {"restore": "one"})
    assert len(us.control("GET", f"objects/{us.realm}/Customer?name=second")) == 1

    assert [row["name"] for row in us.control("DELETE", "snapshots/default")] == ["one"]


def test_what_is_no_snapshot_changes_nothing(us, tmp_path):
    connection = sqlite3.connect(tmp_path / "strange")
    connection.execute("CREATE TABLE companies (realm TEXT)")
    connection.commit()
    connection.close()
    for content in ((tmp_path / "strange").read_bytes(), b"SQLite format 3\x00 and no more"):
        answer = requests.post(f"{us.url}/_simulator/snapshot", data=content, timeout=30)
        assert (answer.status_code, "no snapshot" in answer.json()["error"]) == (400, True)
    for body, status in (({"restore": "nothing"}, 404), ({"name": "../evil"}, 400), ({"restore": "../evil"}, 400)):
        assert requests.post(f"{us.url}/_simulator/snapshot", json=body, timeout=30).status_code == status
    assert requests.get(f"{us.url}/_simulator/snapshot?name=none", timeout=30).status_code == 404
    assert us.get("Customer", "1")["DisplayName"] == "Amy's Bird Sanctuary"
    assert us.control("GET", "snapshots") == []
