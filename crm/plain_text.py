"""Text out of HTML, as it is pasted from mail programs. Pure."""

import re
from html.parser import HTMLParser

_BREAKS = {"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "blockquote", "table", "ul", "ol"}
_UNREAD = {"script", "style", "head", "title", "template", "noscript"}
_LOOKS_LIKE_HTML = re.compile(
    r"<(?:/?(?:html|body|p|div|br|table|span|a|ul|ol|li|b|i|strong|em|font|style|script)\b)", re.I
)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNREAD:
            self.unread += 1
        elif tag in _BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNREAD:
            self.unread = max(0, self.unread - 1)
        elif tag in _BREAKS and tag != "br":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.unread:
            self.parts.append(data)


def storable(text: str) -> str:
    """``text`` without what PostgreSQL stores not (NUL, halves of surrogate pairs), with one kind of line break."""
    return text.replace("\x00", "").encode(errors="ignore").decode().replace("\r\n", "\n").replace("\r", "\n").strip()


def plain_text(text: str) -> str:
    """``text`` without tags where it is HTML, else as it is; never with signs that can't be stored."""
    cleaned = storable(text)
    if _LOOKS_LIKE_HTML.search(cleaned):
        reader = _Reader()
        reader.feed(cleaned)
        reader.close()
        lines = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
        cleaned = re.sub(r"\n{3,}", "\n\n", "\n".join(lines))
    return cleaned.strip()
