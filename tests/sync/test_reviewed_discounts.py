"""A discount on the whole invoice has no line id in QuickBooks; it is there once, whatever else is changed."""

from sync.enums import Winner
from sync.merge_lines import Line, Times, merge_lines
from tests.sync.test_merge_lines import line


def discount(amount: str) -> Line:
    return line("") | {"kind": "discount", "amount": amount}


def test_a_discount_that_quickbooks_reckoned_anew_is_not_doubled() -> None:
    found = merge_lines(
        [],
        winner=Winner.QUICKBOOKS,
        base=[line("1"), discount("10")],
        crm=[line("1"), line("", description="New"), discount("10")],
        quickbooks=[line("1"), discount("12")],
        times=Times(),
        currency="USD",
    )

    assert found.here == found.there == [line("1"), line("", description="New"), discount("12")]
    assert not found.clashes


def test_a_discount_that_quickbooks_took_away_does_not_come_back() -> None:
    found = merge_lines(
        [],
        winner=Winner.CRM,
        base=[line("1"), discount("10")],
        crm=[line("1"), discount("10")],
        quickbooks=[line("1")],
        times=Times(),
        currency="USD",
    )

    assert found.here == found.there == [line("1")]
