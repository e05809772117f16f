"""What the builder shows of a definition: cards in lanes, each with its words and what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from workflows import words
from workflows.definition import Definition
from workflows.problems import Path, Problem
from workflows.steps.registry import step_types


@dataclass(frozen=True)
class LaneView:
    """A list of steps: the outermost one, or that of a branch with its name and what has to be true."""

    key: str
    nodes: "Sequence[NodeView]"
    name: str = ""
    branch: str = ""
    rest: bool = False
    says: str = ""
    problems: Sequence[str] = ()
    first: bool = False
    last: bool = False


@dataclass(frozen=True)
class NodeView:
    """A step."""

    id: str
    label: str
    icon: str
    says: str
    index: int
    problems: Sequence[str]
    lanes: Sequence[LaneView] = ()
    branching: bool = False


@dataclass
class FlowView:
    """A whole definition."""

    lane: LaneView
    trigger: str
    conditions: str
    again: str
    problems: dict[str, list[str]] = field(default_factory=dict)
    count: int = 0

    @property
    def ready(self) -> bool:
        """Whether it can be published."""
        return self.count == 0


class _Builder:
    def __init__(self, object_type: str, problems: Sequence[Problem], user: Any) -> None:
        self.object_type, self.problems, self.user = object_type, problems, user

    def at(self, path: Path, *, whole: bool = False) -> list[str]:
        """The sentences about a part; of a step those about its branches are told there."""
        found = []
        for problem in self.problems:
            inside = problem.path[: len(path)] == path
            rest = problem.path[len(path) :]
            deeper = len(rest) > 1 and rest[0] == "branches" and isinstance(rest[1], int)
            if inside and (whole or not deeper):
                found.append(problem.text)
        return list(dict.fromkeys(found))

    def lane(self, steps: Sequence[Any], path: Path, key: str, **more: Any) -> LaneView:
        nodes = [self.node(step, (*path, index), index) for index, step in enumerate(steps)]
        return LaneView(key, nodes, **more)

    def node(self, step: Any, path: Path, index: int) -> NodeView:
        known = step_types.get(str(step.get("type")))
        branches = step.get("branches") or []
        lanes = []
        for number, branch in enumerate(branches):
            here = (*path, "branches", number)
            rest = number == len(branches) - 1 and not branch.get("conditions")
            own = [
                each.text
                for each in self.problems
                if each.path[: len(here)] == here and "steps" not in each.path[len(here) : len(here) + 1]
            ]
            lanes.append(
                self.lane(
                    branch.get("steps") or [], (*here, "steps"), f"{step['id']}:{branch['id']}",
                    name=str(branch.get("name") or ""), branch=str(branch["id"]), rest=rest,
                    says=words.conditions_words(branch.get("conditions"), self.object_type, self.user),
                    problems=own, first=number == 0, last=number >= len(branches) - 2,
                )
            )  # fmt: skip
        return NodeView(
            str(step["id"]), str(known.label) if known else str(step.get("type")), known.icon if known else "help",
            words.step_words(step, self.object_type, self.user), index, self.at(path), lanes, "branches" in step,
        )  # fmt: skip


def flow_view(definition: Definition, problems: Sequence[Problem], user: Any = None) -> FlowView:
    """The builder's view of a definition."""
    object_type = str(definition.get("object"))
    made = _Builder(object_type, problems, user)
    return FlowView(
        lane=made.lane(definition.get("steps") or [], ("steps",), ""),
        trigger=words.trigger_words(definition),
        conditions=words.conditions_words(definition.get("conditions"), object_type, user),
        again=words.again_words(definition),
        problems={key: made.at((key,), whole=True) for key in ("object", "trigger", "conditions", "again", "suppress")}
        | {"steps": [each.text for each in problems if each.path == ("steps",)]},
        count=len(problems),
    )
