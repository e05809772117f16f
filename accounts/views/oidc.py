"""To the identity provider and back. Every way it can end has a page that says what to do."""

from typing import TYPE_CHECKING, cast

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_POST

from accounts import audit
from accounts.models import User
from accounts.oidc import admission, configuration, provider
from accounts.views.session import destination, ours

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Status, what happened, what to do. ``%(name)s`` is the provider.
OUTCOMES: dict[str, tuple[int, "StrOrPromise", "StrOrPromise"]] = {
    "away": (502, gettext_lazy("%(name)s does not answer as it should"),
             gettext_lazy("Try again in a minute. If it stays so, tell an administrator; nothing was changed here.")),
    "issuer": (502, gettext_lazy("This is not the %(name)s that was set up"),
               gettext_lazy("The address of the provider and what it says about itself differ. An administrator has "
                            "to compare OIDC_ISSUER with the provider; “manage.py doctor” says how they differ.")),
    "state": (400, gettext_lazy("This sign-in is over"),
              gettext_lazy("It took longer than ten minutes, was used before, or began in another browser. Start it "
                           "again.")),
    "denied": (403, gettext_lazy("%(name)s did not let you in"),
               gettext_lazy("You cancelled, or you are not allowed to use CRM Sync there. Ask whoever runs %(name)s "
                            "if you should be.")),
    "problem": (502, gettext_lazy("%(name)s could not sign you in"),
                gettext_lazy("Try again. If it stays so, an administrator has to look at how CRM Sync is registered "
                             "at %(name)s.")),
    "untrusted": (403, gettext_lazy("The answer of %(name)s can't be trusted"),
                  gettext_lazy("It was not signed for this installation and this sign-in. Try again; if it stays so, "
                               "an administrator has to compare the settings and the clocks of both.")),
    "no_email": (403, gettext_lazy("%(name)s told no e-mail address"),
                 gettext_lazy("Add your address to your profile there. An administrator of %(name)s has to let CRM "
                              "Sync see it.")),
    "unverified": (403, gettext_lazy("Your e-mail address is not verified"),
                   gettext_lazy("%(name)s has not checked that the address is yours. Verify it there, then sign in "
                                "again.")),
    "unknown": (403, gettext_lazy("You have no account here"),
                gettext_lazy("Nobody here has the e-mail address that %(name)s knows you by. Ask an administrator of "
                             "CRM Sync to invite that address.")),
    "inactive": (403, gettext_lazy("This account is switched off"), gettext_lazy("Ask an administrator of CRM Sync.")),
    "other": (403, gettext_lazy("This is another identity than before"),
              gettext_lazy("The account with this e-mail address belongs to somebody else at %(name)s. If that was "
                           "you, an administrator of CRM Sync has to disconnect it first.")),
}  # fmt: skip


@login_not_required
@never_cache
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """A page that goes on to the provider by itself: Chromium stops redirects of forms that lead away."""
    if not configuration.configured():
        raise Http404
    if request.user.is_authenticated:
        return redirect(destination(request))
    try:
        address = provider.begin(request, to=destination(request))
    except provider.Refused as refused:
        return _refusal(request, refused)
    return render(request, "accounts/oidc_leaving.html", {"address": address, "name": configuration.name()})


@login_not_required
@never_cache
@require_GET
@sensitive_variables()
def callback(request: HttpRequest) -> HttpResponse:
    """Where the provider sends the browser back to. The state in the address works once."""
    if not configuration.configured():
        raise Http404
    if "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", "")):
        # A browser that looks ahead must not use up the state that the person is about to bring.
        return HttpResponse(status=503)
    if request.user.is_authenticated:
        return redirect("core:home")
    try:
        claims, wanted = provider.finish(request)
        person = admission.person_of(claims, request=request)
    except provider.Refused as refused:
        return _refusal(request, refused)
    admission.expect(request, person, claims["sub"])
    record_authentication(request, person, method="socialaccount", provider=configuration.key())
    answer: HttpResponse = perform_login(request, Login(user=person, redirect_url=ours(request, wanted)))
    return answer


def _refusal(request: HttpRequest, refused: provider.Refused) -> HttpResponse:
    if refused.person is not None:
        audit.record("user.identity_refused", refused.person, request=request, by=None, reason=refused.kind)
    status, title, text = OUTCOMES[refused.kind]
    words = {"name": configuration.name()}
    context = {"title": title % words, "text": text % words, "name": words["name"]}
    return render(request, "accounts/oidc_refused.html", context, status=status)


@require_POST
@reauthentication_required  # type: ignore[untyped-decorator] # the library has no types
def disconnect(request: HttpRequest) -> HttpResponse:
    """Forget who one is at the provider; not where that is the only way in."""
    user = cast(User, request.user)
    if not user.has_usable_password():
        messages.error(request, _("Choose a password first: without one you could not sign in any more."))
    elif admission.disconnect(user, request=request, by=user):
        messages.success(request, _("It is disconnected. The next sign-in with it connects it again."))
    return redirect("mfa_index")
