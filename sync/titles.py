"""The names and pages of records that links point to; a link itself holds only a kind and an id."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Concat, NullIf, Trim
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from core import registry
from crm.models import Company, Contact, Product
from invoices.models import CreditDocument, Estimate, Invoice, Payment
from sync.models import Link


def titles(wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """The names of some records by kind and id: one statement for each kind that is there."""
    by_kind: dict[str, set[int]] = {}
    for kind, pk in wanted:
        by_kind.setdefault(kind, set()).add(pk)
    found: dict[tuple[str, int], str] = {}
    for kind, ids in by_kind.items():
        if kind in _NAMES:
            rows = _NAMES[kind]().filter(pk__in=ids)
            found |= {(kind, pk): str(name or "") for pk, name in rows.values_list("pk", "shown_as")}
    return found


def with_titles(links: QuerySet[Any]) -> Sequence[Any]:
    """Links with ``title``: the name of their record, or its number where it has none."""
    rows = list(links)
    names = titles((link.object_type, link.object_id) for link in rows)
    for link in rows:
        link.title = names.get((link.object_type, link.object_id)) or f"#{link.object_id}"
    return rows


def name_of(link: Link) -> str:
    """The name of one link's record, or its number."""
    key = (link.object_type, link.object_id)
    return titles([key]).get(key) or f"#{link.object_id}"


def address_of(object_type: str, object_id: int) -> str:
    """The page of a record; empty for kinds that have none."""
    kind = registry.object_types.get(object_type)
    try:
        return reverse(kind.url_name, args=[object_id]) if kind else ""
    except NoReverseMatch:
        return ""


def kinds_of(object_type: str) -> str:
    """What several of a kind of record are called."""
    kind = registry.object_types.get(object_type)
    if kind is not None:
        return str(kind.plural)
    return _("Payments") if object_type == "payment" else object_type


def kind_of(object_type: str) -> str:
    """What a kind of record is called."""
    kind = registry.object_types.get(object_type)
    if kind is not None:
        return str(kind.label)
    return _("Payment") if object_type == "payment" else object_type


def _named(rows: QuerySet[Any], expression: Any) -> QuerySet[Any]:
    named: QuerySet[Any] = rows.annotate(shown_as=Cast(expression, CharField()))
    return named


def _contacts() -> QuerySet[Any]:
    person = Trim(Concat(F("first_name"), Value(" "), F("last_name")))
    return _named(Contact.objects.all(), Coalesce(NullIf(person, Value("")), F("email")))


def _invoices() -> QuerySet[Any]:
    number = Coalesce(NullIf(F("number"), Value("")), Concat(Value("#"), Cast("pk", CharField())))
    return _named(Invoice.objects.all(), Concat(number, Value(" · "), F("customer_name"), output_field=CharField()))


def _companies() -> QuerySet[Any]:
    return _named(Company.objects.all(), F("name"))


def _products() -> QuerySet[Any]:
    return _named(Product.objects.all(), F("name"))


def _payments() -> QuerySet[Any]:
    return _named(Payment.objects.all(), F("customer_name"))


def _estimates() -> QuerySet[Any]:
    return _named(Estimate.objects.all(), Concat(F("quote__number"), Value(" · "), F("customer_name")))


def _credits() -> QuerySet[Any]:
    number = Coalesce(NullIf(F("number"), Value("")), Concat(Value("#"), Cast("pk", CharField())))
    name = Concat(number, Value(" · "), F("customer_name"), output_field=CharField())
    return _named(CreditDocument.objects.all(), name)


_NAMES: dict[str, Callable[[], QuerySet[Any]]] = {
    "company": _companies,
    "contact": _contacts,
    "product": _products,
    "invoice": _invoices,
    "payment": _payments,
    "creditmemo": _credits,
    "estimate": _estimates,
}
