"""Webhooks: subscribe addresses to events, read what was sent to them, send it again."""

from typing import Any

from accounts.access import require
from api.described import Answer, Call, Operation
from api.dispatch import same_version
from api.listed import Filter, Listed
from api.listing import Shown, View
from api.models import WebhookSubscription
from api.printing import etag_of
from api.problems import conflict, missing, unfit_at
from api.schemas import ID, MOMENT, array, named, nullable, record, text
from api.scopes import WEBHOOKS
from api.services import webhooks
from core.models import OutgoingRequest, RequestState
from workflows.trigger_events import EVENTS

TAG = "Webhooks"
MANAGES = "core.configure"
NAMES: dict[str, Any] = {"type": "string", "enum": list(EVENTS)}
FIELDS: dict[str, Any] = {
    "url": text(2_000, minLength=1, description="https, or an address that administrators have allowed."),
    "events": array(NAMES, minItems=1, maxItems=len(EVENTS), uniqueItems=True),
    "description": text(200),
}


def _subscriptions(user: Any) -> Any:
    return WebhookSubscription.objects.all()


def _deliveries(user: Any) -> Any:
    return OutgoingRequest.objects.filter(object_type=webhooks.TYPE)


SUBSCRIPTIONS = Listed(
    "webhook",
    "webhooks",
    TAG,
    View(
        [
            Shown("id", ID),
            Shown("host", {"type": "string", "description": "Of the address, which is kept to itself."}),
            Shown("events", array({"type": "string"})),
            Shown("description", {"type": "string"}),
            Shown("active", {"type": "boolean"}),
            Shown("user", ID, "user_id"),
            Shown("scopes", array({"type": "string"})),
            Shown("created_at", MOMENT),
            Shown("updated_at", MOMENT),
        ],
        sorts=("id", "-id"),
    ),
    _subscriptions,
    WEBHOOKS,
    MANAGES,
    version=etag_of,
)
DELIVERIES = Listed(
    "webhook-delivery",
    "webhook-deliveries",
    TAG,
    View(
        [
            Shown("id", ID),
            Shown("webhook", ID, "object_id"),
            Shown("key", {"type": "string", "description": "Sent as Idempotency-Key: once for each event."}),
            Shown("host", {"type": "string"}),
            Shown("state", {"type": "string", "enum": list(RequestState.values)}),
            Shown("attempts", {"type": "integer"}),
            Shown("due_at", {**MOMENT, "description": "When it is tried next."}),
            Shown("status", {"type": ["integer", "null"], "description": "HTTP status of the last answer."}),
            Shown("problem", {"type": "string"}),
            Shown("body", {"type": "string", "description": "JSON, as it is sent."}, whole=True),
            Shown("answer", {"type": "string", "description": "Beginning of the last answer."}, whole=True),
            Shown("created_at", MOMENT),
            Shown("finished_at", nullable(MOMENT)),
        ],
        needs=("id",),
        sorts=("-id", "id"),
    ),
    _deliveries,
    WEBHOOKS,
    MANAGES,
    filters={
        "webhook": Filter(ID, "object_id", "Only those of this webhook."),
        "state": Filter({"type": "string", "enum": list(RequestState.values)}, "state", "Only those that stand so."),
    },
)


def events(call: Call) -> Answer:
    """What can be told of."""
    rows = [
        {"name": each.name, "label": str(each.label), "object": each.object_type, "scope": webhooks.scope_of(each.name)}
        for each in EVENTS.values()
    ]
    return Answer({"data": rows})


def create(call: Call) -> Answer:
    """Tell an address of events from now on."""
    require(call.user, MANAGES)
    try:
        made = webhooks.create(**call.body, scopes=call.key.scopes, by=call.user)
    except webhooks.BadWebhook as error:
        raise unfit_at(f"/{error.field}", error) from error
    return SUBSCRIPTIONS.answer(call, made, 201)


def _held(call: Call) -> WebhookSubscription:
    row = SUBSCRIPTIONS.visible(call).select_for_update().filter(pk=call.at["id"]).first()
    if row is None:
        raise missing()
    same_version(call, etag_of(row))
    found: WebhookSubscription = row
    return found


def change(call: Call) -> Answer:
    """Change what is given; from then on it works in the name of the key's person."""
    try:
        row = webhooks.change(_held(call), by=call.user, scopes=call.key.scopes, **call.body)
    except webhooks.BadWebhook as error:
        raise unfit_at(f"/{error.field}", error) from error
    return SUBSCRIPTIONS.answer(call, row)


def delete(call: Call) -> Answer:
    """Tell an address no more."""
    webhooks.delete(_held(call), by=call.user)
    return Answer(None, 204)


def test(call: Call) -> Answer:
    """Send something to see whether the address is reached."""
    sent = webhooks.send_test(SUBSCRIPTIONS.found(call), by=call.user)
    return DELIVERIES.answer(call, DELIVERIES.found(call, sent.pk), 202)


def replay(call: Call) -> Answer:
    """Send the same once more."""
    row = DELIVERIES.found(call)
    to = WebhookSubscription.objects.filter(pk=row.object_id).first()
    if to is None:
        raise conflict("Its webhook was deleted.", "webhook-deleted")
    sent = webhooks.replay(row, to, by=call.user)
    return DELIVERIES.answer(call, DELIVERIES.found(call, sent.pk), 202)


def operations() -> list[Operation]:
    """What can be done with webhooks."""
    told = named(
        "WebhookEvent",
        record({key: {"type": "string"} for key in ("name", "label", "object", "scope")}, "name", "label", "scope"),
    )
    new = named("NewWebhook", record(FIELDS, "url", "events"))
    changed = named("WebhookChange", record({**FIELDS, "active": {"type": "boolean"}}, minProperties=1))
    own: dict[str, Any] = {"tag": TAG, "scope": WEBHOOKS, "params": SUBSCRIPTIONS.view.params, "shows_version": True}
    sent: dict[str, Any] = {"tag": TAG, "scope": WEBHOOKS, "params": DELIVERIES.view.params}
    return [
        *SUBSCRIPTIONS.operations(),
        Operation("GET", "webhook-events", "list-webhook-events", TAG, "What webhooks can be told of", WEBHOOKS, events,
                  {200: record({"data": array(told)}, "data")}),
        Operation("POST", "webhooks", "create-webhook", summary="Have an address told of events", run=create,
                  answers={201: SUBSCRIPTIONS.shown}, body=new,
                  text="Requests are signed: `X-CRM-Signature` is `v1=` and the HMAC-SHA256 of "
                  "`X-CRM-Timestamp`, a dot and the body, with the secret of *Settings, Outgoing requests*. What is "
                  "not received is tried ten times over a day.", **own),
        Operation("PATCH", "webhooks/{id}", "change-webhook", summary="Change a webhook", run=change,
                  answers={200: SUBSCRIPTIONS.shown}, body=changed, versioned=True, **own),
        Operation("DELETE", "webhooks/{id}", "delete-webhook", TAG, "Tell an address no more", WEBHOOKS, delete,
                  {204: None}, versioned=True),
        Operation("POST", "webhooks/{id}/test", "test-webhook", summary="See whether an address is reached", run=test,
                  answers={202: DELIVERIES.shown}, **sent),
        *DELIVERIES.operations(),
        Operation("POST", "webhook-deliveries/{id}/replay", "replay-webhook-delivery",
                  summary="Send something once more", run=replay, answers={202: DELIVERIES.shown}, **sent),
    ]  # fmt: skip
