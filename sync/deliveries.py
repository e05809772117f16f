"""What QuickBooks tells of the e-mails of invoices. Read from the mirror."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from invoices.models import Invoice
from invoices.ports import Delivery
from invoices.services import send
from qbo_connector.mirror import read
from qbo_connector.models import MirrorObject
from sync.mapping.reading import moment, text


def problem_of(payload: Mapping[str, Any]) -> str:
    """Why the last e-mail did not arrive, in words; empty when nothing is told."""
    # Intuit's schema: DeliveryErrorTypeEnum, written with or without spaces.
    code = "".join(text(payload, "DeliveryInfo", "DeliveryErrorType").split())
    if not code:
        return ""
    known = {
        "MissingInfo": _("An address is missing."),
        "Undeliverable": _("The address can’t be reached."),
        "DeliveryServerDown": _("The recipient’s mail server did not answer."),
        "BouncedEmail": _("The e-mail came back."),
    }
    return known.get(code) or _("QuickBooks could not deliver it: %s.") % code


def delivery_of(invoice: Invoice) -> Delivery:
    """What is known of an invoice's last e-mail; one query."""
    if not invoice.external_id:
        return Delivery()
    rows = MirrorObject.objects.filter(
        connection=invoice.connection_id, entity="Invoice", qbo_id=invoice.external_id, deleted=False
    )
    found = next(iter(read.with_payloads(rows)), None)
    if found is None:
        return Delivery()
    viewed = text(found.payload, "EInvoiceStatus").lower() in ("viewed", "paid")
    return Delivery(moment(found.payload, "DeliveryInfo", "DeliveryTime"), problem_of(found.payload), viewed)


def note_bounced(payloads: Mapping[int, Mapping[str, Any]]) -> None:
    """Tell of invoices (by id) whose last e-mail did not arrive."""
    problems = {pk: words for pk, payload in payloads.items() if (words := problem_of(payload))}
    if problems:
        send.note_bounced(problems)
