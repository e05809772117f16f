"""The settings of quotes, and a quote's PDF for people of the house."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import require
from core.company import profile, today
from crm import public
from crm.forms.quote_settings import QuoteSettingsForm
from crm.queries import quotes as queries
from crm.services import quotes
from crm.views.public_quote import pdf_answer


@require_http_methods(["GET", "POST"])
def quote_settings(request: HttpRequest) -> HttpResponse:
    """Numbers, approval, texts."""
    require(request.user, "crm.configure")
    stored = quotes.settings()
    initial = {name: getattr(stored, name) for name in QuoteSettingsForm.base_fields}
    form = QuoteSettingsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        quotes.change_settings(form.values(), by=request.user)
        messages.success(request, _("Changes saved."))
        return redirect("crm:quote-settings")
    return render(request, "crm/quote_settings.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
def quote_sample(request: HttpRequest) -> HttpResponse:
    """A made-up quote in the company's look."""
    require(request.user, "core.configure")
    about = profile()
    context = {"quote": public.sample(today()), "brand": public.brand(about), "token": ""}
    context["colour"] = about.brand_colour.removeprefix("#")
    return render(request, "crm/public/quote.html", context)


@require_GET
def quote_document(request: HttpRequest, pk: int) -> HttpResponse:
    """The quote as the customer gets it, also of a draft."""
    return pdf_answer(get_object_or_404(queries.record(request.user), pk=pk))
