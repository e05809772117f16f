"""The settings pages of webhooks: added, tested, paused, read, sent once more and deleted by who may."""

import http.server
import json
import threading
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from api import webhook_log
from api.models import WebhookSubscription
from api.services import webhooks
from core.encryption import decrypt
from core.models import Event, OutgoingRequest, RequestState
from core.services import requests
from crm.services import companies
from tests import makers

pytestmark = pytest.mark.django_db
ADDRESS = "https://hooks.example.com/secret-part"


@pytest.fixture
def admin():
    return makers.user("Admin", "admin@example.com")


@pytest.fixture
def browser(client, admin):
    client.force_login(admin)
    return client


@pytest.fixture
def hook(admin):
    return webhooks.create(url=ADDRESS, events=["company.created"], scopes=["crm:read"], by=admin)


@pytest.fixture
def receiver():
    """A server that keeps what it gets and takes it."""

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            server.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"taken <b>with</b> thanks")

        def log_message(self, *args):
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.got, server.url = [], f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def page_of(answer):
    return answer.content.decode()


def test_a_webhook_is_added_and_its_secret_is_shown_on_that_page_alone(browser, admin):
    assert "No webhooks yet" in page_of(browser.get(reverse("api:webhook-list")))
    typed = {"url": ADDRESS, "description": "Books", "events": ["invoice.paid", "company.created"]}

    made = browser.post(reverse("api:webhook-create"), typed)

    row = WebhookSubscription.objects.get()
    assert (row.user, row.events, row.scopes) == (
        admin,
        ["company.created", "invoice.paid"],
        ["crm:read", "invoices:read"],
    )
    assert requests.webhook_secret() in page_of(made)
    assert "no-store" in made["Cache-Control"]
    for name, args in (("list", []), ("detail", [row.pk]), ("edit", [row.pk])):
        page = page_of(browser.get(reverse(f"api:webhook-{name}", args=args)))
        assert "Books" in page
        assert requests.webhook_secret() not in page
        assert "secret-part" not in page


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"url": "https://10.0.0.5/x", "events": ["deal.won"]}, "inside this network"),
        ({"url": "http://hooks.example.com/", "events": ["deal.won"]}, "Use https"),
        ({"url": ADDRESS}, "Choose one event at least."),
        ({"url": ADDRESS, "events": ["deal.exploded"]}, "deal.exploded"),
        ({"events": ["deal.won"]}, "required"),
    ],
)
def test_what_can_not_be_is_said_at_its_field_and_kept(browser, typed, words):
    answer = browser.post(reverse("api:webhook-create"), typed)

    assert (answer.status_code, words in page_of(answer)) == (422, True)
    assert ('value="deal.won" checked' in page_of(answer)) == ("deal.won" in typed.get("events", []))
    assert not WebhookSubscription.objects.exists()


def test_a_webhook_keeps_its_address_unless_another_is_typed(browser, hook):
    edit = reverse("api:webhook-edit", args=[hook.pk])
    browser.post(edit, {"url": "", "description": "Renamed", "events": ["deal.won"]})

    hook.refresh_from_db()
    assert (hook.description, hook.events) == ("Renamed", ["deal.won"])
    assert decrypt(hook.sealed_url, context=webhooks.URL_CONTEXT) == ADDRESS
    browser.post(edit, {"url": "https://other.example.com/x", "events": ["deal.won"]})
    hook.refresh_from_db()
    assert (hook.host, hook.description) == ("other.example.com", "")


def test_who_edits_lends_it_their_eyes_and_that_is_told(browser, admin):
    other = makers.user("Admin", "other@example.com")
    hook = webhooks.create(url=ADDRESS, events=["company.created"], scopes=["crm:read"], by=other)

    browser.post(reverse("api:webhook-edit", args=[hook.pk]), {"events": ["company.created"]})

    hook.refresh_from_db()
    assert hook.user == admin
    assert Event.objects.get(name="webhook.changed").actor == admin


def test_a_paused_webhook_is_told_of_nothing_until_it_goes_on(browser, hook, admin):
    pause = reverse("api:webhook-pause", args=[hook.pk])
    browser.post(pause, {"active": "0"})
    companies.create(by=admin, name="Acme")
    ids = list(Event.objects.filter(name="company.created").values_list("pk", flat=True))

    assert webhooks.tell(ids) == 0
    assert "Paused" in page_of(browser.get(reverse("api:webhook-detail", args=[hook.pk])))
    browser.post(pause, {"active": "1"})
    assert webhooks.tell(ids) == 1


