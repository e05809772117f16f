"""What Django's page of an error may show where DEBUG is set: where it happened, and no value.

Django hides marked values only where DEBUG is off, and shows all where it is on. An installation that was set to it by
mistake would show tokens and customers to whoever meets an error.
"""

import re
from collections.abc import ItemsView
from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter


class ValuesHidden(SafeExceptionReporterFilter):
    """Hides the variables of every frame, what was sent, and each setting and header whose name may mean a secret."""

    hidden_settings = re.compile(
        SafeExceptionReporterFilter.hidden_settings.pattern
        + "|SESSION|COOKIE|VERIFIER|CODE|STATE|DATABASE|REDIS|BROKER|CACHE|EMAIL|DSN",
        flags=re.IGNORECASE,
    )

    def is_active(self, request: HttpRequest | None) -> bool:
        """Always, unlike Django's own."""
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        """The names alone."""
        return dict.fromkeys(request.POST, self.cleansed_substitute) if request is not None else {}

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: FrameType) -> ItemsView[str, Any]:
        """The names alone."""
        return dict.fromkeys(tb_frame.f_locals, self.cleansed_substitute).items()
