"""The settings of pipelines: their stages, what those ask for, and why deals end."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import require
from core.ordering import asked_order
from crm.forms.pipelines import DeletionForm, PipelineForm, PipelineNameForm, StageForm
from crm.models import Deal, Pipeline, Stage
from crm.queries import board, deals
from crm.services import pipelines, stage_requirements
from crm.views.editing import to

PERMISSION = "crm.manage_pipelines"


@require_GET
def pipeline_list(request: HttpRequest) -> HttpResponse:
    """All pipelines with their stages."""
    require(request.user, PERMISSION)
    return render(request, "crm/pipelines.html", _list_context())


@require_http_methods(["GET", "POST"])
def pipeline_create(request: HttpRequest) -> HttpResponse:
    """A new pipeline."""
    require(request.user, PERMISSION)
    form = PipelineNameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        pipeline = pipelines.create(name=form.cleaned_data["name"], by=request.user)
        messages.success(request, _("Pipeline “%s” created.") % pipeline)
        return to(request, resolve_url("crm:pipeline-edit", pipeline.pk))
    return _form(request, form, _("New pipeline"), _("Create pipeline"))


@require_POST
def pipeline_order(request: HttpRequest) -> HttpResponse:
    """Put the pipelines in the order of ``id``, or move one: ``move`` by ``by``."""
    require(request.user, PERMISSION)
    pipelines.order(asked_order(request, [each.pk for each in Pipeline.objects.all()]), by=request.user)
    return _answered(request, "crm/_pipelines.html", _list_context(), resolve_url("crm:pipeline-list"))


@require_http_methods(["GET", "POST"])
def pipeline_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A pipeline: its name, reasons and stages."""
    require(request.user, PERMISSION)
    pipeline = get_object_or_404(Pipeline, pk=pk)
    form = PipelineForm(request.POST or None, initial=PipelineForm.initial_of(pipeline))
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            pipelines.update(pipeline, by=request.user, **form.values())
            for status, names in form.reasons().items():
                pipelines.set_reasons(pipeline, status, names, by=request.user)
        messages.success(request, _("Changes saved."))
        return redirect("crm:pipeline-edit", pk=pk)
    context = {"pipeline": pipeline, "form": form, **_stages_context(pipeline)}
    return render(request, "crm/pipeline.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def pipeline_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a pipeline once its name is typed; its deals need a stage of another one."""
    require(request.user, PERMISSION)
    pipeline = get_object_or_404(Pipeline, pk=pk)
    others = [stage for stage in deals.all_stages() if stage.pipeline_id != pk]
    has_deals = Deal.objects.filter(stage__pipeline=pipeline).exists()
    form = DeletionForm(request.POST or None, name=pipeline.name, targets=others if has_deals else [])
    if request.method == "POST" and form.is_valid():
        try:
            moved = pipelines.delete(pipeline, into=form.into(), by=request.user)
        except pipelines.Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _deleted(pipeline.name, moved))
            return to(request, resolve_url("crm:pipeline-list"))
    return _form(request, form, _("Delete the pipeline “%s”") % pipeline, _("Delete"), danger=True)


