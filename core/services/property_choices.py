"""The choices of custom properties: renaming, ordering, archiving. Records refer to their ids."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import needs
from core.events import emit
from core.models import PropertyChoice, PropertyDefinition
from core.properties import schema, usage
from core.services.properties import CHOICE_KINDS, NameNeeded, PropertyRefused, StillUsed

MOST_CHOICES = 500
LONGEST_LABEL = 120


class ChoicesUnfit(PropertyRefused):
    """Two choices with one label, an empty one, none at all, or too many."""

    field = "choices"


class NoReplacement(PropertyRefused):
    """The choice that should take over is not offered."""

    field = "replacement"


@needs("core.manage_properties")
@transaction.atomic
def arrange(row: PropertyDefinition, wanted: Sequence[tuple[int | None, str]], *, by: Any) -> None:
    """Give the offered choices these labels in this order; an id of None is a new one. Others stay behind them.

    Raises ChoicesUnfit. Renaming rewrites no record: they hold the choice's id.
    """
    if row.kind not in CHOICE_KINDS:
        return
    labels = [" ".join(label.replace("\x00", "").split()) for _pk, label in wanted]
    _check(labels)
    held = {c.pk: c for c in PropertyChoice.objects.select_for_update().filter(definition=row, archived_at=None)}
    kept = [(held.pop(pk, None) if pk else None, label) for (pk, _l), label in zip(wanted, labels, strict=True)]
    named = {label.casefold() for label in labels}
    if clash := next((c.label for c in held.values() if c.label.casefold() in named), None):
        raise ChoicesUnfit(_("“%s” is there twice.") % clash)
    renamed = [(c, label) for c, label in kept if c is not None and c.label != label]
    # Out of the way first, so that two choices can swap their labels.
    for renaming, _label in renamed:
        PropertyChoice.objects.filter(pk=renaming.pk).update(label=f"\x01{renaming.pk}")
    for position, (choice, label) in enumerate(kept):
        if choice is None:
            PropertyChoice.objects.create(definition=row, label=label, position=position)
        elif choice.label != label or choice.position != position:
            PropertyChoice.objects.filter(pk=choice.pk).update(label=label, position=position)
    for position, pk in enumerate(held, start=len(kept)):
        PropertyChoice.objects.filter(pk=pk).update(position=position)
    schema.forget()
    names = [[choice.label, label] for choice, label in renamed]
    added = [label for choice, label in kept if choice is None]
    if names or added:
        emit("property.changed", row, by=by, title=row.label, object=row.object_type, renamed=names, added=added)


def _check(labels: Sequence[str]) -> None:
    if not labels:
        raise ChoicesUnfit(_("Give it at least one choice."))
    if len(labels) > MOST_CHOICES:
        raise ChoicesUnfit(_("A property has at most %d choices.") % MOST_CHOICES)
    if any(not label or len(label) > LONGEST_LABEL for label in labels):
        raise ChoicesUnfit(_("Each choice has a name of at most %d characters.") % LONGEST_LABEL)
    seen: set[str] = set()
    for label in labels:
        if label.casefold() in seen:
            raise ChoicesUnfit(_("“%s” is there twice.") % label)
        seen.add(label.casefold())


@needs("core.manage_properties")
@transaction.atomic
def archive(
    choice: PropertyChoice, *, by: Any, keep: bool = False, replacement: PropertyChoice | None = None
) -> PropertyChoice:
    """Offer the choice no more. Records that have it ``keep`` it, or a worker gives them the ``replacement``.

    Raises StillUsed when records have it and neither is said, NoReplacement, and NameNeeded for the last choice.
    """
    row = choice.definition
    offered = {c.pk: c for c in PropertyChoice.objects.select_for_update().filter(definition=row, archived_at=None)}
    if choice.pk not in offered:
        return choice
    if len(offered) == 1:
        raise NameNeeded(_("A property of this kind has at least one choice."))
    if replacement is not None and (replacement.pk not in offered or replacement.pk == choice.pk):
        raise NoReplacement(_("Choose another choice of this property."))
    used = usage.records_with_choice(row, choice.pk)
    if used and not keep and replacement is None:
        raise StillUsed(used)
    PropertyChoice.objects.filter(pk=choice.pk).update(archived_at=timezone.now())
    _drop_default(row, choice)
    choice.refresh_from_db()
    schema.forget()
    name = "property.choice_replaced" if replacement is not None and used else "property.changed"
    taking_over = replacement.pk if replacement is not None else None
    data: dict[str, Any] = {"choice": choice.pk, "replacement": taking_over, "archived": choice.label}
    emit(name, row, by=by, title=row.label, object=row.object_type, **data)
    return choice


@needs("core.manage_properties")
@transaction.atomic
def restore(choice: PropertyChoice, *, by: Any) -> PropertyChoice:
    """Offer an archived choice again. Raises ChoicesUnfit when its label is taken."""
    row = choice.definition
    same = PropertyChoice.objects.filter(definition=row, archived_at=None, label__iexact=choice.label)
    if same.exclude(pk=choice.pk).exists():
        raise ChoicesUnfit(_("“%s” is there twice.") % choice.label)
    if PropertyChoice.objects.filter(pk=choice.pk, archived_at__isnull=False).update(archived_at=None):
        schema.forget()
        emit("property.changed", row, by=by, title=row.label, object=row.object_type, restored=choice.label)
    choice.refresh_from_db()
    return choice


def _drop_default(row: PropertyDefinition, choice: PropertyChoice) -> None:
    """An archived choice is no default for new records."""
    default = row.default
    if default == str(choice.pk):
        left: Any = None
    elif isinstance(default, list) and str(choice.pk) in default:
        left = [each for each in default if each != str(choice.pk)] or None
    else:
        return
    PropertyDefinition.objects.filter(pk=row.pk).update(default=left)
