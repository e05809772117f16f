"""docs/security.md says what is so: every requirement of the standard once, every test that it names there."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
# OWASP ASVS 5.0.0: how many requirements of levels 1 and 2 each section has, which are its first ones but where a
# number is listed. Source: OWASP_Application_Security_Verification_Standard_5.0.0_en.csv.
SECTIONS = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2, "3.3": 4,
    "3.4": 6, "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3,
    "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5,
    "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3, "9.2": 4, "10.1": 2, "10.2": 2, "10.3": 4,
    "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3, "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1,
    "12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3,
    "15.1": 3, "15.2": 3, "15.3": 7, "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2": 4,
    "17.3": 2,
}  # fmt: skip
REQUIRED = {f"{section}.{number}" for section, count in SECTIONS.items() for number in range(1, count + 1)}


def test_every_requirement_of_both_levels_is_named_once():
    standard = PAGE.partition("## OWASP ASVS")[2].partition("## Intuit")[0]
    # A row begins with its numbers; chapters that do not apply are one sentence.
    named = Counter(
        number
        for line in standard.splitlines()
        for number in re.findall(r"\b\d+\.\d+\.\d+\b", line.split("|")[1] if line.startswith("|") else line)
        if "5.0.0" not in line
    )

    assert len(REQUIRED) == 253, "70 of level 1 and 183 of level 2"
    assert sorted(REQUIRED - set(named)) == []
    assert sorted(set(named) - REQUIRED) == []
    assert [number for number, times in named.items() if times > 1] == []


def test_every_test_that_is_named_is_there():
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)\(", path.read_text())
    }

    assert len(named) > 60
    assert sorted(named - there) == []


@pytest.mark.parametrize("word", ["TODO", "TBD", "???"])
def test_nothing_is_left_open(word):
    assert word not in PAGE
