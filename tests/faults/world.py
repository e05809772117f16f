"""The fixture of the families that work on both sides; a module of its own, as it needs Django set up."""

import datetime
from typing import Any

import pytest

from sync import tasks
from sync.publish import backlog
from tests.faults.two_sides import World, open_world
from tests.quickbooks import QuickBooks


@pytest.fixture
def world(quickbooks: QuickBooks, transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    """A small company on both sides, read by the CRM; sweeps look at everything at once, and nothing keeps a pace."""
    settings.QBO_LIMITS = dict.fromkeys(settings.QBO_LIMITS, 100_000)
    settings.QBO_READ_TIMEOUT = 1.0
    monkeypatch.setattr(backlog, "SETTLES_IN", datetime.timedelta(0))
    monkeypatch.setattr(tasks, "SWEEP_AFTER", datetime.timedelta(0))
    return open_world(quickbooks)
