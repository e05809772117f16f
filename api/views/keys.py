"""Keys: one's own, and for those who manage users everybody's."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import require
from api.forms import KeyForm
from api.models import ApiKey
from api.services import keys

MANAGES = "accounts.manage"
MOST_SHOWN = 500


@require_safe
def key_list(request: HttpRequest) -> HttpResponse:
    """The reader's keys."""
    found = ApiKey.objects.filter(user=request.user.pk)[:MOST_SHOWN]
    return render(request, "api/keys.html", {"keys": found})


@require_safe
def key_overview(request: HttpRequest) -> HttpResponse:
    """The keys of everybody."""
    require(request.user, MANAGES)
    found = ApiKey.objects.select_related("user")[:MOST_SHOWN]
    return render(request, "api/keys.html", {"keys": found, "everybody": True})


@require_http_methods(["GET", "HEAD", "POST"])
def key_create(request: HttpRequest) -> HttpResponse:
    """Make a key; the answer shows it, once."""
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        key, secret = keys.create(
            request.user,
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            expires_at=form.expires_at(),
            by=request.user,
        )
        response = render(request, "api/key_made.html", {"key": key, "secret": secret})
        response["Cache-Control"] = "no-store"
        return response
    return render(request, "api/key_form.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
def key_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke a key of one's own, or anybody's for who manages users."""
    key = get_object_or_404(ApiKey.objects.select_related("user"), pk=pk)
    own = key.user_id == request.user.pk
    if not own and not request.user.has_perm(MANAGES):
        raise Http404
    if keys.revoke(key, by=request.user):
        messages.success(request, _("The key “%s” opens nothing any more.") % key)
    return redirect("api:key-list" if own and request.POST.get("from") != "everybody" else "api:key-overview")
