"""Associate records with one another, with a label that says as what; take them apart, and undo that."""

from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import needs
from core.audit import differences
from core.events import emit, object_type_of
from crm.models import Association, AssociationLabel

Record = models.Model


class BadAssociation(ValueError):
    """These can't be associated like this; the message says why."""


class BadLabel(ValueError):
    """The label can't be; the message says what to change."""


@needs("crm.edit")
@transaction.atomic
def add(record: Record, other: Record, *, by: Any, label: AssociationLabel | None = None, back: bool = False) -> Any:
    """Associate two records; with ``back`` the label is told from ``other``. The one that there is when there is one.

    Raises BadAssociation.
    """
    first, second = (other, record) if back else (record, other)
    ends = {
        "from_type": object_type_of(first), "from_id": first.pk, "to_type": object_type_of(second), "to_id": second.pk,
    }  # fmt: skip
    if (ends["from_type"], ends["from_id"]) == (ends["to_type"], ends["to_id"]):
        raise BadAssociation(_("A record can't be associated with itself."))
    if label is not None and (label.from_type, label.to_type) != (ends["from_type"], ends["to_type"]):
        raise BadAssociation(_("This label does not fit these records."))
    same = Q(**ends)
    if label is None:
        same |= Q(from_type=ends["to_type"], from_id=ends["to_id"], to_type=ends["from_type"], to_id=ends["from_id"])
    # Whoever comes second waits here and finds what the first one made.
    type(first)._default_manager.select_for_update(of=("self",)).get(pk=first.pk)
    held = Association.objects.filter(same, label=label, removed_at=None).first()
    if held is not None:
        return held
    made = Association.objects.create(**ends, label=label, by=by)
    tell("association.added", first, second, label, by=by)
    return made


@needs("crm.edit")
@transaction.atomic
def remove(association: Association, first: Record, second: Record, *, by: Any) -> bool:
    """Take two records apart; False when they were apart already. ``first`` is the one that it begins with."""
    taken = Association.objects.filter(pk=association.pk, removed_at=None).update(removed_at=timezone.now())
    if taken:
        tell("association.removed", first, second, association.label, by=by)
    return bool(taken)


@needs("crm.edit")
@transaction.atomic
def restore(association: Association, first: Record, second: Record, *, by: Any) -> bool:
    """Undo a removal; False when there is nothing to undo."""
    try:
        with transaction.atomic():
            back = Association.objects.filter(pk=association.pk, removed_at__isnull=False).update(removed_at=None)
    except IntegrityError:
        return False
    if back:
        tell("association.added", first, second, association.label, by=by)
    return bool(back)


def tell(name: str, first: Record, second: Record, label: AssociationLabel | None, *, by: Any, **more: Any) -> None:
    """Say on the timelines of both what happened to their association; ``more`` goes into the event."""
    emit(
        name,
        first,
        by=by,
        about=[second],
        title=str(first),
        other=str(second),
        label=label.name if label else "",
        ends=[[object_type_of(first), first.pk], [object_type_of(second), second.pk]],
        **more,
    )


@needs("crm.configure")
@transaction.atomic
def save_label(
    label: AssociationLabel | None, *, from_type: str, to_type: str, name: str, inverse: str, by: Any = None
) -> Any:
    """Make or rename a label; the kinds of one that there is never change. Raises BadLabel."""
    name, inverse = " ".join(name.split()), " ".join(inverse.split())
    if not name:
        raise BadLabel(_("Give the label a name."))
    taken = AssociationLabel.objects.filter(from_type=from_type, to_type=to_type, name__iexact=name)
    if label is not None:
        taken = taken.filter(from_type=label.from_type, to_type=label.to_type).exclude(pk=label.pk)
    if taken.exists():
        raise BadLabel(_("There is a label “%s” for these records already.") % name)
    if label is None:
        made = AssociationLabel.objects.create(from_type=from_type, to_type=to_type, name=name, inverse=inverse)
        emit("association_label.created", made, by=by, title=name, inverse=inverse, kinds=[from_type, to_type])
        return made
    before = differences.values_of(AssociationLabel.objects.select_for_update().get(pk=label.pk), ("name", "inverse"))
    AssociationLabel.objects.filter(pk=label.pk).update(name=name, inverse=inverse)
    label.refresh_from_db()
    if changes := differences.since(before, label):
        emit("association_label.changed", label, by=by, title=name, changes=changes)
    return label


@needs("crm.configure")
@transaction.atomic
def delete_label(label: AssociationLabel, *, by: Any = None) -> int:
    """Forget a label; associations that had it stay, without one. Returns how many those are."""
    count = 0
    for association in Association.objects.filter(label=label).order_by("pk"):
        # One without a label may be there already: then this one says nothing more.
        twin = Association.objects.filter(
            from_type=association.from_type, from_id=association.from_id, to_type=association.to_type,
            to_id=association.to_id, label=None, removed_at=None,
        )  # fmt: skip
        if association.removed_at is None and twin.exists():
            association.delete()
            continue
        Association.objects.filter(pk=association.pk).update(label=None)
        count += association.removed_at is None
    emit("association_label.deleted", label, by=by, title=label.name, associations=count)
    label.delete()
    return count
