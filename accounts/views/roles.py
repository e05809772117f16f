"""Roles, for those who manage users."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import roles
from accounts.access import require
from accounts.models import Role, Sees, User
from accounts.permissions import GROUPS, PERMISSIONS, WHOLE

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class RoleForm(forms.Form):
    """What a role holds."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=roles.LONGEST_NAME)
    requires_two_factor = forms.BooleanField(
        label=gettext_lazy("Needs two-factor sign-in"),
        required=False,
        help_text=gettext_lazy("Who has this role and no second factor sets it up before anything else opens."),
    )
    sees = forms.ChoiceField(
        label=gettext_lazy("Which records they see"), choices=Sees.choices, required=False, widget=forms.RadioSelect
    )
    sees_unassigned = forms.BooleanField(
        label=gettext_lazy("Also records that nobody owns"),
        required=False,
        help_text=gettext_lazy("Such as customers that came from QuickBooks and were not given to anybody yet."),
    )
    permissions = forms.MultipleChoiceField(
        label=gettext_lazy("Permissions"), required=False, choices=list(PERMISSIONS.items())
    )

    def answers(self) -> dict[str, Any]:
        """What was answered, as the services take it."""
        given = dict(self.cleaned_data)
        if not given["sees"]:
            del given["sees"]
        return given


SEES_WORDS = {
    Sees.ALL: gettext_lazy("Every record, whoever owns it."),
    Sees.TEAM: gettext_lazy("Records that they or people of their teams own, and what belongs to those."),
    Sees.OWN: gettext_lazy("Records that they own, and what belongs to those: the customer of a deal, its invoices."),
}


@dataclass(frozen=True)
class Choice:
    """A radio button of how far a role sees."""

    name: str
    label: "StrOrPromise"
    words: "StrOrPromise"
    on: bool


def choices(chosen: str) -> list[Choice]:
    """How far a role may see."""
    return [Choice(each.value, each.label, SEES_WORDS[each], each.value == chosen) for each in Sees]


@dataclass(frozen=True)
class Box:
    """A check box of a permission."""

    name: str
    words: "StrOrPromise"
    on: bool
    whole: bool = False


def boxes(chosen: Any) -> list[tuple["StrOrPromise", list[Box]]]:
    """Every permission in its group."""
    grouped: dict[str, list[Box]] = {}
    for name, words in PERMISSIONS.items():
        grouped.setdefault(name.partition(".")[0], []).append(Box(name, words, name in chosen, name in WHOLE))
    return [(GROUPS.get(app, app), found) for app, found in grouped.items()]


@require_safe
def role_list(request: HttpRequest) -> HttpResponse:
    """Every role, and how many have it."""
    require(request.user, roles.MANAGES)
    return render(request, "accounts/roles.html", {"roles": roles.all_roles(), "total": len(PERMISSIONS)})


@require_http_methods(["GET", "HEAD", "POST"])
def role_create(request: HttpRequest) -> HttpResponse:
    """A role of one's own."""
    require(request.user, roles.MANAGES)
    form = RoleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = roles.create(by=cast(User, request.user), **form.answers())
        except roles.RoleRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The role %s is there.") % made)
            return redirect("accounts:role-list")
    chosen = request.POST.getlist("permissions")
    context = {"form": form, "groups": boxes(chosen), "sees": choices(request.POST.get("sees", Sees.ALL))}
    return render(request, "accounts/role_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def role_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what a role holds, for all who have it."""
    require(request.user, roles.MANAGES)
    role = get_object_or_404(Role, pk=pk)
    form = RoleForm(request.POST or None, initial={
        "name": role.name, "requires_two_factor": role.requires_two_factor, "sees_unassigned": role.sees_unassigned,
    })  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            saved = roles.update(role, by=cast(User, request.user), **form.answers())
        except roles.RoleRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("%s is saved.") % saved)
            return redirect("accounts:role-list")
    chosen = request.POST.getlist("permissions") if form.is_bound else role.permissions
    holders = User.objects.filter(role=role).order_by("-is_active", "name", "pk")
    sees = choices(request.POST.get("sees", role.sees) if form.is_bound else role.sees)
    context = {"form": form, "role": role, "groups": boxes(chosen), "holders": holders, "sees": sees}
    return render(request, "accounts/role_form.html", context, status=422 if form.errors else 200)


@require_POST
def role_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a role that nobody has."""
    require(request.user, roles.MANAGES)
    role = get_object_or_404(Role, pk=pk)
    try:
        roles.delete(role, by=cast(User, request.user))
    except roles.RoleRefused as refused:
        messages.error(request, str(refused))
        return redirect("accounts:role-edit", pk=pk)
    messages.success(request, _("The role %s is deleted.") % role.name)
    return redirect("accounts:role-list")
