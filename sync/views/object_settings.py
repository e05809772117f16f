"""The settings of one object: the form, what saving it would do, saving; set-up, deletion, the name preview."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from core import registry
from core.properties import remembered
from crm.queries import companies, contacts
from qbo_connector.models import Connection
from sync import objects
from sync.enums import Removal, SyncObject
from sync.forms import DeleteForm
from sync.models import Link, ObjectSettings
from sync.object_form import ObjectSettingsForm, change_lines
from sync.policies import record_types
from sync.publish import names
from sync.queries import stored_settings
from sync.services import dry_runs
from sync.services import objects as objects_service
from sync.services import settings as settings_service
from sync.services.dry_runs import FRESH
from sync.views.companies import PAGE, company_of, frame, is_simple, object_of, rules_of
from sync.views.dry_runs import shown

CONTROL = ("csrfmiddlewaretoken", "step", "setup")


@require_http_methods(["GET", "HEAD", "POST"])
def object_settings(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """The form. POST first says what it would do; ``step=save`` does it, ``step=edit`` goes back to the form.

    While the object is being set up nothing flows yet, so saving leads on to the dry run.
    """
    with remembered():
        return _object_settings(request, pk, name)


def _object_settings(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    connection, sync_object = company_of(request, pk), object_of(name)
    rules = rules_of(connection)
    if is_simple(rules):
        return redirect(f"{reverse('sync:simple', args=[pk])}?tab={name}")
    stored = stored_settings(connection, sync_object)
    setting_up = "setup" in request.POST or "setup" in request.GET
    form = ObjectSettingsForm(request.POST or None, stored=stored, user=request.user)
    context = {
        **frame(connection, rules=rules),
        "form": form,
        "stored": stored,
        "object": objects.DESCRIPTIONS[sync_object],
        "sync_object": sync_object,
        "setting_up": setting_up and not stored.enabled,
    }
    step = request.POST.get("step", "ask")
    if request.method == "POST" and step != "edit" and form.is_valid():
        try:
            if context["setting_up"]:
                settings_service.change(connection, sync_object, form.values(), by=request.user)
                dry_runs.wanted(connection, sync_object, by=request.user, max_age=FRESH)
                return redirect(f"{reverse('sync:dry-run', args=[pk, name])}?setup=1")
            if step in ("save", "save-on"):
                return _saved(request, connection, sync_object, form, on=step == "save-on")
            return render(request, "sync/object_settings_confirm.html", {**context, **_asked(request, stored, form)})
        except settings_service.BadSettings as refused:
            form.add_problems(refused.problems)
    wrong = request.method == "POST" and bool(form.errors)
    return render(request, "sync/object_settings.html", context, status=422 if wrong else 200)


def _asked(request: HttpRequest, stored: ObjectSettings, form: ObjectSettingsForm) -> dict[str, Any]:
    """What the page that asks says: what changes in the settings, and what that does to how many records."""
    connection, sync_object = stored.connection, form.sync_object
    settings = settings_service.draft(connection, sync_object, form.values())
    run = dry_runs.wanted(connection, sync_object, by=request.user, settings=settings, max_age=FRESH)
    return {
        "changes": change_lines(form),
        "removal_deletes": settings.removal == Removal.DELETE,
        **shown(run),
        "sent": [(key, value) for key in request.POST for value in request.POST.getlist(key) if key not in CONTROL],
    }


def _saved(
    request: HttpRequest, connection: Connection, sync_object: SyncObject, form: ObjectSettingsForm, *, on: bool
) -> HttpResponse:
    changed = settings_service.change(connection, sync_object, form.values(), by=request.user)
    if on:
        objects_service.turn_on(connection, sync_object, by=request.user)
        return redirect("sync:object-started", connection.pk, sync_object)
    if not changed:
        messages.info(request, _("Nothing was changed."))
    elif form.stored.enabled:
        messages.success(request, _("Saved. %s: everything is being looked at again.") % sync_object.label)
    else:
        messages.success(request, _("Saved. %s is off; the settings hold from when it is on.") % sync_object.label)
    return redirect(PAGE, connection.pk)


@require_safe
def name_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What records of one's own would be called in QuickBooks, with the template and suffix in the fields."""
    settings = stored_settings(company_of(request, pk), SyncObject.CONTACT)
    settings.display_name_template = request.GET.get("display_name_template", settings.display_name_template)
    settings.display_name_suffix = request.GET.get("display_name_suffix", settings.display_name_suffix)
    asked = request.GET.get("try", "").strip()[:100]
    company = companies.visible_to(request.user).filter(archived_at=None)
    contact = contacts.visible_to(request.user).filter(archived_at=None).select_related("company")
    if asked:
        company = company.filter(name__icontains=asked)
        contact = contact.filter(last_name__icontains=asked) | contact.filter(first_name__icontains=asked)
    lines, problem = [], ""
    try:
        for record in (company.order_by("pk").first(), contact.order_by("company", "pk").first()):
            if record is not None:
                kind = registry.object_types[str(record._meta.model_name)].label
                lines.append({"kind": kind, "record": record, "name": names.preview(settings, record)})
    except names.BadTemplate as refused:
        problem = str(refused)
    return render(request, "sync/_name_preview.html", {"lines": lines, "problem": problem, "asked": asked})


@require_http_methods(["GET", "HEAD", "POST"])
def object_delete(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Delete the sync of an object: asks what happens to its links, with their numbers."""
    connection, sync_object = company_of(request, pk), object_of(name)
    form = DeleteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        keep = form.cleaned_data["links"] == "keep"
        removed = objects_service.delete_sync(connection, sync_object, keep_links=keep, by=request.user)
        told = _("The sync of %s was deleted. The links are kept.") % sync_object.label
        if not keep:
            told = ngettext(
                "The sync of %(object)s was deleted, and %(n)s link removed.",
                "The sync of %(object)s was deleted, and %(n)s links removed.",
                removed,
            ) % {"object": sync_object.label, "n": f"{removed:,}"}
        messages.success(request, told)
        return redirect(PAGE, pk)
    context = {**frame(connection), "form": form, "sync_object": sync_object, **_links(connection, sync_object)}
    return render(request, "sync/object_delete.html", context, status=422 if form.errors else 200)


def _links(connection: Connection, sync_object: SyncObject) -> dict[str, Any]:
    """How many records of each kind are linked."""
    kinds = [str(each) for each in record_types(sync_object)]
    rows = Link.objects.filter(connection=connection, object_type__in=kinds).exclude(qbo_id="")
    counts = dict(rows.values_list("object_type").annotate(count=Count("id")).order_by())
    labels = [
        (registry.object_types[kind].plural, count) for kind, count in counts.items() if kind in registry.object_types
    ]
    return {"linked": labels, "total": sum(counts.values())}
