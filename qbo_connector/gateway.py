"""Puts a client together for a connection: tokens from the database, pace from Redis, meter by cause."""

from django.conf import settings

from core.redis import key, redis_client
from qbo_connector.client import QuickBooksClient
from qbo_connector.enums import Cause
from qbo_connector.limits import Limiter
from qbo_connector.models import Connection
from qbo_connector.services.meter import meter_for
from qbo_connector.services.tokens import ConnectionTokens
from qbo_connector.session import QuickBooksSession, Tokens


def client_for(
    connection: Connection,
    cause: Cause,
    *,
    interactive: bool = False,
    urgent: bool = False,
    patience: float = 45.0,
    tokens: Tokens | None = None,
) -> QuickBooksClient:
    """A client for one thread. ``interactive``: a person waits, so all slots may be used and 10 s is the limit.

    ``urgent`` may use all slots as well, without that limit: a write whose answer is not awaited is never cut short.
    ``patience`` is how long it waits for a slot.
    """
    limiter = Limiter(
        redis_client(),
        key("limit", connection.environment, connection.realm_id),
        settings.QBO_LIMITS,
        interactive=interactive or urgent,
        cold_start=settings.QBO_LIMITER_COLD_START,
        patience=settings.QBO_INTERACTIVE_TIMEOUT if interactive else patience,
    )
    session = QuickBooksSession(
        tokens=tokens or ConnectionTokens(connection),
        pace=limiter,
        meter=meter_for(connection, cause),
        connect_timeout=settings.QBO_CONNECT_TIMEOUT,
        read_timeout=settings.QBO_INTERACTIVE_TIMEOUT if interactive else settings.QBO_READ_TIMEOUT,
        company=connection.pk,
    )
    return QuickBooksClient(session=session, realm_id=connection.realm_id, api_url=settings.QBO_API_URL)
