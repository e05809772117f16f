"""How the timeline tells what happened to companies, contacts, deals, products and quotes."""

import datetime
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.models import Event, Origin
from core.money import formatted
from core.properties import described, is_told
from core.registry import EventKind
from crm.enums import BillingPeriod
from crm.labels import OBJECTS, label_of

LONGEST_VALUE = 60
# Values that mean nothing in print (ids, groups of values), and texts that are too long for it.
UNTOLD = {"owner_id", "company_id", "contact_id", "billing_address", "shipping_address", "notes", "properties"}

Sentence = Callable[[Event], str]


def told(event: Event, act: str) -> str:
    """``act`` as printed behind the actor's name, or behind the channel where no person acted."""
    if event.origin == Origin.IMPORT:
        act = _("%s in an import") % act
    return act if event.actor_id else f"{Origin(event.origin).label} {act}"


def _of_object(kind: str, verb: str) -> Sentence:
    """Sentences such as “created the deal Garden redesign”."""

    def sentence(event: Event) -> str:
        words = {"verb": _(verb), "object": OBJECTS[kind], "title": event.data.get("title", "")}
        return told(event, (_("%(verb)s the %(object)s %(title)s") % words).strip())

    return sentence


def changed(event: Event) -> str:
    """“changed E-mail from a@example.com to b@example.com”, or only which properties when there are several."""
    changes: dict[str, list[Any]] = event.data.get("changes", {})
    kind = OBJECTS.get(event.object_type, event.object_type)
    if len(changes) == 1:
        ((column, (old, new)),) = changes.items()
        if is_told(column):
            return told(event, _property_changed(event, column, str(kind)))
        words = {"label": label_of(column), "object": kind, "old": _shown(column, old), "new": _shown(column, new)}
        if column == "archived":
            return told(event, (_("archived the %(object)s") if new else _("restored the %(object)s")) % words)
        if column in UNTOLD or "" in (words["old"], words["new"]):
            return told(event, _("changed %(label)s of the %(object)s") % words)
        return told(event, _("changed %(label)s of the %(object)s from %(old)s to %(new)s") % words)
    names = get_text_list([_name_of(event, column) for column in changes], _("and"))
    return told(event, _("changed %(labels)s of the %(object)s") % {"labels": names, "object": kind})


def _name_of(event: Event, column: str) -> str:
    """A changed column; a custom property as it was called then."""
    return described(column, event.data.get("told", {}))[0] if is_told(column) else label_of(column)


def _property_changed(event: Event, column: str, kind: str) -> str:
    label, old, new = described(column, event.data.get("told", {}))
    words = {"label": label, "object": kind, "old": old, "new": new}
    if max(len(old), len(new)) > LONGEST_VALUE:
        return _("changed %(label)s of the %(object)s") % words
    return _("changed %(label)s of the %(object)s from %(old)s to %(new)s") % words


def _shown(column: str, value: Any) -> str:
    """A value in a sentence; empty where it can't be shown."""
    if column == "billing_period":
        return str(BillingPeriod(value or "").label)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value in (None, ""):
        return _("nothing")
    if column.endswith("_on"):
        return date_format(datetime.date.fromisoformat(str(value)), "DATE_FORMAT")
    text = str(value)
    return "" if column in UNTOLD or len(text) > LONGEST_VALUE else text


def stage_changed(event: Event) -> str:
    """“moved Garden redesign from New to Proposal”."""
    return told(event, _("moved %(title)s from %(from)s to %(to)s") % {"title": _("the deal"), **event.data})


def _closing(act: str) -> Sentence:
    def sentence(event: Event) -> str:
        amount = _amount(event)
        words = _(act) % {"title": event.data.get("title", "")}
        why = ": ".join(filter(None, [event.data.get("reason", ""), event.data.get("note", "")]))
        text = f"{words}, {amount}" if amount else words
        return told(event, f"{text} ({why})" if why else text)

    return sentence


def _amount(event: Event, name: str = "amount") -> str:
    value, currency = event.data.get(name), event.data.get("currency") or ""
    return formatted(Decimal(str(value)), currency) if value not in (None, "") and currency else ""


