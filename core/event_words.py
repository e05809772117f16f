"""Sentences of events as timelines print them: behind their actor's name, or behind the channel without one."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.models import Event

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def behind_actor(event: Event, words: str) -> str:
    """``words`` as they stand where a page prints the person before them; else with the channel in front."""
    return words if event.actor_id else f"{event.get_origin_display()} {words}".strip()


def acted(words: "StrOrPromise", key: str) -> Callable[[Event], str]:
    """The sentence of an event kind: ``words`` with %s for what the event's data has under ``key``."""

    def sentence(event: Event) -> str:
        return behind_actor(event, str(words) % event.data.get(key, ""))

    return sentence
