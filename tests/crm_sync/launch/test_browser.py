"""The browser of the end-to-end tests is there and does what they rely on."""

import pytest


@pytest.mark.e2e
def test_the_browser_runs_scripts_and_has_a_laptop_size(page):
    page.set_content("<p id=size></p><script>size.textContent = innerWidth + 'x' + innerHeight</script>")

    assert page.locator("#size").text_content() == "1280x800"
