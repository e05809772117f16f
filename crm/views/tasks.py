"""Tasks: the list, the form, the check box, the card on record pages and the home page's."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import require
from core.tables import table_of
from core.tables.views import pages
from core.tables.views.asked import changed
from crm import task_hosts
from crm.forms.tasks import TaskForm
from crm.models import Task
from crm.queries import tasks as queries
from crm.services import tasks as services

NAME = "task"
# What a list says of what was done in one of its rows, and what takes it back.
TOLD = {"done": (gettext_lazy("The task is done."), "reopen"), "reopen": (gettext_lazy("The task is open."), "done")}


@require_GET
def task_list(request: HttpRequest) -> HttpResponse:
    """All tasks; what is shown of them is in the address, to begin with what the reader has to do."""
    return pages.index(request, NAME)


def _shown(tasks: Any) -> list[tuple[Task, str, bool]]:
    """Tasks with the address of what they are about, and whether they are late."""
    return [(task, task_hosts.page_of(task), queries.state_of(task) == "overdue") for task in tasks]


def _task(request: HttpRequest, pk: int) -> Any:
    return get_object_or_404(queries.listed(request.user).select_related("assignee"), pk=pk)


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
    """Make or change a task, in the side panel or on a page of its own; who may not edit records reads it."""
    if pk is not None and request.method == "GET" and not request.user.has_perm("crm.edit"):
        line = pages.line_of(table_of(NAME, request.user), request.user, pk)
        return render(request, "crm/tasks/page.html", {"task": line.record, "line": line})
    require(request.user, "crm.edit")
    task = _task(request, pk) if pk is not None else None
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
    task = _task(request, pk)
    if act == "delete" or not task.may_complete:
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
    if request.POST.get("list") == "1" and act in TOLD:
        words, other = TOLD[act]
        return changed(str(words), undo=reverse("crm:task-act", args=[pk, other]), label=_("Undo"))
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
    return render(request, "crm/tasks/_home.html", {"tasks": _shown(queries.open_of_person(request.user, limit=8))})
