"""Requests that workflows send: once each, signed, tried again, never lost without a trace."""

import datetime
import hashlib
import hmac
import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core import outgoing
from core.models import AllowedHost, Event, OutgoingRequest, RequestKind, RequestState
from core.services import requests
from tests import makers

pytestmark = pytest.mark.django_db
Answers = list[outgoing.Answer | Exception]


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> tuple[Answers, list[dict[str, Any]]]:
    """What the other side answers, in turn (else 200), and what it got."""
    answers: Answers = []
    got: list[dict[str, Any]] = []

    def post(url: str, body: bytes, headers: Any, *, allowed: Any) -> outgoing.Answer:
        got.append({"url": url, "body": body, "headers": dict(headers)})
        answer = answers.pop(0) if answers else outgoing.Answer(200)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(outgoing, "post", post)
    return answers, got


def plan(key: str = "a", kind: RequestKind = RequestKind.WEBHOOK, **more: Any) -> OutgoingRequest:
    body = json.dumps({"text": "Hello"})
    return requests.plan_request(key, kind=kind, url="https://hooks.example/T0/secret", body=body, **more)[0]


def later(hours: int) -> datetime.datetime:
    return timezone.now() + datetime.timedelta(hours=hours)


def test_the_same_key_is_one_request_whose_address_nobody_reads(receiver: Any) -> None:
    _answers, got = receiver
    first, second = plan(), plan()
    assert first == second
    assert "secret" not in first.sealed_url

    assert requests.send_due() == 1
    assert requests.send_due(now=later(9)) == 0

    (sent,) = got
    assert sent["url"] == "https://hooks.example/T0/secret"
    assert sent["headers"]["Idempotency-Key"] == "a"
    assert list(Event.objects.filter(name="request.sent").values_list("data__host", flat=True)) == ["hooks.example"]


def test_a_webhook_is_signed_and_a_slack_message_is_not(receiver: Any) -> None:
    _answers, got = receiver
    plan("a")
    plan("b", RequestKind.SLACK)
    requests.send_due()

    webhook, slack = got
    signed = webhook["headers"]["X-CRM-Timestamp"].encode() + b"." + webhook["body"]
    wanted = hmac.new(requests.webhook_secret().encode(), signed, hashlib.sha256).hexdigest()
    assert webhook["headers"]["X-CRM-Signature"] == f"v1={wanted}"
    assert "X-CRM-Signature" not in slack["headers"]


def test_after_a_change_both_secrets_sign_for_a_day() -> None:
    by = makers.user("Admin")
    before = requests.webhook_secret()
    requests.change_secret(by=by)

    assert requests.webhook_secret() != before
    assert len(requests.signature(b"x", timezone.now())["X-CRM-Signature"].split(", ")) == 2
    assert len(requests.signature(b"x", later(25))["X-CRM-Signature"].split(", ")) == 1


def test_what_passes_is_tried_again_with_the_same_key(receiver: Any) -> None:
    answers, got = receiver
    answers += [
        outgoing.NoAnswer("hooks.example did not answer in time."),
        outgoing.Answer(503),
        outgoing.Answer(429, wait=900),
    ]
    planned = plan()

    assert requests.send_due() == 0
    planned.refresh_from_db()
    assert planned.state == RequestState.PLANNED
    assert planned.problem == "hooks.example did not answer in time."
    for hours in (1, 2):
        assert requests.send_due(now=later(hours), limit=1) == 0
    planned.refresh_from_db()
    assert planned.due_at > timezone.now() + datetime.timedelta(minutes=14)
    assert requests.send_due(now=later(3)) == 1

    assert {each["headers"]["Idempotency-Key"] for each in got} == {"a"}
    assert len(got) == 4


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (outgoing.Answer(404, "no such hook"), "refused it with status 404"),
        (outgoing.Answer(301), "are not followed"),
        (outgoing.NotAllowed("It is an address inside this network."), "inside this network"),
    ],
)
def test_what_does_not_pass_fails_at_once_and_can_be_sent_again(receiver: Any, answer: Any, words: str) -> None:
    answers, _got = receiver
    answers.append(answer)
    by = makers.user("Admin")
    planned = plan(about=by)
    requests.send_due()

    planned.refresh_from_db()
    assert planned.state == RequestState.FAILED
    assert words in planned.problem
    event = Event.objects.get(name="request.failed")
    assert event.links.filter(object_type="user", object_id=by.pk).exists()

    assert requests.retry_request(planned, by=by)
    assert requests.send_due() == 1
    assert not requests.retry_request(planned, by=by)


def test_it_ends_as_failed_after_the_last_try(receiver: Any) -> None:
    answers, got = receiver
    answers += [outgoing.Answer(500)] * requests.MOST_TRIES
    planned = plan()
    for turn in range(requests.MOST_TRIES + 2):
        requests.send_due(now=later(24 * turn))

    planned.refresh_from_db()
    assert (planned.state, len(got)) == (RequestState.FAILED, requests.MOST_TRIES)


def test_an_administrator_allows_a_host_and_forbids_it_again(client: Client, settings: Any) -> None:
    settings.OUTGOING_ALLOWED_HOSTS = []
    client.force_login(makers.user("Admin", "admin@example.com"))
    page = reverse("core:outgoing-requests")
    assert requests.url_problem("http://chat.internal.example/hook")

    assert client.post(page, {"host": "not a host"}).status_code == 422
    assert client.post(page, {"host": " Chat.Internal.example "}).status_code == 302
    assert requests.url_problem("http://chat.internal.example/hook") == ""
    assert "chat.internal.example" in client.get(page).text

    client.post(reverse("core:outgoing-host-remove", args=[AllowedHost.objects.get().pk]))
    assert requests.url_problem("http://chat.internal.example/hook")
    names = Event.objects.filter(name__startswith="allowed_host").order_by("pk").values_list("name", flat=True)
    assert list(names) == ["allowed_host.added", "allowed_host.removed"]


def test_the_page_shows_what_failed_and_sends_it_again(client: Client, receiver: Any) -> None:
    answers, _got = receiver
    answers.append(outgoing.Answer(404))
    client.force_login(makers.user("Admin", "admin@example.com"))
    planned = plan()
    requests.send_due()

    page = client.get(reverse("core:outgoing-requests")).text
    assert "refused it with status 404" in page
    assert "T0/secret" not in page

    client.post(reverse("core:outgoing-request-retry", args=[planned.pk]))
    planned.refresh_from_db()
    assert planned.state == RequestState.PLANNED
