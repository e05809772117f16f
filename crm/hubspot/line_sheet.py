"""HubSpot's line items: the lines of a deal or a quote are written together, wherever in the file its rows are."""

import re
from collections.abc import Collection, Sequence, Set
from dataclasses import fields
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from core.events import Draft, emit_many
from core.models import Origin
from crm import amounts
from crm.enums import BillingPeriod
from crm.hubspot.sheets import Done, Sheet
from crm.imports.cells import Row, unpack
from crm.imports.plans import CREATES, SAME, UPDATES
from crm.imports.values import Unfit
from crm.models import Deal, DealLine, Import, ImportSlice, Product, Quote, QuoteLine
from crm.services import bulk, changes, lines
from crm.services.lines import BadLine, LineValues, TooMuch

PLACES = 10
_PERIODS = {"monthly": BillingPeriod.MONTH, "quarterly": BillingPeriod.QUARTER, "annually": BillingPeriod.YEAR,
            "yearly": BillingPeriod.YEAR}  # fmt: skip
_MONTHS = {BillingPeriod.MONTH: 1, BillingPeriod.QUARTER: 3, BillingPeriod.YEAR: 12}
_ONCE = ("", "one-time", "one time", "onetime")
_MODELS: dict[str, tuple[Any, Any]] = {"deal": (Deal, DealLine), "quote": (Quote, QuoteLine)}
_DECIMALS = frozenset(each.name for each in fields(LineValues) if "Decimal" in str(each.type))


