"""The first page after signing in, and arranging it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core import home as reading
from core import news, recent
from core.services import home as layouts

RECENT_SHOWN = 8


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """A greeting and the cards that the apps registered, each loaded by itself."""
    arranged = reading.arranged(request.user)
    # Nothing stands for the demo's hints, which come first.
    cards = [*([None] if settings.DEMO else []), *arranged.shown]
    # Down the left column, then the right one: in one column, by keyboard and aloud the order is the same. The first
    # cards hold the long lists, so fewer of them fill a column.
    left = max(1, round(0.4 * len(cards)))
    context = {
        "arranged": arranged,
        "columns": [column for column in (cards[:left], cards[left:]) if column],
        "greeting": greeting(timezone.localtime().hour),
        "simulator_url": settings.QBO_SIMULATOR_URL if settings.DEMO else "",
    }
    return render(request, "core/home.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def home_layout(request: HttpRequest) -> HttpResponse:
    """The panel that arranges the cards; POST keeps the order and what is shown, or goes back to the role's own."""
    if request.method != "POST":
        return render(request, "core/_home_layout.html", {"arranged": reading.arranged(request.user)})
    if "reset" in request.POST:
        layouts.reset(request.user)
    else:
        layouts.arrange(request.user, order=request.POST.getlist("order"), shown=request.POST.getlist("shown"))
    return HttpResponse(status=204, headers={"HX-Redirect": reverse("core:home")})


@require_safe
def home_recent(request: HttpRequest) -> HttpResponse:
    """The card with the records that were opened last."""
    return render(request, "core/_home_recent.html", {"lines": recent.shown(request.user, limit=RECENT_SHOWN)})


@require_safe
def home_news(request: HttpRequest) -> HttpResponse:
    """The card with what others, customers and QuickBooks changed since the last working day."""
    return render(request, "core/_home_news.html", {"news": news.since_last_working_day(request.user)})


def greeting(hour: int) -> str:
    """What one says at this hour of the reader's day."""
    if 5 <= hour < 12:
        return _("Good morning")
    return _("Good afternoon") if 12 <= hour < 18 else _("Good evening")
