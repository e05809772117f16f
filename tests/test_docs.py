"""The documentation names what is there: variables, files, commands, links, the callback address."""

import re
from pathlib import Path

import pytest

from crm_sync.wiring import EVENT_HANDLERS

ROOT = Path(__file__).resolve().parent.parent
NAMED = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
PAGES = [*(ROOT / name for name in NAMED), *sorted((ROOT / "docs").rglob("*.md"))]
README = (ROOT / "README.md").read_text()
# Where a path in back quotes begins; anything else with a slash is an address, a package or an example.
FOLDERS = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "."} - {"var", "node_modules"} | {
    ".ci"
}
LARGEST_PICTURE = 300_000


def id_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings have."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_readme_explains_every_variable_of_the_example():
    example = (ROOT / ".env.example").read_text()
    variables = set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE))
    explained = set()
    for row in re.findall(r"^\| (`[A-Z][^|]*`) \|", README, re.MULTILINE):
        explained |= set(re.findall(r"`([A-Z][A-Z0-9_]+)`", row))

    assert variables
    assert explained == variables


def test_readme_begins_with_what_it_is_and_the_two_commands():
    title, _blank, *beginning = README.splitlines()[:9]

    assert title == "# CRM Sync"
    assert [line.split("#")[0].strip() for line in beginning if line.startswith("make ")] == ["make demo", "make test"]


def test_the_commands_that_the_pages_name_are_targets_of_the_makefile():
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set()
    for page in PAGES:
        text = page.read_text()
        named |= set(re.findall(r"`(?:[A-Z_]+=\S+ )*make ([a-z-]+)`", text))
        named |= set(re.findall(r"^make ([a-z-]+)", text, re.MULTILINE))

    assert {"demo", "test"} <= named
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=id_of)
def test_every_file_that_a_page_names_exists(page):
    paths = {found for found in re.findall(r"`([\w.*/-]+)`", page.read_text()) if "/" in found}
    ours = {path for path in paths if path.split("/")[0] in FOLDERS and "*" not in path}
    # Templates are named as code names them.
    missing = {path for path in ours if not (ROOT / path).exists() and not (ROOT / "templates" / path).exists()}

    assert missing == set()


@pytest.mark.parametrize("page", PAGES, ids=id_of)
def test_every_file_that_a_page_names_without_its_folder_exists(page):
    named = set(re.findall(r"`(Procfile|Makefile|[\w-]+\.(?:py|md|txt|yml|toml|lock|json))`", page.read_text()))
    there = {path.name for path in ROOT.iterdir()}
    there |= {path.name for folder in FOLDERS for path in (ROOT / folder).rglob("*.*")}

    assert named <= there


@pytest.mark.parametrize("page", PAGES, ids=id_of)
def test_every_link_within_the_project_leads_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text()):
        path, _hash, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page

        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


def test_the_redirect_address_is_the_one_of_the_program():
    source = (ROOT / "qbo_connector" / "oauth.py").read_text()
    [path] = re.findall(r'^CALLBACK_PATH = "([^"]+)"$', source, re.MULTILINE)

    assert f"`BASE_URL` followed by `{path}`" in " ".join(README.split())


def test_every_refusal_code_is_explained():
    source = (ROOT / "qbo_connector" / "errors.py").read_text()
    codes = set(re.findall(r'^    "(\d+)": \w+,$', source, re.MULTILINE))
    text = (ROOT / "docs" / "quickbooks.md").read_text()
    table = "\n".join(line.split("|")[1] for line in text.splitlines() if line.startswith("|"))

    assert codes
    assert {code for code in codes if not re.search(rf"\b{code}\b", table)} == set()


def test_every_decision_is_listed():
    folder = ROOT / "docs" / "adr"
    listed = set(re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text()))

    assert listed == {path.name for path in folder.glob("0*.md")}


def test_the_tasks_of_the_architecture_are_tasks():
    text = (ROOT / "docs" / "architecture.md").read_text()
    named = set(re.findall(r"`((?:core|sync|invoices|qbo_connector)\.[a-z]+_?[a-z_]*)`", text))
    code = "\n".join(path.read_text() for path in ROOT.glob("*/tasks.py"))
    defined = set(re.findall(r'@shared_task\(name="([\w.]+)"', code))

    assert {task for tasks in EVENT_HANDLERS.values() for task in tasks} <= defined
    assert named
    assert named <= defined


def test_pictures_are_small():
    assert [path.name for path in (ROOT / "docs" / "images").iterdir() if path.stat().st_size > LARGEST_PICTURE] == []
