"""Users, for those who manage them."""

from typing import cast

from allauth.account.decorators import reauthentication_required
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import handing_over, invitations, queries, services, sessions, two_factor
from accounts.access import require
from accounts.forms import NewUserForm, UserForm
from accounts.models import User
from accounts.oidc import admission, configuration


@require_safe
def user_list(request: HttpRequest) -> HttpResponse:
    """Everybody, active people first."""
    require(request.user, "accounts.manage")
    context = {
        "people": queries.people(cast(User, request.user)),
        "invitations": invitations.waiting().select_related("role").order_by("-sent_at", "-pk"),
    }
    return render(request, "accounts/users.html", context)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def user_create(request: HttpRequest) -> HttpResponse:
    """Add a user with an initial password."""
    require(request.user, "accounts.manage")
    form = NewUserForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = services.create_user(by=cast(User, request.user), **form.cleaned_data)
        messages.success(request, _("%s can sign in now.") % user)
        return redirect("accounts:user-list")
    return render(request, "accounts/user_form.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def user_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a user's name and role."""
    require(request.user, "accounts.manage")
    visible = queries.visible_to(cast(User, request.user))
    person = get_object_or_404(visible, pk=pk)
    form = UserForm(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            user = services.update_user(
                visible.get(pk=pk), name=values["name"], role=values["role"], by=cast(User, request.user)
            )
        except services.LastAdministrator:
            form.add_error("role", _("Somebody has to manage users: give another person that role first."))
        else:
            messages.success(request, _("%s is saved.") % user)
            return redirect("accounts:user-list")
    context = {
        "form": form,
        "person": visible.get(pk=pk),
        "two_factor": two_factor.has(person),
        "provider": configuration.name(),
        "sessions": UserSession.objects.filter(user=person).count(),
        "identity": admission.account_of(person) if configuration.configured() else None,
    }
    return render(request, "accounts/user_form.html", context, status=422 if form.errors else 200)


@require_POST
def user_activate(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a person sign in again (``active=1``) or no longer (``active=0``)."""
    user = _managed(request, pk)
    active, chosen = request.POST.get("active") == "1", request.POST.get("hand_to", "")
    hand_to = User.objects.filter(is_active=True, pk=int(chosen)).first() if chosen.isdecimal() else None
    try:
        services.set_active(user, active=active, by=cast(User, request.user), hand_to=hand_to)
    except services.LastAdministrator:
        messages.error(request, _("Somebody has to manage users: %s is the last one who can.") % user)
    else:
        done = _("%s can sign in again.") if active else _("%s can't sign in any more.")
        words = done % user
        if hand_to is not None and not active:
            words += " " + _("%s gets what is open, in the background.") % hand_to
        messages.success(request, words)
    return redirect("accounts:user-list")


@require_safe
def user_leave(request: HttpRequest, pk: int) -> HttpResponse:
    """Before a person is deactivated: what is theirs, and who gets it."""
    require(request.user, "accounts.manage")
    person = get_object_or_404(queries.visible_to(cast(User, request.user)).filter(is_active=True), pk=pk)
    others = User.objects.filter(is_active=True).exclude(pk=pk).order_by("name", "pk")
    context = {"person": person, "counts": handing_over.counts(person), "others": others}
    return render(request, "accounts/user_leave.html", context)


@require_POST
def user_two_factor_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the second factor from somebody who lost it."""
    person = _managed(request, pk)
    if two_factor.take_away(person, request=request, by=cast(User, request.user)):
        messages.success(request, _("%s signs in with the password alone until two-factor is set up again.") % person)
    return redirect("accounts:user-edit", pk=pk)


@require_POST
def user_identity_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget who somebody is at the identity provider, as when they got another identity there."""
    person = _managed(request, pk)
    if admission.disconnect(person, request=request, by=cast(User, request.user)):
        messages.success(request, _("The next sign-in of %s with the identity provider connects it again.") % person)
    return redirect("accounts:user-edit", pk=pk)


@require_POST
@reauthentication_required  # type: ignore[untyped-decorator] # the library has no types
def user_sessions_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign somebody out in all browsers, as when a laptop was lost."""
    person = _managed(request, pk)
    _end(request, UserSession.objects.filter(user=person))
    return redirect("accounts:user-edit", pk=pk)


@require_POST
@reauthentication_required  # type: ignore[untyped-decorator] # as above
def everybody_sessions_end(request: HttpRequest) -> HttpResponse:
    """Sign everybody out, but the reader in this browser."""
    require(request.user, "accounts.manage")
    _end(request, UserSession.objects.all())
    return redirect("accounts:user-list")


def _managed(request: HttpRequest, pk: int) -> User:
    """The person that somebody who manages users means; 403 for others, 404 for nobody."""
    require(request.user, "accounts.manage")
    found: User = get_object_or_404(queries.visible_to(cast(User, request.user)), pk=pk)
    return found


def _end(request: HttpRequest, found: QuerySet[UserSession]) -> None:
    others = found.exclude(session_key=request.session.session_key).select_related("user")
    count = sessions.end(others, request=request, by=cast(User, request.user))
    messages.success(request, ngettext("%d session is ended.", "%d sessions are ended.", count) % count)
