"""Edits of a definition's steps, also by property: nothing is lost, nothing is there twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows import flow_editing as flow


def ids(definition):
    """The ids of all steps, in order, with their lanes."""
    return [(placed.step["id"], placed.lane) for placed in flow.walk(definition)]


@pytest.fixture
def definition():
    """A note, a branch with a note in its first lane, a note."""
    made, _first = flow.add(flow.blank("invoice"), "note", {}, "", 0)
    made, branch = flow.add(made, "branch", {}, "", 1)
    made, _inner = flow.add(made, "note", {}, f"{branch}:b1", 0)
    made, _last = flow.add(made, "note", {}, "", 2)
    return made


def test_steps_are_added_where_they_are_wanted(definition):
    assert ids(definition) == [("s1", ""), ("s2", ""), ("s3", "s2:b1"), ("s4", "")]
    branches = definition["steps"][1]["branches"]
    assert [(each["id"], each["conditions"]) for each in branches] == [("b1", {}), ("b2", None)]


def test_a_step_goes_down_through_every_lane_and_up_again(definition):
    places = []
    made = definition
    for _time in range(6):
        made = flow.shift(made, "s1", 1)
        placed = flow.find(made, "s1")
        places.append((placed.lane, placed.index))
    assert places == [("s2:b1", 0), ("s2:b1", 1), ("s2:b2", 0), ("", 1), ("", 2), ("", 2)]
    for _time in range(6):
        made = flow.shift(made, "s1", -1)
    assert made == definition


def test_a_branch_can_not_be_moved_into_itself(definition):
    with pytest.raises(flow.NotPossible):
        flow.move(definition, "s2", "s2:b1", 0)


def test_a_copy_has_ids_of_its_own(definition):
    made, twin = flow.duplicate(definition, "s2")

    assert twin == "s5"
    assert ids(made) == [("s1", ""), ("s2", ""), ("s3", "s2:b1"), ("s5", ""), ("s6", "s5:b3"), ("s4", "")]


def test_branches_are_added_before_the_last_one_renamed_and_removed(definition):
    made, added = flow.add_branch(definition, "s2")
    made = flow.put_branch(made, "s2", added, name="Big", conditions={"all": []})
    made = flow.put_branch(made, "s2", "b2", name="Rest", conditions={"all": []})
    made = flow.shift_branch(made, "s2", added, -1)
    assert [(each["id"], each["name"]) for each in made["steps"][1]["branches"]] == [
        ("b3", "Big"), ("b1", "Yes"), ("b2", "Rest"),
    ]  # fmt: skip
    assert made["steps"][1]["branches"][2]["conditions"] is None
    assert flow.shift_branch(made, "s2", "b1", 1) == made

    made = flow.remove_branch(made, "s2", "b1")
    assert ids(made) == [("s1", ""), ("s2", ""), ("s4", "")]
    with pytest.raises(flow.NotPossible):
        flow.remove_branch(made, "s2", "b3")


def test_limits_are_kept():
    made = flow.blank("deal")
    lane = ""
    for _time in range(flow.DEEPEST):
        made, branch = flow.add(made, "branch", {}, lane, 0)
        lane = f"{branch}:{flow.find(made, branch).step['branches'][0]['id']}"
    made, _note = flow.add(made, "note", {}, lane, 0)
    with pytest.raises(flow.NotPossible):
        flow.add(made, "branch", {}, lane, 0)

    full = flow.blank("deal")
    for _time in range(flow.MOST_STEPS):
        full, _id = flow.add(full, "note", {}, "", 0)
    with pytest.raises(flow.NotPossible):
        flow.add(full, "note", {}, "", 0)


def test_what_is_gone_is_said(definition):
    for act in (
        lambda: flow.find(definition, "s9"), lambda: flow.remove(definition, "s9"),
        lambda: flow.add(definition, "note", {}, "s1:b1", 0), lambda: flow.branch_of(definition, "s2", "b9"),
    ):  # fmt: skip
        with pytest.raises(flow.Gone):
            act()


ACTS = st.lists(
    st.tuples(st.sampled_from(["add", "branch", "shift", "copy", "remove"]), st.integers(0, 20)), max_size=25
)


@given(ACTS)
def test_edits_keep_ids_unique_and_shifting_there_and_back_changes_nothing(acts):
    definition = flow.blank("deal")
    for act, number in acts:
        placed = list(flow.walk(definition))
        chosen = placed[number % len(placed)] if placed else None
        before = definition
        try:
            if act in ("add", "branch") or chosen is None:
                lane = chosen.lane if chosen else ""
                definition, _id = flow.add(definition, "branch" if act == "branch" else "note", {}, lane, number)
            elif act == "shift":
                definition = flow.shift(definition, chosen.step["id"], 1)
                if definition != before:
                    assert flow.shift(definition, chosen.step["id"], -1) == before
            elif act == "copy":
                definition, _id = flow.duplicate(definition, chosen.step["id"])
            else:
                definition = flow.remove(definition, chosen.step["id"])
        except flow.NotPossible:
            continue
        found = [each.step["id"] for each in flow.walk(definition)]
        assert len(found) == len(set(found))
