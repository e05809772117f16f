"""How one signs in: the second factor, the sessions, and what happened lately."""

from typing import cast

from allauth.account.decorators import reauthentication_required
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts import browsers, sessions, sign_in_words, two_factor
from accounts.models import User
from accounts.oidc import admission, configuration


@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """The page about all of it."""
    user = cast(User, request.user)
    if not request.session.get(sessions.LISTED):
        sessions.begin(request)  # one from before sessions were listed
    factors = {each.type: each for each in Authenticator.objects.filter(user=user)}
    codes = factors.get(Authenticator.Type.RECOVERY_CODES)
    context = {
        "factor": factors.get(Authenticator.Type.TOTP),
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
        "must": two_factor.needed(user),
        "provider": configuration.name() if configuration.configured() else "",
        "identity": admission.account_of(user) if configuration.configured() else None,
        "lines": [
            {
                "session": each,
                "browser": browsers.in_words(each.user_agent),
                "current": each.session_key == request.session.session_key,
            }
            for each in sessions.of(user)
        ],
        "happened": sign_in_words.latest(user),
    }
    return render(request, "accounts/security.html", context)


@require_POST
@reauthentication_required  # type: ignore[untyped-decorator] # the library has no types
def session_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign out in one other browser."""
    user = cast(User, request.user)
    others = UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key)
    sessions.end([get_object_or_404(others, pk=pk)], request=request, by=user)
    messages.success(request, _("That session is ended."))
    return redirect("mfa_index")


@require_POST
@reauthentication_required  # type: ignore[untyped-decorator] # as above
def sessions_end(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    user = cast(User, request.user)
    others = UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key)
    count = sessions.end(others, request=request, by=user)
    messages.success(request, ngettext("%d session is ended.", "%d sessions are ended.", count) % count)
    return redirect("mfa_index")
