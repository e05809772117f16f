"""How the outbox names what an operation is about."""


def subject_of(object_type: str, record_id: int) -> str:
    """The subject of a record's operations: ``invoice:42``."""
    return f"{object_type}:{record_id}"
