"""How e-mails leave: the mail server's settings, and a test e-mail."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from core import registry
from core.forms.company import MailServerForm
from core.models import MailState, OutgoingMail
from core.services import smtp
from core.views.company import configures


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@configures
def mail_server(request: HttpRequest) -> HttpResponse:
    """Server, user, sender, limit."""
    stored = smtp.stored()
    form = MailServerForm(request.POST or None, initial={name: getattr(stored, name) for name in smtp.FIELDS})
    if request.method == "POST" and form.is_valid():
        password = "" if request.POST.get("forget_password") else form.new_password
        try:
            smtp.change(form.settings(), password=password, by=request.user)
        except smtp.BadServer as refused:
            form.add_error(refused.field, str(refused))
        else:
            messages.success(request, _("Changes saved. Send a test e-mail to see whether it works."))
            return redirect("core:mail-server")
    return _page(request, form, status=422 if form.errors else 200)


@require_POST
@configures
def mail_test(request: HttpRequest) -> HttpResponse:
    """Send a test e-mail now and say what the server said."""
    address = request.POST.get("to", "").strip()
    try:
        validate_email(address)
    except forms.ValidationError:
        messages.error(request, _("Type the address that the test e-mail goes to."))
        return redirect("core:mail-server")
    problem = smtp.send_test(address)
    if problem:
        messages.error(request, problem)
    elif _only_to_log():
        messages.warning(request, _("No mail server is set: the test e-mail was only written to the log."))
    else:
        messages.success(request, _("The mail server took the test e-mail for %s.") % address)
    return redirect("core:mail-server")


def _writes_to_log() -> bool:
    return settings.EMAIL_BACKEND.endswith("console.EmailBackend")


def _only_to_log() -> bool:
    """Whether e-mails go nowhere: no server of the settings page, and none of the environment."""
    return _writes_to_log() and not smtp.stored().enabled


def _page(request: HttpRequest, form: MailServerForm, *, status: int) -> HttpResponse:
    stored = smtp.stored()
    # Counted up to a limit: a long queue has no exact number worth a long query.
    waiting = OutgoingMail.objects.filter(state=MailState.PLANNED)[:1001].count()
    context: dict[str, Any] = {
        "form": form,
        "card": registry.HomeCard("mail", _("E-mails that did not leave"), "core:mail-health"),
        "stored": stored,
        "has_password": bool(stored.sealed_password),
        "environment_sender": settings.DEFAULT_FROM_EMAIL,
        "to_log": _writes_to_log(),
        "waiting": f"{min(waiting, 1000)}{'+' if waiting > 1000 else ''}" if waiting else "",
    }
    return render(request, "core/smtp.html", context, status=status)
