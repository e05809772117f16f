"""Where a customer can pay an invoice online: QuickBooks tells it only when it is asked for, which is a read."""

from django.core.cache import cache
from django.utils.translation import gettext as _

from invoices.models import Invoice
from invoices.ports import AccountingUnavailable
from qbo_connector import errors, gateway
from qbo_connector.enums import Cause
from qbo_connector.models import MirrorObject
from qbo_connector.services import status

KEPT_SECONDS = 24 * 3600


def link_of(invoice: Invoice) -> str:
    """The link, empty where QuickBooks gives none; asked once for each state of the document.

    Raises AccountingUnavailable with a reason.
    """
    mirrored = MirrorObject.objects.filter(
        connection=invoice.connection, entity="Invoice", qbo_id=invoice.external_id, deleted=False
    ).first()
    if not invoice.external_id or mirrored is None:
        raise AccountingUnavailable(_("QuickBooks does not have this invoice yet."))
    if not invoice.connection.active:
        raise AccountingUnavailable(_("“%s” is not connected at the moment.") % invoice.connection)
    state = f"{mirrored.sync_token}:{bytes(mirrored.digest).hex()}"
    key = f"payment-link:{invoice.connection_id}:{invoice.external_id}:{state}"
    cached: str | None = cache.get(key)
    if cached is not None:
        return cached
    client = gateway.client_for(invoice.connection, Cause.PAYMENT_LINK, interactive=True)
    try:
        found = client.payment_link(invoice.external_id)
    except errors.NeedsReconnect as error:
        status.needs_reconnect(invoice.connection, error)
        raise AccountingUnavailable(error.plain) from error
    except errors.QboError as error:
        raise AccountingUnavailable(error.plain) from error
    # Nothing but a web address is ever offered to be opened.
    link = found if found.startswith(("https://", "http://")) else ""
    cache.set(key, link, KEPT_SECONDS)
    if link != invoice.payment_url:
        Invoice.objects.filter(pk=invoice.pk).update(payment_url=link)
    return link
