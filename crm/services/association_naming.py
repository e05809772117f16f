"""Change what two associated records are to one another."""

from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core.access import needs
from core.events import object_type_of
from crm.models import Association, AssociationLabel
from crm.services.associations import BadAssociation, tell

End = tuple[str, int]


@needs("crm.edit")
@transaction.atomic
def relabel(
    association: Association,
    record: models.Model,
    other: models.Model,
    *,
    by: Any,
    label: AssociationLabel | None = None,
    back: bool = False,
) -> Association:
    """Give an association another label, or none; with ``back`` it is told from ``other``. Raises BadAssociation."""
    first, second = (other, record) if back else (record, other)
    one, two = _end(first), _end(second)
    if label is not None and (label.from_type, label.to_type) != (one[0], two[0]):
        raise BadAssociation(_("This label does not fit these records."))
    # Whoever adds one between the same two waits for this, and the other way round.
    for each in sorted({one, two}):
        held_by = first if each == one else second
        type(held_by)._default_manager.select_for_update(of=("self",)).get(pk=held_by.pk)
    held = Association.objects.select_related("label").filter(pk=association.pk, removed_at=None).first()
    if held is None or {_from(held), _to(held)} != {one, two}:
        raise BadAssociation(_("They do not belong together any more."))
    if held.label == label and (label is None or _from(held) == one):
        return held
    same = _between(one, two) if label is not None else _between(one, two) | _between(two, one)
    if Association.objects.filter(same, label=label, removed_at=None).exclude(pk=held.pk).exists():
        raise BadAssociation(_("They are associated like this already."))
    before = held.label
    held.from_type, held.from_id = one
    held.to_type, held.to_id = two
    held.label = label
    held.save(update_fields=["from_type", "from_id", "to_type", "to_id", "label"])
    tell("association.relabelled", first, second, label, by=by, before=before.name if before else "")
    return held


def _end(record: models.Model) -> End:
    return object_type_of(record), record.pk


def _from(association: Association) -> End:
    return association.from_type, association.from_id


def _to(association: Association) -> End:
    return association.to_type, association.to_id


def _between(one: End, two: End) -> Q:
    return Q(from_type=one[0], from_id=one[1], to_type=two[0], to_id=two[1])
