"""What becomes of links when records are merged in the CRM. Customers and items of QuickBooks are never merged.

The record that stays keeps one link for each QuickBooks company; a person says which where there are several. The other
objects stay in QuickBooks, and their links stay with the archived record, marked as unlinked, so that no sync takes
them for new ones. Undoing keeps what both sides agreed on since: values that go back here go back there as well.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from core.events import emit
from core.merging import MergeMover, NotNow, Question, add_mover, add_pointer, as_data, rows_of
from core.models import Origin
from qbo_connector.models import Connection, MirrorObject, Operation
from qbo_connector.outbox import plan
from sync.enums import Exclusion, Outcome
from sync.models import Link, MatchSuggestion
from sync.publish.subjects import subject_of
from sync.reconcile import run

_STATE = ("object_id", "outcome", "exclusion", "reason", "detail")


def begin(kind: str, ids: Sequence[int]) -> None:
    """Let no sync of these records run beside the merge, and cancel what was planned. Raises NotNow."""
    held = Link.objects.filter(object_type=kind, object_id__in=ids).values("connection")
    for connection in Connection.objects.filter(pk__in=held).order_by("pk"):
        run.lock(connection)
        subjects = [subject_of(kind, pk) for pk in ids]
        plan.cancel(connection, subjects)
        under_way = Operation.objects.filter(connection=connection, subject__in=subjects, state__in=plan.OPEN)
        unsettled = Operation.objects.filter(connection=connection, subject__in=subjects, settled_at=None, state="done")
        if under_way.exists() or unsettled.exists():
            raise NotNow(_("QuickBooks is just being told a change of one of them. Try again in a moment."))


def questions(kind: str, ids: Sequence[int]) -> list[Question]:
    """For each company in which several of the records have an object of their own: which one stays the link."""
    asked = []
    for links in _by_company(_alive(_links(kind, ids))):
        if len(links) < 2:
            continue
        connection = links[0].connection
        names = dict(
            MirrorObject.objects.filter(
                connection=connection, entity=links[0].entity, qbo_id__in=[link.qbo_id for link in links]
            ).values_list("qbo_id", "name")
        )
        options = [(link.object_id, names.get(link.qbo_id) or link.qbo_id) for link in links]
        text = _(
            "They stand for different objects there. Those are not merged: the others stay in QuickBooks with their "
            "invoices, and are not synced with this record."
        )
        label = _("Which one in %s belongs to the merged record?") % connection
        asked.append(Question(f"quickbooks-{connection.pk}", label, text, options))
    return asked


def move(kind: str, winner: int, losers: Sequence[int], answers: Mapping[str, int]) -> Any:
    """Give the winner one link for each company. What undoing needs, as data."""
    before, created = {}, []
    for links in _by_company(_links(kind, [winner, *losers], lock=True)):
        before.update({str(link.pk): {name: getattr(link, name) for name in _STATE} for link in links})
        alive = _alive(links)
        wanted = answers.get(f"quickbooks-{links[0].connection_id}", winner)
        stays = next((link for link in alive if link.object_id == wanted), None)
        stays = stays or next((link for link in alive if link.object_id == winner), alive[0] if alive else None)
        created += _carry_out(links, stays, winner)
        if stays is not None:
            _look_again(stays)
    after = Link.objects.filter(pk__in=before).values_list("pk", "object_id", "exclusion")
    return {
        "before": before,
        "after": {str(pk): [object_id, exclusion] for pk, object_id, exclusion in after},
        "removed": created,
    }


def _carry_out(links: Sequence[Link], stays: Link | None, winner: int) -> list[Any]:
    """Write one company's links; the rows of links that named no object, and are gone."""
    empty = [link for link in links if not link.qbo_id and (link.object_id != winner or stays is not None)]
    rows = as_data(empty)
    Link.objects.filter(pk__in=[link.pk for link in empty]).delete()
    if stays is None:
        return rows
    now = timezone.now()
    left = [link for link in links if link.qbo_id and link.pk != stays.pk]
    place = stays.object_id
    mine = next((link for link in left if link.object_id == winner), None)
    if place != winner:
        # Out of the way first: a record has one link per company.
        Link.objects.filter(pk=stays.pk).update(object_id=-place)
        if mine is not None:
            Link.objects.filter(pk=mine.pk).update(object_id=place)
        Link.objects.filter(pk=stays.pk).update(object_id=winner, changed_at=now)
    reason = _("Its record was merged into another one here. It stays in QuickBooks for itself.")
    Link.objects.filter(pk__in=[link.pk for link in _alive(left)]).update(
        outcome=Outcome.EXCLUDED, exclusion=Exclusion.UNLINKED, reason=reason, detail="", changed_at=now
    )
    return rows


