"""Hand what QuickBooks lacks over to publish, once the links are written."""

from collections.abc import Sequence

from sync.enums import RecordType
from sync.policies import Policy
from sync.publish.updates import Change, plan_updates

__all__ = ["Change", "hand_over"]


def hand_over(policy: Policy, record_type: RecordType, changes: Sequence[Change]) -> None:
    """Plan what has to be written to QuickBooks."""
    plan_updates(policy, record_type, changes)
