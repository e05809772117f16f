"""The settings of pipelines and their stages."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.forms.fields import CheckBoxes
from crm.enums import DealStatus
from crm.models import Pipeline, Stage
from crm.services import stage_requirements

LINES = forms.Textarea(attrs={"rows": 4})


class PipelineForm(forms.Form):
    """A pipeline's name, and why its deals end."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    lost_reasons = forms.CharField(
        label=gettext_lazy("Reasons for losing"), required=False, max_length=10_000, widget=LINES,
        help_text=gettext_lazy("One on each line. They are offered when a deal is lost; “Another reason” always is."),
    )  # fmt: skip
    lost_reason_required = forms.BooleanField(label=gettext_lazy("A lost deal needs a reason"), required=False)
    won_reasons = forms.CharField(
        label=gettext_lazy("Reasons for winning"), required=False, max_length=10_000, widget=LINES,
        help_text=gettext_lazy("One on each line."),
    )  # fmt: skip
    won_reason_required = forms.BooleanField(label=gettext_lazy("A won deal needs a reason"), required=False)

    @staticmethod
    def initial_of(pipeline: Pipeline) -> dict[str, Any]:
        """What the fields show."""
        reasons = list(pipeline.reasons.all())
        return {
            "name": pipeline.name,
            "lost_reason_required": pipeline.lost_reason_required,
            "won_reason_required": pipeline.won_reason_required,
            "lost_reasons": "\n".join(each.name for each in reasons if each.status == DealStatus.LOST),
            "won_reasons": "\n".join(each.name for each in reasons if each.status == DealStatus.WON),
        }

    def values(self) -> dict[str, Any]:
        """The columns of the pipeline."""
        return {name: self.cleaned_data[name] for name in ("name", "lost_reason_required", "won_reason_required")}

    def reasons(self) -> dict[DealStatus, list[str]]:
        """The offered reasons."""
        return {
            DealStatus.LOST: self.cleaned_data["lost_reasons"].splitlines(),
            DealStatus.WON: self.cleaned_data["won_reasons"].splitlines(),
        }


class PipelineNameForm(forms.Form):
    """A new pipeline."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120,
        help_text=gettext_lazy("It starts with the usual stages, which you can change then."),
    )  # fmt: skip


class StageForm(forms.Form):
    """A stage: where deals stand, how likely they are, and what they need to get here."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    status = forms.ChoiceField(
        label=gettext_lazy("Deals here are"), choices=DealStatus.choices,
        help_text=gettext_lazy("Deals in a won or lost stage are closed."),
    )  # fmt: skip
    probability = forms.IntegerField(
        label=gettext_lazy("Probability (percent)"), min_value=0, max_value=100,
        help_text=gettext_lazy("Weighs the amounts on the board and in the forecast."),
    )  # fmt: skip
    rotting_days = forms.IntegerField(
        label=gettext_lazy("Mark deals after days"), required=False, min_value=1, max_value=3650,
        help_text=gettext_lazy("Open deals that stay here for longer are marked. Empty: none is."),
    )  # fmt: skip
    required = forms.MultipleChoiceField(
        label=gettext_lazy("Needed to enter"), required=False, widget=CheckBoxes,
        help_text=gettext_lazy("Who moves a deal here is asked for what it lacks."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["required"]
        field.choices = [(each.name, each.label) for each in stage_requirements.offered()]

    @staticmethod
    def initial_of(stage: Stage) -> dict[str, Any]:
        """What the fields show."""
        return {name: getattr(stage, name) for name in StageForm.base_fields}


class DeletionForm(forms.Form):
    """The name typed again, and where the deals go where there are any."""

    confirm = forms.CharField(label=gettext_lazy("Type the name to confirm"), max_length=120)

    def __init__(self, *args: Any, name: str, targets: Sequence[Stage], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = name
        if targets:
            several = len({stage.pipeline_id for stage in targets}) > 1
            self.fields["into"] = forms.ChoiceField(
                label=_("Its deals go to"),
                choices=[(each.pk, f"{each.pipeline}: {each}" if several else each.name) for each in targets],
            )
            self.targets = {str(each.pk): each for each in targets}
            self.order_fields(["into", "confirm"])

    def clean_confirm(self) -> str:
        """The name itself."""
        typed = str(self.cleaned_data["confirm"]).strip()
        if typed != self.name:
            raise forms.ValidationError(_("Type “%s”.") % self.name)
        return typed

    def into(self) -> Stage | None:
        """The stage that gets the deals."""
        return self.targets[self.cleaned_data["into"]] if "into" in self.fields else None
