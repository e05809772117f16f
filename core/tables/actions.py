"""Actions on many rows of a list at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django import forms

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Refused(Exception):
    """This row can't be changed; the message says why, in a sentence."""


@dataclass
class Outcome:
    """What became of some rows: ids that were done (with what undoing needs), and sentences for the refused ones."""

    done: dict[int, Any] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)


# The form that is asked before: function(user) -> unbound form class instance maker.
Choice = Callable[..., forms.Form]


@dataclass(frozen=True)
class Action:
    """Something to do with the chosen rows.

    ``each(record, choice, by)`` does it for one row and returns what undoing needs (JSON; None where there is nothing
    to undo or the row was so already); it raises Refused. Or ``many(records, choice, by) -> Outcome`` does it for a
    slice. ``ask(data, user=, object_type=)`` is a form whose ``chosen()`` is the choice as JSON; ``confirm(count,
    choice words)`` a sentence to say yes to first, ``typed(count)`` what has to be typed before something
    that can't be undone; ``told`` a sentence with %(count)s for what was done.
    ``undo(record, before, by)`` takes it back.
    """

    name: str
    label: "StrOrPromise"
    icon: str
    told: "Callable[[int], str]"
    permission: str = ""
    each: Callable[[Any, Mapping[str, Any], Any], Any] | None = None
    many: Callable[[Sequence[Any], Mapping[str, Any], Any], Outcome] | None = None
    ask: Choice | None = None
    confirm: "Callable[[str], str] | None" = None
    typed: Callable[[str], str] | None = None
    tone: str = "accent"
    undo: Callable[[Any, Any, Any], None] | None = None
    # The property that it writes, given its form: what the rows hold there now is told before it is done.
    writes: Callable[[Any], str] | None = None
    # Leads the reader to a page about the chosen rows instead: leads(ids) is its address; it raises Refused.
    leads: Callable[[Sequence[int]], str] | None = None
    # Whether it is offered for a list in this state, such as Restore for the archive.
    offered: Callable[[Any], bool] | None = None

    def act(self, records: Sequence[Any], choice: Mapping[str, Any], by: Any) -> Outcome:
        """Do it for some rows; one that is refused does not stop the others."""
        if self.many is not None:
            return self.many(records, choice, by)
        assert self.each is not None
        outcome = Outcome()
        for record in records:
            try:
                outcome.done[record.pk] = self.each(record, choice, by)
            except Refused as refused:
                outcome.refused[record.pk] = str(refused)
        return outcome


def ask_choice(name: str, label: "StrOrPromise", options: Callable[[Any], Sequence[tuple[str, Any]]]) -> Choice:
    """A form with one list to choose from."""

    class Form(forms.Form):
        def __init__(self, data: Any = None, *, user: Any, object_type: str) -> None:
            super().__init__(data)
            self.fields[name] = forms.ChoiceField(choices=[*options(user)], label=label, required=True)

        def chosen(self) -> dict[str, Any]:
            """The choice as JSON."""
            return {name: self.cleaned_data[name]}

    return Form


def ask_record(name: str, field_of: Callable[[Any], forms.Field]) -> Choice:
    """A form with a picker of one record; the choice is its id."""

    class Form(forms.Form):
        def __init__(self, data: Any = None, *, user: Any, object_type: str) -> None:
            super().__init__(data)
            self.fields[name] = field_of(user)

        def chosen(self) -> dict[str, Any]:
            """The choice as JSON."""
            return {name: self.cleaned_data[name].pk}

    return Form
