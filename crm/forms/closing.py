"""Why a deal was won or lost: asked where it is moved to such a stage, and where it is made in one."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from crm.enums import DealStatus
from crm.models import Stage
from crm.services import stage_requirements
from crm.services.stage_requirements import REASON

NOTE = "note"
OTHER = "__other"


def fields_of(stage: Stage) -> dict[str, forms.Field]:
    """The fields that ask why, by name; none for an open stage and where nobody wants to know."""
    if stage.status == DealStatus.OPEN:
        return {}
    insisted = bool(stage_requirements.lacks_reason(stage, ""))
    offered = [(each.name, each.name) for each in stage.pipeline.reasons.filter(status=stage.status)]
    if not offered and not insisted:
        return {}
    reason: forms.Field
    label = _("Why was it won?") if stage.status == DealStatus.WON else _("Why was it lost?")
    if offered:
        choices = [("", "–"), *offered, (OTHER, _("Another reason"))]
        reason = forms.ChoiceField(choices=choices, label=label, required=insisted)
    else:
        reason = forms.CharField(max_length=200, label=label, required=insisted)
    words = forms.Textarea(attrs={"rows": 3})
    return {
        REASON: reason,
        NOTE: forms.CharField(label=_("In your words"), required=False, max_length=4_000, widget=words),
    }


def check(form: forms.Form, cleaned: Mapping[str, Any]) -> None:
    """Another reason needs words."""
    if cleaned.get(REASON) == OTHER and not cleaned.get(NOTE, "").strip():
        form.add_error(NOTE, _("Say which."))


def given(cleaned: Mapping[str, Any]) -> dict[str, str]:
    """``reason`` and ``note`` as the services take them."""
    reason = cleaned.get(REASON, "")
    return {"reason": str(_("Another reason")) if reason == OTHER else reason, "note": cleaned.get(NOTE, "")}
