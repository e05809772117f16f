"""Whether a webhook waits for an event, as the database answers it together with the event."""

from django.db.models import Exists, OuterRef, Q

from api.models import WebhookSubscription


def somebody_waits() -> Q:
    """Events of which some active webhook wants to be told."""
    active = WebhookSubscription.objects.filter(active=True)
    return Q(Exists(active.filter(events__contains=[OuterRef("name")])))
