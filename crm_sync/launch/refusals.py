"""Why the launcher refuses to go on."""


class CannotStart(Exception):
    """Nothing can be started as things are; the text says why and what to do, in words for a person."""
