"""Notes, calls, e-mails and meetings as a list of their own."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET

from core.tables.views import pages
from crm.activity_lines import page_of
from crm.queries import activities

NAME = "activity"


@require_GET
def activity_list(request: HttpRequest) -> HttpResponse:
    """What people did with all records; what is shown of it is in the address."""
    return pages.index(request, NAME)


@require_GET
def activity_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Lead to the timeline of the first record that shows an activity."""
    activity = get_object_or_404(activities.visible_to(request.user), pk=pk)
    found = activities.first_record(request.user, activity)
    if found is None:
        raise Http404
    object_type, record = found
    return redirect(page_of(activity, object_type, record.pk))
