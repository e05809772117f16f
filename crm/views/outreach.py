"""Send an e-mail from a record."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import require
from core.services.files import files_of
from crm.forms.outreach import MailForm
from crm.queries import related
from crm.services import outreach
from crm.views.timeline import kind_of


@require_http_methods(["GET", "POST"])
def mail_compose(request: HttpRequest, object_type: str, pk: int) -> HttpResponse:
    """The form of an e-mail about a record, in the side panel or as a page, and its answer."""
    kind = kind_of(object_type)
    require(request.user, "crm.edit")
    record = get_object_or_404(kind.record(request.user), pk=pk)
    around = list(related.of_record(request.user, object_type, record))
    posted = request.POST if request.method == "POST" else None
    form = MailForm(posted, to=related.address_of(object_type, record), held=files_of(object_type, pk), related=around)
    in_panel = bool(getattr(request, "htmx", False))
    if posted is not None and form.is_valid():
        try:
            outreach.send(
                [record, *form.chosen()],
                key=str(form.cleaned_data["key"]),
                files=form.chosen_files(),
                by=request.user,
                **{name: form.cleaned_data[name] for name in ("to", "cc", "subject", "body")},
            )
        except outreach.BadMail as bad:
            form.add_error(bad.field if bad.field in form.fields else None, str(bad))
        else:
            messages.success(request, _("The e-mail is on its way."))
            if not in_panel:
                return redirect(resolve_url(kind.detail_url, pk))
            events: dict[str, Any] = {"drawer:close": None, "record:changed": None}
            return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(events)})
    context = {
        "kind": kind,
        "record": record,
        "form": form,
        "in_panel": in_panel,
        "placeholders": [f"{{{{ {name} }}}}" for name in outreach.PLACEHOLDERS],
    }
    template = "crm/activities/_mail.html" if in_panel else "crm/activities/mail_page.html"
    return render(request, template, context, status=422 if form.errors else 200)
