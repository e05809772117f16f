"""The steps of an import: upload, file, columns, options. Each can be left and taken up again."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import require
from accounts.visibility import sees_all
from core.files import BadFile
from crm.forms.imports import FileForm, OptionsForm, UploadForm
from crm.imports import columns, preparing, runs
from crm.imports.cells import from_json, plain
from crm.imports.notation import DATE_ORDERS, NUMBERS
from crm.imports.options import options_of
from crm.imports.targets import OBJECTS
from crm.kinds import KINDS, kind_of
from crm.models import HubspotImport, Import

PERMISSION = "crm.import"
SHOWN_IMPORTS = 100
SAMPLE_ROWS = 5
STEPS = (
    ("file", gettext_lazy("File")),
    ("columns", gettext_lazy("Columns")),
    ("options", gettext_lazy("What to do")),
    ("check", gettext_lazy("Check")),
)


def visible_to(user: Any) -> Any:
    """A person's own imports; those who manage users see all."""
    rows = Import.objects.select_related("owner")
    return rows if user.has_perm("accounts.manage") else rows.filter(owner=user.pk)


def found(request: HttpRequest, pk: int) -> Import:
    """The import with this id that the reader may see."""
    require(request.user, PERMISSION)
    job: Import = get_object_or_404(visible_to(request.user), pk=pk)
    return job


def steps_of(job: Import, current: str) -> list[dict[str, Any]]:
    """The steps with where they lead; those that come later lead nowhere yet."""
    names = [name for name, _label in STEPS]
    reached = names.index(job.step) if job.step in names else len(names) - 1
    return [
        {
            "name": name, "label": label, "number": at + 1, "current": name == current,
            "done": at < names.index(current),
            "url": reverse(f"imports:{name}", args=[job.pk]) if name != "check" and at <= reached else "",
        }
        for at, (name, label) in enumerate(STEPS)
    ]  # fmt: skip


def page(request: HttpRequest, job: Import, step: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A step of an import."""
    shared = {"job": job, "kind": kind_of(job.object_type), "steps": steps_of(job, step)}
    return render(request, f"crm/imports/{step}.html", shared | context, status=status)


@require_GET
def import_list(request: HttpRequest) -> HttpResponse:
    """The imports, newest first."""
    require(request.user, PERMISSION)
    jobs = visible_to(request.user).filter(batch=None).defer("samples", "preview", "kept").order_by("-pk")
    batches = HubspotImport.objects.select_related("owner").prefetch_related(
        Prefetch("files", Import.objects.only("name", "batch_id", "created", "updated", "failed"))
    )
    if not request.user.has_perm("accounts.manage"):
        batches = batches.filter(owner=request.user.pk)
    kinds = [KINDS[name] for name in OBJECTS]
    lines = [{"job": job, "kind": KINDS[job.object_type]} for job in jobs[:SHOWN_IMPORTS]]
    context = {
        "lines": lines,
        "kinds": kinds,
        "batches": batches.order_by("-pk")[:SHOWN_IMPORTS],
        "from_hubspot": sees_all(request.user),
    }
    return render(request, "crm/imports/list.html", context)


@require_http_methods(["GET", "POST"])
def import_create(request: HttpRequest, object_type: str) -> HttpResponse:
    """Upload a file."""
    require(request.user, PERMISSION)
    if object_type not in OBJECTS:
        raise Http404
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            job = preparing.upload(object_type, form.cleaned_data["file"], by=request.user)
        except BadFile as error:
            form.add_error("file", str(error))
        else:
            return redirect("imports:file", job.pk)
    context = {"form": form, "kind": KINDS[object_type], "kinds": [KINDS[name] for name in OBJECTS]}
    return render(request, "crm/imports/create.html", context, status=422 if form.errors else 200)


@require_GET
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the import is: the step that comes next, or its outcome."""
    job = found(request, pk)
    names = [name for name, _label in STEPS[:-1]]
    if job.batch_id is not None and job.state in (Import.State.READING, Import.State.DRAFT):
        return redirect("imports:hubspot", job.batch_id)
    if job.state == Import.State.DRAFT:
        return redirect(f"imports:{job.step if job.step in names else 'options'}", job.pk)
    return redirect("imports:outcome", job.pk)


def _fixed(request: HttpRequest, job: Import) -> HttpResponse | None:
    """Where to go when the import can't be prepared any more."""
    if job.batch_id is not None:
        return redirect("imports:hubspot", job.batch_id)
    if job.state in preparing.OPEN:
        return None
    if request.method == "POST":
        messages.error(request, _("This import can't be changed any more."))
    return redirect("imports:outcome", job.pk)


@require_http_methods(["GET", "POST"])
def import_file(request: HttpRequest, pk: int) -> HttpResponse:
    """What was recognised of the file, with its first rows; it can be read in another way."""
    job = found(request, pk)
    if (elsewhere := _fixed(request, job)) is not None:
        return elsewhere
    form = FileForm(request.POST or None, job=job)
    if request.method == "POST" and form.is_valid():
        try:
            job = preparing.choose_file(job, **form.chosen(job))
        except (BadFile, runs.NotPossible) as error:
            form.add_error(None, str(error))
        else:
            if "look" not in request.POST:
                preparing.go_on(job, "columns")
                return redirect("imports:columns", job.pk)
            return redirect("imports:file", job.pk)
    rows = [[plain(from_json(cell)) for cell in cells] for cells in job.samples[:SAMPLE_ROWS]]
    return page(request, job, "file", {"form": form, "rows": rows}, 422 if form.errors else 200)


def _of(offered: Mapping[str, Any], chosen: str, otherwise: str) -> str:
    return chosen if chosen in offered else otherwise


@require_http_methods(["GET", "POST"])
def import_columns(request: HttpRequest, pk: int) -> HttpResponse:
    """What each column becomes, and how days and numbers are written."""
    job = found(request, pk)
    if (elsewhere := _fixed(request, job)) is not None:
        return elsewhere
    kept = options_of(job.options)
    mapping, order, decimal, problem = job.mapping, kept.date_order, kept.decimal, ""
    if request.method == "POST":
        mapping = [request.POST.get(f"column-{at}", "") for at in range(len(job.headers))]
        order = _of(DATE_ORDERS, request.POST.get("date_order", ""), order)
        decimal = _of(NUMBERS, request.POST.get("decimal", ""), decimal)
        if "look" not in request.POST:
            try:
                preparing.choose_columns(job, mapping, date_order=order, decimal=decimal, by=request.user)
            except runs.NotPossible as error:
                problem = str(error)
            else:
                return redirect("imports:options", job.pk)
    context = {
        "lines": columns.lines_of(job, mapping, order, decimal), "problem": problem,
        "groups": columns.groups_of(job.object_type, may_create=request.user.has_perm("core.manage_properties")),
        "orders": DATE_ORDERS.items(), "order": order, "decimals": NUMBERS.items(), "decimal": decimal,
    }  # fmt: skip
    return page(request, job, "columns", context, 422 if problem else 200)


@require_http_methods(["GET", "POST"])
def import_options(request: HttpRequest, pk: int) -> HttpResponse:
    """What to do with the rows; from here it is checked."""
    job = found(request, pk)
    if (elsewhere := _fixed(request, job)) is not None:
        return elsewhere
    form = OptionsForm(request.POST or None, job=job, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            job = preparing.choose_options(job, form.cleaned_data)
            runs.start_check(job)
        except runs.NotPossible as error:
            form.add_error(None, str(error))
        else:
            return redirect("imports:outcome", job.pk)
    return page(request, job, "options", {"form": form}, 422 if form.errors else 200)
