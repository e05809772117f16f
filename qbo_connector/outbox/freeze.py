"""From intent to bytes: what another operation had to bring is filled in, then nothing changes any more."""

from decimal import Decimal
from typing import Any

import msgspec

from qbo_connector.enums import OperationState
from qbo_connector.models import Operation

_encoder = msgspec.json.Encoder(decimal_format="number")
_FAILED = (OperationState.REFUSED, OperationState.HELD, OperationState.CANCELLED)


class DependencyFailed(Exception):
    """Something that has to exist first could not be created."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        super().__init__(operation.problem)


class DependencyOpen(Exception):
    """Something that has to exist first is still under way."""


def storable(value: Any) -> Any:
    """A mapped payload as JSON for the intent column: a Decimal keeps its digits as ``{"$decimal": "12.50"}``."""
    if isinstance(value, Decimal):
        return {"$decimal": format(value, "f")}
    if isinstance(value, dict):
        return {name: storable(part) for name, part in value.items()}
    if isinstance(value, list):
        return [storable(part) for part in value]
    return value


def referenced(operation: Operation) -> dict[str, int]:
    """A placeholder in an intent for the QuickBooks id that ``operation`` will get."""
    return {"$operation": operation.pk}


def frozen_body(operation: Operation) -> bytes:
    """The bytes to send, for every try the same. Raises DependencyFailed or DependencyOpen."""
    if operation.body is not None:
        return bytes(operation.body)
    return _encoder.encode(_resolved(operation.intent))


def _resolved(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"$operation"}:
            return _done(value["$operation"]).qbo_id
        if set(value) == {"$decimal"}:
            return Decimal(value["$decimal"])
        return {name: _resolved(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_resolved(part) for part in value]
    return value


def _done(operation_id: int) -> Operation:
    operation = Operation.objects.get(pk=operation_id)
    if operation.state == OperationState.DONE:
        return operation
    if operation.state in _FAILED:
        raise DependencyFailed(operation)
    raise DependencyOpen
