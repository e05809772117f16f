"""The address that QuickBooks calls when something changed."""

import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core import rates
from core.audit.source import client_address
from qbo_connector import webhook_bodies
from qbo_connector.services import webhooks

log = structlog.get_logger(__name__)
LARGEST_BODY = 1_000_000
# So many wrong signatures a minute from one address; whoever goes on is not worth a look at what they send.
MOST_WRONG = 60


@csrf_exempt
@login_not_required
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """200 once the notices are stored; 401 for a signature that does not fit, 400 for what can't be read.

    429 to who sent many wrong signatures; a right one is never counted.
    """
    length = request.headers.get("Content-Length") or "0"
    if not length.isdecimal() or int(length) > LARGEST_BODY:
        return HttpResponse(status=413)
    sender = client_address(request) or "?"
    if rates.beyond("webhook-signature", sender, limit=MOST_WRONG):
        return HttpResponse(status=429, headers={"Retry-After": str(rates.SECONDS)})
    body = request.body
    if not webhook_bodies.signed_by(body, request.headers.get("intuit-signature", ""), settings.QBO_WEBHOOK_VERIFIER):
        rates.too_many("webhook-signature", sender, limit=MOST_WRONG)
        log.warning("webhook.bad_signature", bytes=len(body))
        return HttpResponse(status=401)
    try:
        notices = webhook_bodies.notices(body)
    except webhook_bodies.Unreadable as error:
        log.warning("webhook.unreadable", reason=str(error))
        return HttpResponse(status=400)
    new = webhooks.take(notices)
    log.info("webhook.taken", notices=len(notices), new=new)
    return HttpResponse(status=200)
