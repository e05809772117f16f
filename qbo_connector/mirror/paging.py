"""Page through an entity by key, so that what changes between two pages is not missed.

Paging by offset loses rows that change meanwhile, and QuickBooks compares Ids only with = and IN. So each page asks
for LastUpdatedTime >= the last one seen, ordered by it, and repeats are dropped by Id. Offsets are used only inside
one timestamp, and overlap: a page that does not begin with something seen shows that rows before it moved away.
"""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, replace

from qbo_connector.client import PAGE_SIZE, QuickBooksClient
from qbo_connector.mirror.entities import WITH_ACTIVE
from qbo_connector.mirror.parse import Answer, read_answer

# QuickBooks' oldest companies are from 2001; a fixed start makes the first page like every other.
BEGINNING = datetime.datetime(1990, 1, 1, tzinfo=datetime.UTC)
# So many rows of one timestamp may change between two pages without a step back.
OVERLAPPING = 100


def statement(entity: str, *, since: datetime.datetime | None = None, start: int = 1, where: str = "") -> str:
    """A page of an entity in QuickBooks' query language, ordered by the time of the last update."""
    conditions = ["Active IN (true, false)"] if entity in WITH_ACTIVE else []
    if since is not None:
        conditions.append(f"MetaData.LastUpdatedTime >= '{since.isoformat(timespec='seconds')}'")
    if where:
        conditions.append(where)
    clause = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = " ORDERBY MetaData.LastUpdatedTime ASC" if since is not None else ""
    return f"SELECT * FROM {entity}{clause}{order} STARTPOSITION {start} MAXRESULTS {PAGE_SIZE}"


def everything(entity: str) -> str:
    """The condition under which a count takes in inactive objects as well."""
    return "WHERE Active IN (true, false)" if entity in WITH_ACTIVE else ""


@dataclass(frozen=True)
class Position:
    """Where a page begins: a timestamp, an offset among the rows from it on, and the Ids of that timestamp so far."""

    since: datetime.datetime
    offset: int = 0
    seen: frozenset[str] = frozenset()

    def repeated(self, answer: Answer) -> int:
        """How many objects of the page were on an earlier one."""
        return sum(1 for qbo_id in answer.ids if qbo_id in self.seen)

    def connects(self, answer: Answer) -> bool:
        """Whether the page at this offset begins with something seen; else rows before it moved away meanwhile."""
        if not self.offset:
            return True
        return any(qbo_id in self.seen for qbo_id in answer.ids[: 1 + len(answer.unreadable)])

    def after(self, answer: Answer, entity: str) -> "Position | None":
        """The next position, or None when this was the last page."""
        count = answer.counts.get(entity, 0)
        if count < PAGE_SIZE:
            return None
        newest = max((row.remote_updated_at for row in answer.rows), default=self.since)
        there = frozenset(row.qbo_id for row in answer.rows if row.remote_updated_at == newest)
        if newest > self.since:
            return Position(newest, 0, there)
        there |= {record.qbo_id for record in answer.unreadable}
        return Position(self.since, self.offset + count - OVERLAPPING, self.seen | there)


def pages(
    client: QuickBooksClient, entity: str, position: Position
) -> Iterator[tuple[Position, Answer, Position | None]]:
    """The pages of an entity from a position on: where each begins, what it holds, where the next one begins."""
    following: Position | None = position
    while following is not None:
        here = following
        answer = read_answer(client.select(statement(entity, since=here.since, start=here.offset + 1)))
        if not here.connects(answer):
            following = replace(here, offset=max(0, here.offset - PAGE_SIZE))
            continue
        following = here.after(answer, entity)
        yield here, answer, following
