"""Reading a definition: which steps there are, and which one follows which."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Step = Mapping[str, Any]
Definition = Mapping[str, Any]
BRANCH = "branch"
END = ""


@dataclass(frozen=True)
class Placed:
    """A step with its place in the definition, as keys and indexes from the top."""

    step: Step
    path: tuple[str | int, ...]


def steps_of(definition: Definition) -> Sequence[Any]:
    """The outermost list of steps; empty where there is none."""
    steps = definition.get("steps")
    return steps if isinstance(steps, list) else []


def branches_of(step: Any) -> Sequence[Any]:
    """The branches of a step."""
    branches = step.get("branches") if isinstance(step, Mapping) else None
    return branches if isinstance(branches, list) else []


def placed(definition: Definition) -> Iterator[Placed]:
    """All steps, also those in branches, from the top down."""
    yield from _placed(steps_of(definition), ("steps",))


def _placed(steps: Sequence[Any], path: tuple[str | int, ...]) -> Iterator[Placed]:
    for index, step in enumerate(steps):
        here = (*path, index)
        if not isinstance(step, Mapping):
            continue
        yield Placed(step, here)
        for number, branch in enumerate(branches_of(step)):
            inner = branch.get("steps") if isinstance(branch, Mapping) else None
            if isinstance(inner, list):
                yield from _placed(inner, (*here, "branches", number, "steps"))


class Flow:
    """The order of a definition's steps by their ids."""

    def __init__(self, definition: Definition) -> None:
        self.steps: dict[str, Step] = {}
        self._next: dict[str, str] = {}
        self._begins: dict[tuple[str, str], str] = {}
        self.first = self._read(steps_of(definition), END)

    def _read(self, steps: Sequence[Step], afterwards: str) -> str:
        """Note what follows each step of a list; the id of its first one, or what comes after an empty list."""
        if not steps:
            return afterwards
        ids = [str(step["id"]) for step in steps]
        for step, pk, follows in zip(steps, ids, [*ids[1:], afterwards], strict=True):
            self.steps[pk] = step
            self._next[pk] = follows
            for branch in branches_of(step):
                self._begins[pk, str(branch["id"])] = self._read(branch.get("steps") or [], follows)
        return ids[0]

    def step(self, step_id: str) -> Step | None:
        """The step of this id."""
        return self.steps.get(step_id)

    def after(self, step_id: str, branch: str = "") -> str:
        """The id of what comes next, within the branch that was taken; empty at the end."""
        return self._begins.get((step_id, branch), self._next.get(step_id, END)) if branch else self._next[step_id]
