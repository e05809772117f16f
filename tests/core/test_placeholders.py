"""Texts with placeholders: only listed names, nothing runs, nothing breaks out."""

import pytest

from core.placeholders import BadText, check, filled, filled_html, one_line

KNOWN = ["customer", "invoice_number"]


def test_names_are_filled_and_what_has_no_value_is_empty() -> None:
    text = "Dear {{ customer }}, {{invoice_number}}{{ nothing }}."
    assert filled(text, {"customer": "Cool Cars", "invoice_number": "1037"}) == "Dear Cool Cars, 1037."


def test_a_value_that_looks_like_a_placeholder_stays_text() -> None:
    assert (
        filled("{{ customer }}", {"customer": "{{ invoice_number }}", "invoice_number": "1"}) == "{{ invoice_number }}"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ costumer }}", "Use: {{ customer }}."),
        ("{{ customer.__class__ }}", "There is no {{ customer.__class__ }}."),
        ("{% import os %}{{ x }}", "There is no {{ x }}."),
        ("Dear {{ customer", "one of them is missing"),
        ("Dear customer }}", "one of them is missing"),
    ],
)
def test_what_is_not_known_is_refused_with_what_to_write(text: str, words: str) -> None:
    with pytest.raises(BadText) as refused:
        check(text, KNOWN)
    assert words in str(refused.value)


def test_html_is_escaped_and_a_subject_is_one_line() -> None:
    assert filled_html("{{ customer }}\n", {"customer": "<script>"}) == "&lt;script&gt;<br>\n"
    assert one_line("Invoice\r\nBcc: all@example.com\u2028x") == "Invoice Bcc: all@example.com x"
