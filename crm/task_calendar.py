"""Tasks as a calendar that other programs read (iCalendar, RFC 5545). Pure."""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LENGTH = datetime.timedelta(minutes=30)
LONGEST_LINE = 75


@dataclass(frozen=True)
class Entry:
    """A task with a time: ``changed_at`` tells calendars which version is newer."""

    uid: str
    title: str
    details: str
    url: str
    due_at: datetime.datetime
    changed_at: datetime.datetime
    urgent: bool = False


def calendar(name: str, entries: Iterable[Entry]) -> str:
    """The whole feed, its lines folded and ended as the format asks."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//CRM Sync//Tasks//EN", "METHOD:PUBLISH"]
    lines += [f"X-WR-CALNAME:{_text(name)}", "REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H"]
    for entry in entries:
        lines += _event(entry)
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _event(entry: Entry) -> Iterator[str]:
    # Events, because most calendars leave to-dos of a feed out.
    yield "BEGIN:VEVENT"
    yield f"UID:{entry.uid}"
    yield f"DTSTAMP:{_moment(entry.changed_at)}"
    yield f"LAST-MODIFIED:{_moment(entry.changed_at)}"
    yield f"DTSTART:{_moment(entry.due_at)}"
    yield f"DTEND:{_moment(entry.due_at + LENGTH)}"
    yield f"SUMMARY:{_text(entry.title)}"
    if entry.details:
        yield f"DESCRIPTION:{_text(entry.details)}"
    if entry.url:
        yield f"URL:{entry.url}"
    if entry.urgent:
        yield "PRIORITY:1"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _moment(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(text: str) -> str:
    kept = "".join(
        sign for sign in text.replace("\r\n", "\n").replace("\r", "\n") if sign == "\n" or sign.isprintable()
    )
    for sign in ("\\", ";", ","):
        kept = kept.replace(sign, f"\\{sign}")
    return kept.replace("\n", "\\n")


def _folded(line: str) -> str:
    """No line is longer than 75 octets; what follows begins with a space. No sign is cut in two."""
    parts, size = [""], 0
    for sign in line:
        octets = len(sign.encode())
        if size + octets > LONGEST_LINE:
            parts.append(" ")
            size = 1
        parts[-1] += sign
        size += octets
    return "\r\n".join(parts)
