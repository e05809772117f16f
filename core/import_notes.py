"""What other apps have to say before an import runs, such as where else its records would be created."""

from collections.abc import Callable

# function(object type, number of new records, number of changed ones) -> sentences.
notes: list[Callable[[str, int, int], list[str]]] = []


def notes_on(object_type: str, created: int, updated: int) -> list[str]:
    """Everything that is to be said about an import of this size."""
    return [text for note in notes for text in note(object_type, created, updated)]
