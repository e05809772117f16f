"""What the doctor found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is. A failure stops something from working; a warning will, or costs something."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, and what to do about it. No text holds a secret."""

    level: Level
    text: str
    remedy: str = ""


Check = Callable[[], Iterator[Finding]]


def ok(text: str) -> Finding:
    """As it should be."""
    return Finding(Level.OK, text)


def warning(text: str, remedy: str) -> Finding:
    """It works, and yet something should be done."""
    return Finding(Level.WARNING, text, remedy)


def failure(text: str, remedy: str) -> Finding:
    """It does not work until something is done."""
    return Finding(Level.FAILURE, text, remedy)
