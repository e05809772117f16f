"""Which kinds of records somebody may read of on the pages of the sync."""

from typing import Any

_EVERYBODYS = ("company", "contact", "product")
_BILLING = ("invoice", "payment", "estimate")


def kinds_for(user: Any) -> tuple[str, ...]:
    """Companies, contacts and products for everybody; invoices and payments for those who may see amounts."""
    return (*_EVERYBODYS, *_BILLING) if user.has_perm("invoices.view") else _EVERYBODYS
