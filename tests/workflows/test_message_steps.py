"""Steps that tell somebody: rows are planned once with the step's key, to the right people, and nothing else."""

import json
from decimal import Decimal

import pytest
from django.core import mail as outbox

from accounts.models import Team
from core import outgoing
from core.models import OutgoingMail, OutgoingRequest, RequestState
from core.services import mails, requests
from crm.services import contacts, deal_contacts, deals, pipelines
from tests import makers
from tests.workflows.makers import carry_on, enrolment, step, workflow_of
from workflows.services import enrolments
from workflows.steps import messages
from workflows.steps.registry import Done, Skipped, StepContext, WouldFail, WouldSkip

pytestmark = pytest.mark.django_db
MAIL = {"to": "contact", "subject": "About {{ name }}", "body": "Dear {{ company.name }},\n{{ amount }}"}
HOOK = "https://hooks.example/T0/secret"


@pytest.fixture
def deal(boss, acme):
    made = deals.create(
        by=boss,
        name="Hedge",
        stage=pipelines.ensure_default().stages.first(),
        company=acme,
        currency="USD",
        amount=Decimal(75),
        owner=boss,
    )
    for name in ("ann", "ben"):
        contact = contacts.create(by=boss, first_name=name.title(), email=f"{name}@example.com")
        deal_contacts.add(made, contact, by=boss)
    return made


def context(record, object_type="deal", key="7:s1"):
    return StepContext(record, object_type, {"id": "s1"}, key)


def test_an_email_goes_to_each_contact_by_itself_and_once(deal):
    outcome = messages.run_email(MAIL, context(deal))
    messages.run_email(MAIL, context(deal))

    assert isinstance(outcome, Done)
    assert outcome.text == "“About Hedge” to ann@example.com, ben@example.com"
    assert mails.send_due() == 2
    assert [sent.to for sent in outbox.outbox] == [["ann@example.com"], ["ben@example.com"]]
    assert {(sent.subject, sent.body) for sent in outbox.outbox} == {("About Hedge", "Dear Acme,\n$75.00")}
    assert OutgoingMail.objects.filter(object_type="deal", object_id=deal.pk).count() == 2


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"to": "owner"}, ["boss@example.com"]),
        ({"to": "team"}, ["boss@example.com", "rep@example.com"]),
        ({"to": "person"}, ["rep@example.com"]),
        ({"to": "address", "address": "x@example.com"}, ["x@example.com"]),
        ({"to": "address", "address": "{{ company.email }}"}, []),
        ({"to": "recipient"}, []),
    ],
)
def test_who_gets_it(deal, boss, more, wanted):
    rep = makers.user()
    team = Team.objects.create(name="Sales")
    team.members.set([boss, rep])

    found = messages.addresses({"team": team.pk, "person": rep.pk, **more}, context(deal))

    assert sorted(found) == wanted


def test_without_an_address_it_is_skipped_and_nothing_is_planned(deal):
    settings = MAIL | {"to": "address", "address": "{{ company.email }}"}
    assert isinstance(messages.run_email(settings, context(deal)), Skipped)
    with pytest.raises(WouldSkip):
        messages.preview_email(settings, context(deal))
    assert not OutgoingMail.objects.exists()


def test_a_preview_shows_everything_and_sends_nothing(deal):
    text = messages.preview_email(MAIL, context(deal))
    assert text == "E-mail to ann@example.com, ben@example.com: “About Hedge”\nDear Acme,\n$75.00"
    assert messages.preview_slack({"url": HOOK, "text": "{{ name }}!"}, context(deal)) == "Slack message: Hedge!"
    assert not OutgoingMail.objects.exists()
    assert not OutgoingRequest.objects.exists()


def test_what_is_wrong_is_said_before(boss):
    assert messages.check_email(MAIL | {"to": "recipient"}, "contact")
    assert messages.check_email(MAIL | {"to": "team"}, "deal") == ["Choose the team."]
    assert "There is no {{ nam }}" in messages.check_email(MAIL | {"subject": "{{ nam }}"}, "deal")[0]
    assert messages.check_email(MAIL, "deal") == []
    assert messages.check_slack({"url": "http://10.0.0.1/", "text": "x"}, "deal")
    assert messages.check_slack({"url": HOOK, "text": "x"}, "deal") == []
    assert messages.check_webhook({"url": HOOK, "body": "{"}, "deal")
    assert messages.check_webhook({"url": HOOK, "body": '{"a": "{{ name }}"}'}, "deal") == []


def test_an_address_inside_the_network_fails_the_step(deal):
    settings = {"url": "https://10.0.0.1/", "text": "x"}
    assert "inside this network" in messages.run_slack(settings, context(deal)).reason
    with pytest.raises(WouldFail):
        messages.preview_webhook(settings, context(deal))


def test_a_webhook_says_all_about_the_record_or_what_it_was_told_to(deal):
    messages.run_webhook({"url": HOOK}, context(deal))
    body = json.loads(OutgoingRequest.objects.get().body)
    assert (body["id"], body["object"], body["record"]["id"]) == ("7:s1", "deal", deal.pk)
    assert body["record"]["properties"]["amount"] == "75.00"

    messages.run_webhook({"url": HOOK, "body": '{"deal": "{{ name }}"}'}, context(deal, key="7:s2"))
    assert json.loads(OutgoingRequest.objects.get(key="workflow:7:s2").body) == {"deal": "Hedge"}


def test_a_workflow_sends_a_slack_message_once(deal, boss, monkeypatch):
    got = []

    def post(url, body, headers, *, allowed):
        got.append((url, json.loads(body), headers["Idempotency-Key"]))
        return outgoing.Answer(200, "ok")

    monkeypatch.setattr(outgoing, "post", post)
    flow = workflow_of(boss, step("s1", "slack_message", url=HOOK, text="{{ name }} <3"), about="deal")
    enrolments.enrol_by_hand(flow, "deal", [deal.pk], by=boss)
    carry_on()
    requests.send_due()
    requests.send_due()

    assert enrolment().state == "finished"
    ((url, body, _key),) = got
    assert (url, body) == (HOOK, {"text": "Hedge <3"})
    assert OutgoingRequest.objects.get().state == RequestState.SENT
