"""How the timeline tells what happened to the price book."""

from decimal import Decimal

from django.utils.translation import gettext as _

from core.models import Event
from core.money import formatted
from core.registry import EventKind
from crm.sentences import Sentence, told


def _price(act: str) -> Sentence:
    def sentence(event: Event) -> str:
        amount = formatted(Decimal(event.data.get("amount", "0")), event.data.get("currency", "USD"))
        return told(event, _(act) % {"amount": amount})

    return sentence


KINDS = (
    EventKind("product.price_added", "change", "cash", _price("added the price %(amount)s to the price book")),
    EventKind("product.price_changed", "change", "cash", _price("changed a price of the price book to %(amount)s")),
    EventKind("product.price_removed", "change", "cash", _price("took the price %(amount)s out of the price book")),
)
