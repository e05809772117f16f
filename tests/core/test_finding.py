"""What was typed, as what it may mean; and marking it."""

from decimal import Decimal

import pytest

from core.finding import highlighted, needle


@pytest.mark.parametrize(
    ("text", "digits", "number", "letters", "amount"),
    [
        ("+1 (650) 555-0143", "505550143", "16505550143", "", None),
        ("020 7946 0958", "079460958", "2079460958", "", None),
        ("0143", "0143", "143", "", Decimal(143)),
        ("INV-01042", "", "1042", "INV", None),
        ("#1042", "", "1042", "", None),
        ("1,200.50", "", "120050", "", Decimal("1200.50")),
        ("$1,200.50", "", "120050", "", Decimal("1200.50")),
        ("12", "", "12", "", Decimal(12)),
        ("acme.com", "", "", "", None),
        ("1e9", "", "", "", None),
    ],
)
def test_a_text_is_read_as_all_that_it_may_be(text, digits, number, letters, amount):
    found = needle(text)

    assert (found.digits, found.letters, found.amount) == (digits, letters, amount)
    assert found.number == number


@pytest.mark.parametrize("text", ["", "   ", "\x00", "%", "🙂", "'; --"])
def test_a_text_without_a_word_means_nothing(text):
    assert needle(text) is None


def test_beginnings_of_words_are_marked_and_everything_is_escaped():
    assert highlighted("John <b>Johnson</b> & Mayjohn", ("john",)) == (
        "<mark>John</mark> &lt;b&gt;<mark>John</mark>son&lt;/b&gt; &amp; Mayjohn"
    )
    assert highlighted("<i>", ()) == "&lt;i&gt;"
