"""What the invoice wizard may choose from: customers, items, tax codes and terms, all from the mirror."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

from django.db.models import QuerySet
from django.db.models.functions import Upper
from django.utils.translation import gettext as _

from core.search import matching as words
from crm.models import Contact, Deal, Product
from invoices.ports import CustomerChoice, ItemChoice, PaymentMethodChoice, TaxCodeChoice, TermsChoice
from qbo_connector.mirror import read
from qbo_connector.mirror.read import Mirrored
from qbo_connector.models import Connection, MirrorObject
from sync.enums import Exclusion
from sync.mapping.item import NOT_SOLD
from sync.mapping.reading import BadPayload, address, amount, flag, parts, text
from sync.models import Link

MATCHES = 5


def customer_choice(found: Mirrored, *, reason: str = "", certain: bool = False) -> CustomerChoice:
    """A mirrored customer as a choice."""
    payload = found.payload
    contact = " ".join(part for part in (text(payload, "GivenName"), text(payload, "FamilyName")) if part)
    company = text(payload, "CompanyName")
    detail = " · ".join(part for part in (contact, company if company != found.row.name else "") if part)
    return CustomerChoice(
        external_id=found.row.qbo_id,
        name=text(payload, "FullyQualifiedName") or found.row.name,
        email=found.row.email,
        detail=detail,
        currency=found.row.currency,
        reason=reason,
        certain=certain,
        terms_external_id=text(payload, "SalesTermRef", "value"),
        tax_code_external_id=text(payload, "DefaultTaxCodeRef", "value"),
        billing_address=address(payload, "BillAddr"),
        shipping_address=address(payload, "ShipAddr"),
    )


def _active(connection_id: int, entity: str) -> QuerySet[MirrorObject]:
    return read.objects(connection_id, entity).filter(active=True)


def customers(connection_id: int, search: str, limit: int) -> list[CustomerChoice]:
    """Active customers by the beginning of words in name or e-mail; all by name when nothing was typed."""
    rows = _active(connection_id, "Customer")
    query = words(search)
    if query is not None:
        rows = rows.filter(search=query)
    return [customer_choice(found) for found in read.with_payloads(rows.order_by("name", "id")[:limit])]


def customer(connection_id: int, qbo_id: str) -> CustomerChoice | None:
    """One customer, inactive ones too."""
    found = read.with_payloads(read.objects(connection_id, "Customer").filter(qbo_id=qbo_id)[:1])
    return customer_choice(found[0]) if found else None


def customer_matches(connection_id: int, deal_id: int) -> list[CustomerChoice]:
    """Customers for a deal's company and contacts: linked first, then same e-mail, then same name."""
    deal = Deal.objects.select_related("company").defer("search").get(pk=deal_id)
    people = [row.contact for row in deal.deal_contacts.select_related("contact").order_by("-primary", "pk")]
    reasons: dict[str, tuple[str, bool]] = {}
    for qbo_id, reason in _linked(connection_id, deal, people):
        reasons.setdefault(qbo_id, (reason, True))
    emails = {person.email.upper(): person.email for person in people if person.email}
    if deal.company and deal.company.email:
        emails.setdefault(deal.company.email.upper(), deal.company.email)
    for qbo_id, email in _by(connection_id, "email", emails):
        reasons.setdefault(qbo_id, (_("Same e-mail address: %s") % email, True))
    names = [deal.company.name] if deal.company else []
    names += [str(person) for person in people]
    for qbo_id, name in _by(connection_id, "name", {name.upper(): name for name in names if name}):
        reasons.setdefault(qbo_id, (_("Same name: %s. Please check.") % name, False))
    chosen = list(reasons)[:MATCHES]
    found = {
        each.row.qbo_id: each
        for each in read.with_payloads(_active(connection_id, "Customer").filter(qbo_id__in=chosen))
    }
    return [
        customer_choice(found[qbo_id], reason=reasons[qbo_id][0], certain=reasons[qbo_id][1])
        for qbo_id in chosen
        if qbo_id in found
    ]


