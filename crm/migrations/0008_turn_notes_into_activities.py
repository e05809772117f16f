"""Notes that were only events become activities; associations get the labels that most people look for."""

from typing import Any

from django.db import migrations
from django.db.models import Q

BATCH = 1000
LABELS = (
    ("contact", "contact", "Reports to", "Manager of"),
    ("contact", "company", "Works for", "Employs"),
    ("contact", "company", "Former employee of", "Former employer of"),
    ("company", "company", "Parent company of", "Subsidiary of"),
    ("company", "company", "Partner of", ""),
    ("deal", "contact", "Decision maker", "Decides about"),
    ("deal", "contact", "Billing contact", "Gets invoices of"),
    ("deal", "company", "Partner", "Partner in"),
)


def notes_to_activities(apps: Any, schema_editor: Any) -> None:
    event_model, link_model = apps.get_model("core", "Event"), apps.get_model("core", "EventLink")
    activity_model, shown_model = apps.get_model("crm", "Activity"), apps.get_model("crm", "ActivityLink")
    last = 0
    while True:
        notes = event_model.objects.filter(Q(pk__gt=last), name="note.added").order_by("pk")
        events = list(notes[:BATCH])
        if not events:
            return
        last = events[-1].pk
        made = activity_model.objects.bulk_create(
            activity_model(
                kind="note",
                body=event.data.get("text", ""),
                occurred_at=event.occurred_at,
                created_at=event.occurred_at,
                by_id=event.actor_id,
            )
            for event in events
        )
        by_event = dict(zip([event.pk for event in events], made, strict=True))
        shown_model.objects.bulk_create(
            shown_model(
                activity=by_event[link.event_id],
                object_type=link.object_type,
                object_id=link.object_id,
                occurred_at=by_event[link.event_id].occurred_at,
            )
            for link in link_model.objects.filter(event_id__in=by_event)
        )
        for event in events:
            event.data = {**event.data, "activity": by_event[event.pk].pk}
        event_model.objects.bulk_update(events, ["data"])


def add_labels(apps: Any, schema_editor: Any) -> None:
    label_model = apps.get_model("crm", "AssociationLabel")
    label_model.objects.bulk_create(
        label_model(from_type=first, to_type=second, name=name, inverse=inverse)
        for first, second, name, inverse in LABELS
    )


class Migration(migrations.Migration):
    dependencies = [("crm", "0007_add_activities_and_associations"), ("core", "0005_add_outgoing_mail")]
    operations = [
        migrations.RunPython(notes_to_activities, migrations.RunPython.noop),
        migrations.RunPython(add_labels, migrations.RunPython.noop),
    ]
