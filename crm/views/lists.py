"""The index pages."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from core.tables.views import pages
from crm.kinds import Kind


@require_GET
def record_list(request: HttpRequest, kind: Kind) -> HttpResponse:
    """All records of a kind; what is shown of them is in the address."""
    return pages.index(request, kind.name, kind=kind)
