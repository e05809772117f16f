"""Everything needs a signed-in user, unless a view says otherwise; and a second factor where the role asks for it."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth.middleware import LoginRequiredMiddleware as DjangoLoginRequired
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext as _

from accounts import sessions, two_factor
from accounts.models import User
from accounts.oidc import admission

__all__ = ["LoginRequiredMiddleware", "SessionSeenMiddleware", "TwoFactorRequiredMiddleware"]

SET_UP = "mfa_activate_totp"
# What somebody who has to set up a second factor can reach.
OPEN = {
    SET_UP,
    "mfa_view_recovery_codes",
    "account_reauthenticate",
    "mfa_reauthenticate",
    "accounts:logout",
    "accounts:preferences",
}


class LoginRequiredMiddleware(DjangoLoginRequired):
    """Django's own; views open to everybody carry ``@login_not_required``."""


class TwoFactorRequiredMiddleware:
    """Leads who has to set up a second factor there, and nowhere else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Asks the database only where the role requires a second factor."""
        match = request.resolver_match
        public = not getattr(view, "login_required", True) or (match is not None and match.view_name in OPEN)
        if public or not request.user.is_authenticated or not _missing(request):
            return None
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=204, headers={"HX-Redirect": resolve_url(SET_UP)})
        if "text/html" not in request.headers.get("Accept", "text/html"):
            words = _("Your role needs two-factor sign-in. Set it up in the browser first.")
            return JsonResponse({"detail": words}, status=403)
        return redirect(SET_UP)


def _missing(request: HttpRequest) -> bool:
    return not admission.trusted(request) and two_factor.missing(cast(User, request.user))


class SessionSeenMiddleware:
    """Ends a session that is over, and keeps “last seen” of the others."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            if sessions.over(request):
                sessions.expire(request)
            else:
                sessions.seen(request)
        return self.get_response(request)
