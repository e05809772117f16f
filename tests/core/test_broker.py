"""Whoever writes waits for PostgreSQL alone: a broker that is away costs half a second once, and loses nothing."""

import contextlib
import socket
import time
from collections.abc import Iterator

import pytest
from celery import current_app

from core import broker
from core.events import dispatch
from core.models import Event
from invoices.services import create
from qbo_connector.models import Connection, Operation
from sync.publish import invoices as publishing
from tests.makers import deal_of, draft_of, user
from tests.quickbooks import sync_company


@contextlib.contextmanager
def away(how: str) -> Iterator[str]:
    """The address of a broker that refuses connections, or takes them and says nothing."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        if how == "silent":
            server.listen(20)
        else:
            server.close()
        yield f"redis://127.0.0.1:{port}/0"


@pytest.fixture(params=["refusing", "silent"])
def dead_broker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A broker that is away; the next test may use the real one again."""
    with away(request.param) as url:
        address = current_app.connection_for_write
        monkeypatch.setattr(broker._Rest, "until", 0.0)
        monkeypatch.setattr(current_app, "connection_for_write", lambda **more: address(url, **more))
        yield url


def test_a_message_is_given_up_in_half_a_second_and_the_next_at_once(dead_broker: str) -> None:
    broker_options = current_app.conf.broker_transport_options
    assert broker_options["socket_timeout"] > 1, "workers wait longer than whoever sends"
    waits = []
    for _try in range(2):
        began = time.monotonic()
        with pytest.raises(broker.BrokerAway):
            broker.send("core.heartbeat", [])
        waits.append(time.monotonic() - began)

    assert waits[0] < 1.0, waits  # half a second, and what a busy machine adds
    assert waits[1] < 0.05, waits


@pytest.mark.django_db(transaction=True)
def test_an_invoice_is_created_while_the_broker_is_away_and_the_sweep_goes_on(
    us_company: Connection, dead_broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync_company(us_company)
    rep = user()
    draft = draft_of(deal_of("Cool Cars", rep), rep)
    monkeypatch.setattr(broker._Rest, "until", 0.0)
    began = time.monotonic()

    invoice = create.create_invoice(draft, by=rep)

    assert time.monotonic() - began < 2.0
    event = Event.objects.get(name="invoice.requested", object_id=invoice.pk)
    assert event.dispatched_at is None
    assert not Operation.objects.exists()
    monkeypatch.undo()
    assert dispatch([event.pk]) == 1
    for pk in publishing.unplanned():
        publishing.publish(pk)
    assert Operation.objects.get(entity="Invoice").subject == f"invoice:{invoice.pk}"
