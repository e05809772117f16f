"""Lines of an invoice that both sides changed: matched by QuickBooks' line id, then field by field."""

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.enums import Direction, RecordType, Winner
from sync.mapping.defaults import DEFAULT_MAPPINGS
from sync.merge import Rule
from sync.merge_lines import Line, Times, merge_lines

EARLY = datetime.datetime(2026, 11, 20, tzinfo=datetime.UTC)
LATE = datetime.datetime(2026, 11, 21, tzinfo=datetime.UTC)
UNKNOWN = Times()


def rules(winner: Winner) -> list[Rule]:
    return [Rule(m.crm_field, m.qbo_field, Direction.BOTH, winner) for m in DEFAULT_MAPPINGS[RecordType.LINE]]


def line(number: str, quantity: str = "1", price: str = "10", amount: str = "10", **more: Any) -> Line:
    values = {"item_external_id": "5", "description": None, "service_on": None, "tax_code_external_id": None}
    return {"id": number, "kind": "item", **values, "quantity": quantity, "unit_price": price, "amount": amount, **more}


def merged(
    base: list[Line], crm: list[Line], quickbooks: list[Line], winner: Winner = Winner.ASK, times: Times = UNKNOWN
) -> Any:
    return merge_lines(
        rules(winner), winner=winner, base=base, crm=crm, quickbooks=quickbooks, times=times, currency="USD"
    )


def test_what_one_side_changed_is_taken_from_it_on_both() -> None:
    base = [line("1"), line("2", description="Old")]
    crm = [line("1", quantity="3", amount="30"), line("2", description="Old")]
    quickbooks = [line("1"), line("2", description="New")]

    found = merged(base, crm, quickbooks)

    wanted = [line("1", quantity="3", amount="30"), line("2", description="New")]
    assert found.here == found.there == wanted
    assert not found.clashes


def test_price_here_and_quantity_there_give_one_amount() -> None:
    found = merged([line("1")], [line("1", price="12", amount="12")], [line("1", quantity="2", amount="20")])

    assert found.here == found.there == [line("1", quantity="2", price="12", amount="24")]


def test_a_line_added_on_each_side_is_on_both() -> None:
    ours, theirs = line("", pk=7, description="Ours"), line("9", description="Theirs")

    found = merged([line("1")], [line("1"), ours], [line("1"), theirs])

    assert found.here == found.there == [line("1"), ours, theirs]


def test_a_line_removed_on_one_side_goes_on_both() -> None:
    base = [line("1"), line("2"), line("3")]

    found = merged(base, [line("1"), line("3")], [line("1"), line("2")])

    assert found.here == found.there == [line("1")]


def test_the_same_field_changed_on_both_sides_waits_and_nothing_is_overwritten() -> None:
    ours, theirs = line("1", description="Ours"), line("1", description="Theirs")

    found = merged([line("1", description="Old")], [ours], [theirs])

    assert found.here == [ours]
    assert found.there == [theirs]
    (clash,) = found.clashes
    assert (clash.rule.crm_field, clash.base, clash.crm, clash.quickbooks) == (
        "line:1:description", "Old", "Ours", "Theirs",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("winner", "times", "kept"),
    [
        (Winner.QUICKBOOKS, Times(), "Theirs"),
        (Winner.CRM, Times(), "Ours"),
        (Winner.NEWEST, Times(LATE, EARLY), "Ours"),
        (Winner.NEWEST, Times(EARLY, LATE), "Theirs"),
    ],
)
def test_the_winner_decides_a_field(winner: Winner, times: Times, kept: str) -> None:
    found = merged(
        [line("1", description="Old")],
        [line("1", description="Ours")],
        [line("1", description="Theirs")],
        winner,
        times,
    )

    assert found.here == found.there == [line("1", description=kept)]


@pytest.mark.parametrize(("winner", "kept"), [(Winner.QUICKBOOKS, []), (Winner.CRM, [line("", description="Ours")])])
def test_a_line_removed_there_and_changed_here(winner: Winner, kept: list[Line]) -> None:
    found = merged([line("1")], [line("1", description="Ours")], [], winner)

    assert found.here == found.there == kept


@pytest.mark.parametrize(("winner", "kept"), [(Winner.CRM, []), (Winner.QUICKBOOKS, [line("1", description="Theirs")])])
def test_a_line_removed_here_and_changed_there(winner: Winner, kept: list[Line]) -> None:
    found = merged([line("1")], [], [line("1", description="Theirs")], winner)

    assert found.here == found.there == kept


@pytest.mark.parametrize(
    ("winner", "kept"),
    [(Winner.QUICKBOOKS, line("2")), (Winner.CRM, line("")), (Winner.NEWEST, line("2"))],
)
def test_where_each_side_removed_what_the_other_kept_one_of_them_has_its_way(winner: Winner, kept: Line) -> None:
    found = merged([line("1"), line("2")], [line("1")], [line("2")], winner)

    assert found.here == found.there == [kept]
    assert not found.clashes


def test_no_side_loses_its_last_line_while_a_person_is_asked() -> None:
    found = merged([line("1"), line("2")], [line("1")], [line("2")], Winner.ASK)

    assert (found.here, found.there) == ([line("1")], [line("2")])
    assert [clash.rule.crm_field for clash in found.clashes] == ["line:1", "line:2"]


def test_a_removal_against_a_change_waits_where_it_shall_be_asked() -> None:
    ours, theirs = line("1", description="Ours"), line("2", description="Theirs")

    found = merged([line("1"), line("2")], [ours], [theirs])

    assert (found.here, found.there) == ([ours], [theirs])
    assert [clash.rule.crm_field for clash in found.clashes] == ["line:1", "line:2"]


ids = st.lists(st.sampled_from("123456"), unique=True, max_size=6)
texts = st.sampled_from([None, "a", "b"])
some_lines = ids.flatmap(
    lambda chosen: st.tuples(*(st.builds(lambda i, t: line(i, description=t), st.just(i), texts) for i in chosen))
).map(list)


@given(base=some_lines, crm=some_lines, winner=st.sampled_from(Winner))
def test_nothing_changed_there_means_the_crm_is_carried_over(base: list[Line], crm: list[Line], winner: Winner) -> None:
    known = {each["id"] for each in base}
    crm = [each if each["id"] in known else each | {"id": ""} for each in crm]

    found = merged(base, crm, base, winner)

    assert found.here == found.there == crm
    assert not found.clashes


@given(base=some_lines, quickbooks=some_lines, winner=st.sampled_from(Winner))
def test_nothing_changed_here_means_quickbooks_is_taken_over(
    base: list[Line], quickbooks: list[Line], winner: Winner
) -> None:
    found = merged(base, base, quickbooks, winner)

    def by_id(lines: list[Line]) -> dict[str, Line]:
        return {each["id"]: each for each in lines}

    assert by_id(found.here) == by_id(found.there) == by_id(quickbooks)
    assert not found.clashes


@given(base=some_lines, crm=some_lines, quickbooks=some_lines, winner=st.sampled_from([Winner.CRM, Winner.QUICKBOOKS]))
def test_where_somebody_wins_both_sides_end_the_same(
    base: list[Line], crm: list[Line], quickbooks: list[Line], winner: Winner
) -> None:
    known = {each["id"] for each in base}
    crm = [each for each in crm if each["id"] in known]

    found = merged(base, crm, quickbooks, winner)

    assert found.here == found.there
