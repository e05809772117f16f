"""Every operation of the API."""

from api.described import Operation
from api.resources import records

OPERATIONS: tuple[Operation, ...] = (*records.operations(),)
