"""Permission checks of views, with a sentence for those who may not."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from accounts.permissions import PERMISSIONS
from accounts.visibility import sees_all


def require(user: Any, permission: str) -> None:
    """Raises PermissionDenied, naming the missing permission in words, unless ``user`` holds it."""
    if not user.has_perm(permission):
        sentence = _("This needs the permission “%s”. Somebody who manages users can give it to your role.")
        raise PermissionDenied(sentence % PERMISSIONS[permission])


def require_all_records(user: Any) -> None:
    """Raises PermissionDenied, in words, unless the role of ``user`` sees all records."""
    if not sees_all(user):
        raise PermissionDenied(
            _("This works on records of all people. Somebody who manages users can let your role see all records.")
        )
