"""The card about people on an administrator's home page."""

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import require
from accounts.models import User

NEWEST = 5


@require_safe
def people_home(request: HttpRequest) -> HttpResponse:
    """How many people can sign in, who never did, and who came last: two statements."""
    require(request.user, "accounts.manage")
    figures = User.objects.aggregate(
        active=Count("pk", filter=Q(is_active=True)),
        never=Count("pk", filter=Q(is_active=True, last_login=None)),
        off=Count("pk", filter=Q(is_active=False)),
    )
    newest = User.objects.select_related("role").order_by("-joined_at", "-pk")[:NEWEST]
    return render(request, "accounts/_home.html", {"figures": figures, "newest": newest})
