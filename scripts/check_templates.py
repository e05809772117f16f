"""Refuse in templates what the Content-Security-Policy would refuse in the browser (part of ``make lint``)."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

REFUSED = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "a <style> element": re.compile(r"<style\b", re.IGNORECASE),
    "an inline script": re.compile(
        r"<script\b(?![^>]*\ssrc\s*=)(?![^>]*\stype\s*=\s*[\"']application/json)", re.IGNORECASE
    ),
    "an event handler attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "hx-on or a js: value, which htmx would evaluate": re.compile(r"\shx-on[:\-=]|=\s*[\"']js:", re.IGNORECASE),
    "a style binding as text, which Alpine writes as an attribute": re.compile(r"\s(?:x-bind)?:style\s*="),
    "an address on another host": re.compile(
        r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)\s*=\s*[\"'](?:https?:)?//"
    ),
}
# No pages: e-mails carry their styles in themselves, because mail programs load no style sheets.
MAILS = {"core/mail_branded.html"}
COMMENT = re.compile(r"\{#.*?#\}|\{% comment.*?endcomment %\}|<!--.*?-->", re.DOTALL)


def main() -> int:
    """Print each finding with its place; 1 when there is one."""
    findings = [
        f"{file.relative_to(ROOT)}:{line}: {what}"
        for file in sorted((ROOT / "templates").rglob("*.html"))
        if str(file.relative_to(ROOT / "templates")) not in MAILS
        for line, what in problems(file.read_text())
    ]
    print("\n".join(findings) or "Templates keep to the Content-Security-Policy.")
    return bool(findings)


def problems(source: str) -> list[tuple[int, str]]:
    """Line and description of everything refused in a template's text."""
    # Comments become blank lines, so that the numbers stay.
    text = COMMENT.sub(lambda comment: "\n" * comment.group().count("\n"), source)
    return sorted(
        (text.count("\n", 0, match.start()) + 1, what)
        for what, pattern in REFUSED.items()
        for match in pattern.finditer(text)
    )


if __name__ == "__main__":
    sys.exit(main())
