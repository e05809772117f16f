"""The price book of a product, and what of it was sold: cards on its page."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import require
from core.company import today
from core.money import formatted, formatted_number
from crm.enums import DealStatus
from crm.forms.prices import PriceForm
from crm.models import Price, Product
from crm.queries import prices as queries
from crm.queries import products
from crm.services import prices, records
from crm.views.editing import to


@require_GET
def prices_card(request: HttpRequest, pk: int) -> HttpResponse:
    """The price book."""
    product = get_object_or_404(products.visible_to(request.user), pk=pk)
    day = today()
    rows = [
        (row, bool((row.valid_from and row.valid_from > day) or (row.valid_until and row.valid_until < day)))
        for row in queries.prices_of(pk)
    ]
    context = {"product": product, "rows": rows, "count": len(rows), "can_edit": product.archived_at is None}
    return render(request, "crm/_prices_card.html", context)


@require_GET
def sold_card(request: HttpRequest, pk: int) -> HttpResponse:
    """In which deals the product is, won and open."""
    product = get_object_or_404(products.visible_to(request.user), pk=pk)
    lines = [
        {
            "status": DealStatus(row.status).label,
            "won": row.status == DealStatus.WON,
            "deals": row.deals,
            "quantity": formatted_number(row.quantity),
            "amount": formatted(row.amount, row.currency),
        }
        for row in queries.sold(pk)
    ]
    return render(request, "crm/_sold_card.html", {"product": product, "lines": lines})


@require_http_methods(["GET", "POST"])
def price_create(request: HttpRequest, pk: int) -> HttpResponse:
    """A new entry, in the side panel or as a page."""
    require(request.user, "crm.edit")
    product = get_object_or_404(products.visible_to(request.user), pk=pk)
    form = PriceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            prices.add(product, by=request.user, **form.cleaned_data)
        except prices.BadPrice as refused:
            form.add_error(refused.field, str(refused))
        except records.Archived:
            form.add_error(None, _("This record is archived. Restore it to change it."))
        else:
            messages.success(request, _("The price is in the book."))
            return to(request, resolve_url("crm:product-detail", pk))
    return _form(request, product, form, None)


@require_http_methods(["GET", "POST"])
def price_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Another amount or last day."""
    require(request.user, "crm.edit")
    price = _price(request, pk)
    form = PriceForm(
        request.POST or None,
        initial={name: getattr(price, name) for name in PriceForm.base_fields},
    )
    form.fields["currency"].disabled = form.fields["valid_from"].disabled = True
    if request.method == "POST" and form.is_valid():
        try:
            prices.change(
                price,
                amount=form.cleaned_data["amount"],
                valid_until=form.cleaned_data["valid_until"],
                by=request.user,
            )
        except prices.BadPrice as refused:
            form.add_error(refused.field, str(refused))
        except records.Archived:
            form.add_error(None, _("This record is archived. Restore it to change it."))
        else:
            messages.success(request, _("Changes saved."))
            return to(request, resolve_url("crm:product-detail", price.product_id))
    return _form(request, price.product, form, price)


@require_POST
def price_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an entry out of the book; lines that were made with it keep it."""
    require(request.user, "crm.edit")
    price = _price(request, pk)
    try:
        prices.remove(price, by=request.user)
    except records.Archived:
        messages.error(request, _("This record is archived. Restore it to change it."))
    else:
        messages.success(request, _("The price is out of the book."))
    return to(request, resolve_url("crm:product-detail", price.product_id))


def _price(request: HttpRequest, pk: int) -> Price:
    seen = products.visible_to(request.user)
    return get_object_or_404(Price.objects.select_related("product").filter(product__in=seen), pk=pk)


def _form(request: HttpRequest, product: Product, form: PriceForm, price: Price | None) -> HttpResponse:
    in_panel = bool(getattr(request, "htmx", False))
    context: dict[str, Any] = {"product": product, "form": form, "price": price, "in_panel": in_panel}
    template = "crm/_price_form.html" if in_panel else "crm/price_form.html"
    return render(request, template, context, status=422 if form.errors else 200)
