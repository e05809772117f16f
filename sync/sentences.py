"""How the timeline tells what the sync was told to do, and what QuickBooks refused."""

from collections.abc import Callable

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.models import Event
from core.registry import EventKind
from sync.enums import RecordType, SyncObject
from sync.mapping.fields import CRM_FIELDS


def _object(event: Event) -> str:
    name = event.data.get("object", "")
    return str(SyncObject(name).label) if name in SyncObject else str(name)


def switched_on(event: Event) -> str:
    """“switched on the sync of Products”."""
    text = _("switched on the sync of %s") if event.actor_id else _("The sync of %s was switched on")
    return text % _object(event)


def switched_off(event: Event) -> str:
    """“switched off the sync of Products”."""
    text = _("switched off the sync of %s") if event.actor_id else _("The sync of %s was switched off")
    return text % _object(event)


def refused(event: Event) -> str:
    """“QuickBooks did not take the invoice: the number is used. QuickBooks says: Duplicate Document Number”."""
    reason, detail = event.data.get("reason", ""), event.data.get("detail", "")
    number = event.data.get("number")
    subject = _("invoice %s") % number if number else _("the invoice")
    text = _("QuickBooks did not take %s") % subject
    if reason:
        text = f"{text}: {reason}"
    return _("%(text)s QuickBooks says: “%(detail)s”") % {"text": _ended(text), "detail": detail} if detail else text


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def retried(event: Event) -> str:
    """“sent the invoice to QuickBooks again”."""
    return (
        _("sent the invoice to QuickBooks again") if event.actor_id else _("The invoice was sent to QuickBooks again")
    )


def linked(event: Event) -> str:
    """“linked it to “Green Garden” in QuickBooks”."""
    name = event.data.get("called", "")
    return str((_("linked it to “%s” in QuickBooks") if event.actor_id else _("Linked to “%s” in QuickBooks")) % name)


def renamed(event: Event) -> str:
    """“called it “Green Garden (2)” in QuickBooks”."""
    name = event.data.get("called", "")
    return str((_("called it “%s” in QuickBooks") if event.actor_id else _("Called “%s” in QuickBooks")) % name)


def _by(event: Event, act: str, told: str) -> str:
    """``act`` behind the actor's name, ``told`` where no person acted."""
    return str(act if event.actor_id else told)


def _fields(event: Event) -> str:
    """The fields that an event names, as the CRM calls them."""
    known = CRM_FIELDS.get(RecordType(event.object_type), {}) if event.object_type in RecordType else {}
    names = event.data.get("fields", [])
    return str(get_text_list([str(known[name].label) if name in known else name for name in names], _("and")))


def conflict_found(event: Event) -> str:
    """“E-mail was changed here and in QuickBooks; somebody has to decide”."""
    return str(_("%s was changed here and in QuickBooks; somebody has to decide") % _fields(event))


def conflict_resolved(event: Event) -> str:
    """“decided a conflict: E-mail is what QuickBooks has”."""
    side = _("the CRM") if event.data.get("side") == "crm" else _("QuickBooks")
    words = {"fields": _fields(event), "side": side}
    act = _("decided for what %(side)s has: %(fields)s") % words
    return _by(event, act, _("It was decided for what %(side)s has: %(fields)s") % words)


def match_accepted(event: Event) -> str:
    """“confirmed that it is “Green Garden” in QuickBooks”."""
    name = event.data.get("object", "")
    return _by(event, _("confirmed that it is “%s” in QuickBooks") % name, _("It is “%s” in QuickBooks") % name)


def match_rejected(event: Event) -> str:
    """“said that it is not “Green Garden” in QuickBooks”."""
    name = event.data.get("object", "")
    return _by(event, _("said that it is not “%s” in QuickBooks") % name, _("It is not “%s” in QuickBooks") % name)


def settings_changed(event: Event) -> str:
    """“changed the sync settings of Products”."""
    text = _by(event, _("changed the sync settings of %s"), _("The sync settings of %s were changed"))
    return text % _object(event)


def deleted(event: Event) -> str:
    """“deleted the sync of Products”."""
    return _by(event, _("deleted the sync of %s"), _("The sync of %s was deleted")) % _object(event)


def _mapping(act: str, told: str) -> Callable[[Event], str]:
    def sentence(event: Event) -> str:
        words = {"crm": event.data.get("crm", ""), "quickbooks": event.data.get("quickbooks", "")}
        return _by(event, _(act), _(told)) % words

    return sentence


def _plainly(act: str, told: str) -> Callable[[Event], str]:
    return lambda event: _by(event, _(act), _(told))


KINDS = (
    EventKind("sync.conflict_found", "sync", "git-merge", conflict_found),
    EventKind("sync.conflict_resolved", "sync", "git-merge", conflict_resolved),
    EventKind("sync.match_accepted", "sync", "link", match_accepted),
    EventKind("sync.match_rejected", "sync", "link-off", match_rejected),
    EventKind("sync.settings_changed", "connection", "settings", settings_changed),
    EventKind("sync.deleted", "connection", "trash", deleted),
    EventKind(
        "sync.mapping_added",
        "connection",
        "arrows-right-left",
        _mapping(
            gettext_noop("mapped %(crm)s to %(quickbooks)s in QuickBooks"),
            gettext_noop("%(crm)s was mapped to %(quickbooks)s in QuickBooks"),
        ),
    ),
    EventKind(
        "sync.mapping_changed",
        "connection",
        "arrows-right-left",
        _mapping(
            gettext_noop("changed the mapping of %(crm)s to %(quickbooks)s"),
            gettext_noop("The mapping of %(crm)s to %(quickbooks)s was changed"),
        ),
    ),
    EventKind(
        "sync.mapping_deleted",
        "connection",
        "arrows-right-left",
        _mapping(
            gettext_noop("deleted the mapping of %(crm)s to %(quickbooks)s"),
            gettext_noop("The mapping of %(crm)s to %(quickbooks)s was deleted"),
        ),
    ),
    EventKind(
        "sync.set_up_simple",
        "connection",
        "adjustments-horizontal",
        _plainly(gettext_noop("set up the simple sync"), gettext_noop("The simple sync was set up")),
    ),
    EventKind(
        "sync.upgraded",
        "connection",
        "arrow-up",
        _plainly(gettext_noop("upgraded to the full sync"), gettext_noop("The sync was upgraded to the full one")),
    ),
    EventKind(
        "sync.upgrade_undone",
        "connection",
        "history",
        _plainly(gettext_noop("went back to the simple sync"), gettext_noop("The sync is the simple one again")),
    ),
    EventKind(
        "sync.read_only_on",
        "connection",
        "lock",
        _plainly(
            gettext_noop("switched read-only mode on: nothing is written to QuickBooks"),
            gettext_noop("Read-only mode was switched on: nothing is written to QuickBooks"),
        ),
    ),
    EventKind(
        "sync.read_only_off",
        "connection",
        "lock",
        _plainly(gettext_noop("switched read-only mode off"), gettext_noop("Read-only mode was switched off")),
    ),
    EventKind("sync.switched_on", "connection", "player-play", switched_on),
    EventKind("sync.switched_off", "connection", "player-pause", switched_off),
    EventKind("sync.linked", "connection", "link", linked),
    EventKind("sync.renamed", "connection", "pencil", renamed),
    EventKind("invoice.refused", "invoice", "alert-circle", refused),
    EventKind("invoice.retried", "invoice", "refresh", retried),
)
