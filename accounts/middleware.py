"""Everything needs a signed-in user, unless a view says otherwise."""

from django.contrib.auth.middleware import LoginRequiredMiddleware as DjangoLoginRequired

__all__ = ["LoginRequiredMiddleware"]


class LoginRequiredMiddleware(DjangoLoginRequired):
    """Django's own; views open to everybody carry ``@login_not_required``."""
