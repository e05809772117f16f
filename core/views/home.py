"""The first page after signing in."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import registry


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """A greeting and the cards that the apps registered, each loaded by itself."""
    cards = sorted(registry.home_cards, key=lambda card: card.order)
    context = {
        "cards": [card for card in cards if not card.permission or request.user.has_perm(card.permission)],
        "greeting": greeting(timezone.localtime().hour),
        "simulator_url": settings.QBO_SIMULATOR_URL if settings.DEMO else "",
    }
    return render(request, "core/home.html", context)


def greeting(hour: int) -> str:
    """What one says at this hour of the reader's day."""
    if 5 <= hour < 12:
        return _("Good morning")
    return _("Good afternoon") if 12 <= hour < 18 else _("Good evening")
