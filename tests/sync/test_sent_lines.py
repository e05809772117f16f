"""New lines of an edit are found in QuickBooks' answer by what they hold, wherever QuickBooks put them."""

from typing import Any

from sync import sent_lines
from tests.sync.test_merge_lines import line


def new(pk: int, **more: Any) -> dict[str, Any]:
    return line("", pk=pk, **more)


def test_new_lines_are_found_where_quickbooks_put_them() -> None:
    sent = [line("1"), new(7, description="A"), new(8, description="B"), line("2")]
    answer = [line("4", description="B"), line("2"), line("1"), line("3", description="A")]

    found = sent_lines.find(sent_lines.notes(sent), [], answer)

    assert found.ids == {7: "3", 8: "4"}
    assert not found.lost
    assert not found.strange


def test_two_equal_lines_each_get_an_id_of_their_own() -> None:
    sent = [new(7), new(8)]

    found = sent_lines.find(sent_lines.notes(sent), [], [line("3"), line("4")])

    assert found.ids == {7: "3", 8: "4"}


def test_one_that_quickbooks_wrote_otherwise_is_the_one_that_is_left() -> None:
    sent = [line("1"), new(7, description="Grün"), new(8, price="3", amount="3")]
    answer = [line("1"), line("3", price="3.1", amount="3.1"), line("4", description="Gruen")]

    found = sent_lines.find(sent_lines.notes(sent), [], answer)

    assert found.ids == {7: "4", 8: "3"}


def test_lines_that_quickbooks_merged_into_one_are_not_guessed() -> None:
    sent = [new(7), new(8)]

    found = sent_lines.find(sent_lines.notes(sent), [], [line("3", quantity="2", amount="20")])

    assert (found.ids, found.lost, found.strange) == ({}, [7, 8], {"3"})


def test_a_line_that_was_there_before_is_nobodys_new_one() -> None:
    sent = [line("1"), new(7)]

    found = sent_lines.find(sent_lines.notes(sent), ["9"], [line("1"), line("9"), line("10")])

    assert found.ids == {7: "10"}