def kept(kind: str, winner: int, losers: Sequence[int], data: Any) -> list[str]:
    """Links that were changed since, and stay as they are."""
    now = Link.objects.in_bulk([int(pk) for pk in data["after"]])
    changed = sum(1 for pk, state in data["after"].items() if not _as_left(now.get(int(pk)), state))
    return [_("A link to QuickBooks was changed since, and stays.")] if changed else []


def _as_left(link: Link | None, state: Sequence[Any]) -> bool:
    return link is not None and [link.object_id, link.exclusion] == list(state)


def back(kind: str, winner: int, losers: Sequence[int], data: Any) -> list[str]:
    """Give each record the link again that it had."""
    told = kept(kind, winner, losers, data)
    links = {link.pk: link for link in _links(kind, [winner, *losers], lock=True)}
    unchanged = [
        link
        for pk, state in data["after"].items()
        if (link := links.get(int(pk))) is not None and _as_left(link, state)
    ]
    moving = [link for link in unchanged if link.object_id != data["before"][str(link.pk)]["object_id"]]
    for link in moving:
        Link.objects.filter(pk=link.pk).update(object_id=-link.pk)
    for link in unchanged:
        held = data["before"][str(link.pk)]
        here = Link.objects.filter(connection=link.connection_id, entity=link.entity, object_type=kind)
        if link in moving and here.filter(object_id=held["object_id"]).exists():
            Link.objects.filter(pk=link.pk).update(object_id=link.object_id)
            told.append(_("A link to QuickBooks was changed since, and stays."))
            continue
        Link.objects.filter(pk=link.pk).update(**held, changed_at=timezone.now())
        _look_again(link)
    for row in rows_of(data["removed"]):
        same = Link.objects.filter(
            connection=row.connection_id, entity=row.entity, object_type=kind, object_id=row.object_id
        )
        if not same.exists() and Connection.objects.filter(pk=row.connection_id).exists():
            row.save(force_insert=True)
    return list(dict.fromkeys(told))


def blocks(kind: str, pk: int) -> list[str]:
    """A record with an object in QuickBooks can't be deleted for good: the sync would take that for a new one."""
    rows = Link.objects.filter(object_type=kind, object_id=pk).exclude(qbo_id="").select_related("connection")
    return [_("It is linked to QuickBooks (%s).") % link.connection for link in rows]


def forget(kind: str, pk: int) -> None:
    """Forget why a record was not sent."""
    Link.objects.filter(object_type=kind, object_id=pk, qbo_id="").delete()


def _links(kind: str, ids: Iterable[int], *, lock: bool = False) -> list[Link]:
    rows = Link.objects.filter(object_type=kind, object_id__in=list(ids)).order_by("connection_id", "entity", "pk")
    rows = rows.select_related("connection")
    return list(rows.select_for_update(of=("self",)) if lock else rows)


def _alive(links: Iterable[Link]) -> list[Link]:
    gone = (Exclusion.UNLINKED,)
    return [link for link in links if link.qbo_id and link.exclusion not in gone and link.outcome != Outcome.BROKEN]


def _by_company(links: Iterable[Link]) -> list[list[Link]]:
    found: dict[tuple[int, str], list[Link]] = {}
    for link in links:
        found.setdefault((link.connection_id, link.entity), []).append(link)
    return list(found.values())


def _look_again(link: Link) -> None:
    """Have reconcile compare the object with the record that it has now."""
    MirrorObject.objects.filter(
        connection=link.connection_id, entity=link.entity, qbo_id=link.qbo_id, deleted=False
    ).update(unread=True)
    emit("mirror.changed", link.connection, origin=Origin.SYNC)


def register() -> None:
    """Tell core what merging means for the sync."""
    add_pointer(MatchSuggestion, "object_type", "object_id", _lazy("Likely matches"))
    add_mover("quickbooks", MergeMover(begin, questions, move, back, kept, blocks, forget))