def lines_changed(event: Event) -> str:
    """“changed the line items of the deal; it comes to $1,200.00 now”."""
    kind = OBJECTS.get(event.object_type, event.object_type)
    amounts: Any = event.data.get("amount")
    new = amounts[1] if isinstance(amounts, list) else amounts
    currency = event.data.get("currency") or ""
    act = _("changed the line items of the %(object)s") % {"object": kind}
    if new in (None, "") or not currency:
        return told(event, act)
    return told(event, _("%(act)s to %(amount)s") % {"act": act, "amount": formatted(Decimal(str(new)), currency)})


def _quote(event: Event) -> str:
    return str(event.data.get("number") or event.data.get("title", ""))


def _of_version(act: str) -> Sentence:
    return lambda event: told(event, _(act) % {"title": "", "version": 1, **event.data})


def _with_reason(act: str) -> Sentence:
    def sentence(event: Event) -> str:
        words = _(act) % {"title": event.data.get("title", "")}
        reason = event.data.get("reason", "")
        return told(event, f"{words}: {reason}" if reason else words)

    return sentence


def _by_accounting(text: Any) -> Sentence:
    return lambda event: str(text) % _quote(event)


def approval_asked(event: Event) -> str:
    """“asked for approval of 25% discount on the quote Garden, $750.00”."""
    words = {"title": event.data.get("title", ""), "percent": event.data.get("discount", "")}
    return told(event, _("asked for approval of %(percent)s%% discount on the quote %(title)s") % words)


def accepted(event: Event) -> str:
    """“Grace Pariente accepted the quote Q-00007, $180.00 with tax”; without tax only the amount."""
    words = {"name": event.data.get("who") or _("The customer"), "quote": _quote(event)}
    if event.actor_id:
        text = _("noted that the customer accepted the quote %(quote)s") % words
    elif event.origin == Origin.SYNC:
        text = _("The quote %(quote)s was accepted in QuickBooks") % words
    else:
        text = _("%(name)s accepted the quote %(quote)s") % words
    with_tax = _amount(event, "total_with_tax")
    amount = _("%s with tax") % with_tax if with_tax else _amount(event)
    return f"{text}, {amount}" if amount else text


def declined(event: Event) -> str:
    """“Grace Pariente declined the quote Q-00007: too late for us”."""
    words = {"name": event.data.get("who") or _("The customer"), "quote": _quote(event)}
    if event.actor_id:
        text = _("noted that the customer declined the quote %(quote)s") % words
    elif event.origin == Origin.SYNC:
        text = _("The quote %(quote)s was rejected in QuickBooks") % words
    else:
        text = _("%(name)s declined the quote %(quote)s") % words
    reason = event.data.get("reason")
    return f"{text}: {reason}" if reason else text


def _contact(act: str) -> Sentence:
    def sentence(event: Event) -> str:
        return told(event, _(act) % {"contact": event.data.get("contact", "")})

    return sentence


def _logged(act: Any) -> Sentence:
    """What somebody did; on the timelines of the CRM the activity itself says more."""
    return lambda event: told(event, str(act))


_ACTIVITIES = {
    "note": gettext_lazy("deleted a note"),
    "call": gettext_lazy("deleted a call"),
    "email": gettext_lazy("deleted an e-mail from the timeline"),
    "meeting": gettext_lazy("deleted a meeting"),
}


def activity_deleted(event: Event) -> str:
    """“deleted a note”: what it said is gone."""
    return told(event, str(_ACTIVITIES.get(event.data.get("kind", ""), _ACTIVITIES["note"])))


def associated(act: Any) -> Sentence:
    """“associated Grace Pariente with Garden redesign as Decision maker”."""

    def sentence(event: Event) -> str:
        words = {"first": event.data.get("title", ""), "second": event.data.get("other", "")}
        text, label = str(act) % words, event.data.get("label", "")
        return told(event, f"{text} ({label})" if label else text)

    return sentence


def _merging(act: str) -> Sentence:
    def sentence(event: Event) -> str:
        others = get_text_list([str(title) for title in event.data.get("merged", [])], _("and"))
        return told(event, _(act) % {"title": event.data.get("title", ""), "others": others})

    return sentence


