"""The types of steps: what the builder asks for each, what is wrong with it, what it would do, and doing it.

``check(settings, object_type)`` gives sentences. ``preview(settings, run)`` says what it would do and does nothing.
``run(settings, run)`` does it and returns an Outcome; it runs in the transaction that also notes the outcome, so what
it writes happens exactly once. What leaves the product (e-mail, Slack, webhook) is a row planned in that transaction,
with ``run.key`` as its key. Nothing here may call another server.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from workflows import records

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from core.models import Event
    from workflows.models import Enrolment

Settings = Mapping[str, Any]
FIELD_KINDS = (
    "text", "long_text", "template", "number", "choice", "user", "team", "property", "value", "conditions", "segment",
    "workflow", "stage", "duration", "url", "checkbox", "record_path",
)  # fmt: skip
# What a duration is written in: {"amount": 3, "unit": "days"}.
UNITS = ("minutes", "hours", "days", "weeks")


@dataclass(frozen=True)
class StepField:
    """Something that a step has to know. ``choices`` are pairs of value and label, or a function of the object type.

    It is shown only where the setting named first in ``only_if`` has one of the values after it, and for the kinds of
    records in ``objects`` (None: all).
    """

    name: str
    label: "StrOrPromise"
    kind: str
    required: bool = False
    help: "StrOrPromise" = ""
    choices: "Sequence[tuple[str, StrOrPromise]] | Callable[[str], Sequence[tuple[str, StrOrPromise]]] | None" = None
    default: Any = None
    only_if: tuple[str, ...] = ()
    objects: tuple[str, ...] | None = None

    def options(self, object_type: str) -> "Sequence[tuple[str, StrOrPromise]]":
        """The choices for workflows about this kind of record."""
        if callable(self.choices):
            return self.choices(object_type)
        return self.choices or ()


@dataclass(frozen=True)
class Done:
    """The step did its work. ``data`` is kept with it; ``branch`` is the way that a branching step took."""

    text: str
    data: Mapping[str, Any] = field(default_factory=dict)
    branch: str = ""


@dataclass(frozen=True)
class Skipped:
    """The step had nothing to do, for this reason; the next one follows."""

    reason: str


@dataclass(frozen=True)
class Failed:
    """The step can't be done. With ``retry`` it is tried again by itself some times before it has failed.

    What the step wrote is taken back, unless ``keep`` says that it stays.
    """

    reason: str
    retry: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)
    keep: bool = False


@dataclass(frozen=True)
class Wait:
    """The step goes on at ``until``, or with ``wakes`` as soon as something happens to its record.

    It is then run again, with ``data`` as ``run.waiting``.
    """

    until: datetime.datetime
    reason: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    wakes: bool = False


@dataclass(frozen=True)
class Ended:
    """The record leaves the workflow here, for this reason."""

    reason: str


Outcome = Done | Skipped | Failed | Wait | Ended


class WouldSkip(Exception):
    """Raised by a preview: the step would have nothing to do; the message says why."""


class WouldFail(Exception):
    """Raised by a preview: the step could not be done; the message says why."""


@dataclass
class StepContext:
    """What a step knows while it runs. In a dry run there is no enrolment, and ``dry`` is true.

    ``key`` is its idempotency key, ``waiting`` what it noted when it began to wait, ``owner`` the workflow's owner.
    ``again`` is true after a failure.
    """

    record: Any
    object_type: str
    step: Mapping[str, Any]
    key: str
    enrolment: "Enrolment | None" = None
    event: "Event | None" = None
    waiting: Mapping[str, Any] = field(default_factory=dict)
    now: datetime.datetime = field(default_factory=timezone.now)
    owner: Any = None
    again: bool = False
    noted: list[tuple[Any, bool]] = field(default_factory=list)

    @property
    def step_id(self) -> str:
        """The id of the step in its definition."""
        return str(self.step.get("id", ""))

    @property
    def dry(self) -> bool:
        """Whether nothing may be done."""
        return self.enrolment is None

    def related(self, path: str) -> list[Any]:
        """The records that a path of associations leads to (``contact.company``); the record for an empty one."""
        return records.related(self.object_type, self.record, path)

    def note(self, record: Any, *, made: bool = True) -> None:
        """Remember a record that the step made: what happens to it by itself is a consequence of this workflow.

        It also wakes the enrolment. With ``made`` false it only wakes.
        """
        self.noted.append((record, made))


Check = Callable[[Settings, str], list[str]]
Preview = Callable[[Settings, StepContext], str]
Run = Callable[[Settings, StepContext], Outcome]


def nothing_wrong(_settings: Settings, _object_type: str) -> list[str]:
    """For steps whose fields say everything."""
    return []


@dataclass(frozen=True)
class StepType:
    """A type of step. ``objects`` are the kinds of records it is for, None for all.

    Who publishes a workflow with it needs ``permission``. ``group`` is its heading in the builder's list.
    Required fields are checked for all types alike, before ``check``.
    """

    name: str
    label: "StrOrPromise"
    help: "StrOrPromise"
    group: "StrOrPromise"
    icon: str
    preview: Preview
    run: Run
    objects: tuple[str, ...] | None = None
    fields: tuple[StepField, ...] = ()
    check: Check = nothing_wrong
    permission: str = ""

    def fits(self, object_type: str) -> bool:
        """Whether workflows about this kind of record can have it."""
        return self.objects is None or object_type in self.objects


step_types: dict[str, StepType] = {}


def add_step_types(*types: StepType) -> None:
    """Register types of steps."""
    step_types.update({each.name: each for each in types})


def types_for(object_type: str) -> list[StepType]:
    """The types of steps for workflows about a kind of record, in the order they were registered."""
    return [each for each in step_types.values() if each.fits(object_type)]
