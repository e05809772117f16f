"""The product's addresses and one more: a page with every component of the design system in every state."""

import datetime
from decimal import Decimal
from types import SimpleNamespace

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path
from django.utils import timezone

from core.paging import Page
from tests.e2e.paths import TEMPLATES


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(help_text="As on the invoice.")
    email = forms.EmailField(required=False)
    stage = forms.ChoiceField(choices=[("new", "New"), ("won", "Won")])
    zone = forms.ChoiceField(choices=[("a", "Alpha"), ("b", "Beta")], widget=forms.Select(attrs={"data-picker": True}))
    due = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    agree = forms.BooleanField(label="Send a copy", required=False)


def entry(icon: str, sentence: str, minutes: int, *, note: str = "") -> SimpleNamespace:
    """A line of a timeline."""
    event = SimpleNamespace(
        name="note.added" if note else "deal.changed",
        actor="Riley Sales" if note else None,
        occurred_at=timezone.now() - datetime.timedelta(minutes=minutes),
        data={"text": note},
    )
    return SimpleNamespace(event=event, icon=icon, sentence=sentence, kind="note" if note else "change")


def guide(request: HttpRequest) -> HttpResponse:
    """Every component."""
    context = {
        "form": SampleForm(),
        "wrong_form": SampleForm({"name": "", "email": "nonsense", "stage": "lost"}, auto_id="wrong_%s"),
        "entries": [
            entry("note", "added a note", 3, note="Called <b>Amy</b>: she wants two more ponds."),
            entry("cash", "Payment of $362.07 received on 21 November", 90),
            entry("receipt", "Invoice 1041 was created in QuickBooks", 2000),
        ],
        "options": [("open", "Open"), ("paid", "Paid in full"), ("overdue", "Overdue")],
        "selected": ["paid", "overdue"],
        "page": Page([], "next-cursor", ""),
        "tones": ["good", "warning", "danger", "info", "neutral", "accent"],
        "rows": range(6),
        "amount": Decimal("1234.5"),
        "levels": ["success", "info", "warning", "error"],
        "lost_card": SimpleNamespace(key="lost", title="A card that fails", url_name="lost-card"),
    }
    source = (TEMPLATES / "style_guide.html").read_text()
    return HttpResponse(engines["django"].from_string(compiled(source)).render(context, request))


def compiled(source: str) -> str:
    """Cotton's tags in a template that no loader reads."""
    loader = engines["django"].engine.template_loaders[0].loaders[0]
    return str(loader.cotton_compiler.process(source))


def panel(request: HttpRequest) -> HttpResponse:
    """What a side panel shows."""
    field = (
        "<div class='field'><label class='form-label'>Name <input class='form-control' id='panel-name'></label></div>"
    )
    return HttpResponse(f"<h2>Edit deal</h2>{field}<button class='btn btn-primary'>Save</button>")


def lost(request: HttpRequest) -> HttpResponse:
    """A card whose server fails."""
    return HttpResponse("no", status=503)


urlpatterns = [
    path("style-guide/", guide, name="style-guide"),
    path("style-guide/panel/", panel, name="style-guide-panel"),
    path("style-guide/lost/", lost, name="lost-card"),
    path("", include("crm_sync.urls")),
]