def _life(kind: str, icon: str) -> Sequence[EventKind]:
    return [
        EventKind(f"{kind}.created", "change", icon, _of_object(kind, "created")),
        EventKind(f"{kind}.changed", "change", "pencil", changed),
        EventKind(f"{kind}.archived", "change", "archive", _of_object(kind, "archived")),
        EventKind(f"{kind}.restored", "change", "restore", _of_object(kind, "restored")),
        EventKind(f"{kind}.deleted", "change", "trash", _of_object(kind, "deleted")),
        EventKind(f"{kind}.merged", "change", "git-merge", _merging("merged %(others)s into %(title)s")),
        EventKind(f"{kind}.unmerged", "change", "restore", _merging("undid the merge of %(others)s into %(title)s")),
        EventKind(f"{kind}.duplicate_dismissed", "change", "git-merge", _merging("kept a likely duplicate apart")),
    ]


KINDS: list[EventKind] = [
    EventKind("task.created", "task", "checkbox", _closing("made the task %(title)s")),
    EventKind("task.changed", "task", "pencil", _closing("changed the task %(title)s")),
    EventKind("task.done", "task", "circle-check", _closing("completed the task %(title)s")),
    EventKind("task.reopened", "task", "refresh", _closing("reopened the task %(title)s")),
    EventKind("task.deleted", "task", "trash", _closing("deleted the task %(title)s")),
    *_life("company", "building"),
    *_life("contact", "user-plus"),
    *_life("product", "package"),
    *_life("deal", "target"),
    *_life("quote", "file-text"),
    EventKind("deal.stage_changed", "deal", "arrow-right", stage_changed),
    EventKind("deal.won", "deal", "trophy", _closing("won %(title)s")),
    EventKind("deal.lost", "deal", "circle-x", _closing("lost %(title)s")),
    EventKind("deal.reopened", "deal", "refresh", _closing("reopened %(title)s")),
    EventKind("deal.lines_changed", "change", "list-details", lines_changed),
    EventKind("deal.contact_added", "change", "user-plus", _contact("added %(contact)s to the deal")),
    EventKind("deal.contact_removed", "change", "user", _contact("took %(contact)s off the deal")),
    EventKind("deal.primary_contact_changed", "change", "star", _contact("made %(contact)s the primary contact")),
    EventKind("quote.lines_changed", "change", "list-details", lines_changed),
    EventKind("quote.published", "deal", "send", _closing("published the quote %(title)s")),
    EventKind("quote.revised", "deal", "file-text", _of_version("began version %(version)s of the quote %(title)s")),
    EventKind("quote.replaced", "deal", "refresh", _of_version("replaced version %(version)s of the quote %(title)s")),
    EventKind("quote.approval_asked", "deal", "clock", approval_asked),
    EventKind("quote.approved", "deal", "circle-check", _closing("approved the quote %(title)s")),
    EventKind("quote.approval_rejected", "deal", "circle-x", _with_reason("sent the quote %(title)s back")),
    EventKind("quote.viewed", "deal", "eye", lambda event: _("The customer looked at the quote %s") % _quote(event)),
    EventKind("quote.accepted", "deal", "circle-check", accepted),
    EventKind("quote.declined", "deal", "circle-x", declined),
    EventKind("quote.closed", "deal", "file-invoice", _by_accounting(_("The quote %s was closed in QuickBooks"))),
    EventKind("quote.reopened", "deal", "refresh", _by_accounting(_("The quote %s is pending again in QuickBooks"))),
    EventKind("quote.changed_there", "deal", "pencil", _by_accounting(_("The quote %s was changed in QuickBooks"))),
    EventKind("quote.link_made", "change", "link", _closing("gave the quote %(title)s a new public address")),
    EventKind("quote.link_closed", "change", "unlink", _closing("closed the public address of the quote %(title)s")),
    EventKind("note.added", "note", "note", _logged(gettext_lazy("wrote a note"))),
    EventKind("call.logged", "call", "phone", _logged(gettext_lazy("logged a call"))),
    EventKind("email.logged", "mail", "mail", _logged(gettext_lazy("logged an e-mail"))),
    EventKind("meeting.logged", "meeting", "calendar-event", _logged(gettext_lazy("logged a meeting"))),
    EventKind("activity.changed", "change", "pencil", _logged(gettext_lazy("changed what the timeline says"))),
    EventKind("activity.deleted", "change", "trash", activity_deleted),
    EventKind("association.added", "change", "link", associated(gettext_lazy("associated %(first)s with %(second)s"))),
    EventKind(
        "association.relabelled",
        "change",
        "link",
        associated(gettext_lazy("changed what %(first)s and %(second)s are to one another")),
    ),
    EventKind("association.removed", "change", "unlink", associated(gettext_lazy("took %(second)s off %(first)s"))),
]
