"""What a repeated listing lacks: moved to a later page, or gone. Deleted only when the listing proves complete."""

import structlog

from qbo_connector.client import QuickBooksClient
from qbo_connector.mirror.paging import Position, everything, statement
from qbo_connector.mirror.parse import Answer, Row, read_answer
from qbo_connector.models import Connection, LoadProgress, MirrorObject, ParkedRecord

log = structlog.get_logger(__name__)
ASKED_AT_ONCE = 500


def moved_or_gone(
    connection: Connection,
    client: QuickBooksClient,
    entity: str,
    here: Position,
    answer: Answer,
    following: Position | None,
) -> tuple[list[Row], list[str]]:
    """What the mirror has in the span of this page and the page lacks: rows as they are now, and Ids that are gone.

    Asked for by Id, because an object that changed meanwhile only moved to a later page. A timestamp of many pages is
    judged where it ends, with everything seen of it.
    """
    known = MirrorObject.objects.filter(
        connection=connection, entity=entity, deleted=False, remote_updated_at__gte=here.since
    )
    if following is not None:
        known = known.filter(remote_updated_at__lt=following.since)
    listed = here.seen.union(answer.ids)
    missing = [qbo_id for qbo_id in known.order_by("pk").values_list("qbo_id", flat=True) if qbo_id not in listed]
    rows: list[Row] = []
    gone: list[str] = []
    for first in range(0, len(missing), ASKED_AT_ONCE):
        asked = missing[first : first + ASKED_AT_ONCE]
        quoted = ", ".join("'{}'".format(qbo_id.replace("\\", "\\\\").replace("'", "\\'")) for qbo_id in asked)
        found = read_answer(client.select(statement(entity, where=f"Id IN ({quoted})")))
        rows += found.rows
        if "" not in found.ids:  # else one of them is there, but can't be told
            gone += [qbo_id for qbo_id in asked if qbo_id not in set(found.ids)]
    return rows, gone


def proven(connection: Connection, client: QuickBooksClient, progress: LoadProgress, answer: Answer) -> list[Row]:
    """Tombstones for what the whole listing lacked, if QuickBooks' own count agrees; else nothing is deleted."""
    gone = set(progress.gone) - set(answer.ids)
    if not gone:
        return []
    left = held(connection, progress.entity, {row.qbo_id for row in answer.rows}) - len(gone)
    counted = client.count(progress.entity, everything(progress.entity))
    if counted > left:
        log.warning(
            "load.listing_incomplete",
            connection=connection.pk,
            entity=progress.entity,
            counted=counted,
            listed=left,
            missing=len(gone),
        )
        return []
    return [Row(progress.entity, qbo_id, 0, answer.time, digest=b"", body=b"", deleted=True) for qbo_id in sorted(gone)]


def held(connection: Connection, entity: str, arriving: set[str] | None = None) -> int:
    """How many living objects of an entity are held here, with those that are ``arriving``; unreadable ones too."""
    living = MirrorObject.objects.filter(connection=connection, entity=entity, deleted=False)
    parked = ParkedRecord.objects.filter(connection=connection, entity=entity, resolved_at=None)
    ids = list(parked.values_list("qbo_id", flat=True))
    wanted = {qbo_id for qbo_id in ids if qbo_id} | (arriving or set())
    there = living.filter(qbo_id__in=wanted).count() if wanted else 0
    return living.count() + len(wanted) - there + sum(1 for qbo_id in ids if not qbo_id)
