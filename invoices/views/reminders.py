"""Reminders: the rules in the settings, one reminder by hand, and the pause of a customer."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import placeholders
from invoices import queries, reminder_texts
from invoices.forms_automation import PauseForm, ReminderRuleForm, RemindForm, days_in_words
from invoices.models import Invoice, ReminderPause, ReminderRule
from invoices.ports import accounting
from invoices.services import reminders
from invoices.views.answers import by_htmx, needs


@require_GET
@needs("invoices.automate")
def rule_list(request: HttpRequest) -> HttpResponse:
    """The rules and the customers whose reminders are paused."""
    rules = ReminderRule.objects.select_related("connection")
    pauses = ReminderPause.objects.select_related("connection", "by").order_by("customer_name", "pk")
    context = {"rules": [(rule, days_in_words(rule)) for rule in rules], "pauses": pauses[:200]}
    return render(request, "invoices/automation/reminders.html", context)


@require_http_methods(["GET", "POST"])
@needs("invoices.automate")
def rule_form(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Make or change a rule, with a preview on an open invoice."""
    rule = get_object_or_404(ReminderRule, pk=pk) if pk is not None else None
    form = ReminderRuleForm(request.POST or None, instance=rule)
    if request.method == "POST" and form.is_valid():
        try:
            saved = reminders.save_rule(rule, by=request.user, **form.values())
        except reminders.BadRule as bad:
            form.add_error(bad.field or None, str(bad))
        else:
            messages.success(request, _("Saved.") if rule else _("Saved. Switch it on when it is ready."))
            del saved
            return redirect("invoices:reminder-list")
    context = {"form": form, "rule": rule, "placeholders": reminder_texts.PLACEHOLDERS.items()}
    return render(request, "invoices/automation/reminder_form.html", context, status=422 if form.errors else 200)


@require_POST
@needs("invoices.automate")
def rule_preview(request: HttpRequest) -> HttpResponse:
    """Subject and text as they would be for the open invoice that is due longest."""
    rows = (
        queries.visible_to(request.user).filter(status__in=reminders.OPEN, removed_at=None).select_related("connection")
    )
    invoice = rows.select_related("connection", "owner").order_by("due_on", "pk").first()
    context: dict[str, object] = {"invoice": invoice}
    try:
        for name in ("subject", "body"):
            text = request.POST.get(name, "")[:10_000]
            placeholders.check(text, reminder_texts.PLACEHOLDERS)
            if invoice is not None:
                values = reminder_texts.values_of(invoice, accounting().today(invoice.connection_id))
                context[name] = placeholders.filled(text, values)
    except placeholders.BadText as bad:
        context["problem"] = str(bad)
    return render(request, "invoices/automation/_reminder_preview.html", context)


@require_POST
@needs("invoices.automate")
def rule_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Switch a rule on or off, or delete it."""
    rule = get_object_or_404(ReminderRule, pk=pk)
    if act not in ("on", "off", "delete"):
        raise Http404
    if act == "delete":
        reminders.delete_rule(rule, by=request.user)
        messages.success(request, _("The rule was deleted."))
    else:
        reminders.switch(rule, on=act == "on", by=request.user)
        messages.success(request, _("It is on from today.") if act == "on" else _("It is off."))
    return redirect("invoices:reminder-list")


def _invoice(request: HttpRequest, pk: int) -> Invoice:
    rows = queries.visible_to(request.user).select_related("connection", "deal", "owner")
    return get_object_or_404(rows, pk=pk)


@require_http_methods(["GET", "POST"])
@needs("invoices.send")
def invoice_remind(request: HttpRequest, pk: int) -> HttpResponse:
    """Remind the customer of one invoice, after reading what it will say."""
    invoice = _invoice(request, pk)
    values = reminder_texts.values_of(invoice, accounting().today(invoice.connection_id))
    initial = {
        "key": uuid.uuid4(),
        "subject": placeholders.filled(str(reminder_texts.SUBJECT), values),
        "body": placeholders.filled(str(reminder_texts.BODY), values),
        "attach_pdf": True,
    }
    form = RemindForm(request.POST or None, initial=initial)
    refusal = reminders.refusal_of(invoice)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            reminders.remind(
                invoice,
                by=request.user,
                subject=given["subject"],
                body=given["body"],
                attach_pdf=given["attach_pdf"],
                key=str(given["key"]),
            )
        except reminders.BadRule as bad:
            form.add_error(None, str(bad))
        else:
            messages.success(request, _("The reminder is on its way."))
            if by_htmx(request):
                return HttpResponse(status=204, headers={"HX-Refresh": "true"})
            return redirect("invoices:invoice-detail", pk)
    context = {"invoice": invoice, "form": form, "refusal": refusal, "in_panel": by_htmx(request)}
    template = "invoices/automation/_remind_form.html" if by_htmx(request) else "invoices/automation/remind.html"
    return render(request, template, context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs("invoices.automate")
def customer_pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Pause the reminders of an invoice's customer."""
    invoice = _invoice(request, pk)
    form = PauseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reminders.pause_customer(
            invoice.connection_id,
            invoice.customer_external_id,
            name=invoice.customer_name,
            by=request.user,
            until=form.cleaned_data["until"],
            reason=form.cleaned_data["reason"],
        )
        messages.success(request, _("No reminders go to “%s” now.") % invoice.customer_name)
        if by_htmx(request):
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        return redirect("invoices:invoice-detail", pk)
    context = {"invoice": invoice, "form": form, "in_panel": by_htmx(request)}
    template = "invoices/automation/_pause_form.html" if by_htmx(request) else "invoices/automation/pause.html"
    return render(request, template, context, status=422 if form.errors else 200)


@require_POST
@needs("invoices.automate")
def pause_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a customer's pause."""
    row = get_object_or_404(ReminderPause, pk=pk)
    reminders.resume_customer(row.connection_id, row.customer_external_id, by=request.user)
    messages.success(request, _("Reminders go to “%s” again.") % row.customer_name)
    return redirect("invoices:reminder-list")
