"""What was sent to an address of a webhook, as its page shows it: by key, newest first."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from api.models import WebhookSubscription
from api.services import webhooks
from core.models import OutgoingRequest, RequestState
from workflows.trigger_events import EVENTS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SHOWN = 50
# What was sent why, by how its key begins.
KINDS: dict[str, tuple[str, "StrOrPromise"]] = {
    "event": ("webhook:", _("Events")),
    "test": ("webhook-test:", _("Tests")),
    "replay": ("webhook-replay:", _("Sent once more")),
}
TONES = {RequestState.SENT: "good", RequestState.FAILED: "danger"}
ICONS = {RequestState.SENT: "circle-check", RequestState.FAILED: "alert-triangle"}


@dataclass(frozen=True)
class Delivery:
    """One request."""

    request: OutgoingRequest

    @property
    def tone(self) -> str:
        """Of its pill."""
        return TONES.get(RequestState(self.request.state), "neutral")

    @property
    def icon(self) -> str:
        """Of its pill."""
        return ICONS.get(RequestState(self.request.state), "clock")

    @property
    def event(self) -> str:
        """The event that was told of, as programs call it."""
        return str(self._told().get("event", ""))

    @property
    def words(self) -> "StrOrPromise":
        """The event as people call it."""
        known = EVENTS.get(self.event)
        return known.label if known is not None else _("A test")

    @property
    def body(self) -> str:
        """The body, in lines."""
        return json.dumps(self._told(), indent=2, ensure_ascii=False)

    def _told(self) -> dict[str, Any]:
        found = json.loads(self.request.body)
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True)
class Page:
    """Some of the deliveries; ``before`` leads to those before them, if there are more."""

    lines: list[Delivery]
    before: int | None


def all_deliveries() -> QuerySet[OutgoingRequest]:
    """What was sent to webhooks, deleted ones too."""
    return OutgoingRequest.objects.filter(object_type=webhooks.TYPE)


def page(row: WebhookSubscription, *, states: Sequence[str] = (), kinds: Sequence[str] = (), before: str = "") -> Page:
    """One statement, however many there are; what is no filter is none."""
    found = all_deliveries().filter(object_id=row.pk).order_by("-pk")
    if wanted := set(states) & set(RequestState.values):
        found = found.filter(state__in=wanted)
    if beginnings := [KINDS[kind][0] for kind in kinds if kind in KINDS]:
        found = found.filter(reduce(or_, (Q(key__startswith=each) for each in beginnings)))
    if before.isdecimal() and len(before) < 19:
        found = found.filter(pk__lt=int(before))
    lines = [Delivery(each) for each in found[: SHOWN + 1]]
    return Page(lines[:SHOWN], lines[SHOWN - 1].request.pk if len(lines) > SHOWN else None)


def subscriptions() -> QuerySet[WebhookSubscription]:
    """All webhooks, with how the last delivery of each stands."""
    last = all_deliveries().filter(object_id=OuterRef("pk")).order_by("-pk")
    return WebhookSubscription.objects.select_related("user").annotate(
        last_state=Subquery(last.values("state")[:1]), last_at=Subquery(last.values("created_at")[:1])
    )
