"""HubSpot's quotes: new ones as they stand there, drafts brought up to date. What was published never changes."""

import secrets
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from core.company import profile
from core.models import Origin
from core.properties import put_defaults
from crm.enums import QuoteStatus
from crm.hubspot import noting
from crm.hubspot.sheets import Done, Sheet
from crm.imports.cells import Row
from crm.imports.plans import CREATES, SAME, UPDATES
from crm.imports.undoing import touched_since
from crm.imports.values import Unfit
from crm.models import ImportSlice, Quote
from crm.services import bulk, changes

# HubSpot's words for where a quote stands; all others are drafts.
_STATUS = {
    "approval not needed": QuoteStatus.PUBLISHED, "approved": QuoteStatus.PUBLISHED, "published": QuoteStatus.PUBLISHED,
    "shared": QuoteStatus.PUBLISHED, "signed": QuoteStatus.ACCEPTED, "accepted": QuoteStatus.ACCEPTED,
    "paid": QuoteStatus.ACCEPTED, "rejected": QuoteStatus.DECLINED, "declined": QuoteStatus.DECLINED,
}  # fmt: skip
_CHANGED = ("title", "number", "expires_on", "terms", "notes")


class QuoteSheet(Sheet):
    """A row is a quote without lines; those come with the file of line items."""

    def go(self, part: ImportSlice, rows: Sequence[Row], *, write: bool) -> Done:
        """Decide on the rows, and with ``write`` do it."""
        done = Done()
        ids = self.known("quote", [key for key in part.keys if key])
        held = Quote.objects.defer("search").in_bulk(ids.values())
        new: dict[str, Quote] = {}
        changed: list[tuple[Any, changes.Changes]] = []
        good: list[Row] = []
        for place, (row, key) in enumerate(zip(rows, part.keys, strict=True)):
            title = self.text(row, "title") or self.text(row, "number")
            try:
                quote = self._quote(row, key)
            except Unfit as problem:
                done.refuse(place, row, title, str(problem))
                continue
            good.append(row)
            old = held.get(ids.get(key, 0))
            fields = [(_("Status"), quote.get_status_display()), (_("Amount"), f"{quote.amount:f} {quote.currency}")]
            if old is None:
                done.count(SAME if key in new else CREATES, row, title, fields)
                new[key] = quote
                continue
            differing = {
                name: (getattr(old, name), getattr(quote, name))
                for name in _CHANGED
                if old.status == QuoteStatus.DRAFT and getattr(old, name) != getattr(quote, name)
            }
            done.count(UPDATES if differing else SAME, row, title, [] if not differing else fields)
            if differing:
                changed.append((old, differing))
                done.before[str(old.pk)] = changes.as_data(differing)
        if write:
            self._write(done, new, changed, good)
        return done

    def _quote(self, row: Row, key: str) -> Quote:
        if not key:
            raise Unfit(_("The record ID is missing."))
        title = self.text(row, "title") or self.text(row, "number")
        if not title:
            raise Unfit(_("The quote has no title."))
        amount = round(self.number(row, "amount") or Decimal(0), 2)
        status = _STATUS.get(self.text(row, "status").casefold().replace("_", " "), QuoteStatus.DRAFT)
        now = timezone.now()
        public = status != QuoteStatus.DRAFT
        return Quote(
            title=title[:300], number=self.text(row, "number")[:40], status=status, subtotal=amount, amount=amount,
            currency=self.currency(row) or profile().currency, expires_on=self.day(row, "expires_on"),
            terms=self.text(row, "terms"), notes=self.text(row, "notes"), owner_id=self.owner(row), created_at=now,
            updated_at=now, published_at=now if public else None,
            token=secrets.token_urlsafe(32) if public else None,
        )  # fmt: skip

    def _write(
        self, done: Done, new: dict[str, Quote], changed: list[tuple[Any, changes.Changes]], rows: Sequence[Row]
    ) -> None:
        data, made = {"import": self.job.pk}, list(new.values())
        put_defaults("quote", made)
        bulk.create_many(made, by=self.job.owner, origin=Origin.IMPORT, data=data)
        done.created = [quote.pk for quote in made]
        bulk.update_many(changed, by=self.job.owner, origin=Origin.IMPORT, now=timezone.now(), data=data)
        noting.know("quote", {key: quote.pk for key, quote in new.items()}, job_id=self.job.pk)
        ends = (("deals", "deal"), ("contacts", "contact"), ("companies", "company"))
        noting.link(
            (
                ("quote", self.keys([row])[0], kind, each, False)
                for row in rows
                for name, kind in ends
                for each in self.ids(row, name)
            ),
            job_id=self.job.pk,
        )

    def undo(self, part: ImportSlice) -> tuple[int, list[list[Any]]]:
        """Archive what was created and is as it was; give drafts their old words back."""
        kept: list[list[Any]] = []
        rows = Quote.objects.filter(pk__in=part.created, archived_at=None).order_by("pk").defer("search")
        made = list(rows.select_for_update(of=("self",)))
        touched = touched_since(self.job, "quote", [quote.pk for quote in made])
        free = [quote for quote in made if quote.pk not in touched]
        kept += [[quote.pk, str(quote)[:200], touched[quote.pk], "quote"] for quote in made if quote.pk in touched]
        about: dict[str, Any] = {
            "by": self.job.owner,
            "origin": Origin.IMPORT,
            "now": timezone.now(),
            "data": {"import": self.job.pk},
        }
        bulk.archive_many(free, **about)
        back: list[tuple[Any, changes.Changes]] = []
        for quote in Quote.objects.filter(pk__in=[int(pk) for pk in part.before], status=QuoteStatus.DRAFT).defer(
            "search"
        ):
            wanted = {
                name: (getattr(quote, name), changes.column(Quote, name).to_python(old))
                for name, (old, new) in part.before[str(quote.pk)].items()
                if changes.plain(getattr(quote, name)) == new
            }
            back.append((quote, wanted))
        bulk.update_many(back, **about)
        return len(free) + len(back), kept
