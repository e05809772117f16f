"""The home page's cards about receivables and reads."""

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.visibility import sees_all
from reports import home
from reports.ready.registry import NoSuchReport
from reports.rollups import refresh
from reports.views.shared import VIEW, needs


@require_GET
@needs(home.SEES)
def unpaid(request: HttpRequest) -> HttpResponse:
    """The reader's unpaid invoices."""
    return render(request, "reports/home/_unpaid.html", {"invoices": home.unpaid(request.user)})


def _card(key: str, permission: str, figures: Callable[[Any], Sequence[home.Figure]]) -> Any:
    """A card with a ready report's figures, as old as they are, and the way to the report."""

    @require_GET
    @needs(permission)
    def card(request: HttpRequest) -> HttpResponse:
        try:
            found = figures(request.user)
        except NoSuchReport:
            # A role of one's own may have the card's permission, and not the report's.
            found = []
        context = {
            "figures": found,
            "as_of": refresh.as_of(),
            "report": reverse("reports:ready", args=[key]) if request.user.has_perm(VIEW) else "",
            "empty": _("Nothing to show yet.")
            if sees_all(request.user)
            else _("This is about the whole company. It needs a role that sees all records."),
        }
        return render(request, "reports/home/_figures.html", context)

    return card


aging = _card("receivables-aging", home.COLLECTS, home.aging)
overdue = _card("overdue-by-owner", home.COLLECTS, home.overdue)
reads = _card("reads-used", home.CONFIGURES, home.reads)
