"""The company's profile, its brand, and what customers see of it."""

import dataclasses
from functools import wraps
from typing import Any, cast

from csp.decorators import csp_update
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core import brand_mail, colours, company, registry
from core.forms.company import BrandForm, CompanyForm
from core.logos import LARGEST_FILE, BadLogo, logo_from
from core.models import BrandLogo, CompanyProfile
from core.services import company as services

PERMISSION = "core.configure"


def configures(view: Any) -> Any:
    """Only for those who may configure the company; others read what is missing and who grants it."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(PERMISSION):
            sentence = _("This needs the permission “%s”. Somebody who manages users can give it to your role.")
            raise PermissionDenied(sentence % _("Change the company’s profile and brand, and how e-mails are sent"))
        return cast(HttpResponse, view(request, *args, **kwargs))

    return guarded


@require_http_methods(["GET", "HEAD", "POST"])
@configures
def company_profile(request: HttpRequest) -> HttpResponse:
    """Name, address, currency, time zone, fiscal year, working days."""
    stored = company.profile()
    form = CompanyForm(request.POST or None, initial={name: getattr(stored, name) for name in CompanyForm.base_fields})
    if request.method == "POST" and form.is_valid():
        try:
            services.change(form.cleaned_data, by=request.user)
        except services.BadProfile as refused:
            form.add_error(refused.field, str(refused))
        else:
            messages.success(request, _("Changes saved."))
            return redirect("core:company")
    today = company.today()
    context = {
        "form": form,
        "stored": stored,
        "today": today,
        "quarter": company.fiscal_quarter(today),
        "effects": [line for tell in registry.currency_effects for line in tell(stored.currency)],
    }
    return render(request, "core/company.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@configures
def branding(request: HttpRequest) -> HttpResponse:
    """Logo, colour and footer of quotes and e-mails."""
    stored = company.profile()
    names = ("logo_text", "brand_colour", "footer")
    form = BrandForm(
        request.POST or None, request.FILES or None, initial={name: getattr(stored, name) for name in names}
    )
    if request.method == "POST" and form.is_valid():
        try:
            logo = _uploaded(form)
        except BadLogo as refused:
            form.add_error("logo", str(refused))
        else:
            services.change({name: form.cleaned_data[name] for name in names}, by=request.user)
            if logo is not None or form.cleaned_data["remove_logo"]:
                services.set_logo(logo, by=request.user)
            messages.success(request, _("Changes saved."))
            return redirect("core:branding")
    context = {"form": form, "stored": stored, "readable": _readable(stored), "samples": registry.brand_samples}
    return render(request, "core/branding.html", context, status=422 if form.errors else 200)


@csp_update({"style-src": ["'unsafe-inline'"]})
@require_safe
@configures
def mail_sample(request: HttpRequest) -> HttpResponse:
    """An e-mail as a customer gets it. E-mails carry their styles in themselves, so this page may."""
    stored = company.profile()
    logo = _logo_address(request, stored)
    body = _("Hello Alex,\n\nyour invoice INV-1042 over $1,250.00 is due on Friday.\n\nKind regards")
    return HttpResponse(brand_mail.html(_("A sample"), body, stored, logo=logo))


@login_not_required
@require_safe
def brand_logo(request: HttpRequest, version: str) -> HttpResponse:
    """The logo, for customers too; its address changes with it, so browsers keep it."""
    logo = BrandLogo.objects.filter(version=version).first()
    if logo is None:
        raise Http404
    answer = HttpResponse(bytes(logo.content), content_type=logo.content_type)
    answer["Cache-Control"] = "public, max-age=31536000, immutable"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@dataclasses.dataclass(frozen=True)
class Readable:
    """How well the brand's colour can be read."""

    text: str
    on_it: float
    on_paper: float

    @property
    def pale(self) -> bool:
        """Whether lines and buttons of this colour are hard to see on white."""
        return self.on_paper < colours.FOR_SHAPES


def _readable(stored: CompanyProfile) -> Readable:
    colour = stored.brand_colour
    text = colours.text_on(colour)
    words = _("white") if text == colours.WHITE else _("black")
    return Readable(words, round(colours.contrast(colour, text), 1), round(colours.contrast(colour, colours.WHITE), 1))


def _logo_address(request: HttpRequest, stored: CompanyProfile) -> str:
    if not stored.logo_version:
        return ""
    return request.build_absolute_uri(reverse("core:brand-logo", args=[stored.logo_version]))


def _uploaded(form: BrandForm) -> Any:
    upload = form.cleaned_data["logo"]
    if not upload or form.cleaned_data["remove_logo"]:
        return None
    # One byte more than it may have is enough to say that it is too large.
    return logo_from(upload.read(LARGEST_FILE + 1))
