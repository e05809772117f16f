"""Inviting people, and accepting an invitation."""

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import invitations
from accounts.access import require
from accounts.forms import NewPassword, zone_choices
from accounts.models import Invitation, Role, Team, User
from accounts.oidc import configuration
from accounts.views.session import go_in
from core import company

MANAGES = "accounts.manage"


class InvitationForm(forms.Form):
    """Who, and as what."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254)
    role = forms.ModelChoiceField(
        Role.objects.order_by("name"), label=gettext_lazy("Role"), empty_label=gettext_lazy("Choose a role")
    )
    teams = forms.ModelMultipleChoiceField(
        Team.objects.all(), label=gettext_lazy("Teams"), required=False, widget=forms.CheckboxSelectMultiple
    )


class AcceptForm(NewPassword):
    """What somebody who joins decides."""

    field_order = ["time_zone", "password"]
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"), choices=zone_choices, widget=forms.Select(attrs={"data-picker": True})
    )

    def __init__(self, *args: Any, invitation: Invitation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invitation = invitation

    def clean(self) -> dict[str, Any]:
        """Check the password against name and address too."""
        self.cleaned_data |= {"email": self.invitation.email, "name": self.invitation.name}
        return super().clean()


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """Ask somebody to join."""
    require(request.user, MANAGES)
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = invitations.invite(by=cast(User, request.user), **form.cleaned_data)
        except invitations.InvitationRefused as refused:
            form.add_error("email", str(refused))
        else:
            messages.success(request, _("%s gets an e-mail with a link.") % made)
            return redirect("accounts:user-list")
    return render(request, "accounts/invite.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
def resend(request: HttpRequest, pk: int) -> HttpResponse:
    """Another e-mail with another link."""
    return _act(request, pk, invitations.resend, _("%s gets another e-mail; the former link no longer works."))


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an invitation back."""
    return _act(request, pk, invitations.withdraw, _("The invitation of %s is withdrawn."))


def _act(request: HttpRequest, pk: int, act: Callable[..., Any], done: str) -> HttpResponse:
    require(request.user, MANAGES)
    invitation = get_object_or_404(Invitation, pk=pk)
    try:
        act(invitation, by=cast(User, request.user))
    except invitations.InvitationOver:
        messages.error(request, _("That invitation is over."))
    else:
        messages.success(request, done % invitation)
    return redirect("accounts:user-list")


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, pk: int, token: str) -> HttpResponse:
    """The page behind the link."""
    invitation = invitations.find(pk, token)
    if invitation is None or request.user.is_authenticated:
        status = 200 if request.user.is_authenticated else 404
        return render(request, "accounts/invitation_over.html", status=status)
    if configuration.only():
        # Signing in with the provider accepts it; its address is verified there as the link verifies it here.
        return redirect("accounts:login")
    zone = {"time_zone": company.profile().time_zone}
    form = AcceptForm(request.POST or None, invitation=invitation, initial=zone)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            user = invitations.accept(
                invitation, password=values["password"], time_zone=values["time_zone"], request=request
            )
        except invitations.InvitationOver:
            return render(request, "accounts/invitation_over.html", status=404)
        messages.success(request, _("Welcome, %s!") % user)
        return go_in(request, user, to=resolve_url("core:home"))
    context = {"form": form, "invitation": invitation}
    return render(request, "accounts/invitation.html", context, status=422 if form.errors else 200)
