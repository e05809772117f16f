"""Status and sync state as pills: text, shape and colour in one place."""

from dataclasses import dataclass

from django import template
from django.utils.translation import gettext_lazy as _

from invoices.enums import InvoiceStatus, SyncState
from invoices.ports import SyncMark

register = template.Library()


@dataclass(frozen=True)
class Pill:
    """How one value looks and what hovering over it explains."""

    tone: str
    icon: str
    label: str
    title: str


Looks = tuple[InvoiceStatus | SyncState, str, str, object]


def _pills(*looks: Looks) -> dict[str, Pill]:
    return {
        value: Pill(tone, icon, value.label, title)  # type: ignore[arg-type]  # lazy texts stay lazy until printed
        for value, tone, icon, title in looks
    }


STATUSES = _pills(
    (InvoiceStatus.DRAFT, "neutral", "pencil", _("Not yet created in QuickBooks.")),
    (InvoiceStatus.WAITING, "neutral", "clock", _("In QuickBooks, and not yet sent to the customer.")),
    (InvoiceStatus.SENT, "info", "send", _("The customer has it; nothing is paid yet.")),
    (InvoiceStatus.PARTIAL, "accent", "coins", _("A part is paid, the rest is not yet due.")),
    (InvoiceStatus.PAID, "good", "circle-check", _("Nothing is owed any more.")),
    (InvoiceStatus.OVERDUE, "danger", "calendar-due", _("Its due date is past and money is owed.")),
    (InvoiceStatus.VOIDED, "neutral", "ban", _("Voided in QuickBooks; it counts for nothing.")),
)
SYNC_STATES = _pills(
    (SyncState.NONE, "neutral", "cloud-off", _("This record is not synced.")),
    (SyncState.CREATING, "info", "loader-2", _("On its way to QuickBooks.")),
    (SyncState.IN_SYNC, "good", "check", _("The same here and in QuickBooks.")),
    (SyncState.WAITING, "neutral", "clock-hour-4", _("Waiting to be sent to QuickBooks.")),
    (SyncState.EXCLUDED, "neutral", "filter-off", _("A sync filter leaves this record out.")),
    (SyncState.CONFLICT, "warning", "git-merge", _("Changed on both sides; somebody has to choose.")),
    (SyncState.FAILED, "danger", "alert-triangle", _("QuickBooks refused it; see the reason.")),
)


@register.simple_tag
def status_pill(status: str) -> Pill | None:
    """The pill of an invoice status; None for an empty or unknown one."""
    return STATUSES.get(InvoiceStatus(status)) if status in InvoiceStatus.values else None


@register.simple_tag
def sync_pill(mark: SyncMark | None) -> Pill | None:
    """The pill of a sync state; the reason, where there is one, is the tooltip."""
    if mark is None:
        return None
    pill = SYNC_STATES[SyncState(mark.state)]
    return Pill(pill.tone, pill.icon, pill.label, mark.reason) if mark.reason else pill


@register.filter
def of(values: dict[str, str], key: str) -> str:
    """The value under a key that only the row knows."""
    return values.get(key, "")
