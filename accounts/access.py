"""Permission checks of views, with a sentence for those who may not. Services ask through ``core.access``."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from accounts.permissions import PERMISSIONS
from accounts.visibility import sees_all
from core import access
from core.access import require

__all__ = ["register", "require", "require_all_records"]


def register() -> None:
    """Tell the services the permissions in words, and who sees everything."""
    access.words.update(PERMISSIONS)
    access.sees_everything.append(sees_all)


def require_all_records(user: Any) -> None:
    """Raises PermissionDenied, in words, unless the role of ``user`` sees all records."""
    if not sees_all(user):
        raise PermissionDenied(
            _("This works on records of all people. Somebody who manages users can let your role see all records.")
        )
