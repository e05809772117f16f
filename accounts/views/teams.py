"""Teams, for those who manage users."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import queries, teams
from accounts.access import require
from accounts.models import Team, User

MANAGES = "accounts.manage"


class TeamForm(forms.Form):
    """Name and members."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=teams.LONGEST_NAME)
    members = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label=gettext_lazy("Members"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, team: Team | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = User.objects.filter(is_active=True)
        if team is not None:
            offered = offered | User.objects.filter(teams=team)
            self.initial = {"name": team.name, "members": list(team.members.values_list("pk", flat=True))}
        field: Any = self.fields["members"]
        field.queryset = offered.distinct().order_by("name", "pk")


@require_safe
def team_list(request: HttpRequest) -> HttpResponse:
    """Every team with its members."""
    require(request.user, MANAGES)
    found = queries.all_teams().prefetch_related("members")
    return render(request, "accounts/teams.html", {"teams": found})


@require_http_methods(["GET", "HEAD", "POST"])
def team_create(request: HttpRequest) -> HttpResponse:
    """Add a team."""
    require(request.user, MANAGES)
    form = TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            team = teams.create(by=request.user, **form.cleaned_data)
        except teams.TeamRefused as refused:
            form.add_error("name", str(refused))
        else:
            messages.success(request, _("The team %s is there.") % team)
            return redirect("accounts:team-list")
    return render(request, "accounts/team_form.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def team_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a team's name and members."""
    require(request.user, MANAGES)
    team = get_object_or_404(Team, pk=pk)
    form = TeamForm(request.POST or None, team=team)
    if request.method == "POST" and form.is_valid():
        try:
            saved = teams.update(team, by=request.user, **form.cleaned_data)
        except teams.TeamRefused as refused:
            form.add_error("name", str(refused))
        else:
            messages.success(request, _("%s is saved.") % saved)
            return redirect("accounts:team-list")
    context = {"form": form, "team": team, "views": teams.shared_views(team).count()}
    return render(request, "accounts/team_form.html", context, status=422 if form.errors else 200)


@require_POST
def team_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a team; people, records and views stay."""
    require(request.user, MANAGES)
    team = get_object_or_404(Team, pk=pk)
    views = teams.delete(team, by=request.user)
    words = _("The team %s is deleted.") % team
    if views:
        words += (
            " "
            + ngettext(
                "%d view that it shared is now seen by its owner alone.",
                "%d views that it shared are now seen by their owners alone.",
                views,
            )
            % views
        )
    messages.success(request, words)
    return redirect("accounts:team-list")
