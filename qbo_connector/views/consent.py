"""To Intuit's consent page and back. Every way it can end has a page that says what happened."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_POST

from accounts.access import require
from qbo_connector import errors, oauth, queries
from qbo_connector.models import Connection
from qbo_connector.services import consent
from qbo_connector.services.consent import ConsentProblem
from qbo_connector.views.connections import LIST, PERMISSION, missing_keys

SETTINGS_PAGE = "sync:connection-settings"


@dataclass(frozen=True)
class Outcome:
    """What the page of one kind of problem says besides the message."""

    title: str | Promise
    advice: str | Promise
    tone: str = "danger"
    icon: str = "alert-circle"
    status: int = 400


OUTCOMES = {
    "denied": Outcome(
        gettext_lazy("Nothing was connected"),
        gettext_lazy("If that was a slip, start again and choose Connect on the page of QuickBooks."),
        tone="info",
        icon="info-circle",
        status=200,
    ),
    "state": Outcome(
        gettext_lazy("This sign-in can't be used any more"),
        gettext_lazy(
            "Look at the list of companies first: if you connected a moment ago, it is there. If not, start again in "
            "this window and go on within ten minutes."
        ),
        tone="warning",
        icon="alert-triangle",
    ),
    "code": Outcome(
        gettext_lazy("QuickBooks did not accept the sign-in"),
        gettext_lazy(
            "Start again. If you pressed Back or reloaded the page, that was the reason: each sign-in works once."
        ),
    ),
    "other-company": Outcome(
        gettext_lazy("That was another company"),
        gettext_lazy(
            "Start again and choose the company named above. To work with the other company as well, use "
            "“Connect QuickBooks account”, which adds it beside the ones that are there."
        ),
        tone="warning",
        icon="alert-triangle",
    ),
    "incomplete": Outcome(
        gettext_lazy("QuickBooks sent back too little"),
        gettext_lazy("Start again, and choose a company on the page of QuickBooks before you press Connect."),
    ),
    "keys": Outcome(
        gettext_lazy("QuickBooks does not accept this installation"),
        gettext_lazy(
            "The person who runs this installation has to check the keys of the QuickBooks app and the redirect "
            "address below. They come from developer.intuit.com."
        ),
    ),
    "unavailable": Outcome(
        gettext_lazy("QuickBooks can't be reached"),
        gettext_lazy("Nothing was connected. Wait a minute, then start again."),
        tone="warning",
        icon="cloud-off",
    ),
}


@never_cache
@require_POST
def connect(request: HttpRequest) -> HttpResponse:
    """On to the consent page, to connect one more company."""
    require(request.user, PERMISSION)
    return _leave(request, None)


@never_cache
@require_POST
def reconnect(request: HttpRequest, pk: int) -> HttpResponse:
    """On to the consent page, for a company that is known already."""
    require(request.user, PERMISSION)
    return _leave(request, get_object_or_404(queries.visible_to(request.user), pk=pk))


def _leave(request: HttpRequest, company: Connection | None) -> HttpResponse:
    """A page of ours that goes on to QuickBooks by itself.

    Not a redirect: Chromium applies ``form-action 'self'`` to the redirects of a form as well and would stop there.
    """
    if request.session.session_key is None:
        request.session.create()
    try:
        address = consent.begin(by=request.user, session_key=str(request.session.session_key), reconnect=company)
    except errors.OperatorProblem as error:
        return _problem(request, ConsentProblem("keys", error.plain), company)
    except errors.QboError as error:
        return _problem(request, ConsentProblem("unavailable", error.plain), company)
    return render(request, "qbo_connector/leaving.html", {"address": address, "company": company})


@never_cache
@require_GET
@sensitive_variables()
def callback(request: HttpRequest) -> HttpResponse:
    """Where QuickBooks sends the browser back to. The state in the address works once."""
    if "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", "")):
        # A browser that looks ahead must not use up the state that the person is about to bring.
        return HttpResponse(status=503)
    require(request.user, PERMISSION)
    answer = {key: str(value) for key, value in request.GET.items()}
    try:
        connection = consent.finish(by=request.user, session_key=request.session.session_key or "", answer=answer)
    except ConsentProblem as problem:
        return _problem(request, problem, _company_of(request.user, answer))
    except errors.QboError as error:
        return _problem(request, ConsentProblem("unavailable", error.plain), _company_of(request.user, answer))
    messages.success(request, _("“%s” is connected. Choose what to sync.") % connection)
    if request.user.has_perm("sync.configure"):
        return redirect(SETTINGS_PAGE, connection.pk)
    return redirect(LIST)


def _company_of(user: Any, answer: dict[str, str]) -> Connection | None:
    """The company that was to be reconnected, so that the button of the page tries the same again."""
    begun = queries.consent_of(user, answer.get("state", ""))
    return begun.reconnect if begun else None


def _problem(request: HttpRequest, problem: ConsentProblem, company: Connection | None) -> HttpResponse:
    outcome = OUTCOMES.get(problem.kind, OUTCOMES["unavailable"])
    context = {
        "kind": problem.kind,
        "outcome": outcome,
        "message": str(problem),
        "company": company,
        "missing_keys": missing_keys(),
        "redirect_uri": oauth.redirect_uri(),
    }
    return render(request, "qbo_connector/problem.html", context, status=outcome.status)
