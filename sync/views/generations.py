"""The two generations of set-up: the simple tabs, the guided upgrade to the full sync, and the way back."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from qbo_connector.models import Connection
from sync.enums import BackFill, Incoming, Removal, SyncObject
from sync.forms import SimpleForm
from sync.models import FieldMapping, Link, ObjectSettings
from sync.services import generations
from sync.services.dry_runs import FRESH
from sync.services.generations import Simple
from sync.views.companies import PAGE, company_of, frame, is_simple, rules_of
from sync.views.dry_runs import shown, upgraded


@require_http_methods(["GET", "HEAD", "POST"])
def simple(request: HttpRequest, pk: int) -> HttpResponse:
    """The tabs *Contacts*, *Products* and *Invoices*: a toggle and two dropdowns each."""
    connection = company_of(request, pk)
    rules = rules_of(connection)
    rows = {row.sync_object: row for row in ObjectSettings.objects.filter(connection=connection)}
    if not is_simple(rules) and any(row.enabled for row in rows.values()):
        messages.info(
            request, _("The full sync is set up here. Switch its objects off first to set up the simple one.")
        )
        return redirect(PAGE, pk)
    name = request.POST.get("tab") or request.GET.get("tab", "")
    tab = SyncObject(name) if name in SyncObject else SyncObject.CONTACT
    tabs = {each: _tab(rows.get(each), simple=is_simple(rules)) for each in SyncObject}
    initial = {key: getattr(tabs[tab], key) for key in ("enabled", "incoming", "removal")}
    form = SimpleForm(request.POST or None, sync_object=tab, initial=initial)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        tabs[tab] = Simple(
            enabled=values["enabled"],
            incoming=Incoming(values["incoming"]),
            removal=Removal(values["removal"]),
            back_fill=tabs[tab].back_fill,
        )
        generations.set_up_simple(connection, tabs, by=request.user)
        messages.success(request, _("Saved."))
        return redirect(f"{reverse('sync:simple', args=[pk])}?tab={tab}")
    context = {
        **frame(connection, rules=rules, here="simple"),
        "form": form,
        "tab": tab,
        "tabs": [(str(each), label) for each, label in _tab_labels().items()],
        "tabs_on": [str(each) for each, values in tabs.items() if values.enabled],
    }
    return render(request, "sync/setup_simple.html", context, status=422 if form.errors else 200)


def _tab_labels() -> dict[SyncObject, str]:
    return {
        SyncObject.CONTACT: _("Contacts"),
        SyncObject.PRODUCT: _("Products"),
        SyncObject.INVOICE: _("Invoices"),
    }


def _tab(row: ObjectSettings | None, *, simple: bool) -> Simple:
    """A tab as it is stored; before the simple set-up was made, off with its defaults."""
    if row is None or not simple:
        return Simple(enabled=False)
    return Simple(row.enabled, Incoming(row.incoming), Removal(row.removal), BackFill(row.back_fill))


@require_http_methods(["GET", "HEAD", "POST"])
def upgrade(request: HttpRequest, pk: int) -> HttpResponse:
    """The guided upgrade: what it means, what it would do (``?step=dry-run``), and doing it."""
    connection = company_of(request, pk)
    context = frame(connection)
    if not context["simple"]:
        messages.info(request, _("This company has the full sync already."))
        return redirect(PAGE, pk)
    if request.method == "POST":
        generations.upgrade(connection, by=request.user)
        messages.success(request, _("Upgraded to the full sync. Everything is being looked at again."))
        return redirect(PAGE, pk)
    checked = request.GET.get("step") == "dry-run"
    context |= _kept(connection)
    context |= {"checked": checked, "results": _results(request, connection) if checked else []}
    return render(request, "sync/upgrade.html", context)


def _kept(connection: Connection) -> dict[str, Any]:
    return {
        "links": Link.objects.filter(connection=connection).exclude(qbo_id="").count(),
        "mappings": FieldMapping.objects.filter(connection=connection).count(),
    }


def _results(request: HttpRequest, connection: Connection) -> list[dict[str, Any]]:
    """What the full sync would do to each object that is on."""
    found = []
    for row in ObjectSettings.objects.filter(connection=connection, enabled=True):
        sync_object = SyncObject(row.sync_object)
        run = upgraded(request, connection, sync_object, max_age=FRESH)
        found.append({"object": sync_object, **shown(run)})
    order = list(SyncObject)
    return sorted(found, key=lambda each: order.index(each["object"]))


@require_POST
def upgrade_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Back to the simple set-up as it was."""
    connection = company_of(request, pk)
    try:
        generations.undo_upgrade(connection, by=request.user)
    except generations.NothingToUndo:
        messages.info(request, _("There is no upgrade to undo."))
    else:
        messages.success(request, _("The sync is the simple one again. Links, mappings and what was synced stay."))
    return redirect(PAGE, pk)
