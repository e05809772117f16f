"""Settings of the wizard: the usual QuickBooks company of each pipeline."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.models import Pipeline
from invoices.ports import AccountingUnavailable, accounting
from invoices.services import default_account
from invoices.views.answers import needs


@require_http_methods(["GET", "POST"])
@needs("sync.configure")
def usual_companies(request: HttpRequest) -> HttpResponse:
    """Which company the wizard proposes for the deals of a pipeline."""
    pipelines = list(Pipeline.objects.all())
    try:
        accounts, reason = list(accounting().accounts()), ""
    except AccountingUnavailable as error:
        accounts, reason = [], str(error)
    if request.method == "POST" and not reason:
        typed = {pipeline.pk: request.POST.get(f"pipeline-{pipeline.pk}", "") for pipeline in pipelines}
        chosen = {pk: int(text) if text.isdecimal() and len(text) < 19 else None for pk, text in typed.items()}
        default_account.choose(chosen, known=[account.connection_id for account in accounts], by=request.user)
        messages.success(request, _("The usual companies were saved."))
        return redirect("invoices:usual-companies")
    usual = default_account.chosen()
    rows = [(pipeline, usual.get(pipeline.pk)) for pipeline in pipelines]
    return render(request, "invoices/defaults/companies.html", {"rows": rows, "accounts": accounts, "reason": reason})
