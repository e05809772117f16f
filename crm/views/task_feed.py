"""The calendar feed of one's tasks: its address, and what calendars read there."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from crm.services import task_feeds


@never_cache
@require_http_methods(["GET", "POST"])
def feed_settings(request: HttpRequest) -> HttpResponse:
    """One's address: make it, replace it, switch it off."""
    if request.method == "POST":
        if request.POST.get("act") == "off":
            task_feeds.switch_off(request.user)
            messages.success(request, _("The address leads nowhere any more."))
        else:
            task_feeds.renew(request.user)
            messages.success(request, _("This is your new address. A former one leads nowhere any more."))
        return redirect("crm:task-feed-settings")
    return render(request, "crm/tasks/feed.html", {"feed_url": task_feeds.address_of(request.user)})


@login_not_required
@never_cache
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """What a calendar reads; it signs nobody in, so the address is the key."""
    text = task_feeds.read(token)
    if text is None:
        raise Http404
    answer = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
