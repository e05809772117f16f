"""Delete archived records for good: only where no invoice, no quote and no object of QuickBooks depends on them."""

from typing import Any

from django.db import connection, transaction
from django.db.models import CASCADE, PROTECT, ForeignKey
from django.utils.translation import gettext as _

from core import merging
from core.access import needs
from core.audit import door
from core.events import Draft, emit_many, object_type_of
from core.merging import Pointer
from core.models import Origin, OutgoingMail
from crm.models import Activity, ActivityLink, DuplicateKey, DuplicatePair
from crm.models.records import Record

# Rows of these apps are the CRM's own, and go or lose their reference with the record.
_OWN = ("crm", "core")


class NotDeletable(Exception):
    """Something depends on the record, or it is not archived; the message says what."""


def reasons_against(record: Record) -> list[str]:
    """Why the record can't be deleted for good, in words."""
    kind = object_type_of(record)
    found = [] if record.archived_at is not None else [_("It is not archived.")]
    for pointer in merging.pointers_to(type(record)):
        if _holds(pointer) and (number := pointer.rows(kind, record.pk).count()):
            found.append(_("It still has %(what)s (%(n)d).") % {"what": pointer.label, "n": number})
    for mover in merging.movers.values():
        found += mover.blocks(kind, record.pk)
    return found


def _holds(pointer: Pointer) -> bool:
    """Whether rows behind a pointer keep a record: what is accounted for, and records that would go with it."""
    if pointer.kind_column:
        return False
    column: Any = next(each for each in pointer.model._meta.concrete_fields if each.attname == pointer.column)
    assert isinstance(column, ForeignKey)
    rule = column.remote_field.on_delete
    goes_along = rule in (CASCADE, PROTECT) and issubclass(pointer.model, Record)
    return pointer.model._meta.app_label not in _OWN or goes_along


@needs("crm.delete")
@transaction.atomic
def delete(record: Any, *, by: Any) -> None:
    """Delete an archived record with its files, tasks and all that its history says of it.

    What remains is when somebody changed something, and that it was deleted, and by whom.

    Raises NotDeletable.
    """
    model, kind, title = type(record), object_type_of(record), str(record)
    row = model._default_manager.select_for_update(of=("self",)).filter(pk=record.pk).first()
    if row is None:
        return
    if against := reasons_against(row):
        raise NotDeletable(" ".join(against))
    activities = list(
        ActivityLink.objects.filter(object_type=kind, object_id=row.pk).values_list("activity_id", flat=True)
    )
    for pointer in merging.pointers_to(model):
        # What was sent to people outside was sent; it only names the record.
        if pointer.kind_column and pointer.model is not OutgoingMail:
            pointer.rows(kind, row.pk).delete()
    Activity.objects.filter(pk__in=activities, links=None).delete()
    DuplicateKey.objects.filter(object_type=kind, object_id=row.pk).delete()
    DuplicatePair.objects.filter(object_type=kind, first_id=row.pk).delete()
    DuplicatePair.objects.filter(object_type=kind, second_id=row.pk).delete()
    for mover in merging.movers.values():
        mover.forget(kind, row.pk)
    door.forget(kind, row.pk, title=title)
    pk = row.pk
    row.delete()
    # What points to it is checked now, while the reader can be told.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    emit_many(
        [Draft(f"{kind}.deleted", kind, pk, (), {"title": title})],
        by=by,
        origin=Origin.PERSON if by is not None else Origin.SYSTEM,
    )
