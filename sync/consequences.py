"""A dry run in words: how many records it would create, change, link or leave out; and each change to print."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from core import registry
from sync import titles
from sync.dry_run import CRM, QUICKBOOKS, Change, Report
from sync.enums import Exclusion

Key = tuple[str, str]
# In the order of the page: what is written first, what nothing happens to last.
_SENTENCES: dict[Key, Any] = {
    (CRM, "create"): ngettext_lazy("%(n)s record is created in the CRM.", "%(n)s records are created in the CRM.", "n"),
    (CRM, "link"): ngettext_lazy(
        "%(n)s record of the CRM is linked to its other side in QuickBooks.",
        "%(n)s records of the CRM are linked to their other side in QuickBooks.",
        "n",
    ),
    (CRM, "update"): ngettext_lazy("%(n)s record of the CRM is changed.", "%(n)s records of the CRM are changed.", "n"),
    (QUICKBOOKS, "create"): ngettext_lazy(
        "%(n)s object is created in QuickBooks.", "%(n)s objects are created in QuickBooks.", "n"
    ),
    (QUICKBOOKS, "link"): ngettext_lazy(
        "%(n)s more record is linked to what QuickBooks has already.",
        "%(n)s more records are linked to what QuickBooks has already.",
        "n",
    ),
    (QUICKBOOKS, "update"): ngettext_lazy(
        "%(n)s object is changed in QuickBooks.", "%(n)s objects are changed in QuickBooks.", "n"
    ),
    (QUICKBOOKS, "void"): ngettext_lazy(
        "%(n)s object is voided in QuickBooks.", "%(n)s objects are voided in QuickBooks.", "n"
    ),
    (QUICKBOOKS, "delete"): ngettext_lazy(
        "%(n)s object is deleted in QuickBooks.", "%(n)s objects are deleted in QuickBooks.", "n"
    ),
    (CRM, "conflict"): ngettext_lazy(
        "%(n)s record was changed on both sides; somebody has to decide.",
        "%(n)s records were changed on both sides; somebody has to decide.",
        "n",
    ),
    (CRM, "archive"): ngettext_lazy(
        "%(n)s record is archived in the CRM.", "%(n)s records are archived in the CRM.", "n"
    ),
    (CRM, "restore"): ngettext_lazy(
        "%(n)s record comes back from the archive.", "%(n)s records come back from the archive.", "n"
    ),
    (CRM, "unlink"): ngettext_lazy("%(n)s record is unlinked.", "%(n)s records are unlinked.", "n"),
    (CRM, "delete"): ngettext_lazy(
        "%(n)s record of the CRM is deleted for good.", "%(n)s records of the CRM are deleted for good.", "n"
    ),
    (CRM, "exclude"): ngettext_lazy(
        "%(n)s linked record leaves the sync.", "%(n)s linked records leave the sync.", "n"
    ),
    (CRM, "suggest"): ngettext_lazy(
        "%(n)s likely match waits for somebody to confirm it.",
        "%(n)s likely matches wait for somebody to confirm them.",
        "n",
    ),
    (QUICKBOOKS, "suggest"): ngettext_lazy(
        "%(n)s record of the CRM waits because something in QuickBooks has its name.",
        "%(n)s records of the CRM wait because something in QuickBooks has their name.",
        "n",
    ),
    (CRM, "stay_out"): ngettext_lazy(
        "%(n)s object of QuickBooks stays out.", "%(n)s objects of QuickBooks stay out.", "n"
    ),
    (QUICKBOOKS, "stay_out"): ngettext_lazy(
        "%(n)s record of the CRM stays out.", "%(n)s records of the CRM stay out.", "n"
    ),
}
_LOOKS = {
    "create": ("plus", "good", gettext_lazy("Create")),
    "link": ("link", "info", gettext_lazy("Link")),
    "update": ("pencil", "info", gettext_lazy("Change")),
    "archive": ("archive", "warning", gettext_lazy("Archive")),
    "restore": ("restore", "good", gettext_lazy("Restore")),
    "unlink": ("link-off", "warning", gettext_lazy("Unlink")),
    "conflict": ("git-merge", "warning", gettext_lazy("Conflict")),
    "void": ("ban", "warning", gettext_lazy("Void")),
    "delete": ("trash", "danger", gettext_lazy("Delete")),
    "exclude": ("filter-off", "warning", gettext_lazy("Leave the sync")),
    "suggest": ("help", "warning", gettext_lazy("Ask")),
    "stay_out": ("ban", "neutral", gettext_lazy("Stays out")),
}
_SIDES = {CRM: gettext_lazy("CRM"), QUICKBOOKS: gettext_lazy("QuickBooks")}
QUIET = ("stay_out",)


@dataclass(frozen=True)
class Consequence:
    """One sentence of the summary, with how often and, for what stays out, why."""

    side: str
    kind: str
    count: int
    sentence: str
    icon: str
    tone: str
    reasons: Sequence[str]

    @property
    def key(self) -> str:
        """Its name in an address."""
        return f"{self.side}-{self.kind}"

    @property
    def label(self) -> str:
        """“Create in QuickBooks”."""
        words = {"act": _LOOKS[self.kind][2], "side": _SIDES[self.side]}
        if self.kind in ("stay_out", "exclude", "suggest", "conflict"):
            return _("%(act)s (%(side)s)") % words
        return _("%(act)s in %(side)s") % words


@dataclass(frozen=True)
class Field:
    """One field of a change, printable."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Line:
    """One change, printable."""

    act: str
    icon: str
    tone: str
    side: str
    record: str
    title: str
    url: str
    fields: Sequence[Field]
    reason: str
    undecided: bool = False


