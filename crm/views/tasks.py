"""Tasks: the list, the form, the check box, the card on record pages and the home page's."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import require
from core import registry
from core.paging import SIZES, BadCursor, page_by_key
from crm import task_hosts
from crm.forms.tasks import TaskForm
from crm.models import Task
from crm.queries import tasks as queries
from crm.services import tasks as services

LABELS = {
    "": gettext_lazy("All open"),
    "today": gettext_lazy("Today"),
    "overdue": gettext_lazy("Overdue"),
    "upcoming": gettext_lazy("Upcoming"),
    "someday": gettext_lazy("Without a date"),
    "done": gettext_lazy("Done"),
}


@require_GET
def task_list(request: HttpRequest) -> HttpResponse:
    """My tasks or everybody's, by when they are due."""
    view = request.GET.get("view", "")
    view = view if view in queries.VIEWS else ""
    mine = request.GET.get("whose", "mine") != "all"
    size = {str(each): each for each in SIZES}.get(request.GET.get("size", ""), 50)
    rows, sort = queries.rows(request.user, mine=mine, view=view), "-done_at" if view == "done" else "due_at"
    try:
        page = page_by_key(rows, sort=sort, cursor=request.GET.get("cursor", ""), size=size)
    except BadCursor:
        page = page_by_key(rows, sort=sort, size=size)
    context = {"page": page, "tasks": _shown(page.rows), "view": view, "mine": mine, "labels": LABELS.items()}
    return render(request, "crm/tasks/list.html", context)


def _shown(tasks: Any) -> list[tuple[Task, str, bool]]:
    """Tasks with the address of what they are about, and whether they are late."""
    now = timezone.now()
    return [
        (task, _address(task), task.done_at is None and task.due_at is not None and task.due_at < now) for task in tasks
    ]


def _address(task: Task) -> str:
    """The page of what a task is about; empty where there is none."""
    if task.about_type == "invoicedraft":
        return reverse("invoices:approval-list")
    kind = registry.object_types.get(task.about_type)
    return reverse(kind.url_name, args=[task.about_id]) if kind is not None and task.about_id is not None else ""


def _task(pk: int) -> Task:
    return get_object_or_404(Task.objects.select_related("assignee"), pk=pk)


def _about(request: HttpRequest) -> Any:
    """The record that a new task is about, if the address names one that the reader sees."""
    records, pk = task_hosts.visible_to(request.user, request.GET.get("about", "")), request.GET.get("id", "")
    if records is None or not pk.isdecimal() or len(pk) > 18:
        return None
    record = records.filter(pk=int(pk)).first()
    if record is None:
        raise Http404
    return record


@require_http_methods(["GET", "POST"])
def task_form(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Make or change a task, in the side panel or on a page of its own."""
    require(request.user, "crm.edit")
    task = _task(pk) if pk is not None else None
    about = _about(request) if task is None else None
    form = TaskForm(request.POST or None, user=request.user, task=task)
    if request.method == "POST" and form.is_valid():
        try:
            if task is None:
                services.create(by=request.user, about=about, **form.cleaned_data)
            else:
                services.change(task, by=request.user, **form.cleaned_data)
        except services.BadTask as bad:
            form.add_error("title", str(bad))
        else:
            messages.success(request, _("Saved.") if task else _("The task was made."))
            return _back(request)
    in_panel = bool(getattr(request, "htmx", False))
    context = {"form": form, "task": task, "about": about, "in_panel": in_panel, "address": request.get_full_path()}
    template = "crm/tasks/_form.html" if in_panel else "crm/tasks/page.html"
    return render(request, template, context, status=422 if form.errors else 200)


@require_POST
def task_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Complete, reopen or delete a task. Whoever it is given to may complete it."""
    task = _task(pk)
    if act == "delete" or task.assignee_id != request.user.pk:
        require(request.user, "crm.edit")
    if act == "done":
        services.complete([task], by=request.user)
    elif act == "reopen":
        services.reopen(task, by=request.user)
    elif act == "delete":
        services.delete(task, by=request.user)
    else:
        raise Http404
    in_card = getattr(request, "htmx", False) and request.POST.get("card") == "1"
    if in_card and task.about_id is not None and task_hosts.visible_to(request.user, task.about_type) is not None:
        return _card(request, task.about_type, task.about_id)
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    back = request.POST.get("next", "")
    known = url_has_allowed_host_and_scheme(back, {request.get_host()})
    return redirect(back if known else resolve_url("crm:task-list"))


@require_GET
def task_card(request: HttpRequest, pk: int, object_type: str) -> HttpResponse:
    """The tasks of a record."""
    records = task_hosts.visible_to(request.user, object_type)
    if records is None:
        raise PermissionDenied(_("You may not see these records."))
    get_object_or_404(records, pk=pk)
    return _card(request, object_type, pk)


def _card(request: HttpRequest, object_type: str, pk: int) -> HttpResponse:
    found = queries.of_record(object_type, pk)
    open_ones = sum(task.done_at is None for task in found)
    context = {"tasks": _shown(found), "object_type": object_type, "pk": pk, "open_ones": open_ones}
    context["add_url"] = f"{reverse('crm:task-create')}?{urlencode({'about': object_type, 'id': pk})}"
    context["add_label"] = _("Add task")
    return render(request, "crm/tasks/_card.html", context)


@require_GET
def task_home(request: HttpRequest) -> HttpResponse:
    """My open tasks, the most urgent first."""
    rows = queries.rows(request.user, mine=True, view="").order_by("due_at", "pk")[:8]
    return render(request, "crm/tasks/_home.html", {"tasks": _shown(rows)})
