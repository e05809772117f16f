"""What the timeline says about connections, switches and refusals."""

import re
from pathlib import Path

import pytest

from core import registry
from core.models import Event

PERSON = 1


@pytest.mark.parametrize(
    ("name", "actor", "data", "sentence"),
    [
        ("connection.connected", PERSON, {}, "connected the company"),
        ("connection.reconnected", PERSON, {}, "reconnected the company"),
        ("connection.disconnected", PERSON, {"revoked": True}, "disconnected the company"),
        (
            "connection.disconnected",
            PERSON,
            {"revoked": False},
            "disconnected the company; QuickBooks did not confirm it",
        ),
        ("connection.disconnected", None, {}, "Disconnected the company"),
        (
            "connection.needs_reconnect",
            None,
            {"reason": "The token ended."},
            "The company needs to be reconnected: The token ended.",
        ),
        ("connection.paused", None, {}, "The sync is paused"),
        (
            "connection.loaded",
            None,
            {"counts": {"Customer": 1, "Item": 18, "Invoice": 3400, "Payment": 0, "Term": 6}},
            "The company was read completely: 1 customer, 18 products and services, 3,400 invoices and 0 payments",
        ),
        ("connection.loaded", None, {}, "The company was read completely"),
        ("connection.settings_changed", PERSON, {"interval_minutes": 1}, "set the sync to every minute"),
        ("sync.switched_on", PERSON, {"object": "product"}, "switched on the sync of Products"),
        ("sync.switched_off", None, {"object": "gone"}, "The sync of gone was switched off"),
        (
            "invoice.refused",
            None,
            {"reason": "This number is used", "detail": "Duplicate Document Number"},
            "QuickBooks did not take the invoice: This number is used. QuickBooks says: “Duplicate Document Number”",
        ),
        ("invoice.refused", None, {}, "QuickBooks did not take the invoice"),
        ("invoice.retried", PERSON, {}, "sent the invoice to QuickBooks again"),
        ("sync.linked", PERSON, {"called": "Green"}, "linked it to “Green” in QuickBooks"),
        ("sync.renamed", PERSON, {"called": "Green (2)"}, "called it “Green (2)” in QuickBooks"),
        ("sync.match_accepted", PERSON, {"object": "Green"}, "confirmed that it is “Green” in QuickBooks"),
        ("sync.match_rejected", None, {"object": "Green"}, "It is not “Green” in QuickBooks"),
        (
            "sync.mapping_deleted",
            PERSON,
            {"crm": "Notes", "quickbooks": "Memo"},
            "deleted the mapping of Notes to Memo",
        ),
        ("sync.read_only_off", PERSON, {}, "switched read-only mode off"),
        ("sync.deleted", PERSON, {"object": "product"}, "deleted the sync of Products"),
    ],
)
def test_each_event_is_a_sentence(name, actor, data, sentence):
    event = Event(name=name, actor_id=actor, data=data, object_type="connection", object_id=1)

    assert registry.event_kinds[name].sentence(event) == sentence


# What tasks tell each other; nobody reads it.
INTERNAL = {"mirror.changed", "operation.finished", "sync.look_again"}
ROOT = Path(__file__).resolve().parents[3]
EMITTED = re.compile(r"""(?:emit|Draft)\(\s*(?:name=)?f?["']((?:sync|connection|invoice|payment)\.[a-z_]+)["']""")


def test_every_event_of_the_sync_is_told_in_words():
    emitted: set[str] = set()
    for app in ("sync", "qbo_connector", "invoices"):
        for file in (ROOT / app).rglob("*.py"):
            emitted.update(EMITTED.findall(file.read_text()))

    assert {"sync.linked", "invoice.refused", "connection.connected"} <= emitted
    assert sorted(emitted - INTERNAL - set(registry.event_kinds)) == []
