"""Log lines carry the ids of request, task, company and QuickBooks' call; real web and worker processes."""

import json
import logging
import re
import subprocess
import sys

import pytest

from core.middleware import REQUEST_ID
from core.models import Heartbeat
from crm_sync import logs
from qbo_connector.models import PullSchedule
from tests import workers
from tests.makers import deal_of, requested_invoice, user
from tests.operations.processes import running
from tests.quickbooks import sync_company

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_answer_names_its_request(client, caplog):
    with caplog.at_level(logging.INFO):
        first, second = client.get("/login/"), client.get("/login/")

    ids = [first["X-Request-ID"], second["X-Request-ID"]]
    assert len(set(ids)) == 2
    assert all(REQUEST_ID.fullmatch(each) for each in ids)
    assert all(each in caplog.text for each in ids)


def test_what_a_client_sends_is_not_believed(client):
    assert client.get("/login/", headers={"X-Request-ID": "mine"})["X-Request-ID"] != "mine"


@pytest.mark.parametrize("bad", ["", "a b", "a\nb", "ü", "x" * 65, "-x", '{"a":1}'])
def test_the_header_that_the_proxy_sets_is_taken_when_it_is_an_id(client, settings, bad):
    settings.REQUEST_ID_HEADER = "X-Edge-Id"

    assert client.get("/login/", headers={"X-Edge-Id": "abc-123"})["X-Request-ID"] == "abc-123"
    assert client.get("/login/", headers={"X-Request-ID": "mine"})["X-Request-ID"] != "mine"
    assert re.fullmatch(r"[0-9a-f-]{36}", client.get("/login/", headers={"X-Edge-Id": bad})["X-Request-ID"])


def test_other_forms_of_lines_are_refused():
    with pytest.raises(ValueError, match="use json or text"):
        logs.configure("INFO", "xml", more_handlers={})


@pytest.mark.parametrize("form", ["json", "text"])
def test_one_line_for_each_event(form):
    script = (
        "import django, structlog; django.setup()\n"
        "structlog.get_logger('product').warning('said', name='two\\nlines', number=1)\n"
        "import logging; logging.getLogger('library').warning('other %s', 'x')\n"
        "logging.getLogger('urllib3').info('hidden'); structlog.get_logger('product').debug('hidden')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=workers.environment(LOG_FORMAT=form, LOG_LEVEL="INFO"),
        cwd=workers.ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = [line for line in done.stderr.splitlines() if line]

    assert len(lines) == 2, done.stderr
    if form == "json":
        said, other = map(json.loads, lines)
        assert (said["event"], said["name"], said["level"], said["logger"]) == (
            "said", "two\nlines", "warning", "product"
        )  # fmt: skip
        assert other["event"] == "other x"
    else:
        assert "two\\nlines" in lines[0]
        assert "said" in lines[0]
        assert "other x" in lines[1]


@pytest.mark.slow
@pytest.mark.one_at_a_time("workers")
def test_the_lines_of_a_wish_lead_from_the_click_to_quickbooks(us_company, quickbooks, tmp_path, client):
    sync_company(us_company)
    person = user()
    deal = deal_of("Cool Cars", person)
    Heartbeat.objects.all().delete()
    with running("worker", tmp_path) as worker:
        import structlog  # noqa: PLC0415 -- beside what it does

        with structlog.contextvars.bound_contextvars(request_id="the-click"):
            requested_invoice(deal, person)
        workers.wait_until(
            lambda: worker.said("quickbooks.call", method="POST"), seconds=60, what="the invoice is made"
        )
        PullSchedule.objects.update(due_at="2020-01-01T00:00:00Z")

    [call] = [line for line in worker.said("quickbooks.call") if line["path"].endswith("/invoice")]
    assert call["intuit_tid"]
    assert call["connection"] == us_company.pk
    assert call["task"] == "qbo_connector.drain_outbox"
    assert call["request_id"] == "the-click"
    assert re.fullmatch(r"[0-9a-f-]{36}", call["task_id"])
