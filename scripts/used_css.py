"""Keep of Tabler's stylesheet what pages of ours can use (``make vendor`` does it too).

A browser has to fetch and read a stylesheet before it shows anything, and nine tenths of this one are about components
that are not here. A rule stays when every class and every id in one of its selectors is a word somewhere in our
templates, scripts or Python: that keeps more than is used, and never less. ``--check`` tells whether rules are missing.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WHOLE = ROOT / "static" / "vendor" / "tabler" / "tabler.min.css"
USED = WHOLE.with_name("tabler.used.min.css")
SOURCES = (
    "templates/**/*.html",
    "static/js/*.js",
    "static/vendor/tom-select/*.js",
    *(f"{app}/**/*.py" for app in ("accounts", "api", "core", "crm", "invoices", "qbo_connector", "reports", "sync")),
    "workflows/**/*.py",
)
WORD = re.compile(r"[A-Za-z_][\w-]*")
NAME = re.compile(r"[.#]((?:\\.|[\w-])+)")
# What must not be there, or need not be, says nothing about what is; nor do values of attributes.
WITHOUT = re.compile(r":(?:not|is|where|has)\([^()]*\)|\[[^\]]*\]")


def words(sources: tuple[str, ...] = SOURCES) -> set[str]:
    """Every word of the sources; a class that a page has is one of them."""
    files = (file for pattern in sources for file in ROOT.glob(pattern))
    return {word for file in files for word in WORD.findall(file.read_text())}


def reduced(css: str, known: set[str]) -> str:
    """The rules of ``css`` that the words can name, in their order."""
    return "".join(_kept(css, known))


def _kept(css: str, known: set[str]) -> Iterator[str]:
    for head, body in _rules(css):
        if body is None:
            yield head
        elif head.startswith(("@media", "@supports", "@layer", "@container")):
            inside = reduced(body, known)
            if inside:
                yield f"{head}{{{inside}}}"
        elif head.startswith("@"):
            yield f"{head}{{{body}}}"
        elif selectors := [each for each in _parts(head) if _possible(each, known)]:
            yield f"{','.join(selectors)}{{{body}}}"


def _possible(selector: str, known: set[str]) -> bool:
    found = 1
    while found:  # from the innermost brackets outwards
        selector, found = WITHOUT.subn("", selector)
    names = NAME.findall(selector)
    return all(name.replace("\\", "") in known for name in names)


def _rules(css: str) -> Iterator[tuple[str, str | None]]:
    """Head and body of every rule; a statement without a body has None."""
    start = position = 0
    while position < len(css):
        sign = css[position]
        if sign in "\"'":
            position = _end_of_string(css, position)
        elif css.startswith("/*", position):
            # Licences stay.
            end = css.index("*/", position) + 2
            yield css[position:end], None
            start = position = end
            continue
        elif sign == ";":
            yield css[start : position + 1], None
            start = position + 1
        elif sign == "{":
            end = _end_of_block(css, position)
            yield css[start:position].strip(), css[position + 1 : end]
            start = position = end + 1
            continue
        position += 1


def _end_of_block(css: str, position: int) -> int:
    depth = 0
    while True:
        sign = css[position]
        if sign in "\"'":
            position = _end_of_string(css, position)
        elif sign == "{":
            depth += 1
        elif sign == "}":
            depth -= 1
            if not depth:
                return position
        position += 1


def _end_of_string(css: str, position: int) -> int:
    quote, position = css[position], position + 1
    while css[position] != quote:
        position += 2 if css[position] == "\\" else 1
    return position


def _parts(head: str) -> list[str]:
    """Selectors of a list; commas in brackets belong to one of them."""
    found, depth, start = [], 0, 0
    for position, sign in enumerate(head):
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and not depth:
            found.append(head[start:position])
            start = position + 1
    return [*found, head[start:]]


def missing() -> list[str]:
    """Rules that pages can use by now and that the reduced stylesheet does not have."""
    # Words of programs are too many: a new variable is not a new class.
    known = words(SOURCES[:3])
    has = {f"{selector}{{{body}" for head, body in _flat(USED.read_text()) for selector in _parts(head)}
    wanted = (
        f"{selector}{{{body}" for head, body in _flat(reduced(WHOLE.read_text(), known)) for selector in _parts(head)
    )
    return [rule for rule in wanted if rule not in has]


def _flat(css: str) -> Iterator[tuple[str, str]]:
    for head, body in _rules(css):
        if body is not None and head.startswith(("@media", "@supports", "@layer", "@container")):
            yield from _flat(body)
        elif body is not None:
            yield head, body


def main() -> int:
    """Write the reduced stylesheet, or check it."""
    if "--check" in sys.argv[1:]:
        rules = missing()
        print("\n".join(rules))
        return 1 if rules else 0
    USED.write_text(reduced(WHOLE.read_text(), words()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
