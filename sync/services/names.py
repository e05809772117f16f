"""A name that QuickBooks has given to somebody else: link to its owner, or take another name."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import needs
from core.events import emit
from qbo_connector.models import MirrorObject
from sync.enums import Exclusion, Outcome, RecordType
from sync.models import Link
from sync.policies import OBJECT_OF, policy_of
from sync.publish import names
from sync.publish.records import Asked, publish_to
from sync.reconcile import run
from sync.records import MODELS


class NoOwner(Exception):
    """There is no object in QuickBooks that the record could be linked to; the message says why."""


class NameTaken(ValueError):
    """QuickBooks uses the name already, or can't store it; the message says so."""


class NothingSent(Exception):
    """The settings keep the record from being sent; the message says why."""


@needs("sync.run")
@transaction.atomic
def link_to_owner(link: Link, *, by: Any) -> Link:
    """Link a record to the object that has its name; what both hold is merged at once. Raises NoOwner.

    Linking twice does nothing new. Nothing is ever linked to two records.
    """
    run.lock(link.connection)
    stored = Link.objects.select_for_update().select_related("connection").get(pk=link.pk)
    owner = stored.remedy.get("owner") or {}
    if stored.qbo_id and stored.qbo_id == owner.get("qbo_id"):
        return stored
    if not stored.remedy.get("can_link") or stored.qbo_id:
        raise NoOwner(_("There is nothing in QuickBooks that this record could be linked to."))
    found = MirrorObject.objects.filter(
        connection=stored.connection, entity=stored.entity, qbo_id=owner["qbo_id"], deleted=False
    ).first()
    if found is None:
        raise NoOwner(_("“%s” does not exist in QuickBooks any more. Try again.") % owner.get("name", ""))
    taken = Link.objects.filter(
        connection=stored.connection, entity=stored.entity, object_type=stored.object_type, qbo_id=found.qbo_id
    )
    if taken.exists():
        raise NoOwner(_("“%s” in QuickBooks is linked to another record. Use another name.") % owner.get("name", ""))
    stored.qbo_id, stored.matched_by, stored.snapshot = found.qbo_id, "by hand", {}
    _waiting(stored)
    record = MODELS[RecordType(stored.object_type)]._default_manager.get(pk=stored.object_id)
    emit("sync.linked", record, by=by, about=[stored.connection], called=owner.get("name", ""))
    run.look_again(stored.connection, stored.entity, [found.qbo_id])
    stored.refresh_from_db()
    return stored


@needs("sync.run")
@transaction.atomic
def rename(link: Link, name: str, *, by: Any) -> Link:
    """Send a record under another name; the record itself keeps its own. Raises NameTaken and NothingSent."""
    stored = Link.objects.select_for_update().select_related("connection").get(pk=link.pk)
    connection, record_type = stored.connection, RecordType(stored.object_type)
    limit = names.LIMITS.get(stored.entity, 100)
    wanted = names.cleaned(name, limit=limit, in_us=connection.in_us)
    if not wanted:
        raise NameTaken(_("A name is needed that QuickBooks can store."))
    owner = names.owners(connection, [wanted], entity=stored.entity).get(names.key(wanted))
    if owner is not None:
        raise NameTaken(_("QuickBooks already uses the name “%s”.") % owner.name)
    if stored.qbo_id:
        raise NothingSent(_("QuickBooks has this record already. Change its name here, and it is sent."))
    if not policy_of(connection, OBJECT_OF[record_type]).sends_out:
        raise NothingSent(_("The settings don't send such records to QuickBooks."))
    record = MODELS[record_type]._default_manager.get(pk=stored.object_id)
    _waiting(stored)
    publish_to(connection, record_type, [stored.object_id], Asked(again=True, names={stored.object_id: wanted}))
    stored.refresh_from_db()
    if stored.outcome == Outcome.EXCLUDED:
        raise NothingSent(stored.reason)
    emit("sync.renamed", record, by=by, about=[connection], called=wanted)
    return stored


def _waiting(link: Link) -> None:
    link.outcome, link.exclusion, link.reason, link.detail = Outcome.PENDING, Exclusion.NONE, "", ""
    link.remedy, link.changed_at = {}, timezone.now()
    link.save()
