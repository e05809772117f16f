"""How payments and credit documents stand, in words."""

from django.utils.translation import gettext as _

from invoices.enums import CreditKind
from invoices.models import CreditDocument, Payment


def payment_state(payment: Payment) -> str:
    """How a payment stands, in words."""
    if payment.removed_at is not None:
        return str(_("Deleted in QuickBooks") if payment.external_id else _("Discarded"))
    if payment.voided:
        return str(_("Voided"))
    if payment.unapplied > 0:
        return str(_("Partly applied") if payment.unapplied < payment.amount else _("Not applied"))
    return str(_("Applied"))


def credit_state(document: CreditDocument) -> str:
    """How a document stands, in words."""
    if document.removed_at is not None:
        return str(_("Deleted in QuickBooks") if document.external_id else _("Discarded"))
    if document.voided:
        return str(_("Voided"))
    if not document.settled:
        return str(_("On its way"))
    if document.kind != CreditKind.CREDIT_MEMO:
        return str(_("Done"))
    if document.remaining <= 0:
        return str(_("Used up"))
    return str(_("Partly used") if document.remaining < document.total else _("Open"))
