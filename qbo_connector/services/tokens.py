"""Access tokens: encrypted at rest, refreshed by one process at a time, committed before they are used."""

import datetime

import structlog
from django.db import transaction
from django.utils import timezone

from core.encryption import UnreadableSecret, decrypt, encrypt
from qbo_connector import errors, oauth
from qbo_connector.enums import ConnectionStatus
from qbo_connector.models import Connection, ConnectionToken
from qbo_connector.services import status

log = structlog.get_logger(__name__)
FRESH = datetime.timedelta(minutes=5)


def context_of(connection: Connection) -> str:
    """What the tokens of a connection are bound to: in another company's row they can't be read."""
    return f"{connection.environment}:{connection.realm_id}"


def store(connection: Connection, tokens: oauth.Tokens) -> None:
    """Keep the tokens of a connection, encrypted; replaces what was there."""
    context = context_of(connection)
    row, _created = ConnectionToken.objects.get_or_create(
        connection=connection,
        defaults={
            "access_token": "",
            "refresh_token": "",
            "access_expires_at": tokens.access_expires_at,
            "refresh_expires_at": tokens.refresh_expires_at,
        },
    )
    _fill(row, tokens, context)
    row.save()


def _fill(row: ConnectionToken, tokens: oauth.Tokens, context: str) -> None:
    row.access_token = encrypt(tokens.access_token, context=context)
    row.refresh_token = encrypt(tokens.refresh_token, context=context)
    row.access_expires_at = tokens.access_expires_at
    row.refresh_expires_at = tokens.refresh_expires_at
    row.hard_expires_at = tokens.hard_expires_at
    row.generation += 1
    row.refreshed_at = timezone.now()


def refresh_token(connection: Connection) -> str:
    """The refresh token in clear, for revoking it."""
    return decrypt(connection.token.refresh_token, context=context_of(connection))


class ConnectionTokens:
    """The token source of a session. Refreshes under a row lock and re-reads after getting it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._access = ""
        self._good_until = timezone.now()

    def current(self) -> str:
        """A token good for five minutes. Raises NeedsReconnect, OperatorProblem or RetryLater."""
        if not self._access or self._good_until <= timezone.now():
            row = ConnectionToken.objects.filter(connection=self.connection).first()
            if row is None:
                raise errors.NeedsReconnect()
            if not self._take(row):
                self._renew(rejected="")
        return self._access

    def renewed(self, rejected: str) -> str:
        """Another token than the one that QuickBooks did not accept."""
        self._renew(rejected=rejected)
        return self._access

    def _take(self, row: ConnectionToken, rejected: str = "") -> bool:
        """Use the stored token if it is fresh and not the rejected one."""
        if row.access_expires_at - FRESH <= timezone.now():
            return False
        try:
            access = decrypt(row.access_token, context=context_of(self.connection))
        except UnreadableSecret as error:
            raise errors.OperatorProblem(plain=f"The stored sign-in can't be decrypted: {error}") from error
        if access == rejected:
            return False
        self._access, self._good_until = access, row.access_expires_at - FRESH
        return True

    def _renew(self, rejected: str) -> None:
        try:
            refused = self._renew_locked(rejected)
        except errors.OperatorProblem as error:
            status.operator_problem(self.connection, error)
            raise
        if refused is not None:
            raise refused

    def _renew_locked(self, rejected: str) -> errors.NeedsReconnect | None:
        """Refresh unless somebody else has. The refusal of a dead token is noted before the lock is given up, so that
        of all who wait for it only one asks."""
        context = context_of(self.connection)
        with transaction.atomic(durable=True):
            row = ConnectionToken.objects.select_for_update().get(connection=self.connection)
            if self._take(row, rejected):
                return None
            # Asked for after the lock: a join would show the company as it was before the wait.
            now = Connection.objects.values_list("status", flat=True).get(pk=self.connection.pk)
            if now in (ConnectionStatus.NEEDS_RECONNECT, ConnectionStatus.DISCONNECTED):
                return errors.NeedsReconnect()
            try:
                old = decrypt(row.refresh_token, context=context)
            except UnreadableSecret as error:
                raise errors.OperatorProblem(plain=f"The stored sign-in can't be decrypted: {error}") from error
            try:
                tokens = oauth.refresh(old)
            except errors.NeedsReconnect as error:
                status.needs_reconnect(self.connection, error)
                return error
            _fill(row, tokens, context)
            row.save()
        log.info("quickbooks.token_refreshed", connection=self.connection.pk, generation=row.generation)
        self._access, self._good_until = tokens.access_token, tokens.access_expires_at - FRESH
        return None
