"""Who may do it, in words."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.permissions import PERMISSIONS


def require(request: HttpRequest, permission: str) -> None:
    """Raises PermissionDenied, which says what is missing, unless the reader holds ``permission``."""
    if not request.user.has_perm(permission):
        what = PERMISSIONS[permission]
        raise PermissionDenied(_("Your role does not include “%s”. An admin can change that.") % what)
