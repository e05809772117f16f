"""Webhooks: who wants to be told of which events, and what is planned to tell them.

The requests themselves (signed, tried again, kept with their answers) are ``core.services.requests``.
"""

import json
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.backends import RoleBackend, narrowed
from api.models import WebhookSubscription
from api.scopes import CRM_READ, INVOICES_READ, permissions_of
from core import outgoing
from core.access import needs
from core.conditions import registry
from core.encryption import decrypt, encrypt
from core.events import emit
from core.models import Event, OutgoingRequest, RequestKind
from core.services import requests

MOST = 50
TYPE = "webhooksubscription"
URL_CONTEXT = "api.webhook_subscription"
# Kinds of records whose events are told of with the scope of invoices.
BILLING = {"invoice", "payment", "estimate", "salesreceipt", "bill"}


class BadWebhook(ValueError):
    """The subscription can't be; the message says why, ``field`` where."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


def scope_of(event: str) -> str:
    """The scope that being told of an event needs."""
    return INVOICES_READ if event.partition(".")[0] in BILLING else CRM_READ


def _check(url: str | None, events: Iterable[str], scopes: Sequence[str]) -> None:
    if url is not None and (problem := requests.url_problem(url)):
        raise BadWebhook(problem, "url")
    for place, event in enumerate(events):
        if scope_of(event) not in scopes:
            raise BadWebhook(f"This key lacks the scope {scope_of(event)}, which this event needs.", f"events/{place}")


@needs("core.configure")
@transaction.atomic
def create(
    *, url: str, events: Sequence[str], description: str = "", scopes: Sequence[str], by: Any
) -> WebhookSubscription:
    """Tell an address of events from now on. Raises BadWebhook."""
    _check(url, events, scopes)
    if WebhookSubscription.objects.count() >= MOST:
        raise BadWebhook(f"There are {MOST} webhooks already. Delete one first.", "url")
    made = WebhookSubscription.objects.create(
        user_id=by.pk,
        scopes=list(scopes),
        host=outgoing.host_of(url)[:255],
        sealed_url=encrypt(url.strip(), context=URL_CONTEXT),
        events=sorted(set(events)),
        description=description,
    )
    emit("webhook.subscribed", made, by=by, host=made.host, events=made.events)
    return made


@needs("core.configure")
@transaction.atomic
def change(row: WebhookSubscription, *, by: Any, scopes: Sequence[str], **values: Any) -> WebhookSubscription:
    """Change url, events, description or active. From then on it tells no more than ``scopes``. Raises BadWebhook."""
    fresh = WebhookSubscription.objects.select_for_update().get(pk=row.pk)
    before = {"events": fresh.events, "active": fresh.active, "host": fresh.host, "description": fresh.description}
    url = values.pop("url", None)
    _check(url, values.get("events", fresh.events), scopes)
    if url is not None:
        fresh.host, fresh.sealed_url = outgoing.host_of(url)[:255], encrypt(url.strip(), context=URL_CONTEXT)
    if "events" in values:
        fresh.events = sorted(set(values.pop("events")))
    for name in ("description", "active"):
        setattr(fresh, name, values.get(name, getattr(fresh, name)))
    fresh.scopes, fresh.user_id, fresh.updated_at = list(scopes), by.pk, timezone.now()
    fresh.save()
    changes = {name: [old, getattr(fresh, name)] for name, old in before.items() if old != getattr(fresh, name)}
    emit("webhook.changed", fresh, by=by, host=fresh.host, changes=changes)
    return fresh


@needs("core.configure")
@transaction.atomic
def delete(row: WebhookSubscription, *, by: Any) -> None:
    """Tell an address no more. What is on its way still leaves; the log stays."""
    emit("webhook.unsubscribed", row, by=by, host=row.host, events=row.events)
    row.delete()


@needs("core.configure")
@transaction.atomic
def send_test(row: WebhookSubscription, *, by: Any) -> OutgoingRequest:
    """Tell an address that it is reached."""
    told = {"id": str(uuid.uuid4()), "event": "webhook.test", "occurred_at": _moment(timezone.now())}
    return _plan(row, f"webhook-test:{told['id']}", json.dumps(told), by=by)


@needs("core.configure")
@transaction.atomic
def replay(sent: OutgoingRequest, row: WebhookSubscription, *, by: Any) -> OutgoingRequest:
    """Send the same body once more, to the address that the subscription has now."""
    return _plan(row, f"webhook-replay:{uuid.uuid4()}", sent.body, by=by)


def tell(event_ids: Sequence[int]) -> int:
    """Plan what active subscriptions are told of some events; returns how many requests. Twice plans them once."""
    rows = list(WebhookSubscription.objects.filter(active=True))
    if not rows:
        return 0
    wanted = {name for row in rows for name in row.events}
    events = list(Event.objects.filter(pk__in=event_ids, name__in=wanted).select_related("actor").order_by("pk"))
    planned = 0
    for row in rows if events else ():
        mine = [event for event in events if event.name in row.events]
        for event in _seen(row, mine):
            _plan(row, f"webhook:{row.pk}:{event.pk}", json.dumps(body_of(event), ensure_ascii=False))
            planned += 1
    return planned


def _seen(row: WebhookSubscription, events: Sequence[Event]) -> list[Event]:
    """Those of the events whose records the subscription's person may see now: one statement for each kind."""
    user = RoleBackend().get_user(row.user_id)
    if user is None:
        return []
    user = narrowed(user, permissions_of(row.scopes))
    seen: set[tuple[str, int]] = set()
    for kind in {event.object_type for event in events}:
        known = registry.objects.get(kind)
        if known is not None and registry.may_use(kind, user):
            ids = {event.object_id for event in events if event.object_type == kind}
            rows = known.visible_to(user).filter(pk__in=ids).order_by()
            seen |= {(kind, pk) for pk in rows.values_list("pk", flat=True)}
    # Notes and e-mails are events of the record that they stand on, and are told of like it.
    return [event for event in events if (event.object_type, event.object_id) in seen]


def body_of(event: Event) -> dict[str, Any]:
    """What is told of an event."""
    return {
        "id": str(event.pk),
        "event": event.name,
        "occurred_at": _moment(event.occurred_at),
        "origin": event.origin,
        "by": event.actor_id,
        "object": {"type": event.object_type, "id": event.object_id},
        "data": event.data,
        "workspace": settings.BASE_URL,
    }


def _moment(moment: Any) -> str:
    return str(moment.astimezone(timezone.get_default_timezone()).isoformat())


def _plan(row: WebhookSubscription, key: str, body: str, *, by: Any = None) -> OutgoingRequest:
    url = decrypt(row.sealed_url, context=URL_CONTEXT)
    return requests.plan_request(key, kind=RequestKind.WEBHOOK, url=url, body=body, about=row, by=by)[0]
