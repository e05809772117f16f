"""What apps have to say before a record is archived, such as what of it is still open."""

from collections.abc import Callable
from typing import Any

# function(object type, id, user) -> sentences about what the user may see.
notes: list[Callable[[str, int, Any], list[str]]] = []


def notes_on(object_type: str, pk: int, user: Any) -> list[str]:
    """Everything that is to be said to ``user`` about archiving a record."""
    return [text for note in notes for text in note(object_type, pk, user)]
