"""What a deal must have before it enters a stage."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.properties import PREFIX, definitions
from core.properties.objects import stored
from crm.enums import DealStatus
from crm.models import Deal, Stage

# The built-in ones. Custom properties follow under their own names.
BUILT_IN: dict[str, Any] = {
    "amount": gettext_lazy("Amount"),
    "close_on": gettext_lazy("Close date"),
    "owner": gettext_lazy("Owner"),
    "company": gettext_lazy("Company"),
    "description": gettext_lazy("Description"),
    "contacts": gettext_lazy("A contact"),
    "lines": gettext_lazy("Line items"),
}
REASON = "reason"


@dataclass(frozen=True)
class Requirement:
    """Something that a stage asks for. ``name`` is a column, ``contacts``, ``lines``, ``property:12`` or ``reason``."""

    name: str
    label: str


class StageNeeds(ValueError):
    """The deal lacks what the stage asks for; ``missing`` names it, the message is a sentence."""

    def __init__(self, deal: Deal, stage: Stage, missing: Sequence[Requirement]) -> None:
        self.deal, self.stage, self.missing = deal, stage, list(missing)
        super().__init__(sentence(stage, missing))


def sentence(stage: Stage, missing: Sequence[Requirement]) -> str:
    """What the stage needs, in words."""
    labels = get_text_list([each.label for each in missing], str(_("and")))
    return _("“%(stage)s” needs: %(labels)s.") % {"stage": stage, "labels": labels}


def offered() -> list[Requirement]:
    """What an admin can ask for, built-in ones first."""
    own = [Requirement(each.name, each.label) for each in definitions("deal")]
    return [*(Requirement(name, str(label)) for name, label in BUILT_IN.items()), *own]


def missing(deal: Deal, stage: Stage) -> list[Requirement]:
    """What ``deal`` lacks of what ``stage`` asks for, in the order of the settings; properties that are gone count not.

    At most two queries, and none for a stage that asks for nothing.
    """
    return lacking(stage, lambda name: _has(deal, name))


def lacking(stage: Stage, has: Callable[[str], bool]) -> list[Requirement]:
    """The same for a deal that is not written yet: ``has`` says whether it will have something."""
    if not stage.required:
        return []
    return [each for each in offered() if each.name in stage.required and not has(each.name)]


def lacks_reason(stage: Stage, reason: str) -> list[Requirement]:
    """The reason, where the pipeline insists on one for deals that are won or lost."""
    if reason or stage.status == DealStatus.OPEN:
        return []
    won = stage.status == DealStatus.WON
    insists = stage.pipeline.won_reason_required if won else stage.pipeline.lost_reason_required
    label = _("Reason for winning") if won else _("Reason for losing")
    return [Requirement(REASON, label)] if insists else []


def _has(deal: Deal, name: str) -> bool:
    if name == "contacts":
        return deal.deal_contacts.exists()
    if name == "lines":
        return deal.lines.exists()
    if name in ("owner", "company"):
        return getattr(deal, f"{name}_id") is not None
    if name.startswith(PREFIX):
        # A box that has to be ticked: “no” is no answer.
        return stored(deal).get(name.removeprefix(PREFIX)) not in (None, "", [], False)
    return getattr(deal, name) not in (None, "")
