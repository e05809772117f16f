"""Likely matches that a person confirms or rejects."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from core.access import needs
from core.events import Draft, emit_many
from core.models import Origin
from qbo_connector.models import Connection, MirrorObject
from sync.enums import Exclusion, Outcome
from sync.models import Link, MatchSuggestion
from sync.publish import unseen
from sync.reconcile import run


class LinkedMeanwhile(Exception):
    """The record or the object was linked to another one; nothing is linked twice."""


@needs("sync.run")
@transaction.atomic
def accept(suggestion: MatchSuggestion, *, by: Any) -> Link:
    """Link the two; what both sides hold is merged at once, by the settings. Raises LinkedMeanwhile.

    Other suggestions for the same record or object are rejected with it. Accepting twice does nothing new.
    """
    connection = suggestion.connection
    run.lock(connection)
    link = _link(suggestion)
    pair = Q(qbo_id=suggestion.qbo_id) | Q(object_id=suggestion.object_id)
    alike = MatchSuggestion.objects.filter(
        pair, connection=connection, entity=suggestion.entity, object_type=suggestion.object_type, accepted=None
    )
    others = list(alike.exclude(pk=suggestion.pk))
    _decided([suggestion], by=by, accepted=True)
    _decided(others, by=by, accepted=False)
    _free([each for each in others if each.object_id != suggestion.object_id])
    _tell("sync.match_accepted", [suggestion], by=by)
    _look_again(connection, [suggestion, *others])
    link.refresh_from_db()
    return link


def _link(suggestion: MatchSuggestion) -> Link:
    about = {
        "connection": suggestion.connection,
        "entity": suggestion.entity,
        "object_type": suggestion.object_type,
    }
    links = Link.objects.select_for_update()
    of_object = links.filter(**about, qbo_id=suggestion.qbo_id).first()
    of_record = links.filter(**about, object_id=suggestion.object_id).first()
    if of_object is not None and of_object.object_id != suggestion.object_id:
        raise LinkedMeanwhile(suggestion.pk)
    if of_record is not None and of_record.qbo_id not in ("", suggestion.qbo_id):
        raise LinkedMeanwhile(suggestion.pk)
    link = of_record or Link(**about, object_id=suggestion.object_id)
    if link.qbo_id != suggestion.qbo_id:
        link.qbo_id, link.snapshot, link.matched_by = suggestion.qbo_id, {}, "confirmed"
    link.outcome, link.exclusion, link.reason, link.detail = Outcome.PENDING, Exclusion.NONE, "", ""
    link.save()
    return link


@needs("sync.run")
def accept_all(suggestions: QuerySet[MatchSuggestion], *, by: Any) -> tuple[int, int]:
    """Accept every open suggestion of a list that is the only one for its record and object; (accepted, left)."""
    rows = list(suggestions.filter(accepted=None).select_related("connection").order_by("pk"))
    accepted = 0
    for row in rows:
        alike = MatchSuggestion.objects.filter(
            Q(qbo_id=row.qbo_id) | Q(object_id=row.object_id),
            connection=row.connection,
            entity=row.entity,
            object_type=row.object_type,
            accepted=None,
        )
        if alike.count() != 1:
            continue
        try:
            accept(row, by=by)
        except LinkedMeanwhile:
            continue
        accepted += 1
    return accepted, len(rows) - accepted


@needs("sync.run")
@transaction.atomic
def reject(suggestions: QuerySet[MatchSuggestion], *, by: Any) -> int:
    """Say that the two are not the same. The object becomes a record of its own, the record may be sent as a new one.

    Works for one or for a whole list; returns how many were rejected.
    """
    rows = list(suggestions.filter(accepted=None).select_related("connection").order_by("pk"))
    for connection in {row.connection_id: row.connection for row in rows}.values():
        run.lock(connection)
        mine = [row for row in rows if row.connection_id == connection.pk]
        _decided(mine, by=by, accepted=False)
        _free(mine)
        _tell("sync.match_rejected", mine, by=by)
        _look_again(connection, mine)
    return len(rows)


def _decided(rows: Iterable[MatchSuggestion], *, by: Any, accepted: bool) -> None:
    MatchSuggestion.objects.filter(pk__in=[row.pk for row in rows], accepted=None).update(
        accepted=accepted, decided_at=timezone.now(), decided_by=by
    )


def _free(rows: Sequence[MatchSuggestion]) -> None:
    """Records that wait for no other suggestion wait no longer."""
    for connection_id, object_type in {(row.connection_id, row.object_type) for row in rows}:
        ids = {row.object_id for row in rows if (row.connection_id, row.object_type) == (connection_id, object_type)}
        still = MatchSuggestion.objects.filter(
            connection=connection_id, object_type=object_type, object_id__in=ids, accepted=None
        )
        waiting = Link.objects.filter(
            connection=connection_id, object_type=object_type, object_id__in=ids, exclusion=Exclusion.SUGGESTED
        )
        waiting.exclude(object_id__in=still.values("object_id")).delete()
        unseen.look_again(connection_id)


def _look_again(connection: Connection, rows: Sequence[MatchSuggestion]) -> None:
    for entity in {row.entity for row in rows}:
        ids = {row.qbo_id for row in rows if row.entity == entity}
        run.look_again(connection, entity, ids)


def _tell(name: str, rows: Sequence[MatchSuggestion], *, by: Any) -> None:
    titles = {
        (row.entity, row.qbo_id): row.name
        for row in MirrorObject.objects.filter(
            connection__in={row.connection_id for row in rows}, qbo_id__in={row.qbo_id for row in rows}
        )
    }
    drafts = [
        Draft(name, row.object_type, row.object_id, (), {"object": titles.get((row.entity, row.qbo_id), row.qbo_id)})
        for row in rows
    ]
    if drafts:
        emit_many(drafts, by=by, origin=Origin.PERSON if by is not None else Origin.SYSTEM)
