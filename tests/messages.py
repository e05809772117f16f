"""Messages to workers that no worker gets: what is sent is noted."""

from typing import Any

import pytest


@pytest.fixture
def noted_messages(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[Any]]]:
    """The messages of this test as (task, arguments), whatever line they would wait in."""
    from core import broker  # noqa: PLC0415 -- it reads settings

    sent: list[tuple[str, list[Any]]] = []
    monkeypatch.setattr(broker, "send", lambda task, args, **_line: sent.append((task, list(args))))
    return sent