@require_POST
def stage_order(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the stages in the order of ``id``, or move one: ``move`` by ``by``."""
    require(request.user, PERMISSION)
    pipeline = get_object_or_404(Pipeline, pk=pk)
    pipelines.order_stages(pipeline, asked_order(request, [each.pk for each in pipeline.stages.all()]), by=request.user)
    page = resolve_url("crm:pipeline-edit", pk)
    return _answered(request, "crm/_stages.html", {"pipeline": pipeline, **_stages_context(pipeline)}, page)


@require_http_methods(["GET", "POST"])
def stage_create(request: HttpRequest, pk: int) -> HttpResponse:
    """A new stage of a pipeline."""
    require(request.user, PERMISSION)
    pipeline = get_object_or_404(Pipeline, pk=pk)
    form = StageForm(request.POST or None, initial={"probability": 50})
    if request.method == "POST" and form.is_valid():
        try:
            pipelines.add_stage(pipeline, by=request.user, **form.cleaned_data)
        except pipelines.Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Stage created."))
            return to(request, resolve_url("crm:pipeline-edit", pk))
    return _form(request, form, _("New stage"), _("Create stage"), pipeline=pipeline)


@require_http_methods(["GET", "POST"])
def stage_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A stage."""
    require(request.user, PERMISSION)
    stage = get_object_or_404(Stage.objects.select_related("pipeline"), pk=pk)
    form = StageForm(request.POST or None, initial=StageForm.initial_of(stage))
    if request.method == "POST" and form.is_valid():
        try:
            pipelines.update_stage(stage, by=request.user, **form.cleaned_data)
        except pipelines.Refused as refused:
            form.add_error("status", str(refused))
        else:
            messages.success(request, _("Changes saved."))
            return to(request, resolve_url("crm:pipeline-edit", stage.pipeline_id))
    return _form(request, form, _("Stage “%s”") % stage, _("Save"), pipeline=stage.pipeline)


@require_http_methods(["GET", "POST"])
def stage_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a stage once its name is typed; its deals need another stage."""
    require(request.user, PERMISSION)
    stage = get_object_or_404(Stage.objects.select_related("pipeline"), pk=pk)
    others = [each for each in deals.all_stages() if each.pipeline_id == stage.pipeline_id and each.pk != pk]
    has_deals = Deal.objects.filter(stage=stage).exists()
    form = DeletionForm(request.POST or None, name=stage.name, targets=others if has_deals else [])
    if request.method == "POST" and form.is_valid():
        try:
            moved = pipelines.delete_stage(stage, into=form.into(), by=request.user)
        except pipelines.Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _deleted(stage.name, moved))
            return to(request, resolve_url("crm:pipeline-edit", stage.pipeline_id))
    title = _("Delete the stage “%s”") % stage
    return _form(request, form, title, _("Delete"), danger=True, pipeline=stage.pipeline)


def _deleted(name: str, moved: int) -> str:
    if not moved:
        return _("“%s” is deleted.") % name
    words = ngettext("“%(name)s” is deleted; %(n)d deal moved.", "“%(name)s” is deleted; %(n)d deals moved.", moved)
    return words % {"name": name, "n": moved}


def _list_context() -> dict[str, Any]:
    if not Pipeline.objects.exists():
        pipelines.ensure_default()
    every = board.pipelines()
    counts = dict(
        Deal.objects.filter(archived_at=None).values_list("stage__pipeline").annotate(n=Count("pk")).order_by()
    )
    lines = [(pipeline, stages, counts.get(pipeline.pk, 0)) for pipeline, stages in every.items()]
    return {"lines": lines, "several": len(lines) > 1}


def _stages_context(pipeline: Pipeline) -> dict[str, Any]:
    labels = {each.name: each.label for each in stage_requirements.offered()}
    counts = dict(
        Deal.objects.filter(stage__pipeline=pipeline, archived_at=None)
        .values_list("stage")
        .annotate(n=Count("pk"))
        .order_by()
    )
    return {
        "stages": [
            (stage, [labels[name] for name in stage.required if name in labels], counts.get(stage.pk, 0))
            for stage in pipeline.stages.all()
        ]
    }


def _answered(request: HttpRequest, partial: str, context: dict[str, Any], page: str) -> HttpResponse:
    return render(request, partial, context) if getattr(request, "htmx", False) else redirect(page)


def _form(request: HttpRequest, form: forms.Form, title: str, button: str, **more: Any) -> HttpResponse:
    in_panel = bool(getattr(request, "htmx", False))
    template = "crm/_pipeline_form.html" if in_panel else "crm/pipeline_form.html"
    context = {"form": form, "form_title": title, "button": button, "in_panel": in_panel, **more}
    return render(request, template, context, status=422 if form.errors else 200)
