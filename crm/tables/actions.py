"""What can be done with many records at once: archive, restore, merge, delete."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L  # noqa: N812 -- short, as it stands before every label
from django.utils.translation import ngettext

from core.segments.actions import segment_actions
from core.tables import Action, Refused, assign_owner, set_property
from crm.kinds import COMPANY, CONTACT, DEAL, KINDS, Kind
from crm.services import deletion, merging, records

EDITS, ARCHIVES = "crm.edit", "crm.archive"


def _archive(record: Any, _choice: Mapping[str, Any], by: Any) -> Any:
    if record.archived_at is not None:
        return None
    _kind_of(record).services.archive(record, by=by)
    return {"archived": True}


def _restore(record: Any, _choice: Mapping[str, Any], by: Any) -> Any:
    if record.archived_at is None:
        return None
    try:
        _kind_of(record).services.restore(record, by=by)
    except records.Merged as error:
        raise Refused(_("It was merged into another record. Undo the merge to bring it back.")) from error
    return {"archived": False}


def _other_way(record: Any, before: Mapping[str, Any], by: Any) -> None:
    if before["archived"]:
        _restore(record, {}, by)
    else:
        _archive(record, {}, by)


def _kind_of(record: Any) -> Kind:
    return KINDS[record._meta.model_name]


def _merging(kind: Kind) -> tuple[Action, ...]:
    """Merge two to five chosen records, for kinds that are merged."""
    if kind.name not in merging.MODELS:
        return ()

    def leads(ids: Sequence[int]) -> str:
        if not 2 <= len(ids) <= merging.MOST:
            raise Refused(_("Choose two to five records to merge."))
        return f"{reverse('crm:merge', args=[kind.name])}?ids={','.join(map(str, ids))}"

    return (Action("merge", L("Merge"), "git-merge", str, "crm.merge", leads=leads, offered=_live),)


def _archived(count: int) -> str:
    return ngettext("%d record is archived.", "%d records are archived.", count) % count


def _restored(count: int) -> str:
    return ngettext("%d record is back.", "%d records are back.", count) % count


def _deleted(count: int) -> str:
    return ngettext("%d record is deleted.", "%d records are deleted.", count) % count


def _delete(record: Any, _choice: Mapping[str, Any], by: Any) -> Any:
    try:
        deletion.delete(record, by=by)
    except deletion.NotDeletable as error:
        raise Refused(str(error)) from error


def _deletion_warning(_count: str) -> str:
    return _("Their files, tasks and history go with them. This can't be undone. Records with invoices or a link to "
             "QuickBooks stay.")  # fmt: skip


def _in_archive(query: QueryDict) -> bool:
    return bool(query.get("archived"))


def _live(query: QueryDict) -> bool:
    return not query.get("archived")


def actions_of(kind: Kind) -> tuple[Action, ...]:
    def warning(count: str) -> str:
        if count == "1":
            return str(kind.archive_text)
        return _("They leave lists, boards and pickers. What belongs to them stays, and you can restore them.")

    def typed(count: str) -> str:
        return _("delete %(count)s %(what)s") % {
            "count": count,
            "what": str(kind.label if count == "1" else kind.plural).lower(),
        }

    return (
        assign_owner(EDITS),
        set_property(EDITS),
        *(segment_actions(EDITS) if kind in (CONTACT, COMPANY, DEAL) else ()),
        *_merging(kind),
        Action(
            "archive", L("Archive"), "archive", _archived, ARCHIVES, each=_archive, confirm=warning, undo=_other_way,
            offered=_live,
        ),
        Action(
            "restore", L("Restore"), "restore", _restored, ARCHIVES, each=_restore, undo=_other_way, offered=_in_archive
        ),
        Action(
            "delete", L("Delete for good"), "trash", _deleted, "crm.delete", each=_delete,
            confirm=_deletion_warning, typed=typed, tone="danger", offered=_in_archive,
        ),
    )  # fmt: skip