@dataclass(frozen=True)
class Summary:
    """What a dry run found. ``acts`` are sentences about what would be done, ``rest`` about what stays out."""

    acts: Sequence[Consequence]
    rest: Sequence[Consequence]

    @property
    def every(self) -> Sequence[Consequence]:
        """All of them, for the tabs of the list."""
        return [*self.acts, *self.rest]

    @property
    def deletes(self) -> bool:
        """Whether something would be gone for good."""
        return any(each.kind == "delete" for each in self.acts)


def summary(report: Report) -> Summary:
    """The counts of a dry run in sentences."""
    found = [_consequence(report, key) for key in _SENTENCES if report.counts[key]]
    return Summary([each for each in found if each.kind not in QUIET], [each for each in found if each.kind in QUIET])


def _consequence(report: Report, key: Key) -> Consequence:
    side, kind = key
    count = report.counts[key]
    icon, tone, _label = _LOOKS[kind]
    reasons = []
    if kind in QUIET:
        of_side = [(number, name) for (where, name), number in report.reasons.items() if where == side]
        names = dict(Exclusion.choices)
        reasons = [
            f"{names.get(name, name)}: {number:,}"
            for number, name in sorted(of_side, reverse=True)
            if name != Exclusion.SUGGESTED
        ]
    return Consequence(side, kind, count, _told(key, count), icon, tone, reasons)


class _Grouped(int):
    """A number that chooses the plural as itself and is printed in groups of thousands."""

    def __str__(self) -> str:
        return f"{int(self):,}"


def _told(key: Key, count: int) -> str:
    return str(_SENTENCES[key] % {"n": _Grouped(count)})


def lines(changes: Sequence[Change]) -> list[Line]:
    """Changes ready to print."""
    return [_line(change) for change in changes]


def _line(change: Change) -> Line:
    icon, tone, act = _LOOKS[change.kind]
    kind = registry.object_types.get(change.record_type)
    url = reverse(kind.url_name, args=[change.record_id]) if kind and change.record_id else ""
    return Line(
        act=str(act),
        icon=icon,
        tone=tone,
        side=str(_SIDES[change.side]),
        record=titles.kind_of(change.record_type),
        title=change.title or _("(no name)"),
        url=url,
        fields=[Field(each.label, shown(each.before), shown(each.after)) for each in change.fields],
        reason=change.reason,
        undecided=change.kind == "conflict",
    )


def shown(value: Any) -> str:
    """A plain value as people read it; empty for none."""
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        return ", ".join(str(part) for part in value.values() if part)
    if isinstance(value, list):
        return (
            _("%d lines") % len(value)
            if any(isinstance(each, Mapping) for each in value)
            else ", ".join(str(each) for each in value)
        )
    return str(value)