def test_a_test_is_sent_read_and_sent_once_more(browser, receiver, admin, settings):
    settings.OUTGOING_ALLOWED_HOSTS = [urlsplit(receiver.url).hostname]
    hook = webhooks.create(url=receiver.url, events=["company.created"], scopes=["crm:read"], by=admin)

    sent = browser.post(reverse("api:webhook-test", args=[hook.pk]))
    assert "Waiting" in page_of(browser.get(sent.url))
    requests.send_due()
    page = page_of(browser.get(sent.url))
    assert ("Received" in page, "taken &lt;b&gt;with&lt;/b&gt; thanks" in page) == (True, True)
    first = OutgoingRequest.objects.get()
    again = browser.post(reverse("api:webhook-replay", args=[first.pk]))
    requests.send_due()

    assert "Received" in page_of(browser.get(again.url))
    assert [told["event"] for told in receiver.got] == ["webhook.test", "webhook.test"]
    assert receiver.got[0] == receiver.got[1]


def test_the_log_is_filtered_and_goes_back_by_key_at_one_cost(browser, hook, django_assert_num_queries):
    detail = reverse("api:webhook-detail", args=[hook.pk])

    def plan(number, *, state=RequestState.SENT, key="webhook:1"):
        return OutgoingRequest(
            key=f"{key}:{number}", kind="webhook", host=hook.host, sealed_url="x", body='{"event": "company.created"}',
            object_type=webhooks.TYPE, object_id=hook.pk, state=state,
        )  # fmt: skip

    browser.get(detail)  # makes what is made once
    OutgoingRequest.objects.bulk_create([plan(0, state=RequestState.FAILED, key="webhook-test:1")])
    before = len(webhook_log.page(hook).lines)
    with CaptureQueriesContext(connection) as few:
        browser.get(detail)
    OutgoingRequest.objects.bulk_create([plan(number) for number in range(1, 61)])
    with django_assert_num_queries(len(few)):
        page = page_of(browser.get(detail))

    assert before == 1
    assert page.count("Company is created") == webhook_log.SHOWN
    assert "Older ones" in page
    older = webhook_log.page(hook).before
    assert len(webhook_log.page(hook, before=str(older)).lines) == 61 - webhook_log.SHOWN
    failed = browser.get(detail, {"state": "failed"}).context["page"]
    tests = browser.get(detail, {"kind": "test"}).context["page"]
    assert [len(each.lines) for each in (failed, tests)] == [1, 1]
    nothing = page_of(browser.get(detail, {"state": "failed", "kind": "replay"}))
    assert ("Nothing like that was sent" in nothing, "Clear filters" in nothing) == (True, True)
    assert browser.get(detail, {"state": "x", "kind": "'", "before": "9" * 30}).status_code == 200


def test_a_deleted_webhook_is_told_of_nothing_and_its_log_stays(browser, hook, admin):
    sent = webhooks.send_test(hook, by=admin)

    browser.post(reverse("api:webhook-delete", args=[hook.pk]))

    assert not WebhookSubscription.objects.exists()
    delivery = page_of(browser.get(reverse("api:webhook-delivery", args=[sent.pk])))
    assert ("was deleted" in delivery, "Send once more" in delivery) == (True, False)
    assert browser.post(reverse("api:webhook-replay", args=[sent.pk])).status_code == 404


def test_what_workflows_send_is_in_no_log_of_webhooks(browser, hook):
    other = OutgoingRequest.objects.create(
        key="w", kind="webhook", host="x", sealed_url="x", body="{}", object_type="deal"
    )

    assert browser.get(reverse("api:webhook-delivery", args=[other.pk])).status_code == 404
    assert browser.post(reverse("api:webhook-replay", args=[other.pk])).status_code == 404


def test_people_who_do_not_configure_the_workspace_see_and_change_nothing(client, hook):
    client.force_login(makers.user("Ops", "ops@example.com"))

    for page in (
        reverse("api:webhook-list"),
        reverse("api:webhook-create"),
        reverse("api:webhook-detail", args=[hook.pk]),
    ):
        assert client.get(page).status_code == 403
    for act in ("pause", "test", "delete"):
        assert client.post(reverse(f"api:webhook-{act}", args=[hook.pk])).status_code == 403
    hook.refresh_from_db()
    assert hook.active
    assert "settings/webhooks" not in page_of(client.get(reverse("core:settings")))
