"""What the builder's lists offer: people, teams, stages, properties, segments, other workflows."""

from typing import Any

from django.contrib.auth import get_user_model

from accounts.models import Team
from core.conditions import registry as conditions
from core.conditions.fields import Field
from core.models import Segment
from crm.models import Stage
from workflows.models import Workflow

Pairs = list[tuple[str, str]]
# What an event can tell to have changed.
SETTABLE = ("text", "number", "money", "date", "datetime", "choice", "multi_choice", "checkbox", "user")


def people() -> Pairs:
    """The people who can sign in."""
    rows = get_user_model()._default_manager.filter(is_active=True).order_by("name", "pk")
    return [(str(person.pk), str(person)) for person in rows]


def teams() -> Pairs:
    """The teams."""
    return [(str(team.pk), str(team)) for team in Team.objects.order_by("name", "pk")]


def stages() -> Pairs:
    """The stages of all pipelines, by pipeline."""
    rows = Stage.objects.select_related("pipeline").order_by("pipeline__position", "pipeline_id", "position", "pk")
    return [(str(stage.pk), f"{stage.pipeline} · {stage}") for stage in rows]


def workflows() -> Pairs:
    """The workflows that another one can start."""
    rows = Workflow.objects.filter(archived_at=None).order_by("name", "pk")
    return [(str(row.pk), row.name) for row in rows]


def segments(object_type: str, *, lists: bool = False) -> Pairs:
    """The segments of a kind of record; with ``lists`` only those that records are put into."""
    rows = Segment.objects.filter(object_type=object_type, archived_at=None).order_by("name", "pk")
    return [(str(row.pk), row.name) for row in rows if row.static or not lists]


def properties(object_type: str, user: Any) -> Pairs:
    """The properties of a kind of record that can be named."""
    found = conditions.fields_of(object_type, user).values()
    return [(field.name, str(field.label)) for field in found if field.kind in SETTABLE]


def dates(object_type: str, user: Any) -> Pairs:
    """The properties of a kind of record that hold a date."""
    found = conditions.fields_of(object_type, user).values()
    return [(field.name, str(field.label)) for field in found if field.kind in ("date", "datetime")]


def values_of(known: Field, user: Any) -> Pairs:
    """The values to choose from for a property; none where anything can be typed."""
    if known.kind == "user":
        return people()
    found = known.options(user) if known.options is not None else known.choices
    return [(str(value), str(label)) for value, label in found]
