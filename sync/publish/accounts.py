"""The account on which the sales of an item are booked that is created in QuickBooks."""

from qbo_connector.models import Connection, MirrorObject
from sync.enums import SyncObject
from sync.models import ObjectSettings


def income_account(connection: Connection) -> str:
    """The chosen account if it is in use, else one named for services or sales, else the first; empty without any."""
    accounts = MirrorObject.objects.filter(
        connection=connection, entity="Account", deleted=False, active=True, kind="Income"
    ).order_by("id")
    named = list(accounts.values_list("qbo_id", "name"))
    settings = ObjectSettings.objects.filter(connection=connection, sync_object=SyncObject.PRODUCT)
    chosen = settings.values_list("income_account", flat=True).first()
    if chosen and any(qbo_id == chosen for qbo_id, _name in named):
        return chosen
    for word in ("services", "sales"):
        for qbo_id, name in named:
            if name.lower() == word:
                return qbo_id
    return named[0][0] if named else ""