def _linked(connection_id: int, deal: Deal, people: Sequence[Contact]) -> list[tuple[str, str]]:
    links = Link.objects.filter(connection_id=connection_id, entity="Customer").exclude(qbo_id="")
    links = links.exclude(exclusion=Exclusion.UNLINKED)
    by_contact = dict(
        links.filter(object_type="contact", object_id__in=[person.pk for person in people]).values_list(
            "object_id", "qbo_id"
        )
    )
    by_company = dict(
        links.filter(object_type="company", object_id=deal.company_id or 0).values_list("object_id", "qbo_id")
    )
    found = [(qbo_id, _("Linked to %s") % deal.company) for qbo_id in by_company.values()]
    return found + [(by_contact[person.pk], _("Linked to %s") % person) for person in people if person.pk in by_contact]


def _by(connection_id: int, column: str, wanted: Mapping[str, str]) -> list[tuple[str, str]]:
    if not wanted:
        return []
    rows = (
        _active(connection_id, "Customer")
        .annotate(match_key=Upper(column))
        .filter(match_key__in=list(wanted))
        .order_by("id")
    )
    return [(qbo_id, wanted[key]) for qbo_id, key in rows.values_list("qbo_id", "match_key")[:20]]


def item_choice(found: Mirrored, *, reason: str = "", product_id: int | None = None) -> ItemChoice:
    """A mirrored item as a choice; the price is in the company's home currency."""
    return ItemChoice(
        external_id=found.row.qbo_id,
        name=text(found.payload, "FullyQualifiedName") or found.row.name,
        sku=found.row.code,
        description=text(found.payload, "Description"),
        unit_price=amount(found.payload, "UnitPrice"),
        tax_code_external_id=text(found.payload, "SalesTaxCodeRef", "value"),
        product_id=product_id,
        reason=reason,
        taxable=found.payload.get("Taxable") is True,
    )


def item(connection_id: int, qbo_id: str, *, reason: str = "") -> ItemChoice | None:
    """One product or service that can be sold."""
    found = read.with_payloads(_sold(connection_id).filter(qbo_id=qbo_id)[:1])
    return item_choice(found[0], reason=reason) if found else None


def items_by_id(connection_id: int, qbo_ids: Collection[str]) -> dict[str, ItemChoice]:
    """Those of some products and services that can be sold, by id; two statements."""
    found = read.with_payloads(_sold(connection_id).filter(qbo_id__in=qbo_ids)) if qbo_ids else []
    linked = _products_of(connection_id, [each.row.qbo_id for each in found]) if found else {}
    return {each.row.qbo_id: item_choice(each, product_id=linked.get(each.row.qbo_id)) for each in found}


def _sold(connection_id: int) -> QuerySet[MirrorObject]:
    return _active(connection_id, "Item").exclude(kind__in=[*NOT_SOLD, "Group"])


def items(connection_id: int, search: str, limit: int) -> list[ItemChoice]:
    """Active products and services that can be sold, by the beginning of words in name or SKU."""
    rows = _sold(connection_id)
    query = words(search)
    if query is not None:
        rows = rows.filter(search=query)
    listed = list(read.with_payloads(rows.order_by("name", "id")[:limit]))
    linked = _products_of(connection_id, [found.row.qbo_id for found in listed])
    return [item_choice(found, product_id=linked.get(found.row.qbo_id)) for found in listed]


def _products_of(connection_id: int, qbo_ids: Sequence[str]) -> dict[str, int]:
    """The product that each of the items is linked to."""
    links = Link.objects.filter(connection_id=connection_id, entity="Item", object_type="product", qbo_id__in=qbo_ids)
    linked = links.exclude(exclusion=Exclusion.UNLINKED)
    return dict(linked.values_list("qbo_id", "object_id"))


