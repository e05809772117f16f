"""What the request log may hold."""

import logging


def test_the_query_is_not_logged(client, db, caplog):
    with caplog.at_level(logging.INFO):
        client.get("/settings/connected-apps/quickbooks/callback", {"code": "canary-code", "state": "canary-state"})

    assert any("connected-apps/quickbooks/callback" in record.getMessage() for record in caplog.records)
    assert "canary" not in caplog.text
