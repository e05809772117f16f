"""The stylesheet that pages load has every rule of the library's that a page of ours can use."""

from scripts import used_css

KNOWN = {"btn", "card", "lg"}


def test_no_rule_is_missing():
    assert not used_css.missing(), "run `.venv/bin/python scripts/used_css.py` and commit what it wrote"


def test_most_of_the_library_stays_away():
    assert used_css.USED.stat().st_size < used_css.WHOLE.stat().st_size / 4


def test_rules_of_what_no_page_has_go_and_all_others_stay():
    css = (
        '@charset "utf-8";/*! license { } */:root{--a:url("data:image/svg+xml,{.x}")}'
        ".btn,.carousel{a:b}.btn.nope{a:b}.card:not(.nope):is(.btn,.nope) a[href='.x;']{a:b}"
        "@media (min-width:1px){.carousel{a:b}}@media print{.nope{a:b}.lg{a:b}}@keyframes k{0%{a:b}to{a:c}}"
    )

    assert used_css.reduced(css, KNOWN) == (
        '@charset "utf-8";/*! license { } */:root{--a:url("data:image/svg+xml,{.x}")}'
        ".btn{a:b}.card:not(.nope):is(.btn,.nope) a[href='.x;']{a:b}"
        "@media print{.lg{a:b}}@keyframes k{0%{a:b}to{a:c}}"
    )
