"""How far the initial sync of an object is, with live figures and, when it is done, a sentence."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qbo_connector.models import Connection, Operation, PullSchedule
from qbo_connector.outbox.plan import OPEN
from sync.enums import Outcome, RecordType, SyncObject
from sync.models import Link, ObjectSettings
from sync.policies import record_types
from sync.publish import backlog
from sync.records import CRM_MODELS
from sync.services import again
from sync.services.again import ENTITIES, Progress

COUNTED = 20_000


@dataclass(frozen=True)
class Initial:
    """An initial sync. ``loading``: QuickBooks is still being read, so the total is not known yet."""

    enabled: bool
    loading: bool
    applied: Progress
    counts: Mapping[str, int]
    by_kind: Mapping[str, int]
    unseen: int
    sending: int

    @property
    def busy(self) -> bool:
        """Whether the page should look again."""
        return self.enabled and (self.loading or self.left > 0 or self.sending > 0)

    @property
    def left(self) -> int:
        """Objects of QuickBooks and records of the CRM that nobody has looked at yet."""
        return self.applied.left + self.unseen

    @property
    def done(self) -> bool:
        """Whether everything has been looked at once."""
        return self.enabled and not self.busy

    @property
    def percent(self) -> int:
        """For the bar; 100 when there is nothing."""
        total = self.applied.total + sum(self.counts.values()) + self.unseen
        return 100 if not total else (total - self.left) * 100 // total

    @property
    def in_sync(self) -> int:
        """Records that are the same on both sides."""
        return self.counts.get(Outcome.IN_SYNC, 0)

    @property
    def left_out(self) -> int:
        """Records that the settings leave out."""
        return self.counts.get(Outcome.EXCLUDED, 0)

    @property
    def needing(self) -> int:
        """Records that wait for a person."""
        return sum(self.counts.get(each, 0) for each in (Outcome.CONFLICT, Outcome.FAILING, Outcome.BROKEN))

    @property
    def sentence(self) -> str:
        """“The initial sync is done: 17 companies and 26 contacts are in sync.”"""
        kinds = [words(n) % f"{n:,}" for kind, words in _KINDS.items() if (n := self.by_kind.get(kind, 0))]
        if not kinds:
            return _("The initial sync is done. Nothing takes part yet.")
        return _("The initial sync is done: %s in sync.") % get_text_list(kinds, _("and"))


_KINDS: dict[str, Callable[[int], str]] = {
    str(RecordType.COMPANY): lambda n: ngettext("%s company", "%s companies", n),
    str(RecordType.CONTACT): lambda n: ngettext("%s contact", "%s contacts", n),
    str(RecordType.PRODUCT): lambda n: ngettext("%s product", "%s products", n),
    str(RecordType.INVOICE): lambda n: ngettext("%s invoice", "%s invoices", n),
}


def of(connection: Connection, sync_object: SyncObject) -> Initial:
    """The progress of one object, in a fixed number of statements."""
    kinds = [str(each) for each in record_types(sync_object)]
    rows = (
        Link.objects.filter(connection=connection, object_type__in=kinds)
        .values_list("object_type", "outcome")
        .annotate(count=Count("id"))
        .order_by()
    )
    counts: dict[str, int] = {}
    by_kind: dict[str, int] = {}
    for kind, outcome, count in rows:
        counts[outcome] = counts.get(outcome, 0) + count
        if outcome == Outcome.IN_SYNC:
            by_kind[kind] = count
    sending = Operation.objects.filter(connection=connection, entity__in=ENTITIES[sync_object], state__in=OPEN)
    settings = ObjectSettings.objects.filter(connection=connection, sync_object=sync_object, enabled=True).first()
    return Initial(
        enabled=settings is not None,
        loading=not PullSchedule.objects.filter(connection=connection, loaded_at__isnull=False).exists(),
        applied=again.progress(connection, sync_object),
        counts=counts,
        by_kind=by_kind,
        unseen=_unseen(settings) if settings else 0,
        sending=sending.count() if connection.active else 0,
    )


def _unseen(settings: ObjectSettings) -> int:
    """Living records that the sync of this object has still to look at, as it sends them; counted to a limit."""
    found = 0
    for row in backlog.sending().filter(pk=settings.pk):
        for record_type in record_types(SyncObject(row.sync_object)):
            linked = Link.objects.filter(connection=row.connection, object_type=record_type, object_id=OuterRef("pk"))
            rows = CRM_MODELS[record_type]._default_manager.filter(~Exists(linked), archived_at=None)
            found += rows[:COUNTED].count()
    return found
