"""What the sync says about a credit memo or sales receipt that is written from here."""

from typing import Any

from django.utils import timezone

from invoices.enums import CreditKind
from invoices.models import CreditDocument
from sync.mapping.credit import ENTITY_OF
from sync.models import Link


def entity_of(document: CreditDocument) -> str:
    """QuickBooks' name for such a document."""
    return ENTITY_OF[CreditKind(document.kind)]


def link(document: CreditDocument, **values: Any) -> None:
    """Note where a document stands."""
    Link.objects.update_or_create(
        connection_id=document.connection_id,
        entity=entity_of(document),
        object_type=document.kind,
        object_id=document.pk,
        defaults={"qbo_id": document.external_id, **values, "changed_at": timezone.now()},
    )
