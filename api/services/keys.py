"""Making, finding and revoking keys."""

import datetime
import hashlib
import secrets
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.backends import RoleBackend, narrowed
from api.models import ApiKey
from api.scopes import SCOPES, permissions_of
from core.access import asks, require
from core.events import emit

# Tells programs that look for secrets in code what this is.
MARK = "crm_"
SHOWN = 12
USED_EVERY = datetime.timedelta(minutes=1)


@transaction.atomic
def create(
    user: Any, *, name: str, scopes: Sequence[str], expires_at: datetime.datetime | None, by: Any
) -> tuple[ApiKey, str]:
    """A new key of ``user`` and its secret, which is known only now. One for others needs who manages users."""
    _require_own(user.pk, by)
    secret = MARK + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        user=user,
        name=name,
        prefix=secret[:SHOWN],
        digest=digest_of(secret),
        scopes=[scope for scope in SCOPES if scope in scopes],
        expires_at=expires_at,
    )
    emit("user.api_key_created", user, by=by, key=name, prefix=key.prefix, scopes=key.scopes)
    return key, secret


@transaction.atomic
def revoke(key: ApiKey, *, by: Any) -> bool:
    """Let a key open nothing any more, at once; False when it was revoked before."""
    _require_own(key.user_id, by)
    revoked = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
    if revoked:
        emit("user.api_key_revoked", key.user, by=by, key=key.name, prefix=key.prefix)
    return bool(revoked)


def _require_own(owner_id: int, by: Any) -> None:
    if asks(by) and owner_id != by.pk:
        require(by, "accounts.manage")


def digest_of(secret: str) -> str:
    """What is kept of a secret. It is 256 random bits, so there is nothing to guess and no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def opened_by(secret: str) -> tuple[Any, ApiKey] | None:
    """The person, with no more permissions than the key lets through, and the key; None for one that does not work."""
    key = ApiKey.objects.filter(digest=digest_of(secret)).first() if secret.startswith(MARK) else None
    if key is None or not key.works:
        return None
    user = RoleBackend().get_user(key.user_id)
    if user is None:
        return None
    _note_use(key)
    return narrowed(user, permissions_of(key.scopes)), key


def _note_use(key: ApiKey) -> None:
    """When it was last used, written once a minute."""
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at < now - USED_EVERY:
        late = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
        ApiKey.objects.filter(late, pk=key.pk).update(last_used_at=now)
