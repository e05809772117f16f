"""Hand what QuickBooks lacks over to publish, once the links are written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qbo_connector.mirror.read import Mirrored
from sync.enums import RecordType
from sync.models import Link
from sync.policies import Policy


@dataclass(frozen=True)
class Change:
    """Values by CRM field that a linked object of QuickBooks is going to get, and the object as it is."""

    link: Link
    values: dict[str, Any]
    found: Mirrored


def hand_over(policy: Policy, record_type: RecordType, changes: Sequence[Change]) -> None:
    """Plan what has to be written to QuickBooks."""
