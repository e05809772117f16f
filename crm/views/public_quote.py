"""The public page of a quote: reached by its unguessable address alone, without signing in.

Nothing is cached, indexed or kept in a session; the address is not sent on to other sites.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from core.audit.source import client_address
from core.colours import text_on
from core.company import profile
from core.models import BrandLogo
from core.rates import too_many
from crm import public, quote_pdf
from crm.models import Quote
from crm.services import quote_life, quotes

READS, WRITES, PDFS = 120, 12, 20

View = Callable[..., HttpResponse]


def open_to_all(limit: int) -> Callable[[View], View]:
    """A page for strangers: no sign-in, so many requests a minute, nothing stored on the way."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if too_many(f"quote-{view.__name__}", client_address(request) or "?", limit=limit):
                answer = render(request, "crm/public/problem.html", {"busy": True}, status=429)
                answer["Retry-After"] = "60"
            else:
                try:
                    answer = view(request, *args, **kwargs)
                except Http404:
                    answer = render(request, "crm/public/problem.html", status=404)
            answer["Cache-Control"] = "no-store, private"
            answer["X-Robots-Tag"] = "noindex, nofollow, noarchive"
            answer["Referrer-Policy"] = "same-origin"
            return answer

        return login_not_required(guarded)

    return decorate


@open_to_all(READS)
@require_safe
def quote_public(request: HttpRequest, token: str) -> HttpResponse:
    """The quote with its buttons; whoever is signed in here does not count as a visitor."""
    quote = _find(token)
    if request.method == "GET" and not request.user.is_authenticated and public.state_of(quote) == public.OPEN:
        quote_life.note_view(quote, visitor=f"{client_address(request)}|{request.headers.get('User-Agent', '')[:300]}")
    return _page(request, quote)


@open_to_all(WRITES)
@require_POST
def quote_accept(request: HttpRequest, token: str) -> HttpResponse:
    """Accept with a typed name."""
    quote, name = _find(token), request.POST.get("name", "")
    if not request.POST.get("agreed"):
        return _page(request, quote, problem=_("Tick the box to accept the quote."), name=name, status=422)
    try:
        quote_life.accept(quote, name=name, ip=client_address(request))
    except quote_life.BadAnswer:
        return _page(request, quote, problem=_("Type your name to accept the quote."), name=name, status=422)
    except (quote_life.NotOpen, quotes.Expired):
        pass  # the page says what it is instead
    return redirect("crm:quote-public", token=token)


@open_to_all(WRITES)
@require_POST
def quote_decline(request: HttpRequest, token: str) -> HttpResponse:
    """Decline, with a reason where one is given."""
    reason, name = request.POST.get("reason", ""), request.POST.get("name", "")
    with suppress(quote_life.NotOpen, quotes.Expired):  # the page says what it is instead
        quote_life.decline(_find(token), name=name, reason=reason, ip=client_address(request))
    return redirect("crm:quote-public", token=token)


@open_to_all(PDFS)
@require_GET
def quote_pdf_file(request: HttpRequest, token: str) -> HttpResponse:
    """The quote as a PDF."""
    return pdf_answer(_find(token))


@open_to_all(READS)
@require_GET
def quote_style(request: HttpRequest, colour: str) -> HttpResponse:
    """The brand's colour as a style sheet: pages carry no styles of their own."""
    if len(colour) != 6 or any(digit not in "0123456789abcdefABCDEF" for digit in colour):
        raise Http404
    text = text_on(f"#{colour}")
    return HttpResponse(f":root{{--brand:#{colour};--brand-text:{text}}}", content_type="text/css")


def pdf_answer(quote: Quote) -> HttpResponse:
    """The PDF of a quote as a download."""
    logo = BrandLogo.objects.filter(pk=1).first()
    brand = {**public.brand(profile()), "picture": bytes(logo.content) if logo else b""}
    content = quote_pdf.render(public.printed(quote), brand)
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{quote_pdf.file_name(quote.number)}.pdf"'
    answer["Cache-Control"] = "no-store, private"
    return answer


def public_url(request: HttpRequest, quote: Quote) -> str:
    """The whole public address of a quote, empty without one."""
    return request.build_absolute_uri(reverse("crm:quote-public", args=[quote.token])) if quote.token else ""


def _find(token: str) -> Quote:
    quote = Quote.objects.select_related("contact", "company").defer("search").filter(token=token).first()
    if quote is None or public.state_of(quote) == public.GONE:
        raise Http404
    return quote


def _page(request: HttpRequest, quote: Quote, *, status: int = 200, **more: Any) -> HttpResponse:
    about = profile()
    context = {"quote": public.printed(quote), "brand": public.brand(about), "token": quote.token, **more}
    context["colour"] = about.brand_colour.removeprefix("#")
    return render(request, "crm/public/quote.html", context, status=status)
