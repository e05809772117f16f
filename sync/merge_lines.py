"""Three-way merge of invoice lines: matched by QuickBooks' line id, then field by field. Pure.

A line is a dict of plain values: ``id`` (empty for one that QuickBooks does not have yet), ``kind`` and the fields.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.money import rounded
from core.plain import plain
from invoices.enums import LineKind
from sync.enums import Winner
from sync.merge import Clash, Rule, merge

Line = dict[str, Any]
# What a line has besides its fields.
_MARKS = ("id", "kind", "pk")
# QuickBooks' name for the item of the shipping charge.
SHIPPING_ITEM = "SHIPPING_ITEM_ID"
# What a line is told apart by: its id, or where it stands among those that have none.
_Key = str | tuple[str, int]


@dataclass
class MergedLines:
    """``here`` is what the CRM shall hold, ``there`` what QuickBooks shall hold; they differ where both clash."""

    here: list[Line] = field(default_factory=list)
    there: list[Line] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)


@dataclass
class _Sides:
    """The same in the making, each line under its key."""

    here: dict[_Key, Line] = field(default_factory=dict)
    there: dict[_Key, Line] = field(default_factory=dict)
    clashes: list[Clash] = field(default_factory=list)


@dataclass(frozen=True)
class Times:
    """When each side changed last, for the rule that the newest wins."""

    crm: datetime.datetime | None = None
    quickbooks: datetime.datetime | None = None

    @property
    def crm_is_newer(self) -> bool:
        """Whether the CRM changed after QuickBooks; unknown counts as no."""
        return self.crm is not None and self.quickbooks is not None and self.crm > self.quickbooks


def merge_lines(
    rules: Sequence[Rule],
    *,
    winner: Winner,
    base: Sequence[Line],
    crm: Sequence[Line],
    quickbooks: Sequence[Line],
    times: Times,
    currency: str,
) -> MergedLines:
    """Both sides' lines after the merge, each side's new ones behind the line that they were put behind.

    The order is the CRM's where somebody changed it here, else QuickBooks'; what belongs to the whole comes last.

    A line's amount follows from quantity and price, rounded in ``currency``, where both are there. A line that one
    side removed goes, unless the other changed it meanwhile: then ``winner`` decides. It decides over all of them
    where nothing would be left because each side removed what the other kept: QuickBooks takes no invoice without
    lines.
    """
    before = {line["id"]: line for line in base}
    crm_keys = _keys("here", crm)
    quickbooks_keys = _keys("there", quickbooks)
    decided = _decided(winner, times)
    merged = _merged(rules, before, crm_keys, quickbooks_keys, decided, times, currency)
    if not merged.there and crm_keys and quickbooks_keys:
        merged = _merged(rules, before, crm_keys, quickbooks_keys, decided, times, currency, unchanged_go=False)
    order = _order(list(crm_keys), list(quickbooks_keys), list(before))
    of_the_whole = [line for line in quickbooks if _is_of_the_whole(line)]
    return MergedLines(
        here=[*(merged.here[key] for key in order if key in merged.here), *of_the_whole],
        there=[*(merged.there[key] for key in order if key in merged.there), *of_the_whole],
        clashes=merged.clashes,
    )


def _merged(
    rules: Sequence[Rule],
    before: Mapping[str, Line],
    crm: Mapping[_Key, Line],
    quickbooks: Mapping[_Key, Line],
    winner: Winner,
    times: Times,
    currency: str,
    *,
    unchanged_go: bool = True,
) -> _Sides:
    """Each line by what became of it on both sides. ``unchanged_go``: one removed on a side only goes if unchanged."""
    merged = _Sides()
    ours, theirs = ({line["id"]: line for line in side.values() if line["id"]} for side in (crm, quickbooks))

    def goes(line: Line) -> bool:
        return unchanged_go and _fields(line) == _fields(before[line["id"]])

    for key, line in crm.items():
        if not line["id"]:
            _both(merged, key, line)
        elif line["id"] in theirs:
            _merge_one(merged, rules, before.get(line["id"], {}), line, theirs[line["id"]], times, currency)
        elif line["id"] in before and not goes(line):
            _removed_there(merged, winner, line)
    for key, line in quickbooks.items():
        if line["id"] in ours:
            continue
        if line["id"] not in before:
            _both(merged, key, line)
        elif not goes(line):
            _removed_here(merged, winner, line)
    return merged


def _keys(side: str, lines: Sequence[Line]) -> dict[_Key, Line]:
    """The lines by what tells them apart, but for those of the whole: QuickBooks' own count of these."""
    kept = [(place, line) for place, line in enumerate(lines) if not _is_of_the_whole(line)]
    return {line["id"] or (side, place): line for place, line in kept}


