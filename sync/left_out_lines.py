"""Objects of QuickBooks without a record, as pages and files print them: by which rule each is left out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from qbo_connector.models import Connection
from sync import exclusions
from sync.enums import SyncObject
from sync.exclusions import LeftOut
from sync.shown import excluded_because

ON_PAGE = 50
SLICE = 200


@dataclass(frozen=True)
class LeftOutLine:
    """One object."""

    name: str
    email: str
    reason: str
    url: str


@dataclass(frozen=True)
class LeftOutPage:
    """Some of them; ``after`` goes on, 0 where there is nothing more."""

    lines: Sequence[LeftOutLine]
    after: int


def page(connection: Connection, sync_object: SyncObject, after: int) -> LeftOutPage:
    """The next objects behind the mirror row ``after``."""
    found, then = exclusions.excluded_objects(connection, sync_object, limit=ON_PAGE, after=after)
    return LeftOutPage([_line(connection, sync_object, each) for each in found], then)


def rows_of_file(connection: Connection, sync_object: SyncObject) -> Iterator[list[str]]:
    """All of them as rows of a file, read in slices."""
    yield [_("Name"), _("E-mail"), _("QuickBooks id"), _("Cause")]
    after: int | None = None
    while after != 0:
        found, after = exclusions.excluded_objects(connection, sync_object, limit=SLICE, after=after or 0)
        for each in found:
            yield [each.name, each.email, each.qbo_id, excluded_because(each.exclusion, each.reason)]


def _line(connection: Connection, sync_object: SyncObject, each: LeftOut) -> LeftOutLine:
    page: str = settings.QBO_CUSTOMER_PAGE
    url = page.format(id=each.qbo_id, realm=connection.realm_id) if sync_object == SyncObject.CONTACT else ""
    return LeftOutLine(each.name, each.email, excluded_because(each.exclusion, each.reason), url)