class LineSheet(Sheet):
    """A row is a line. Its key is whom it belongs to: ``deal:12`` or ``quote:34``, by HubSpot's id."""

    def __init__(self, job: Import) -> None:
        super().__init__(job)
        self._found: dict[str, tuple[int, ...]] | None = None

    def keys(self, rows: Sequence[Row]) -> list[str]:
        """Whose line each row is: a quote's, where there is one, has been copied from its deal's."""
        found = []
        for row in rows:
            quotes, deals = self.ids(row, "quotes"), self.ids(row, "deals")
            found.append(f"quote:{quotes[0]}" if quotes else f"deal:{deals[0]}" if deals else "")
        return found

    def go(self, part: ImportSlice, rows: Sequence[Row], *, write: bool) -> Done:
        """Decide on the rows, and with ``write`` do it."""
        done = Done()
        here = set(self._here(part))
        for kind in _MODELS:
            own = {key for key in part.keys if key.startswith(f"{kind}:")}
            if not own:
                continue
            parents = self._parents(kind, own, lock=write)
            coming = frozenset() if write else self.coming(kind)
            for place, (row, key) in enumerate(zip(rows, part.keys, strict=True)):
                if key in own and (problem := self._problem(kind, key, parents.get(key), coming, row)):
                    done.refuse(place, row, self.text(row, "name"), problem)
            if wanted := sorted(own & here):
                self._groups(done, rows, part, kind, wanted, parents, coming, write=write)
        for place, (row, key) in enumerate(zip(rows, part.keys, strict=True)):
            if not key:
                done.refuse(place, row, self.text(row, "name"), _("The line item belongs to no deal and no quote."))
        return done

    def _parents(self, kind: str, keys: Collection[str], *, lock: bool) -> dict[str, Any]:
        """The deals or quotes behind keys."""
        ids = self.known(kind, [key.partition(":")[2] for key in keys])
        found = {each.pk: each for each in _records(kind, list(ids.values()), lock=lock)}
        return {f"{kind}:{each}": found[pk] for each, pk in ids.items() if pk in found}

    def _problem(self, kind: str, key: str, parent: Any, coming: Set[str], row: Row) -> str:
        """Why a row is left out; empty where it is not."""
        hubspot_id = key.partition(":")[2]
        if parent is None and hubspot_id not in coming:
            if kind == "deal":
                return _("The deal with HubSpot's ID %s is not here.") % hubspot_id
            return _("The quote with HubSpot's ID %s is not here.") % hubspot_id
        if parent is not None and parent.archived_at is not None:
            return str(_("“%s” is archived.") % parent)
        try:
            self._values(row, {}, {}, currency=getattr(parent, "currency", ""))
        except Unfit as problem:
            return str(problem)
        return ""

    def _positions(self) -> dict[str, tuple[int, ...]]:
        """In which slices each deal or quote has rows. Read once for all slices of a task."""
        if self._found is None:
            self._found = {}
            parts = self.job.slices.order_by("position").values_list("position", "keys")
            for position, keys in parts.iterator(chunk_size=20):
                for key in set(keys) - {""}:
                    self._found[key] = (*self._found.get(key, ()), position)
        return self._found

    def _here(self, part: ImportSlice) -> list[str]:
        """Those whose first row is in this slice: it writes all of their lines."""
        found = self._positions()
        return sorted(key for key in set(part.keys) - {""} if found[key][0] == part.position)

    def _rows(self, own: Sequence[Row], part: ImportSlice, wanted: Sequence[str]) -> dict[str, list[Row]]:
        """All rows of some deals or quotes, in the order of the file: those of this slice, and of later ones."""
        found: dict[str, list[Row]] = {key: [] for key in wanted}
        for row, key in zip(own, part.keys, strict=True):
            if key in found:
                found[key].append(row)
        positions = self._positions()
        later = {position for key in wanted for position in positions[key]} - {part.position}
        for each in self.job.slices.filter(position__in=later).order_by("position") if later else ():
            for row, key in zip(unpack(each.rows), each.keys, strict=True):
                if key in found:
                    found[key].append(row)
        return found

    def _groups(
        self, done: Done, own: Sequence[Row], part: ImportSlice, kind: str, wanted: list[str], parents: dict[str, Any],
        coming: Set[str], *, write: bool,
    ) -> None:  # fmt: skip
        """The lines of deals or quotes as wholes."""
        known = {parent.pk: parent for key, parent in parents.items() if key in wanted}
        held = _held(kind, known)
        groups = self._rows(own, part, wanted)
        products, skus = self._products([row for rows in groups.values() for row in rows])
        places = {row.line: place for place, row in enumerate(own)}
        new: dict[int, list[LineValues]] = {}
        for key in wanted:
            parent = parents.get(key)
            good = [
                (row, self._values(row, products, skus, currency=getattr(parent, "currency", "")))
                for row in groups[key]
                if not self._problem(kind, key, parent, coming, row)
            ]
            values = [each for _row, each in good]
            if not values:
                continue
            try:
                lines.check(values)
            except (BadLine, TooMuch) as error:
                for row, each in good:
                    if row.line in places:
                        done.refuse(places[row.line], row, each.name, str(error))
                continue
            before = held[parent.pk] if parent is not None else []
            if self.options.guarded:
                # Rows that were corrected join those that were right the first time.
                values = [*before, *(each for each in values if each not in before)]
            act = SAME if before == values else UPDATES if before else CREATES
            for row, each in good:
                done.count(act, row, each.name, [
                    (_("Belongs to"), str(parent) if parent is not None else key.partition(":")[2]),
                    (_("Quantity"), f"{each.quantity:f}"), (_("Unit price"), f"{each.unit_price:f}"),
                ])  # fmt: skip
            if act != SAME and parent is not None:
                new[parent.pk] = values
        if write and new:
            for pk, values in new.items():
                amount, follows = changes.plain(known[pk].amount), getattr(known[pk], "amount_follows_lines", True)
                texts = [[as_json(each) for each in some] for some in (held[pk], values)]
                done.before[f"{kind}:{pk}"] = [*texts, amount, follows]
            replace_lines(kind, known, new)
            _tell(kind, known, new, self.job)

    def _products(self, rows: Sequence[Row]) -> tuple[dict[str, int], dict[str, int]]:
        """Products by HubSpot's id and by SKU."""
        ids = {each for row in rows for each in self.ids(row, "product")}
        skus = {self.text(row, "sku") for row in rows} - {""}
        by_sku = dict(Product.objects.filter(sku__in=skus, archived_at=None).order_by("-pk").values_list("sku", "pk"))
        return self.known("product", ids), by_sku

    def _values(self, row: Row, products: dict[str, int], skus: dict[str, int], *, currency: str = "") -> LineValues:
        quantity, price = self.number(row, "quantity"), self.number(row, "unit_price")
        named, said = self.text(row, "name"), self.currency(row)
        if not named:
            raise Unfit(_("The line item has no name."))
        if quantity is None:
            quantity = Decimal(1)
        if quantity <= 0:
            raise Unfit(_("The quantity has to be more than zero."))
        if currency and said and said != currency:
            raise Unfit(_("The line item is in %(one)s, its deal in %(other)s.") % {"one": said, "other": currency})
        percent = self.number(row, "discount_percent") or Decimal(0)
        off = Decimal(0) if percent else (self.number(row, "discount") or Decimal(0)) * quantity
        period, count, note = self._billing(row)
        product = next((products[each] for each in self.ids(row, "product") if each in products), None)
        description = "\n".join(filter(None, [self.text(row, "description"), note]))
        return LineValues(
            name=named[:200], quantity=round(quantity, PLACES),
            unit_price=round(price or Decimal(0), PLACES),
            discount_percent=round(percent, 4), discount_amount=round(off, 2), description=description,
            product_id=product or skus.get(self.text(row, "sku")), billing_period=period, billing_count=count,
        )  # fmt: skip

    def _billing(self, row: Row) -> tuple[str, int | None, str]:
        """How often it is billed and how many times; a rhythm that is not known here is told in the description."""
        word = self.text(row, "billing_period").casefold()
        period = _PERIODS.get(word, BillingPeriod.ONCE)
        if not period:
            return period, None, "" if word in _ONCE else _("Billed in HubSpot: %s") % word
        term = re.fullmatch(r"P?(\d{1,3})(Y?)(M?)", self.text(row, "term").upper())
        months = int(term[1]) * (12 if term[2] else 1) if term else 0
        return period, months // _MONTHS[period] or None, ""

    def undo(self, part: ImportSlice) -> tuple[int, list[list[Any]]]:
        """Give deals and quotes their old lines back where they still have the new ones."""
        kept: list[list[Any]] = []
        count = 0
        for kind, (model, _lines) in _MODELS.items():
            before = {int(key.partition(":")[2]): old for key, old in part.before.items() if key.startswith(f"{kind}:")}
            parents = {each.pk: each for each in _records(kind, list(before), lock=True)}
            held = _held(kind, parents)
            back: dict[int, list[LineValues]] = {}
            for pk, parent in parents.items():
                old, new, _amount, _follows = before[pk]
                if held[pk] == [from_json(each) for each in new]:
                    back[pk] = [from_json(each) for each in old]
                else:
                    kept.append([pk, str(parent)[:200], _("Its line items have changed since."), kind])
            replace_lines(kind, parents, back)
            for pk in back:
                _old, _new, amount, follows = before[pk]
                parents[pk].amount = Decimal(amount) if amount is not None else None if kind == "deal" else Decimal(0)
                parents[pk].amount_follows_lines = follows
            columns = ["amount", "amount_follows_lines"] if kind == "deal" else ["amount"]
            bulk.write_columns(model, [parents[pk] for pk in back], columns)
            _tell(kind, parents, back, self.job)
            count += len(back)
        return count, kept


