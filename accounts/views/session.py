"""Signing in and out, and the first administrator."""

from typing import cast

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout as end_session
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import audit, queries, services, sessions, two_factor
from accounts.forms import FirstAdminForm, SignInForm
from accounts.models import User
from accounts.oidc import admission, configuration


def destination(request: HttpRequest) -> str:
    """Where to go after signing in: ``next`` if it is a page of ours, else home."""
    return ours(request, request.POST.get("next") or request.GET.get("next") or "")


def ours(request: HttpRequest, wanted: str) -> str:
    """``wanted`` if it is a page of ours, else home."""
    good = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if good else resolve_url(settings.LOGIN_REDIRECT_URL)


def go_in(request: HttpRequest, person: User, *, to: str) -> HttpResponse:
    """Go on with somebody who has proven the password: to the second factor, or in."""
    admission.forget(request)
    # Where the password is all there is, giving it just now is as good as being asked for it again.
    record_authentication(request, person, method="password", reauthenticated=not two_factor.has(person))
    answer: HttpResponse = perform_login(request, Login(user=person, redirect_url=to))
    return answer


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Sign in. While there is nobody, the page for the first administrator comes instead."""
    if request.user.is_authenticated:
        return redirect(destination(request))
    if queries.nobody_yet():
        return redirect("accounts:first-admin")
    form = SignInForm(request, request.POST or None)
    emergency = request.method == "POST" or "emergency" in request.GET
    if request.method == "POST" and form.is_valid():
        return go_in(request, form.get_user(), to=destination(request))
    accounts = getattr(settings, "DEMO_ACCOUNTS", ()) if settings.DEMO else ()
    context = {"form": form, "next": request.POST.get("next") or request.GET.get("next", ""), "demo_accounts": accounts}
    context["provider"] = configuration.name() if configuration.configured() else ""
    context |= {"only": configuration.only(), "passwords": emergency or not configuration.only()}
    return render(request, "accounts/login.html", context, status=422 if form.errors else 200)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Sign out."""
    audit.record("user.signed_out", cast(User, request.user), request=request, by=cast(User, request.user))
    sessions.forget(request)
    end_session(request)
    answer = redirect(settings.LOGOUT_REDIRECT_URL)
    # What pages kept in the browser, such as a form that was not sent, is for nobody who comes after.
    answer["Clear-Site-Data"] = '"storage"'
    return answer


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def first_admin(request: HttpRequest) -> HttpResponse:
    """Make the first administrator of a new installation; gone as soon as there is a user."""
    if not queries.nobody_yet():
        return redirect("accounts:login")
    form = FirstAdminForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = services.create_first_admin(**form.cleaned_data)
        except services.UsersExist:
            return redirect("accounts:login")
        messages.success(request, _("Welcome! You are the administrator of this installation."))
        return go_in(request, user, to=resolve_url("core:home"))
    return render(request, "accounts/first_admin.html", {"form": form}, status=422 if form.errors else 200)
