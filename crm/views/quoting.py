"""Publishing a quote."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import require
from crm.queries import quotes as queries
from crm.services import quotes, records
from crm.views.editing import to


@require_POST
def quote_publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish a draft; what speaks against it is said in words."""
    require(request.user, "crm.edit")
    quote = get_object_or_404(queries.visible_to(request.user), pk=pk)
    try:
        quotes.publish(quote, by=request.user)
    except quotes.NotADraft:
        messages.info(request, _("This quote was published already."))
    except quotes.NoLines:
        messages.error(request, _("Add a line item before you publish the quote."))
    except quotes.Expired:
        messages.error(request, _("The expiry date has passed. Choose a later one first."))
    except records.Archived:
        messages.error(request, _("This record is archived. Restore it to change it."))
    else:
        messages.success(request, _("Quote published."))
    return to(request, resolve_url("crm:quote-detail", pk))
