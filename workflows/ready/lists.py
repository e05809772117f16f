"""All ready workflows."""

from workflows.ready.kinds import Ready


def all_ready() -> list[Ready]:
    """The ready workflows, in the order in which they are offered."""
    return []
