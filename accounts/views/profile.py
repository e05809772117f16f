"""A person's own settings."""

from typing import cast

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services, sessions
from accounts.forms import PasswordForm, ProfileForm
from accounts.models import User


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Name, time zone, notation, theme and density."""
    user = cast(User, request.user)
    # A form's instance takes the typed values even when they are refused; the page's own user stays as it is.
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=user.pk))
    if request.method == "POST" and form.is_valid():
        services.update_profile(user, **form.cleaned_data)
        messages.success(request, _("Your profile is saved."))
        return redirect("accounts:profile")
    context = {"form": form, "password_form": PasswordForm(user=user)}
    return render(request, "accounts/profile.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters("present", "password")
@require_POST
def password(request: HttpRequest) -> HttpResponse:
    """Change the own password; this session stays, the others end."""
    user = cast(User, request.user)
    form = PasswordForm(request.POST, user=user)
    if form.is_valid():
        services.change_password(user, password=form.cleaned_data["password"], request=request)
        update_session_auth_hash(request, user)
        # The session goes on under a new key.
        sessions.begin(request)
        sessions.end_all(user, but=request.session.session_key)
        messages.success(request, _("Your password is changed."))
        return redirect("accounts:profile")
    context = {"form": ProfileForm(instance=user), "password_form": form}
    return render(request, "accounts/profile.html", context, status=422)


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Theme or density from the user's menu; the page has changed its look already."""
    user = cast(User, request.user)
    try:
        for name in services.PREFERENCES:
            if name in request.POST:
                services.set_preference(user, name=name, value=request.POST[name])
    except services.UnknownPreference:
        return HttpResponseBadRequest(_("There is no such preference."))
    return HttpResponse(status=204)
