"""The vendored browser libraries are the pinned ones, and templates keep to the policy that protects them."""

import json
import re
from pathlib import Path

import pytest

from scripts.check_templates import problems

ROOT = Path(__file__).resolve().parents[3]
VENDOR = ROOT / "static" / "vendor"


def test_the_vendored_versions_are_those_of_package_json():
    pins = json.loads((ROOT / "package.json").read_text())["dependencies"]
    rows = re.findall(r"^\| `(\w[\w-]*)/` \| (\S+) \| (\S+) \|$", (VENDOR / "README.md").read_text(), re.MULTILINE)

    assert {name: version for _, name, version in rows} == pins
    assert {folder for folder, _, _ in rows} == {path.name for path in VENDOR.iterdir() if path.is_dir()}
    assert all((VENDOR / folder / "LICENSE").is_file() for folder, _, _ in rows)
    assert "Version 2." not in pins["htmx.org"]
    assert pins["htmx.org"].startswith("2.")


def test_the_sprite_holds_every_icon_of_the_list_and_no_other():
    listed = (ROOT / "scripts" / "vendor-icons.txt").read_text().split()
    drawn = re.findall(r'<symbol id="([^"]+)"', (VENDOR / "tabler-icons" / "sprite.svg").read_text())

    assert drawn == sorted(listed)


def test_no_vendored_file_points_to_a_source_map_or_another_host():
    for file in [*VENDOR.rglob("*.js"), *VENDOR.rglob("*.css")]:
        text = file.read_text()
        assert "sourceMappingURL" not in text, file
        assert not re.search(r"@import|url\([\"']?(?:https?:)?//", text), file


@pytest.mark.parametrize(
    ("template", "finding"),
    [
        ('<p class="a"\n style="x">', "a style attribute"),
        ("<style>p {}</style>", "a <style> element"),
        ("<script>alert(1)</script>", "an inline script"),
        ('<button onclick="go()">', "an event handler attribute"),
        ('<a href="javascript:void(0)">', "a javascript: address"),
        ('<a hx-on:click="go()">', "hx-on or a js: value, which htmx would evaluate"),
        ('<p x-bind:style="wide">', "a style binding as text, which Alpine writes as an attribute"),
        ('<script src="//cdn.example/x.js"></script>', "an address on another host"),
    ],
)
def test_what_the_policy_would_refuse_is_found_before(template, finding):
    assert [what for _, what in problems("{# style= #}\n" + template)] == [finding]


@pytest.mark.parametrize(
    "template",
    [
        '<script src="{% static "app.js" %}" defer></script>',
        '<script type="application/json" id="data">{}</script>',
        "{# <p style='x'> #}",
        '<progress value="3" max="9" class="bar" data-condition="done">',
        '<a href="https://example.org">elsewhere</a>',
    ],
)
def test_what_the_policy_allows_is_allowed(template):
    assert problems(template) == []
