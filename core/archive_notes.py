"""What apps have to say before a record is archived, such as what of it is still open."""

from collections.abc import Callable

# function(object type, id) -> sentences.
notes: list[Callable[[str, int], list[str]]] = []


def notes_on(object_type: str, pk: int) -> list[str]:
    """Everything that is to be said about archiving a record."""
    return [text for note in notes for text in note(object_type, pk)]
