"""The settings page of labels for associations."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import require
from crm.kinds import KINDS
from crm.models import AssociationLabel
from crm.services import associations as services


class LabelForm(forms.Form):
    """A label and what the other side says; the kinds only while it is new."""

    from_type = forms.ChoiceField(label=gettext_lazy("Between a"))
    to_type = forms.ChoiceField(label=gettext_lazy("and a"))
    name = forms.CharField(
        label=gettext_lazy("On the page of the first"),
        max_length=80,
        help_text=gettext_lazy("Such as “Reports to”."),
    )
    inverse = forms.CharField(
        label=gettext_lazy("On the page of the second"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("Such as “Manager of”. Empty: both say the same."),
    )

    def __init__(self, data: Any = None, *, label: AssociationLabel | None = None) -> None:
        initial = {name: getattr(label, name) for name in self.base_fields} if label is not None else {}
        super().__init__(data, initial=initial)
        for name in ("from_type", "to_type"):
            field: Any = self.fields[name]
            field.choices = [(kind.name, kind.label) for kind in KINDS.values()]
            field.disabled = label is not None


@require_http_methods(["GET", "POST"])
def label_list(request: HttpRequest) -> HttpResponse:
    """The labels by the kinds that they are for, and the form of a new one."""
    require(request.user, "crm.configure")
    form = LabelForm(request.POST or None)
    if request.method == "POST" and _saved(form, None, request.user):
        messages.success(request, _("The label was made."))
        return redirect("crm:association-labels")
    groups: dict[tuple[str, str], list[AssociationLabel]] = {}
    for label in AssociationLabel.objects.all():
        groups.setdefault((label.from_type, label.to_type), []).append(label)
    shown = [
        (KINDS[first].label, KINDS[second].label, labels)
        for (first, second), labels in groups.items()
        if first in KINDS and second in KINDS
    ]
    context = {"form": form, "groups": shown}
    return render(request, "crm/associations/labels.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def label_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a label."""
    require(request.user, "crm.configure")
    label = get_object_or_404(AssociationLabel, pk=pk)
    form = LabelForm(request.POST or None, label=label)
    if request.method == "POST" and _saved(form, label, request.user):
        messages.success(request, _("Changes saved."))
        return redirect("crm:association-labels")
    context = {"form": form, "label": label}
    return render(request, "crm/associations/label.html", context, status=422 if form.errors else 200)


@require_POST
def label_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a label; what had it stays associated, without one."""
    require(request.user, "crm.configure")
    count = services.delete_label(get_object_or_404(AssociationLabel, pk=pk), by=request.user)
    text = ngettext(
        "The label is gone. %d association had it and stays, without one.",
        "The label is gone. %d associations had it and stay, without one.",
        count,
    )
    messages.success(request, text % count)
    return redirect("crm:association-labels")


def _saved(form: LabelForm, label: AssociationLabel | None, by: Any) -> bool:
    if not form.is_valid():
        return False
    try:
        services.save_label(label, **form.cleaned_data, by=by)
    except services.BadLabel as bad:
        form.add_error("name", str(bad))
        return False
    return True