def items_for_products(connection_id: int, product_ids: Sequence[int]) -> dict[int, ItemChoice]:
    """The item of each product: by link, else by SKU, else by name (case does not matter)."""
    linked = dict(
        Link.objects.filter(
            connection_id=connection_id, entity="Item", object_type="product", object_id__in=product_ids
        )
        .exclude(qbo_id="")
        .exclude(exclusion=Exclusion.UNLINKED)
        .values_list("object_id", "qbo_id")
    )
    products = list(Product.objects.filter(pk__in=product_ids).only("pk", "sku", "name"))
    free = [product for product in products if product.pk not in linked]
    rows = _sold(connection_id)
    by_id = {f.row.qbo_id: f for f in read.with_payloads(rows.filter(qbo_id__in=list(linked.values())))}
    by_sku = _keyed(rows, "code", [product.sku for product in free])
    by_name = _keyed(rows, "name", [product.name for product in free])
    chosen: dict[int, ItemChoice] = {}
    for product in products:
        for candidates, key, reason in (
            (by_id, linked.get(product.pk, ""), _("Linked")),
            (by_sku, product.sku.upper(), _("Same SKU")),
            (by_name, product.name.upper(), _("Same name")),
        ):
            if key and key in candidates and product.pk not in chosen:
                chosen[product.pk] = item_choice(candidates[key], reason=reason, product_id=product.pk)
    return chosen


def _keyed(rows: QuerySet[MirrorObject], column: str, values: Iterable[str]) -> dict[str, Mirrored]:
    wanted = [value.upper() for value in values if value]
    if not wanted:
        return {}
    matched = rows.annotate(match_key=Upper(column)).filter(match_key__in=wanted).order_by("-id")
    return {str(getattr(found.row, column)).upper(): found for found in read.with_payloads(matched)}


def tax_codes(connection: Connection) -> list[TaxCodeChoice]:
    """Active sales tax codes with their combined rate in percent."""
    rates = {
        found.row.qbo_id: amount(found.payload, "RateValue")
        for found in read.with_payloads(read.objects(connection.pk, "TaxRate"))
    }
    chosen = []
    for found in read.with_payloads(_active(connection.pk, "TaxCode").order_by("name", "id")):
        try:
            if not flag(found.payload, "Hidden", default=False):
                chosen.append(_tax_code(found, rates))
        except BadPayload:
            continue
    return [choice for choice in chosen if not (connection.in_us and choice.external_id in ("TAX", "NON"))]


def _tax_code(found: Mirrored, rates: Mapping[str, Decimal | None]) -> TaxCodeChoice:
    details = parts(found.payload.get("SalesTaxRateList") or {}, "TaxRateDetail")
    percents = [rates.get(text(detail, "TaxRateRef", "value")) for detail in details]
    known = [percent for percent in percents if percent is not None]
    return TaxCodeChoice(
        external_id=found.row.qbo_id,
        name=found.row.name,
        description=text(found.payload, "Description"),
        percent=sum(known, Decimal(0)) if len(known) == len(percents) else None,
    )


def payment_methods(connection_id: int) -> list[PaymentMethodChoice]:
    """Active payment methods by name."""
    rows = _active(connection_id, "PaymentMethod").order_by("name", "pk")
    return [PaymentMethodChoice(qbo_id, name) for qbo_id, name in rows.values_list("qbo_id", "name")]


def terms(connection: Connection) -> list[TermsChoice]:
    """Active payment terms, shortest first."""
    chosen = []
    for found in read.with_payloads(_active(connection.pk, "Term")):
        due_days = amount(found.payload, "DueDays")
        day, months = amount(found.payload, "DayOfMonthDue"), amount(found.payload, "DueNextMonthDays")
        by_date = text(found.payload, "Type") == "DATE_DRIVEN"
        chosen.append(
            TermsChoice(
                external_id=found.row.qbo_id,
                name=found.row.name,
                due_days=None if by_date or due_days is None else int(due_days),
                due_day_of_month=int(day) if by_date and day is not None else None,
                due_next_month_days=int(months) if by_date and months is not None else None,
                default=found.row.qbo_id == connection.default_terms,
            )
        )
    return sorted(chosen, key=lambda choice: (choice.due_days is None, choice.due_days or 0, choice.name))