def _records(kind: str, ids: list[int], *, lock: bool) -> Any:
    rows = _MODELS[kind][0].objects.filter(pk__in=ids).order_by("pk").defer("search")
    return rows.select_for_update(of=("self",)) if lock else rows


def _held(kind: str, parents: Collection[int]) -> dict[int, list[LineValues]]:
    """The lines that deals or quotes have."""
    column = f"{kind}_id"
    found: dict[int, list[LineValues]] = {pk: [] for pk in parents}
    rows = _MODELS[kind][1].objects.filter(**{f"{column}__in": list(parents)})
    for line in rows.order_by(column, "position", "id"):
        found[getattr(line, column)].append(lines.values_of(line))
    return found


def replace_lines(kind: str, parents: dict[int, Any], new: dict[int, list[LineValues]]) -> None:
    """Write the lines of many deals or quotes. A deal keeps its amount, which follows the lines where it is theirs."""
    _model, line_model = _MODELS[kind]
    line_model.objects.filter(**{f"{kind}_id__in": list(new)}).delete()
    line_model.objects.bulk_create(
        line_model(**{kind: parents[pk]}, **lines.columns(line, position))
        for pk, values in new.items()
        for position, line in enumerate(values)
    )
    now = timezone.now()
    for pk, values in new.items():
        parent, total = parents[pk], amounts.total(values, parents[pk].currency)
        parent.updated_at = now
        if kind == "quote":
            off = amounts.discount_on(total, parent.discount_percent, parent.discount_amount, parent.currency)
            parent.subtotal, parent.amount = (total, total - off) if values else (parent.subtotal, parent.amount)
        elif parent.amount is None:
            parent.amount = total
        else:
            parent.amount_follows_lines = not values or parent.amount == total
    columns = ["subtotal", "amount"] if kind == "quote" else ["amount", "amount_follows_lines"]
    bulk.write_columns(_MODELS[kind][0], [parents[pk] for pk in new], [*columns, "updated_at"])


def _tell(kind: str, parents: dict[int, Any], new: dict[int, list[LineValues]], job: Any) -> None:
    """A line on the timeline of each deal. A quote's are part of its creation: they start nothing of their own."""
    if kind != "deal":
        return
    drafts = []
    for pk, values in new.items():
        amount = changes.plain(parents[pk].amount)
        data = {"lines": len(values), "amount": [amount, amount], "currency": parents[pk].currency, "import": job.pk}
        drafts.append(Draft("deal.lines_changed", "deal", pk, [], data))
    emit_many(drafts, by=job.owner, origin=Origin.IMPORT)


def as_json(line: LineValues) -> dict[str, Any]:
    """A line as undoing keeps it."""
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in vars(line).items()}


def from_json(kept: dict[str, Any]) -> LineValues:
    """The line that was kept."""
    values: dict[str, Any] = {
        name: Decimal(each) if name in _DECIMALS and each is not None else each for name, each in kept.items()
    }
    return LineValues(**values)
