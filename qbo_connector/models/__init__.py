"""Tables of the connector."""

from qbo_connector.models.alerts import Alert
from qbo_connector.models.connections import Connection, ConnectionToken, OAuthState
from qbo_connector.models.meter import ApiUsage
from qbo_connector.models.mirror import MirrorObject, MirrorPayload, ParkedRecord
from qbo_connector.models.outbox import Operation, OperationBatch
from qbo_connector.models.pulls import FailedRead, LoadProgress, PullSchedule
from qbo_connector.models.webhooks import WebhookEvent

__all__ = [
    "Alert",
    "ApiUsage",
    "Connection",
    "ConnectionToken",
    "FailedRead",
    "LoadProgress",
    "MirrorObject",
    "MirrorPayload",
    "OAuthState",
    "Operation",
    "OperationBatch",
    "ParkedRecord",
    "PullSchedule",
    "WebhookEvent",
]