def _is_of_the_whole(line: Line) -> bool:
    """A discount or shipping on the whole invoice, a text without an id: QuickBooks reckons and places them itself.

    It gives them no id, so that they are not told apart by one; the CRM makes none of them.
    """
    return not line["id"] and (line["kind"] != LineKind.ITEM or line.get("item_external_id") == SHIPPING_ITEM)


def _order(crm: list[_Key], quickbooks: list[_Key], base: list[_Key]) -> list[_Key]:
    """All keys in the order that counts."""
    known = set(crm) & set(base)
    moved_here = [key for key in crm if key in known] != [key for key in base if key in known]
    order, others = (crm, quickbooks) if moved_here else (quickbooks, crm)
    order = list(order)
    placed = set(order)
    previous: _Key | None = None
    for key in others:
        if key not in placed:
            order.insert(order.index(previous) + 1 if previous is not None else 0, key)
            placed.add(key)
        previous = key
    return order


def _decided(winner: Winner, times: Times) -> Winner:
    if winner != Winner.NEWEST:
        return winner
    return Winner.CRM if times.crm_is_newer else Winner.QUICKBOOKS


def _both(merged: _Sides, key: _Key, line: Line) -> None:
    merged.here[key] = merged.there[key] = line


def _merge_one(
    merged: _Sides,
    rules: Sequence[Rule],
    base: Mapping[str, Any],
    ours: Line,
    theirs: Line,
    times: Times,
    currency: str,
) -> None:
    reckoned = all(side.get("quantity") and side.get("unit_price") for side in (ours, theirs))
    decided = merge(
        [rule for rule in rules if not (reckoned and rule.crm_field == "amount")],
        base=base,
        crm=ours,
        quickbooks=theirs,
        crm_changed_at=times.crm,
        quickbooks_changed_at=times.quickbooks,
    )
    here, there = ours | decided.to_crm, theirs | decided.to_quickbooks
    merged.here[ours["id"]] = _reckoned(here, theirs, currency) if reckoned else here
    merged.there[ours["id"]] = _reckoned(there, theirs, currency) if reckoned else there
    named = (
        Clash(_of_line(clash.rule, theirs["id"]), clash.base, clash.crm, clash.quickbooks) for clash in decided.clashes
    )
    merged.clashes += named


def _reckoned(line: Line, theirs: Line, currency: str) -> Line:
    """The line with its amount; QuickBooks' own where quantity and price are QuickBooks'."""
    if (line["quantity"], line["unit_price"]) == (theirs["quantity"], theirs["unit_price"]):
        return line | {"amount": theirs["amount"]}
    return line | {"amount": plain(rounded(Decimal(line["quantity"]) * Decimal(line["unit_price"]), currency))}


def _of_line(rule: Rule, line_id: str) -> Rule:
    return Rule(f"line:{line_id}:{rule.crm_field}", rule.qbo_field, rule.direction, rule.winner)


def _removed_there(merged: _Sides, winner: Winner, line: Line) -> None:
    """QuickBooks removed a line that was changed here."""
    if winner == Winner.CRM:
        _both(merged, line["id"], line | {"id": ""})
    elif winner == Winner.ASK:
        merged.here[line["id"]] = line
        merged.clashes.append(Clash(_whole(line), None, _fields(line), None))


def _removed_here(merged: _Sides, winner: Winner, line: Line) -> None:
    """A line was removed here that QuickBooks changed."""
    if winner == Winner.QUICKBOOKS:
        _both(merged, line["id"], line)
    elif winner == Winner.ASK:
        merged.there[line["id"]] = line
        merged.clashes.append(Clash(_whole(line), None, None, _fields(line)))


def _whole(line: Line) -> Rule:
    return Rule(f"line:{line['id']}", "Line")


def _fields(line: Line) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in _MARKS}
