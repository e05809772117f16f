"""A saved mapping, applied again to all contacts of a company from the mirror."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench import books
from bench.figures import Figures, Line, Of, Play, Row, Variant, middle, spread
from bench.meter import Meter
from crm.models import Contact
from qbo_connector.models import MirrorObject
from sync import tasks as syncing
from sync.enums import Direction, SyncObject
from sync.models import FieldMapping
from sync.services import again

CONTACTS = 100_000
SLICE = 2_000


def _company(play: Play) -> Any:
    name = "Mapping"
    known = [row["realmId"] for row in play.quickbooks.call("GET", "companies") if row["name"] == name]
    realm = known[0] if known else str(play.quickbooks.empty_company(name))
    if not known:
        play.quickbooks.call("POST", "generate", {"realmId": realm, "customers": play.size(CONTACTS)})
    connection = books.connect(play.quickbooks, realm)
    books.load(connection)
    return connection


def _remapped(play: Play) -> dict[str, Any]:
    """The mobile number of a contact has a default from now on: every contact changes."""
    connection = _company(play)
    mapping = FieldMapping.objects.filter(connection=connection, crm_field="mobile")
    mapping.update(default="650-555-0100", direction=Direction.IN)
    play.quickbooks.call("DELETE", "calls")
    meter = Meter().start()
    again.look_again(connection, [SyncObject.CONTACT])
    while MirrorObject.objects.filter(connection=connection, unread=True).exists():
        syncing.reconcile_connections([connection.pk])
    taken = meter.stop()
    return {
        "seconds": taken.seconds,
        "contacts": Contact.objects.count(),
        "changed": Contact.objects.filter(mobile="650-555-0100").count(),
        "written": taken.written,
        "statements": taken.statements,
        "reads": play.quickbooks.metered(),
        "megabytes": taken.megabytes,
    }


def _one_by_one(play: Play) -> dict[str, Any]:
    """One save for each, on a slice, as a figure for all."""
    _company(play)
    part = list(Contact.objects.order_by("pk")[: min(SLICE, play.size(CONTACTS))])
    meter = Meter().start()
    for contact in part:
        contact.mobile = contact.phone
        contact.save()
    taken = meter.stop()
    return {"seconds": taken.seconds * Contact.objects.count() / len(part)}


def _lines(results: Mapping[str, Sequence[Figures]], _of: Of) -> list[Line]:
    mine, slow = results["again"], results["one by one"]
    ratio = middle(slow, "seconds") / middle(mine, "seconds")
    what = f"re-mapping {middle(mine, 'contacts'):,.0f} contacts"
    reads = middle(mine, "reads")
    return [
        Line(what, spread(mine, "seconds", digits=1)),
        Line(what, f"{ratio:.1f} times faster", "one save each", "at least 10 times", ratio >= 10),
        Line(f"metered reads of {what}", f"{reads:.0f}", "", "none", reads == 0),
    ]


ROW = Row("re-mapping", [Variant("again", _remapped), Variant("one by one", _one_by_one)], _lines)
