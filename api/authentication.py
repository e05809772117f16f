"""Who calls: the person whose key comes with the request. Sessions of browsers open nothing here."""

from typing import Any

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from api.services import keys
from core.audit import source


class KeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer crm_…``."""

    def authenticate(self, request: Any) -> Any:
        """The person, narrowed to what the key lets through, and the key; None where no key came."""
        scheme, _space, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" or not secret:
            return None
        found = keys.opened_by(secret.strip())
        if found is None:
            raise AuthenticationFailed("This key does not exist, has expired or was revoked.")
        _user, key = found
        source.note_key(key.pk, key.name)
        return found

    def authenticate_header(self, request: Any) -> str:
        """What a 401 asks for."""
        return 'Bearer realm="api"'
