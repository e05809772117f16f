"""The form of a task."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.translation import gettext_lazy

from crm.models import Priority, Task, TaskKind


class TaskForm(forms.Form):
    """What is to be done, by whom and until when (in the reader's time zone)."""

    title = forms.CharField(label=gettext_lazy("What has to be done"), max_length=300)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=TaskKind.choices, initial=TaskKind.TODO)
    priority = forms.ChoiceField(label=gettext_lazy("Priority"), choices=Priority.choices, initial=Priority.NORMAL)
    due_at = forms.DateTimeField(
        label=gettext_lazy("Due"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"],
    )
    assignee = forms.ModelChoiceField(
        get_user_model()._default_manager.none(),
        label=gettext_lazy("Who does it"),
        required=False,
        empty_label=gettext_lazy("Nobody yet"),
    )
    details = forms.CharField(
        label=gettext_lazy("Details"), required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, data: Any = None, *, user: Any, task: Task | None = None) -> None:
        initial = {"assignee": user.pk} if task is None else {name: getattr(task, name) for name in self.base_fields}
        super().__init__(data, initial=initial)
        field: Any = self.fields["assignee"]
        kept = Q(pk=task.assignee_id) if task is not None and task.assignee_id else Q(pk__in=[])
        field.queryset = get_user_model()._default_manager.filter(Q(is_active=True) | kept).order_by("name", "pk")
