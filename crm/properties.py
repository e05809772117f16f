"""The CRM's records that have custom properties."""

from typing import Any

from django.utils.translation import gettext as _

from core import access
from core.events import object_type_of
from core.properties import Fixed, PropertyObject, add_object
from crm.kinds import KINDS
from crm.models import Company, Contact, Deal, Product, Quote
from crm.models.records import Record
from crm.services import quotes, records

MODELS: tuple[type[Record], ...] = (Contact, Company, Deal, Product, Quote)


def register() -> None:
    """Tell core which records have custom properties, and how their values are written."""
    for order, model in enumerate(MODELS, start=1):
        kind = KINDS[str(model._meta.model_name)]
        access.sights[model] = kind.visible_to
        add_object(
            PropertyObject(
                kind.name,
                kind.label,
                kind.plural,
                model,
                kind.visible_to,
                change,
                "crm.edit",
                order=10 * order,
                page=kind.detail_url,
            )
        )


def change(record: Record, values: dict[str, Any], *, by: Any) -> Any:
    """Write custom values of a record. Raises core.properties.Fixed and BadValues."""
    try:
        return KINDS[object_type_of(record)].services.update(record, by=by, properties=values)
    except records.Archived as error:
        raise Fixed(_("This record is archived. Restore it to change it.")) from error
    except quotes.NotADraft as error:
        raise Fixed(_("A published quote does not change any more.")) from error
